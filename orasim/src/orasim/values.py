"""Oracle's types and the values Python has no type for: descriptors, dates, intervals.

Python values inside orasim: NUMBER is ``int`` or ``Decimal``; text (CLOB, LONG and XMLTYPE
included) is ``str``; RAW and BLOB are ``bytes``, and so are the images of JSON and VECTOR; DATE
and every TIMESTAMP is ``OraDate``; BINARY_FLOAT/DOUBLE is ``float``; ROWID is the 18-character
``str``; NULL is ``None``. Only for LOB types do ``''`` and ``b''`` exist, as the empty LOB.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import total_ordering

from orasim import engine

NANOSECONDS = 1_000_000_000
SECONDS_PER_DAY = 86_400

# Dictionary spelling (ALL_TAB_COLS.DATA_TYPE without precision) -> the wire's type number.
WIRE_TYPES = {
    "VARCHAR2": engine.TYPE_VARCHAR,
    "NVARCHAR2": engine.TYPE_VARCHAR,
    "NUMBER": engine.TYPE_NUMBER,
    "FLOAT": engine.TYPE_NUMBER,
    "LONG": engine.TYPE_LONG,
    "ROWID": engine.TYPE_ROWID,
    "DATE": engine.TYPE_DATE,
    "RAW": engine.TYPE_RAW,
    "LONG RAW": engine.TYPE_LONG_RAW,
    "CHAR": engine.TYPE_CHAR,
    "NCHAR": engine.TYPE_CHAR,
    "BINARY_FLOAT": engine.TYPE_BINARY_FLOAT,
    "BINARY_DOUBLE": engine.TYPE_BINARY_DOUBLE,
    "CURSOR": engine.TYPE_CURSOR,
    "OBJECT": engine.TYPE_OBJECT,
    "XMLTYPE": engine.TYPE_OBJECT,
    "CLOB": engine.TYPE_CLOB,
    "NCLOB": engine.TYPE_CLOB,
    "BLOB": engine.TYPE_BLOB,
    "BFILE": engine.TYPE_BFILE,
    "JSON": engine.TYPE_JSON,
    "VECTOR": engine.TYPE_VECTOR,
    "TIMESTAMP": engine.TYPE_TIMESTAMP,
    "TIMESTAMP WITH TIME ZONE": engine.TYPE_TIMESTAMP_TZ,
    "TIMESTAMP WITH LOCAL TIME ZONE": engine.TYPE_TIMESTAMP_LTZ,
    "INTERVAL YEAR TO MONTH": engine.TYPE_INTERVAL_YM,
    "INTERVAL DAY TO SECOND": engine.TYPE_INTERVAL_DS,
    "UROWID": engine.TYPE_UROWID,
    "BOOLEAN": engine.TYPE_BOOLEAN,
}

# The numbers by which images and describes name the formats of VECTOR.
VECTOR_FORMATS = {"FLOAT32": 2, "FLOAT64": 3, "INT8": 4, "BINARY": 5}

TEXT = frozenset({"VARCHAR2", "NVARCHAR2", "CHAR", "NCHAR"})
NATIONAL = frozenset({"NVARCHAR2", "NCHAR", "NCLOB"})
LOBS = frozenset({"CLOB", "NCLOB", "BLOB", "BFILE"})
LONGS = frozenset({"LONG", "LONG RAW"})
DATES = frozenset(
    {"DATE", "TIMESTAMP", "TIMESTAMP WITH TIME ZONE", "TIMESTAMP WITH LOCAL TIME ZONE"}
)
INTERVALS = frozenset({"INTERVAL YEAR TO MONTH", "INTERVAL DAY TO SECOND"})
FLOATS = frozenset({"BINARY_FLOAT", "BINARY_DOUBLE"})

# ALL_TAB_COLS.DATA_LENGTH of types whose length is not declared. LOBs show the size of the
# locator kept in the row; TIMESTAMP's 11 (7 when the fraction has no digits) is handled below.
_FIXED_LENGTHS = {
    "NUMBER": 22,
    "FLOAT": 22,
    "DATE": 7,
    "TIMESTAMP WITH TIME ZONE": 13,
    "INTERVAL YEAR TO MONTH": 5,
    "INTERVAL DAY TO SECOND": 11,
    "BINARY_FLOAT": 4,
    "BINARY_DOUBLE": 8,
    "ROWID": 10,
    "LONG": 0,
    "LONG RAW": 0,
    "CLOB": 4000,
    "NCLOB": 4000,
    "BLOB": 4000,
    "BFILE": 530,
    "XMLTYPE": 2000,
    "JSON": 8200,
    "VECTOR": 8200,
    "BOOLEAN": 1,
}


@dataclass(frozen=True, slots=True)
class OraType:
    """
    A type as Oracle describes it; also what every SQL expression carries.

    ``name`` is a key of WIRE_TYPES; user-defined types are ``OBJECT`` with *type_schema* and
    *type_name*. ``length`` counts what was declared: bytes, or characters when
    ``char_semantics`` (and always for NCHAR, NVARCHAR2, as UTF-16 units).
    ``precision``: NUMBER digits (None = unconstrained), FLOAT *binary* digits, leading-field
    digits of intervals. ``scale``: NUMBER scale, fractional second digits of TIMESTAMP and
    INTERVAL DAY TO SECOND. VECTOR: ``length`` dimensions, ``precision`` the format (2 FLOAT32,
    3 FLOAT64, 4 INT8, 5 BINARY), ``scale`` 1 when sparse; None is flexible.
    """

    name: str
    length: int | None = None
    char_semantics: bool = False
    precision: int | None = None
    scale: int | None = None
    type_schema: str | None = None
    type_name: str | None = None

    @property
    def is_text(self) -> bool:
        """CHAR or VARCHAR2 of either character set; CLOB and LONG are not."""
        return self.name in TEXT

    @property
    def is_national(self) -> bool:
        """NCHAR, NVARCHAR2 and NCLOB."""
        return self.name in NATIONAL

    @property
    def is_lob(self) -> bool:
        return self.name in LOBS

    @property
    def is_long(self) -> bool:
        return self.name in LONGS

    @property
    def is_date(self) -> bool:
        """DATE and all TIMESTAMP types."""
        return self.name in DATES

    @property
    def is_number(self) -> bool:
        """Decimal numbers: NUMBER and FLOAT."""
        return self.name in ("NUMBER", "FLOAT")

    @property
    def byte_length(self) -> int:
        """Most bytes a value can have in AL32UTF8 (AL16UTF16 for national types)."""
        if self.name in NATIONAL and self.length is not None:
            return 2 * self.length
        if self.name in TEXT and self.length is not None:
            maximum = 32767 if self.length > 4000 else (2000 if self.name == "CHAR" else 4000)
            return min(4 * self.length, maximum) if self.char_semantics else self.length
        return self.data_length

    def stored_length(self, widest: int) -> int:
        """``data_length`` where a character of the database's set takes up to *widest* bytes."""
        if widest == 4 or not self.char_semantics or self.name not in TEXT or self.name in NATIONAL:
            return self.data_length
        maximum = 2000 if self.name == "CHAR" else 4000
        return min(widest * (self.length or 0), max(maximum, self.length or 0))

    @property
    def data_length(self) -> int:
        """ALL_TAB_COLS.DATA_LENGTH: bytes."""
        if self.name in TEXT:
            return self.byte_length if self.length is not None else 0
        if self.name in ("RAW", "UROWID"):
            return self.length if self.length is not None else 4000
        if self.name in ("TIMESTAMP", "TIMESTAMP WITH LOCAL TIME ZONE"):
            return 7 if self.scale == 0 else 11
        return _FIXED_LENGTHS.get(self.name, self.length or 0)

    @property
    def char_length(self) -> int:
        """ALL_TAB_COLS.CHAR_LENGTH: characters of a text type, else 0."""
        return (self.length or 0) if self.name in TEXT else 0

    @property
    def data_type(self) -> str:
        """ALL_TAB_COLS.DATA_TYPE: ``TIMESTAMP(6) WITH TIME ZONE``, the type's own name, …"""
        if self.name == "OBJECT":
            return self.type_name or "OBJECT"
        if self.name.startswith("TIMESTAMP"):
            return f"TIMESTAMP({6 if self.scale is None else self.scale}){self.name[9:]}"
        if self.name == "INTERVAL YEAR TO MONTH":
            return f"INTERVAL YEAR({2 if self.precision is None else self.precision}) TO MONTH"
        if self.name == "INTERVAL DAY TO SECOND":
            day = 2 if self.precision is None else self.precision
            second = 6 if self.scale is None else self.scale
            return f"INTERVAL DAY({day}) TO SECOND({second})"
        return self.name

    @property
    def wire_type(self) -> int:
        """The internal type number of the describe message."""
        return WIRE_TYPES[self.name]


# -- calendar ---------------------------------------------------------------------------------

# Oracle counts in the Julian calendar up to 4 October 1582 and in the Gregorian from 15
# October; a year 0 exists in arithmetic as a leap year of 366 days (facts §4.2, asktom).
_GREGORIAN_START = 2299161  # Julian day number of 15-OCT-1582


def _is_leap(year: int) -> bool:
    if year > 1582:
        return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    return year % 4 == 0


def days_in_month(year: int, month: int) -> int:
    """Days of a month in Oracle's calendar; October 1582 still counts to 31."""
    if month == 2:
        return 29 if _is_leap(year) else 28
    return 30 if month in (4, 6, 9, 11) else 31


def day_number(year: int, month: int, day: int) -> int:
    """
    The Julian day of a date label, as TO_CHAR(d, 'J') shows it.

    >>> day_number(2000, 1, 1)
    2451545
    >>> day_number(1582, 10, 15) - day_number(1582, 10, 4)
    1
    """
    shift = (14 - month) // 12
    y, m = year + 4800 - shift, month + 12 * shift - 3
    if (year, month, day) >= (1582, 10, 15):
        return day + (153 * m + 2) // 5 + 365 * y + y // 4 - y // 100 + y // 400 - 32045
    # ASSUMPTION(oracle): with a real year 0, label -n is the astronomical year -n. Oracle's
    # documentation gives 'J' = 1 for 01-JAN-4712 BC, this gives 0: unproven below year 1.
    return day + (153 * m + 2) // 5 + 365 * y + y // 4 - 32083


def date_of_day_number(number: int) -> tuple[int, int, int]:
    """
    The label (year, month, day) of a Julian day; the inverse of day_number.

    >>> date_of_day_number(2451545)
    (2000, 1, 1)
    >>> date_of_day_number(2299160)
    (1582, 10, 4)
    """
    if number >= _GREGORIAN_START:
        a = number + 32044
        b = (4 * a + 3) // 146097
        c = a - 146097 * b // 4
    else:
        b, c = 0, number + 32082
    d = (4 * c + 3) // 1461
    e = c - 1461 * d // 4
    m = (5 * e + 2) // 153
    return 100 * b + d - 4800 + m // 10, m + 3 - 12 * (m // 10), e - (153 * m + 2) // 5 + 1


@total_ordering
@dataclass(frozen=True, slots=True, eq=False)
class OraDate:
    """
    A DATE or TIMESTAMP value: years -4712 … 9999 (year 0 can occur), nanoseconds, time zone.

    The fields are the wall clock. ``offset_minutes`` is set for values WITH TIME ZONE (then
    comparison is by instant) and None otherwise; ``region`` is the zone's name when the
    value was given with one.
    """

    year: int
    month: int = 1
    day: int = 1
    hour: int = 0
    minute: int = 0
    second: int = 0
    nanosecond: int = 0
    offset_minutes: int | None = None
    region: str | None = None

    @property
    def day_number(self) -> int:
        """Julian day of the wall clock's date."""
        return day_number(self.year, self.month, self.day)

    @property
    def second_of_day(self) -> int:
        return self.hour * 3600 + self.minute * 60 + self.second

    @property
    def nanoseconds(self) -> int:
        """Wall clock as nanoseconds since Julian day 0."""
        seconds = self.day_number * SECONDS_PER_DAY + self.second_of_day
        return seconds * NANOSECONDS + self.nanosecond

    @property
    def instant(self) -> int:
        """Nanoseconds since Julian day 0 in UTC; the wall clock when there is no zone."""
        return self.nanoseconds - (self.offset_minutes or 0) * 60 * NANOSECONDS

    @classmethod
    def of_nanoseconds(
        cls, nanoseconds: int, offset_minutes: int | None = None, region: str | None = None
    ) -> OraDate:
        """The value whose wall clock is *nanoseconds* after Julian day 0."""
        seconds, nanosecond = divmod(nanoseconds, NANOSECONDS)
        days, second = divmod(seconds, SECONDS_PER_DAY)
        year, month, day = date_of_day_number(days)
        minute, second = divmod(second, 60)
        hour, minute = divmod(minute, 60)
        return cls(year, month, day, hour, minute, second, nanosecond, offset_minutes, region)

    def at_offset(self, offset_minutes: int, region: str | None = None) -> OraDate:
        """The same instant on another wall clock; a value without zone counts as UTC."""
        wall = self.instant + offset_minutes * 60 * NANOSECONDS
        return OraDate.of_nanoseconds(wall, offset_minutes, region)

    def without_zone(self) -> OraDate:
        """The wall clock alone."""
        return replace(self, offset_minutes=None, region=None)

    def truncated(self) -> OraDate:
        """Midnight of the same day, as TRUNC(date) returns."""
        return OraDate(self.year, self.month, self.day)

    def rounded(self, digits: int) -> OraDate:
        """Half-up to *digits* fractional second digits, as storing does."""
        unit = 10 ** (9 - digits)
        if self.nanosecond % unit == 0:
            return self
        total = (self.nanoseconds + unit // 2) // unit * unit
        return OraDate.of_nanoseconds(total, self.offset_minutes, self.region)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, OraDate) and self._order() == other._order()

    def __lt__(self, other: OraDate) -> bool:
        return self._order() < other._order()

    def __hash__(self) -> int:
        return hash(self._order())

    def _order(self) -> tuple[int, ...]:
        if self.offset_minutes:
            utc = self.at_offset(0)
            return (utc.year, utc.month, utc.day, utc.second_of_day, utc.nanosecond)
        return (self.year, self.month, self.day, self.second_of_day, self.nanosecond)


@dataclass(frozen=True, slots=True, order=True)
class IntervalYM:
    """INTERVAL YEAR TO MONTH as a signed number of months."""

    months: int


@dataclass(frozen=True, slots=True, order=True)
class IntervalDS:
    """INTERVAL DAY TO SECOND as a signed number of nanoseconds."""

    nanoseconds: int


# -- descriptors often needed ------------------------------------------------------------------

NUMBER = OraType("NUMBER")
DATE = OraType("DATE")
CLOB = OraType("CLOB")
BLOB = OraType("BLOB")
ROWID = OraType("ROWID")
LONG = OraType("LONG")
BINARY_FLOAT = OraType("BINARY_FLOAT")
BINARY_DOUBLE = OraType("BINARY_DOUBLE")
BOOLEAN = OraType("BOOLEAN")


def varchar2(length: int, *, char_semantics: bool = False) -> OraType:
    return OraType("VARCHAR2", length, char_semantics)


def char(length: int, *, char_semantics: bool = False) -> OraType:
    return OraType("CHAR", length, char_semantics)


def number(precision: int, scale: int = 0) -> OraType:
    return OraType("NUMBER", precision=precision, scale=scale)


def raw(length: int) -> OraType:
    return OraType("RAW", length)


def timestamp(digits: int = 6) -> OraType:
    return OraType("TIMESTAMP", scale=digits)


def timestamp_tz(digits: int = 6) -> OraType:
    return OraType("TIMESTAMP WITH TIME ZONE", scale=digits)
