"""What blocks a load, what merely differs: expected against actual."""

from __future__ import annotations

from dataclasses import replace

import pytest

from oraferry.model import (
    Check,
    Column,
    DataType,
    ForeignKey,
    Identity,
    Index,
    IndexPart,
    Key,
    Severity,
    Table,
    TableRef,
)
from oraferry.schema.compare import compare_tables
from oraferry.schema.translate import translate_tables

SOURCE = Table(
    TableRef("HR", "T"),
    (
        Column("ID", DataType("NUMBER", precision=9, scale=0), 1, nullable=False),
        Column("WORD", DataType("VARCHAR2", length=40), 2, default="'x'"),
        Column("AT", DataType("DATE"), 3),
    ),
    primary_key=Key("T_PK", ("ID",), primary=True),
    checks=(Check("T_CK", "ID > 0"),),
    indexes=(Index("T_IX", (IndexPart("WORD"),)),),
)
EXPECTED = translate_tables([SOURCE], None)[0].table
EXTRA = Column("more", DataType("integer"), 4)


def found(actual, purpose="schema"):
    """(severity, kind, column) of every difference."""
    differences = compare_tables(EXPECTED, actual, SOURCE, purpose)
    assert all(d.table == "HR.T" and d.decided_by == f"rule:{d.kind}" for d in differences)
    return [(d.severity.value, d.kind, d.column) for d in differences]


def with_column(name, **changes):
    """The expected table with one column changed."""
    columns = tuple(replace(c, **changes) if c.name == name else c for c in EXPECTED.columns)
    return replace(EXPECTED, columns=columns)


def test_what_we_create_differs_in_nothing():
    """
    The translation compared with itself is silent.
    """
    assert [] == found(EXPECTED)


TYPES = [
    DataType("NUMBER"), DataType("NUMBER", scale=0), DataType("NUMBER", precision=38, scale=-2),
    DataType("NUMBER", precision=3, scale=5), DataType("FLOAT", precision=24), DataType("ROWID"),
    DataType("UROWID", length=100), DataType("BINARY_FLOAT"), DataType("BINARY_DOUBLE"),
    DataType("CHAR", length=3), DataType("NVARCHAR2", length=5), DataType("CLOB"), DataType("LONG"),
    DataType("RAW", length=16), DataType("BLOB"), DataType("DATE"), DataType("TIMESTAMP", scale=9),
    DataType("TIMESTAMP WITH TIME ZONE", scale=9), DataType("INTERVAL DAY TO SECOND", scale=9),
    DataType("INTERVAL YEAR TO MONTH"), DataType("XMLTYPE"), DataType("JSON"), DataType("BOOLEAN"),
]  # fmt: skip


def test_what_we_create_of_any_type_differs_in_nothing():
    """
    A second load into tables of our own making is no difference: neither of a column that
    numbers itself, a ROWID, nor of a key that took its child's type.
    """
    columns = [Column(f"C{n}", type, n + 2) for n, type in enumerate(TYPES)]
    own = Column("ID", DataType("NUMBER"), 1, nullable=False, identity=Identity(always=True))
    key = Key("T_PK", ("ID",), primary=True)
    parent = Table(TableRef("HR", "PARENT"), (own, *columns), primary_key=key)
    child = Table(
        TableRef("HR", "CHILD"),
        (Column("P", DataType("NUMBER"), 1),),
        foreign_keys=(ForeignKey("FK", ("P",), parent.ref, ("ID",)),),
    )

    made = translate_tables([parent, child], None)

    assert ["bigint"] * 2 == [t.table.columns[0].type.name for t in made]
    alone = [replace(t.table, foreign_keys=()) for t in made]
    assert [(), ()] == [
        tuple(compare_tables(table, table, t.source, "schema", t.columns))
        for table, t in zip(alone, made, strict=True)
    ]


def test_the_order_of_columns_does_not_matter():
    """
    COPY names its columns.
    """
    assert [] == found(replace(EXPECTED, columns=EXPECTED.columns[::-1]))


@pytest.mark.parametrize(
    ("actual", "expected"),
    [
        (replace(EXPECTED, columns=EXPECTED.columns[:2]), ("blocking", "column-missing", "AT")),
        (
            replace(EXPECTED, columns=(*EXPECTED.columns, EXTRA)),
            ("note", "column-extra", None),
        ),
        (
            replace(EXPECTED, columns=(*EXPECTED.columns, replace(EXTRA, nullable=False))),
            ("blocking", "column-extra", None),
        ),
        (
            replace(
                EXPECTED,
                columns=(*EXPECTED.columns, replace(EXTRA, nullable=False, default="0")),
            ),
            ("note", "column-extra", None),
        ),
    ],
)
def test_names_of_columns_count_for_both_purposes(actual, expected):
    """
    Rows without a place block; a column that fills itself is only worth a note.
    """
    assert [expected] == found(actual, "schema") == found(actual, "data")


@pytest.mark.parametrize(
    ("actual", "expected"),
    [
        (with_column("id", type=DataType("smallint")), ("blocking", "type", "ID")),
        (with_column("id", type=DataType("bigint")), ("note", "type", "ID")),
        (with_column("id", type=DataType("boolean")), ("blocking", "type", "ID")),
        (
            with_column("word", type=DataType("character varying", length=39)),
            ("blocking", "type", "WORD"),
        ),
        (with_column("word", type=DataType("text")), ("note", "type", "WORD")),
        (with_column("word", nullable=False), ("blocking", "nullability", "WORD")),
        (with_column("id", nullable=True), ("warning", "nullability", "ID")),
        (with_column("word", default=None), ("warning", "default", "WORD")),
        (with_column("word", default="'y'"), ("note", "default", "WORD")),
        (with_column("at", generated="now()"), ("blocking", "generated", "AT")),
        (replace(EXPECTED, primary_key=None), ("warning", "primary-key", None)),
        (replace(EXPECTED, checks=()), ("warning", "check", None)),
        (replace(EXPECTED, indexes=()), ("note", "index", None)),
        (
            replace(EXPECTED, unique_keys=(Key("u", ("word",), primary=False),)),
            ("warning", "unique-key", None),
        ),
        (
            replace(
                EXPECTED, foreign_keys=(ForeignKey("f", ("id",), TableRef("hr", "p"), ("id",)),)
            ),
            ("warning", "foreign-key", None),
        ),
    ],
)
def test_everything_else_counts_for_the_schema_only(actual, expected):
    """
    With the names of columns alone in question, definitions do not matter.
    """
    assert [expected] == found(actual, "schema")
    assert [] == found(actual, "data")


def test_a_stored_default_is_recognised():
    """
    PostgreSQL adds a cast to the default that it stores.
    """
    assert [] == found(with_column("word", default="'x'::character varying"))


def test_evidence_and_hint_come_along():
    """
    A person sees both definitions and what to do.
    """
    actual = with_column("id", type=DataType("smallint"))

    (difference,) = compare_tables(EXPECTED, actual, SOURCE, "schema")

    assert Severity.BLOCKING is difference.severity
    assert ("NUMBER(9,0)", "smallint") == (difference.source, difference.target)
    assert "make id integer" in difference.hint
