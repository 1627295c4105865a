"""All SQL functions; importing this package registers them."""

from orasim.sql.functions import registry as registry
