"""Oracle tables → the PostgreSQL tables we expect."""

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
    Partitioning,
    Sequence,
    Severity,
    Table,
    TableRef,
)
from oraferry.schema.sequences import translate_sequences
from oraferry.schema.translate import translate_tables


def number(precision=None, scale=0):
    """A NUMBER."""
    return DataType("NUMBER", precision=precision, scale=None if precision is None else scale)


def table(name, *columns, schema="HR", **parts):
    """A table of (name, type) or Columns."""
    made = [
        column if isinstance(column, Column) else Column(column[0], column[1], position)
        for position, column in enumerate(columns, start=1)
    ]
    return Table(TableRef(schema, name), tuple(made), **parts)


def translate(*tables, target_schema=None):
    """Translations by the source's name."""
    return {t.source.ref.name: t for t in translate_tables(tables, target_schema)}


@pytest.mark.parametrize(
    ("target_schema", "expected"),
    [(None, "hr"), ("Sales", "Sales"), ({"HR": "people"}, "people"), ({"hr": "people"}, "people"),
     ({"OE": "orders"}, "hr")],
)  # fmt: skip
def test_names_are_folded_once(target_schema, expected):
    """
    Capitals become lower case, mixed case stays; the schema may be mapped.
    """
    found = translate(
        table("ORDERS", ("ID", number(9)), ("Mixed Case", number(9))), target_schema=target_schema
    )["ORDERS"].table

    assert TableRef(expected, "orders") == found.ref
    assert ["id", "Mixed Case"] == [column.name for column in found.columns]


def test_columns_that_would_meet_stay_apart():
    """
    "id" keeps its name, ID its capitals, and a note says so.
    """
    found = translate(table("T", ("ID", number(9)), ("id", number(9))))["T"]

    assert ["ID", "id"] == [column.name for column in found.table.columns]
    assert any("keeps its capitals" in note for note in found.notes)


def test_columns_named_like_system_columns_get_other_names():
    """
    XMIN keeps its capitals, "ctid" gets an underscore: PostgreSQL takes neither as it is.
    """
    columns = [(name, number(9)) for name in ("XMIN", "ctid", "ctid_", "OID")]
    found = translate(table("T", *columns))["T"]

    assert ["XMIN", "ctid__", "ctid_", "oid"] == [column.name for column in found.table.columns]
    assert 2 == len([note for note in found.notes if "is a system column" in note])


def test_tables_that_would_meet_block():
    """
    Two tables cannot become one.
    """
    found = translate(table("T", ("A", number(9))), table("t", ("A", number(9))))

    assert all(
        ["name"] == [d.kind for d in t.differences if d.severity is Severity.BLOCKING]
        for t in found.values()
    )


def test_long_names_are_shortened_apart():
    """
    Names beyond 63 bytes lose their end to a digest, so that they stay different.
    """
    names = ["Ü" * 40 + "_A", "Ü" * 40 + "_B"]
    found = translate(table("T", *((name, number(9)) for name in names)))["T"].table

    shortened = [column.name for column in found.columns]
    assert 2 == len(set(shortened))
    assert all(len(name.encode()) <= 63 for name in shortened)


def test_shortened_names_are_told_but_not_those_that_a_person_chose():
    """
    Whoever looks for the long name finds the short one in a note.
    """
    chosen = Column("L" * 65, number(9), 2, rename="mine")
    found = translate(table("T" * 64, ("C" * 64, number(9)), chosen))["T" * 64]

    (column, _) = found.table.columns
    told = [note.split(": ", 1)[1] for note in found.notes]
    assert [
        f"column {'C' * 64} is called {column.name}: PostgreSQL's names have 63 bytes",
        f"the table is called {found.table.ref.name}: PostgreSQL's names have 63 bytes",
    ] == told


def test_what_the_source_remarks_is_noted():
    """
    What belongs to a table and does not move is said where the comparison says its doubts.
    """
    found = translate(table("T", ("A", number(9)), remarks=("trigger X is not converted",)))["T"]

    assert ("HR.T: trigger X is not converted",) == found.notes


def test_a_column_without_a_rule_blocks_and_is_left_out():
    """
    A type that nothing carries is said, not guessed.
    """
    found = translate(
        table("T", ("ID", number(9)), ("SHAPE", DataType("SDO_GEOMETRY", schema="MDSYS")))
    )["T"]

    (difference,) = found.differences
    assert ("SHAPE", "type", Severity.BLOCKING) == (
        difference.column,
        difference.kind,
        difference.severity,
    )
    assert ["id"] == [column.name for column in found.table.columns]


def test_foreign_keys_tie_number_types():
    """
    A child's NUMBER(9) becomes bigint when its parent's NUMBER(12) does, over any distance.
    """
    parent = table("P", ("ID", number(12)), primary_key=Key("P_PK", ("ID",), primary=True))
    child = table(
        "C",
        ("P_ID", number(9)),
        foreign_keys=(ForeignKey("C_FK", ("P_ID",), TableRef("HR", "P"), ("ID",)),),
    )
    grandchild = table(
        "G",
        ("C_ID", number(4)),
        foreign_keys=(ForeignKey("G_FK", ("C_ID",), TableRef("HR", "C"), ("P_ID",)),),
    )

    found = translate(grandchild, child, parent)

    assert ["bigint"] * 3 == [found[n].table.columns[0].type.name for n in "PCG"]
    (key,) = found["C"].table.foreign_keys
    assert (TableRef("hr", "p"), ("id",), "c_fk") == (key.parent, key.parent_columns, key.name)


def test_an_identity_of_a_bare_number_becomes_bigint():
    """
    PostgreSQL's identities are integers; Oracle's bound of 28 nines is clamped.
    """
    sequence = Sequence(TableRef("HR", "ISEQ$$_1"), 101, maximum=10**28 - 1)
    column = Column("ID", number(), 1, nullable=False, identity=Identity(True, sequence))

    (found,) = translate(table("T", column))["T"].table.columns

    assert "bigint" == found.type.name
    assert found.identity is not None and found.identity.always
    assert 2**63 - 1 == found.identity.sequence.maximum


def test_made_up_names_are_not_kept_and_names_of_relations_do_not_meet():
    """
    SYS_C… becomes a name of ours; an index called like a table gets another name, and a note.
    """
    source = table(
        "T",
        ("A", number(9)),
        ("B", number(9)),
        primary_key=Key("SYS_C0011", ("A",), primary=True, generated_name=True),
        unique_keys=(Key("SYS_C0012", ("A", "B"), primary=False, generated_name=True),),
        checks=(Check("SYS_C0013", "A > 0", generated_name=True),),
        indexes=(Index("U", (IndexPart("B"),)),),
    )

    translation = translate(source, table("U", ("A", number(9))))["T"]

    assert ("HR.T: index U is called t_u: another table, key or index has its name",) == tuple(
        note for note in translation.notes if "is called" in note
    )
    found = translation.table
    assert "t_pkey" == found.primary_key.name
    assert ["t_a_b_key"] == [key.name for key in found.unique_keys]
    assert ["t_sys_c0013_check"] == [check.name for check in found.checks]
    assert ["t_u"] == [index.name for index in found.indexes]


def test_what_has_no_equal_is_left_out_and_named():
    """
    Every object that does not come along is in a note with its reason.
    """
    source = table(
        "T",
        ("A", number(9)),
        Column("V", number(9), 2, generated="my_function(A)"),
        Column("W", number(9), 3, generated="A + 1"),
        Column("X", number(9), 4, default="my_function(1)"),
        primary_key=Key("T_PK", ("A",), primary=True, enabled=False),
        checks=(Check("T_CK", "my_function(A) = 1"), Check("T_OFF", "A > 1", enabled=False)),
        indexes=(
            Index("T_DOMAIN", (IndexPart("A"),), kind="DOMAIN"),
            Index("T_BITMAP", (IndexPart("A"),), kind="BITMAP"),
            Index("T_FUNCTION", (IndexPart("MY_FUNCTION(A)", is_expression=True),)),
            Index("T_DESC", (IndexPart('"A"', descending=True, is_expression=True),)),
            Index("SYS_IL1", (IndexPart("A"),), kind="LOB"),
        ),
        partitioning=Partitioning("RANGE", ("A",)),
    )

    found = translate(source)["T"]

    assert None is found.table.primary_key
    assert () == found.table.checks
    assert ["t_bitmap", "t_desc"] == [index.name for index in found.table.indexes]
    assert IndexPart("a", descending=True) == found.table.indexes[1].parts[0]
    a, v, w, x = found.table.columns
    assert (None, '"a" + 1', None) == (v.generated, w.generated, x.default)
    assert ["A", "V", "X"] == [column.source.name for column in found.columns]
    for name in ("T_PK", "T_CK", "T_OFF", "T_DOMAIN", "T_BITMAP", "T_FUNCTION", "column V",
                 "column X", "partitioned"):  # fmt: skip
        assert any(name in note for note in found.notes), name
    assert not any("SYS_IL1" in note for note in found.notes)
    assert a.name == "a"


def test_invisible_columns_come_last_and_visible():
    """
    PostgreSQL has no invisible columns: they travel, at the end, with a note.
    """
    hidden = replace(Column("A", number(9), 0), invisible=True)

    found = translate(table("T", hidden, Column("B", number(9), 1)))["T"]

    assert ["b", "a"] == [column.name for column in found.table.columns]
    assert any("invisible" in note for note in found.notes)


def test_sequences_are_clamped_or_left_out():
    """
    Bounds beyond 64 bits are clamped; a value beyond them cannot be kept.
    """
    good = Sequence(TableRef("HR", "S"), 5, maximum=10**28 - 1, minimum=-(10**26), cache=0)

    found, notes = translate_sequences([good, replace(good, next_value=2**63)], None)

    assert [(TableRef("hr", "s"), 2**63 - 1, -(2**63), 1)] == [
        (s.ref, s.maximum, s.minimum, s.cache) for s in found
    ]
    assert 1 == len(notes)


def test_what_a_type_cannot_take_along_is_said():
    """
    A loss that no count tells is a note: once a table and kind, with the columns; counted ones are not.
    """
    zoned = DataType("TIMESTAMP WITH TIME ZONE", scale=9)
    source = table("T", ("A", zoned), ("B", zoned), ("C", DataType("TIMESTAMP", scale=9)))

    (found,) = translate(source).values()

    lost = "the instant is kept, the row's own offset or region is not"
    assert (f"HR.T: columns A, B: {lost}",) == found.notes
