"""What a policy declares agrees with what the load does, over values made to be awkward."""

from __future__ import annotations

import random
from decimal import Decimal

import pyarrow as pa
import pytest

from oraferry.canonical import declared_text, source_text
from oraferry.model import Column, ColumnPlan, DataType, Policy
from oraferry.typemap import load

random.seed(1582)


def digits(count):
    """Random digits."""
    return "".join(random.choices("0123456789", k=count))


def numbers():
    """Numbers of all sizes, as Oracle writes them."""
    found = ["0", "1", "-1", ".5", "-.5", "2.5", "-2.5", "99.995", "-99.995", "999.5", "1E+100",
             "32767", "32768", "-32768", "-32769", "9223372036854775807.5", "1E-130", None]  # fmt: skip
    for _ in range(400):
        sign, size, places = random.choice(["", "-"]), random.randrange(1, 20), random.randrange(9)
        whole = digits(size).lstrip("0")
        fraction = digits(places).rstrip("0")
        text = f"{sign}{whole}.{fraction}" if fraction else f"{sign}{whole or '0'}"
        found.append("0" if text == "-0" else text)
    return pa.array(found)


def moments():
    """Labels of Oracle's calendar with nanoseconds, years that others lack among them."""
    found = [" 0000-02-29 00:00:00.999999999", " 1500-02-29 23:59:59.9999995", None,
             " 9999-12-31 23:59:59.9999999", "-4712-01-01 00:00:00", " 1900-02-28 12:00:00"]  # fmt: skip
    for _ in range(400):
        year = random.choice(["-", " "]) + f"{random.randrange(10_000):04}"
        label = f"{year}-{random.randrange(1, 13):02}-{random.randrange(1, 29):02}"
        found.append(f"{label} {random.randrange(24):02}:{digits(1)}0:59.{digits(9)}".replace(":90:", ":00:").replace(":80:", ":00:").replace(":70:", ":00:").replace(":60:", ":00:"))  # fmt: skip
    return pa.array(found)


def intervals():
    """Intervals of nine digits of everything."""
    found = [None, "+00 00:00:00.000000500", "-00 00:00:00.000000500"]
    found += [
        f"{random.choice('+-')}{random.randrange(10**9):09} 23:59:59.{digits(9)}" for _ in range(99)
    ]
    return pa.array(found)


def texts():
    """NULs, wide characters, blanks at the end, emptiness."""
    alphabet = "aä🚢\0  "
    return pa.array([None, "", *("".join(random.choices(alphabet, k=8)) for _ in range(200))])


NUMBER, STAMP = DataType("NUMBER"), DataType("TIMESTAMP", scale=9)
LONGEST = DataType("timestamp without time zone", scale=6)
CASES = [
    (numbers(), NUMBER, DataType("bigint"), Policy(overflow="null")),
    (numbers(), NUMBER, DataType("smallint"), Policy(overflow="null")),
    (numbers(), NUMBER, DataType("boolean"), Policy(overflow="null")),
    (numbers(), NUMBER, DataType("numeric", precision=5, scale=2), Policy(overflow="null")),
    (numbers(), NUMBER, DataType("numeric"), Policy(infinity="null")),
    (numbers(), NUMBER, DataType("double precision"), Policy(to=DataType("double precision"))),
    (numbers(), NUMBER, DataType("real"), Policy(to=DataType("real"))),
    (numbers(), NUMBER, DataType("text"), Policy(to=DataType("text"))),
    (numbers(), NUMBER, DataType("character varying", length=5), Policy(overflow="cut")),
    (moments(), STAMP, LONGEST, Policy(moments="null", nanoseconds="round")),
    (moments(), STAMP, LONGEST, Policy(moments="clamp", nanoseconds="round")),
    (moments(), STAMP, LONGEST, Policy(moments="clamp", last_day="infinity")),
    (moments(), DataType("DATE"), DataType("date"), Policy(moments="clamp", time_of_day="cut", last_day="infinity")),
    (moments(), STAMP, DataType("text"), Policy(nanoseconds="text")),
    (intervals(), DataType("INTERVAL DAY TO SECOND", scale=9), DataType("interval"), Policy(nanoseconds="round")),
    (intervals(), DataType("INTERVAL DAY TO SECOND", scale=9), DataType("interval"), Policy(overflow="null")),
    (texts(), DataType("VARCHAR2", length=8), DataType("text"), Policy(nul="remove")),
    (texts(), DataType("VARCHAR2", length=8), DataType("character varying", length=3), Policy(nul="replace", overflow="cut")),
    (texts(), DataType("VARCHAR2", length=8), DataType("character varying", length=3), Policy(nul="remove", overflow="null")),
    (texts(), DataType("CHAR", length=9), DataType("character varying", length=9), Policy(nul="remove", padding="trim")),
    (texts(), DataType("CHAR", length=9), DataType("bytea"), Policy(nul="bytea")),
]  # fmt: skip


@pytest.mark.parametrize(("array", "source", "target", "policy"), CASES, ids=range(len(CASES)))
@pytest.mark.parametrize("nullable", [True, False])
def test_what_is_declared_is_what_is_loaded(array, source, target, policy, nullable):
    """
    The loaded values, read as the target's own type, have the text that the policy declares.
    """
    plan = ColumnPlan(Column("C", source, 1), Column("c", target, 1, nullable), "", policy)

    loaded, _ = load(array, source, target, plan)

    assert loaded_text(loaded, target) == declared_text(array, plan).to_pylist()


def loaded_text(loaded, target):
    """Load forms are Arrow's own types; infinity is PostgreSQL's mark for it."""
    name = {"numeric": "NUMBER", "interval": "INTERVAL DAY TO SECOND", "text": "CLOB"}.get(
        target.name, "BLOB" if target.name == "bytea" else "CLOB"
    )
    if pa.types.is_integer(loaded.type) or pa.types.is_floating(loaded.type):
        name = "BINARY_DOUBLE" if pa.types.is_floating(loaded.type) else "NUMBER"
    if pa.types.is_boolean(loaded.type):
        name = "BOOLEAN"
    if pa.types.is_date(loaded.type):
        days = loaded.cast(pa.int32()).to_pylist()
        return [d if d is None else "infinity" if d == 2**31 - 1 else str(d * 86_400_000_000) for d in days]  # fmt: skip
    if pa.types.is_timestamp(loaded.type):
        ticks = loaded.cast(pa.int64()).to_pylist()
        return [t if t is None else "infinity" if t == 2**63 - 1 else str(t) for t in ticks]
    return source_text(loaded, DataType(name)).to_pylist()


def test_rounding_by_policy_is_declared_too():
    """
    Half goes away from zero, as in both databases; the carry is kept.
    """
    target = DataType("numeric", precision=5, scale=1)
    plan = ColumnPlan(Column("C", NUMBER, 1), Column("c", target, 1), "", Policy(overflow="cut"))
    array = pa.array([Decimal("99.95"), Decimal("-0.05"), Decimal("0.04")], pa.decimal128(38, 2))

    loaded, altered = load(array, NUMBER, target, plan)

    assert ["100", "-0.1", "0"] == declared_text(array, plan).to_pylist()
    assert [Decimal("100.0"), Decimal("-0.1"), Decimal("0.0")] == loaded.to_pylist()
    assert {"fractions rounded": 3} == altered


def test_an_empty_text_stands_for_null_only_where_null_cannot():
    """
    The policy is about NOT NULL columns of the target; others keep their NULLs.
    """
    source, text, policy = (
        DataType("VARCHAR2", length=8),
        DataType("text"),
        Policy(empty_text="empty"),
    )
    array = pa.array([None, "x"])
    for nullable, expected in ((True, [None, "x"]), (False, ["", "x"])):
        plan = ColumnPlan(Column("C", source, 1), Column("c", text, 1, nullable), "", policy)
        loaded, altered = load(array, source, text, plan)
        assert expected == loaded.to_pylist() == declared_text(array, plan).to_pylist()
        assert ({} if nullable else {"NULL stored as an empty text": 1}) == altered
