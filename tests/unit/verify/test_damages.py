"""The names that methods declare."""

from __future__ import annotations

import pytest

from oraferry.model import DataType
from oraferry.verify.damages import DAMAGES, get_family
from oraferry.verify.method import METHODS


@pytest.mark.parametrize("method", METHODS.values(), ids=lambda method: method.name)
def test_methods_declare_damages_that_there_are(method):
    """
    A slip in a name would be a claim that nobody tests.
    """
    assert method.detects <= set(DAMAGES)


@pytest.mark.parametrize(
    ("source", "target", "family"),
    [
        ("NUMBER", "bigint", "number"),
        ("NUMBER", "text", "text"),
        ("NUMBER", "boolean", "truth"),
        ("BINARY_FLOAT", "real", "float"),
        ("CLOB", "text", "lob"),
        ("CLOB", "jsonb", "document"),
        ("BLOB", "bytea", "lob"),
        ("RAW", "uuid", "bytes"),
        ("TIMESTAMP", "timestamp without time zone", "moment"),
        ("DATE", "date", "moment"),
        ("CHAR", "character", "text"),
    ],
)
def test_a_column_counts_as_a_family_by_its_two_types(source, target, family):
    """
    The stored type decides; a LOB stays one while it is text or bytes.
    """
    assert family == get_family(DataType(source), DataType(target))
