"""Which tables a request means, asked of the real driver's dictionary."""

from __future__ import annotations

import pytest

from oraferry.config import Secret
from oraferry.errors import RequestError
from oraferry.migration.selection import select_tables
from oraferry.oracle.source import OracleSource
from oraferry.ports import SourceEndpoint


@pytest.fixture
def source(oracle):
    """A schema with names of several kinds."""
    for name in ("EMP", "EMP_OLD", "EMPX", "DEPT", '"Price List"', '"a.b"'):
        oracle.run(f"CREATE TABLE {name} (id NUMBER(9))")
    opened = OracleSource(SourceEndpoint(oracle.dsn, oracle.user, Secret(oracle.password)))
    yield opened
    opened.close()


@pytest.mark.parametrize(
    ("tables", "exclude", "expected"),
    [
        (["{s}.EMP"], [], ["EMP"]),
        (["EMP"], [], ["EMP"]),
        (["{l}.emp"], [], ["EMP"]),
        (["{s}.EMP%"], [], ["EMP", "EMPX", "EMP_OLD"]),
        (["{s}.EMP_*"], [], ["EMP_OLD"]),
        (["{s}.EMP?"], [], ["EMPX"]),
        (["{s}.*"], ["{s}.EMP*"], ["DEPT", "Price List", "a.b"]),
        (["{s}.Price List", '{s}."a.b"'], [], ["Price List", "a.b"]),
        (["{s}.NOT_THERE", "{s}.EMP"], [], ["EMP", "NOT_THERE"]),
    ],
)
def test_names_and_patterns_select(source, oracle, tables, exclude, expected):
    """
    Exact names, folded names, patterns, exclusions; a plain unknown name is kept, so that
    reading it says that it is missing.
    """
    written = {"s": oracle.schema, "l": oracle.schema.lower()}

    found = select_tables(
        [t.format(**written) for t in tables],
        [e.format(**written) for e in exclude],
        source,
        oracle.schema,
    )

    assert expected == [ref.name for ref in found]
    assert {oracle.schema} == {ref.schema for ref in found}


@pytest.mark.parametrize(
    ("table", "words"),
    [("{s}.NO%", "no table matches"), ('{s}."EMP%"', None), ("*.EMP", "schema cannot be a pattern"),
     ("a.b.c", "no table name"), ("NO_SUCH_SCHEMA.*", "NO_SUCH_SCHEMA")],
)  # fmt: skip
def test_what_cannot_be_meant_is_refused(source, oracle, table, words):
    """
    Nothing selected, a pattern of schemas, no name, no schema: each says so. Quotes take
    the magic from a pattern.
    """
    tables = [table.format(s=oracle.schema)]
    if words is None:
        assert ["EMP%"] == [r.name for r in select_tables(tables, [], source, oracle.schema)]
        return
    with pytest.raises(RequestError, match=words.replace("*", r"\*")):
        select_tables(tables, [], source, oracle.schema)
