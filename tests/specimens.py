"""A table per type that oraferry loads: an id, two columns of the type, values of every kind.

The damages of tests/corruptions.py are planted in them. A value is Oracle SQL, or bytes or a
text to bind where it is too long to write.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from tests.fix_oracle import OracleForTests

NULL = "NULL"


@dataclass(frozen=True)
class Long:
    """A value to bind."""

    value: bytes | str


@dataclass(frozen=True)
class Specimen:
    """The type in Oracle, the policy that gives the type in PostgreSQL, values of the rows."""

    name: str
    type: str
    values: tuple[Any, ...]
    policy: dict[str, str] = field(default_factory=dict)
    is_newest: bool = False  # needs 23ai
    is_alone: bool = False  # a table has one column of the type at most

    @property
    def table(self) -> str:
        """The table's stored name in Oracle."""
        return f"S_{self.name.upper()}"

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that hold the values."""
        return ("V",) if self.is_alone else ("V", "W")

    @property
    def policies(self) -> list[dict[str, str]]:
        """As a request has them."""
        return [{"column": f"{self.table}.{c}", **self.policy} for c in self.columns if self.policy]

    def create(self, oracle: OracleForTests) -> None:
        """The table and its rows; W has the values of V, two rows further."""
        columns = ", ".join(f"{name} {self.type}" for name in self.columns)
        slots = ", ".join(["{}"] * len(self.columns))
        with oracle.connect() as connection:
            cursor = connection.cursor()
            cursor.execute(f"CREATE TABLE {self.table} (id VARCHAR2(4), {columns})")
            for number, value in enumerate(self.values):
                other = self.values[(number + 2) % len(self.values)]
                chosen = (value, other)[: len(self.columns)]
                binds = [v.value for v in chosen if isinstance(v, Long)]
                places = iter(f":{i + 1}" for i in range(len(binds)))
                shown = [next(places) if isinstance(v, Long) else v for v in chosen]
                cursor.execute(
                    f"INSERT INTO {self.table} VALUES ('{1001 + number}', {slots.format(*shown)})",
                    binds,
                )
            connection.commit()

    def read_ids(self, oracle: OracleForTests) -> dict[str, str]:
        """ROWIDs to ids."""
        with oracle.connect() as connection:
            cursor = connection.cursor()
            cursor.execute(f"SELECT ROWIDTOCHAR(ROWID), id FROM {self.table}")
            return dict(cursor.fetchall())


def _texts(*more: Any) -> tuple[Any, ...]:
    return (
        "'abc 127'", NULL, "'Ärger über Öl'", "'it''s'", "' lead'", "'trail  '",
        "'two'||CHR(10)||'lines'", "'tab'||CHR(9)||CHR(1)||'end'", "'語 漢字'", "'zz 4'", "'ww 5'", "'yy 6'", "'xx 7'",
        *more,
    )  # fmt: skip


LONG_TEXT = Long("Fähre 128 " * 5_000)
LONG_BYTES = Long(bytes(range(1, 251)) * 200 + b"\0\0")
# Shorter and longer than what is hashed where it is.
_LONG_TEXTS, _HUGE_TEXTS = (
    (*(Long(f"{n} " + "Fähre 128 " * times) for n in (1, 2, 3, 4)), NULL)
    for times in (5_000, 20_000)
)
_LONG_BYTES, _HUGE_BYTES = (
    (*(Long(bytes([n, 0, 255]) * times + b"\0") for n in (1, 2, 3, 4)), NULL)
    for times in (10_000, 80_000)
)
_WORDS = ("'abc 127'", NULL, "'Ärger'", "'it''s'", "' b'", "'c  '", "'語'", "'zz 4'", "'yy 5'")
_MOMENTS = ("2024-02-03 04:05:06", "1999-12-31 23:59:59", "2000-01-01 00:00:00",
            "1985-07-09 17:30:01", "2031-10-27 02:30:00", "1583-01-01 00:00:00")  # fmt: skip


def _stamps(fraction: str = "", zone: str = "") -> tuple[str, ...]:
    return (*(f"TIMESTAMP '{text}{fraction}{zone}'" for text in _MOMENTS), NULL)


_FINE, _FINER = _stamps(".123456"), _stamps(".123456789")
_ZONED = _stamps(".500001", " +02:00")
_DATES = (*(f"TO_DATE('{m}', 'YYYY-MM-DD HH24:MI:SS')" for m in _MOMENTS), NULL)
_DAYS = (*(f"DATE '{m[:10]}'" for m in _MOMENTS), NULL)
_WHOLE = ("7", "0", "-12", NULL, "120", "35")
_FRACTIONS = ("7.25", "0", "-12.5", NULL, "120.75", "3.5", "5.5", "6.5", "8.25")
_FREE = (*_FRACTIONS, "12345678901234567890.123456789", "-1E-20", "1E30")
_FLOATS = (
    "0.1", "0", "-12.5", NULL, "BINARY_DOUBLE_NAN", "BINARY_DOUBLE_INFINITY", "1e20", "3.1415926",
    "BINARY_DOUBLE_NAN", "BINARY_DOUBLE_INFINITY", "2.5", "0.7", "1.75",
)  # fmt: skip
_HEX = (
    "00ff10",
    "0100",
    "c3a4c3b6",
    "ff",
    "00",
    "2b7e151628aed2a6",
    "aa01",
    "bb02",
    "cc03",
    "dd04",
)
_RAWS = (*(f"HEXTORAW('{text}')" for text in _HEX), NULL)
_UUIDS = (
    *(
        f"HEXTORAW('{d * 2}0123456789abcdef')"
        for d in ("a1b2c3d4", "b2e50718", "00010203", "ff00fe01", "7e8f9fa0")
    ),
    NULL,
)
_JSON = (
    '{"b": 1.50, "a": [1, 2, null], "c": "x"}', '{"a": "ä 12"}', "[1, 25]", '{"k": {"l": true}}',
    '{"n": 0.1, "m": []}',
)  # fmt: skip
_XML = (
    '<a k="5">1</a>', "<r><c>2</c><d>text</d></r>", '<?xml-stylesheet href="a1.xsl"?><b>3</b>',
    "<e>ä 7</e>",
)  # fmt: skip
_SPANS = ("1 02:03:04.5", "0 00:00:00", "-3 04:05:06.000001", "400 23:59:59.999999", "31 00:00:00")
_YEARS = ("1-02", "0-00", "-3-04", "12-11", "100-00")


def _quoted(values: tuple[str, ...], made: str = "'{}'") -> tuple[str, ...]:
    return (*(made.format(value) for value in values), NULL)


def _spans(digits: int) -> tuple[str, ...]:
    return _quoted(_SPANS, f"INTERVAL '{{}}' DAY(9) TO SECOND({digits})")


_ROWIDS = ("AAAR3sAAEAAAACXAAA", "AAAR3sAAEAAAACXAAB", "AAAR3sAAEAAAACXAAZ")

SPECIMENS = (
    # numbers
    Specimen("n4", "NUMBER(4)", _WHOLE),
    Specimen("n9", "NUMBER(9)", _WHOLE),
    Specimen("n18", "NUMBER(18)", (*_WHOLE, "-5000000000", "9007199254740993")),
    Specimen("n38", "NUMBER(38)", (*_WHOLE, "12345678901234567890123456789012345678", "23456789012345678901234567890123456789")),
    Specimen("n12_2", "NUMBER(12,2)", _FRACTIONS),
    Specimen("n38_20", "NUMBER(38,20)", (*_FRACTIONS, "123456789.12345678901234567891", "923456789.5")),
    Specimen("n3_5", "NUMBER(3,5)", ("0.00123", "0", "-0.00999", NULL, "0.0005")),
    Specimen("hundreds", "NUMBER(5,-2)", ("1200", "0", "-300", NULL, "9999900", "500")),
    Specimen("bare", "NUMBER", _FREE),
    Specimen("float126", "FLOAT(126)", _FREE),
    Specimen("float_bits", "FLOAT(24)", _FRACTIONS),
    Specimen("binary_float", "BINARY_FLOAT", _FLOATS),
    Specimen("binary_double", "BINARY_DOUBLE", _FLOATS),
    Specimen("float_wide", "BINARY_FLOAT", _FLOATS, {"to": "double precision"}),
    Specimen("number_text", "NUMBER(9)", _WHOLE, {"to": "text"}),
    Specimen("number_float", "NUMBER(9)", _WHOLE, {"to": "double precision"}),
    Specimen("number_truth", "NUMBER(1)", ("1", "0", NULL, "1", "0"), {"to": "boolean"}),
    Specimen("number_wide", "NUMBER(4)", (*_WHOLE, "-5"), {"to": "bigint"}),
    # texts
    Specimen("char12", "CHAR(12 CHAR)", _WORDS),
    Specimen("char_bytes", "CHAR(12 BYTE)", _WORDS),
    Specimen("nchar", "NCHAR(12)", _WORDS),
    Specimen("char_text", "CHAR(12 CHAR)", _WORDS, {"to": "text"}),
    Specimen("char_trimmed", "CHAR(12 CHAR)", _WORDS, {"padding": "trim"}),
    Specimen("varchar", "VARCHAR2(40 CHAR)", _texts()),
    Specimen("nvarchar", "NVARCHAR2(40)", _texts()),
    Specimen("wide", "VARCHAR2(4000)", _texts("RPAD('a', 4000, 'bcd e')")),
    Specimen("varchar_text", "VARCHAR2(40 CHAR)", _texts(), {"to": "text"}),
    Specimen("varchar_bytes", "VARCHAR2(40 CHAR)", _texts(), {"nul": "bytea"}),
    Specimen("clob", "CLOB", _texts("EMPTY_CLOB()", LONG_TEXT)),
    Specimen("nclob", "NCLOB", _texts("EMPTY_CLOB()", LONG_TEXT)),
    Specimen("long", "LONG", _texts(LONG_TEXT), is_alone=True),
    Specimen("clob_long", "CLOB", _LONG_TEXTS),
    Specimen("clob_huge", "CLOB", _HUGE_TEXTS),
    Specimen("nclob_huge", "NCLOB", _HUGE_TEXTS),
    Specimen("clob_json", "CLOB", _quoted(_JSON), {"to": "jsonb"}),
    Specimen("clob_written_json", "CLOB", _quoted(_JSON), {"to": "json"}),
    Specimen("clob_xml", "CLOB", _quoted(_XML), {"to": "xml"}),
    Specimen("rowids", "ROWID", _quoted(_ROWIDS, "CHARTOROWID('{}')")),
    Specimen("urowids", "UROWID", _quoted(_ROWIDS, "CHARTOROWID('{}')")),
    # bytes
    Specimen("raw", "RAW(40)", _RAWS),
    Specimen("uuid", "RAW(16)", _UUIDS, {"to": "uuid"}),
    Specimen("blob", "BLOB", (*_RAWS, "EMPTY_BLOB()", LONG_BYTES)),
    Specimen("blob_long", "BLOB", _LONG_BYTES),
    Specimen("blob_huge", "BLOB", _HUGE_BYTES),
    Specimen("long_raw", "LONG RAW", (*_RAWS, LONG_BYTES), is_alone=True),
    # moments
    Specimen("date", "DATE", _DATES),
    Specimen("day", "DATE", _DAYS, {"to": "date"}),
    Specimen("date_text", "DATE", _DATES, {"to": "text"}),
    Specimen("ts0", "TIMESTAMP(0)", _stamps()),
    Specimen("ts3", "TIMESTAMP(3)", _stamps(".123")),
    Specimen("ts6", "TIMESTAMP(6)", _FINE),
    Specimen("ts9", "TIMESTAMP(9)", _FINER),
    Specimen("ts9_text", "TIMESTAMP(9)", _FINER, {"nanoseconds": "text"}),
    Specimen("tstz6", "TIMESTAMP(6) WITH TIME ZONE", _ZONED),
    Specimen("tstz9", "TIMESTAMP(9) WITH TIME ZONE", _ZONED),
    Specimen("tstz_text", "TIMESTAMP(6) WITH TIME ZONE", _ZONED, {"time_zone": "text"}),
    Specimen("ltz6", "TIMESTAMP(6) WITH LOCAL TIME ZONE", _FINE),
    Specimen("ltz9", "TIMESTAMP(9) WITH LOCAL TIME ZONE", _FINER),
    Specimen("days", "INTERVAL DAY(9) TO SECOND(6)", _spans(6)),
    Specimen("days_text", "INTERVAL DAY(9) TO SECOND(9)", _spans(9), {"nanoseconds": "text"}),
    Specimen("years", "INTERVAL YEAR(9) TO MONTH", _quoted(_YEARS, "INTERVAL '{}' YEAR(9) TO MONTH")),
    # documents
    Specimen("xml", "XMLTYPE", _quoted(_XML, "XMLTYPE('{}')")),
    Specimen("json", "JSON", _quoted(_JSON, "JSON('{}')"), is_newest=True),
    Specimen("json_text", "JSON", _quoted(_JSON, "JSON('{}')"), {"to": "text"}, is_newest=True),
    Specimen("vector", "VECTOR(2, FLOAT64)", _quoted(("[1,2]", "[-0.5,3]", "[4,4]"), "TO_VECTOR('{}', 2, FLOAT64)"), is_newest=True),
    Specimen("truth", "BOOLEAN", ("TRUE", "FALSE", NULL, "TRUE"), is_newest=True),
)  # fmt: skip

# A type of each kind, for runs that have less time.
_TYPICAL = {
    "n9", "n18", "n12_2", "bare", "binary_double", "number_truth", "char12", "varchar", "clob", "clob_long", "blob_huge",
    "raw", "uuid", "blob", "ts6", "tstz6", "day", "days", "xml", "clob_json",
}  # fmt: skip
TYPICAL = tuple(specimen for specimen in SPECIMENS if specimen.name in _TYPICAL)
