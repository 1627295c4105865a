"""What the database holds: the model that DDL builds, and the views that show it."""

# Each of these registers its families of views.
from orasim.dictionary import (  # noqa: F401
    view_access,
    view_code,
    view_columns,
    view_constraints,
    view_empty,
    view_indexes,
    view_instance,
    view_objects,
    view_partitions,
    view_storage,
    view_tables,
    view_types,
)
