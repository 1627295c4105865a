"""Datetime format models: TO_CHAR of dates, TO_DATE and TO_TIMESTAMP of text."""

from __future__ import annotations

import re
from datetime import datetime
from functools import lru_cache

from orasim.engine import OracleError, not_supported
from orasim.values import OraDate, date_of_day_number, day_number, days_in_month
from orasim.zones import offset_text, parse_zone, with_zone

MONTHS = [
    "JANUARY",
    "FEBRUARY",
    "MARCH",
    "APRIL",
    "MAY",
    "JUNE",
    "JULY",
    "AUGUST",
    "SEPTEMBER",
    "OCTOBER",
    "NOVEMBER",
    "DECEMBER",
]
DAYS = ["SUNDAY", "MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY"]
_ROMAN = ["I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI", "XII"]

# Longest first; the order inside one length does not matter.
_ELEMENTS = sorted(
    [
        "SYYYY",
        "YYYY",
        "YYY",
        "YY",
        "Y",
        "Y,YYY",
        "RRRR",
        "RR",
        "IYYY",
        "IYY",
        "IY",
        "I",
        "IW",
        "WW",
        "W",
        "SCC",
        "CC",
        "Q",
        "MM",
        "MONTH",
        "MON",
        "RM",
        "DDD",
        "DD",
        "D",
        "DAY",
        "DY",
        "J",
        "HH24",
        "HH12",
        "HH",
        "MI",
        "SSSSS",
        "SS",
        "FF1",
        "FF2",
        "FF3",
        "FF4",
        "FF5",
        "FF6",
        "FF7",
        "FF8",
        "FF9",
        "FF",
        "A.M.",
        "P.M.",
        "AM",
        "PM",
        "B.C.",
        "A.D.",
        "BC",
        "AD",
        "TZH",
        "TZM",
        "TZR",
        "TZD",
        "X",
        "FM",
        "FX",
        "DS",
        "DL",
        "TS",
        "SYEAR",
        "YEAR",
    ],
    key=len,
    reverse=True,
)
_TOKEN = re.compile(
    '"(?P<quoted>[^"]*)"|(?P<element>' + "|".join(map(re.escape, _ELEMENTS)) + ")"
    '(?P<suffix>TH|SP)?|(?P<literal>[^A-Za-z0-9"])',
    re.IGNORECASE,
)


@lru_cache(maxsize=512)
def _tokens(mask: str) -> tuple[tuple[str, str], ...]:
    """(kind, text): kind ``literal``, ``quoted`` or the element in upper case."""
    found, at = [], 0
    while at < len(mask):
        match = _TOKEN.match(mask, at)
        if match is None:
            raise OracleError(1821, "date format not recognized")
        if match["element"]:
            if match["suffix"]:
                raise not_supported(f"date format suffix {match['suffix']}")
            found.append((match["element"].upper(), match["element"]))
        elif match["quoted"] is not None:
            found.append(("quoted", match["quoted"]))
        else:
            found.append(("literal", match["literal"]))
        at = match.end()
    return tuple(found)


# -- output ------------------------------------------------------------------------------------


def format_date(value: OraDate, mask: str, digits: int = 6, *, is_date: bool = False) -> str:
    """
    TO_CHAR(value, mask) in American; *digits* is what FF without a number means.

    >>> format_date(OraDate(2024, 2, 3, 14, 5), "SYYYY-MM-DD HH24:MI:SS AD")
    ' 2024-02-03 14:05:00 AD'
    >>> format_date(OraDate(2024, 2, 3, 14, 5), "FMMonth DD, YYYY HH:MI PM")
    'February 3, 2024 2:5 PM'
    """
    parts: list[str] = []
    filled = True
    for kind, text in _tokens(mask):
        if kind in ("literal", "quoted"):
            parts.append(text)
        elif kind == "FM":
            filled = not filled
        elif kind == "FX":
            continue
        else:
            parts.append(_element(value, kind, text, filled, digits, is_date))
    return "".join(parts)


def _element(value: OraDate, kind: str, text: str, filled: bool, digits: int, is_date: bool) -> str:
    if kind in _NUMERIC:
        number, width = _NUMERIC[kind](value)
        return f"{number:0{width}d}" if filled else str(number)
    if kind in ("SYYYY",):
        sign = "-" if value.year < 0 else (" " if filled else "")
        return sign + (f"{abs(value.year):04d}" if filled else str(abs(value.year)))
    if kind == "Y,YYY":
        return f"{abs(value.year):05,d}"
    if kind in ("MONTH", "DAY"):
        name = MONTHS[value.month - 1] if kind == "MONTH" else DAYS[_weekday(value)]
        return _cased(name, text).ljust(9 if filled else 0)
    if kind in ("MON", "DY"):
        name = MONTHS[value.month - 1] if kind == "MON" else DAYS[_weekday(value)]
        return _cased(name[:3], text)
    if kind == "RM":
        return _cased(_ROMAN[value.month - 1], text).ljust(4 if filled else 0)
    if kind in ("AM", "PM", "A.M.", "P.M."):
        half = "AM" if value.hour < 12 else "PM"
        return _cased(half if len(kind) == 2 else f"{half[0]}.{half[1]}.", text)
    if kind in ("AD", "BC", "A.D.", "B.C."):
        era = "AD" if value.year > 0 else "BC"
        return _cased(era if len(kind) == 2 else f"{era[0]}.{era[1]}.", text)
    if kind == "X":
        return "."
    if is_date:
        raise OracleError(1821, "date format not recognized")
    if kind.startswith("FF"):
        count = int(kind[2:]) if len(kind) > 2 else digits
        return f"{value.nanosecond:09d}"[:count]
    return _zone_element(value, kind)


def _zone_element(value: OraDate, kind: str) -> str:
    if value.offset_minutes is None:
        raise OracleError(1821, "date format not recognized")
    whole = offset_text(value.offset_minutes)
    if kind == "TZH":
        return whole[:3]
    if kind == "TZM":
        return whole[4:]
    if kind == "TZR":
        return value.region or whole
    raise not_supported(f"date format element {kind}")


def _weekday(value: OraDate) -> int:
    return (value.day_number + 1) % 7


def _day_of_year(value: OraDate) -> int:
    return value.day_number - day_number(value.year, 1, 1) + 1


def _iso(value: OraDate) -> tuple[int, int]:
    """ISO year and week."""
    if not 1 <= value.year <= 9999:
        raise not_supported("ISO weeks before year 1")
    year, week, _ = datetime(value.year, value.month, value.day).isocalendar()
    return year, week


def _century(value: OraDate) -> int:
    return (abs(value.year) + 99) // 100


_NUMERIC = {
    "YYYY": lambda v: (abs(v.year), 4),
    "RRRR": lambda v: (abs(v.year), 4),
    "YYY": lambda v: (abs(v.year) % 1000, 3),
    "YY": lambda v: (abs(v.year) % 100, 2),
    "RR": lambda v: (abs(v.year) % 100, 2),
    "Y": lambda v: (abs(v.year) % 10, 1),
    "IYYY": lambda v: (_iso(v)[0], 4),
    "IYY": lambda v: (_iso(v)[0] % 1000, 3),
    "IY": lambda v: (_iso(v)[0] % 100, 2),
    "I": lambda v: (_iso(v)[0] % 10, 1),
    "IW": lambda v: (_iso(v)[1], 2),
    "WW": lambda v: ((_day_of_year(v) - 1) // 7 + 1, 2),
    "W": lambda v: ((v.day - 1) // 7 + 1, 1),
    "CC": lambda v: (_century(v), 2),
    "Q": lambda v: ((v.month - 1) // 3 + 1, 1),
    "MM": lambda v: (v.month, 2),
    "DDD": lambda v: (_day_of_year(v), 3),
    "DD": lambda v: (v.day, 2),
    "D": lambda v: (_weekday(v) + 1, 1),
    "J": lambda v: (v.day_number, 7),
    "HH24": lambda v: (v.hour, 2),
    "HH12": lambda v: ((v.hour + 11) % 12 + 1, 2),
    "HH": lambda v: ((v.hour + 11) % 12 + 1, 2),
    "MI": lambda v: (v.minute, 2),
    "SS": lambda v: (v.second, 2),
    "SSSSS": lambda v: (v.second_of_day, 5),
}


def _cased(name: str, pattern: str) -> str:
    letters = pattern.replace(".", "")
    if letters[0].islower():
        return name.lower()
    if len(letters) > 1 and letters[1].islower():
        return name[0] + name[1:].lower()
    return name


# -- input -------------------------------------------------------------------------------------

_WIDTHS = {
    "SYYYY": 4, "YYYY": 4, "RRRR": 4, "YYY": 3, "YY": 2, "RR": 2, "Y": 1, "MM": 2, "DD": 2,
    "DDD": 3, "J": 7, "HH24": 2, "HH12": 2, "HH": 2, "MI": 2, "SS": 2, "SSSSS": 5, "TZM": 2,
}  # fmt: skip
_RANGES = {
    "MM": (1, 12, 1843, "not a valid month"),
    "DD": (1, 31, 1847, "day of month must be between 1 and last day of month"),
    "DDD": (1, 366, 1848, "day of year must be between 1 and 365 (366 for leap year)"),
    "HH24": (0, 23, 1850, "hour must be between 0 and 23"),
    "HH12": (1, 12, 1849, "hour must be between 1 and 12"),
    "HH": (1, 12, 1849, "hour must be between 1 and 12"),
    "MI": (0, 59, 1851, "minutes must be between 0 and 59"),
    "SS": (0, 59, 1852, "seconds must be between 0 and 59"),
    "SSSSS": (0, 86399, 1853, "seconds in day must be between 0 and 86399"),
    "J": (1, 5373484, 1854, "julian date must be between 1 and 5373484"),
}


class _Reader:
    """One conversion of text under a mask."""

    def __init__(self, text: str, today: OraDate) -> None:
        self.text = text
        self.at = 0
        self.today = today
        self.fields: dict[str, int] = {}
        self.is_bc = False
        self.half: str | None = None
        self.zone: tuple[int | None, str | None] | None = None
        self.zone_sign = 1

    @property
    def rest(self) -> str:
        return self.text[self.at :]

    def digits(self, width: int) -> str:
        match = re.compile(rf"\d{{1,{width}}}").match(self.text, self.at)
        if match is None:
            if self.at >= len(self.text):
                raise OracleError(1840, "input value not long enough for date format")
            raise OracleError(
                1858, "a non-numeric character was found where a numeric was expected"
            )
        self.at = match.end()
        return match[0]

    def literal(self, character: str) -> None:
        if character == " ":
            while self.at < len(self.text) and self.text[self.at] == " ":
                self.at += 1
            return
        if self.at >= len(self.text):
            return
        found = self.text[self.at]
        if not found.isalnum():
            self.at += 1
        elif character.isalnum():
            raise OracleError(1861, "literal does not match format string")

    def quoted(self, text: str) -> None:
        if self.text[self.at : self.at + len(text)].upper() != text.upper():
            raise OracleError(1861, "literal does not match format string")
        self.at += len(text)

    def month_name(self) -> None:
        for number, name in enumerate(MONTHS, 1):
            for candidate in (name, name[:3]):
                if self.rest.upper().startswith(candidate):
                    self.at += len(candidate)
                    self.fields["MM"] = number
                    return
        raise OracleError(1843, "not a valid month")

    def word(self, choices: tuple[str, ...], code: int, message: str) -> str:
        for choice in choices:
            if self.rest.upper().startswith(choice):
                self.at += len(choice)
                return choice
        raise OracleError(code, message)


def parse_date(text: str, mask: str, today: OraDate) -> OraDate:
    """
    The wall clock (with zone where the mask has one) that *text* means under *mask*.

    Fields that the mask lacks are the first day of *today*'s month at midnight.

    >>> parse_date("31-DEC-99", "DD-MON-RR", OraDate(2024))
    OraDate(year=1999, month=12, day=31, hour=0, minute=0, second=0, nanosecond=0, offset_minutes=None, region=None)
    """  # noqa: E501
    reader = _Reader(text, today)
    for kind, literal in _tokens(mask):
        if kind == "literal":
            reader.literal(literal)
        elif kind == "quoted":
            reader.quoted(literal)
        elif kind not in ("FM", "FX"):
            if reader.at >= len(text) and kind not in ("TZM",):
                if text.strip() and _is_optional(kind):
                    continue
                raise OracleError(1840, "input value not long enough for date format")
            _read_element(reader, kind)
    if reader.rest.strip():
        raise OracleError(1830, "date format picture ends before converting entire input string")
    return _assembled(reader)


def _is_optional(kind: str) -> bool:
    """Time elements may be missing at the end of the text."""
    words = ("HH24", "HH12", "HH", "MI", "SS", "X", "AM", "PM", "A.M.", "P.M.")
    return kind in words or kind.startswith("FF")


def _read_element(reader: _Reader, kind: str) -> None:
    while reader.at < len(reader.text) and reader.text[reader.at] == " ":
        reader.at += 1
    if kind in ("MONTH", "MON") or (kind == "MM" and reader.rest[:1].isalpha()):
        reader.month_name()
    elif kind in ("AM", "PM", "A.M.", "P.M."):
        found = reader.word(("A.M.", "P.M.", "AM", "PM"), 1855, "AM/A.M. or PM/P.M. required")
        reader.half = found[0]
    elif kind in ("AD", "BC", "A.D.", "B.C."):
        found = reader.word(("A.D.", "B.C.", "AD", "BC"), 1856, "BC/B.C. or AD/A.D. required")
        reader.is_bc = found[0] == "B"
    elif kind in ("DAY", "DY"):
        reader.word(tuple(DAYS) + tuple(d[:3] for d in DAYS), 1846, "not a valid day of the week")
    elif kind == "X":
        reader.literal(".")
    elif kind.startswith("FF"):
        found = reader.digits(int(kind[2:]) if len(kind) > 2 else 9)
        reader.fields["FF"] = int(found.ljust(9, "0"))
    elif kind in ("TZH", "TZR"):
        _read_zone(reader, kind)
    elif kind == "TZM":
        if reader.zone is not None and reader.rest[:1].isdigit():
            minutes = int(reader.digits(2))
            reader.zone = ((reader.zone[0] or 0) + reader.zone_sign * minutes, None)
    else:
        _read_number(reader, kind)


def _read_zone(reader: _Reader, kind: str) -> None:
    if kind == "TZH":
        match = re.compile(r"[+-]?\d{1,2}").match(reader.text, reader.at)
        if match is None:
            raise OracleError(1857, "not a valid time zone")
        reader.zone_sign = -1 if match[0].startswith("-") else 1
        reader.zone = (int(match[0]) * 60, None)
    else:
        match = re.compile(r"[+-]?\d{1,2}:\d{2}|[A-Za-z_/+-]+\d*").match(reader.text, reader.at)
        if match is None:
            raise OracleError(1857, "not a valid time zone")
        reader.zone = parse_zone(match[0])
    reader.at = match.end()


def _read_number(reader: _Reader, kind: str) -> None:
    if kind not in _WIDTHS:
        raise not_supported(f"date format element {kind} in a conversion from text")
    if kind == "SYYYY" and reader.rest[:1] in ("-", "+"):
        reader.is_bc = reader.rest[0] == "-"
        reader.at += 1
    width = _WIDTHS[kind]
    if kind in ("RR", "YY") and re.match(r"\d{4}(?!\d)", reader.rest):
        width = 4  # a full year is taken where two digits are asked for
    found = reader.digits(width)
    number = int(found)
    if kind in _RANGES:
        low, high, code, message = _RANGES[kind]
        if not low <= number <= high:
            raise OracleError(code, message)
        reader.fields[kind] = number
        return
    century = reader.today.year // 100 * 100
    if kind in ("RR", "RRRR") and len(found) <= 2:
        number = _rounded_year(number, reader.today.year)
    elif kind in ("YY", "YYY", "Y") and width < 4:
        base = {"YY": 100, "YYY": 1000, "Y": 10}[kind]
        number += reader.today.year // base * base if base != 100 else century
    reader.fields["year"] = number


def _rounded_year(two_digits: int, today: int) -> int:
    century, now = divmod(today, 100)
    if two_digits < 50 <= now:
        return (century + 1) * 100 + two_digits
    if now < 50 <= two_digits:
        return (century - 1) * 100 + two_digits
    return century * 100 + two_digits


def _assembled(reader: _Reader) -> OraDate:
    fields = reader.fields
    year = fields.get("year", reader.today.year)
    if "J" in fields:
        year, month, day = date_of_day_number(fields["J"])
    elif "DDD" in fields:
        year, month, day = date_of_day_number(day_number(year, 1, 1) + fields["DDD"] - 1)
    else:
        month = fields.get("MM", reader.today.month)
        day = fields.get("DD", 1)
    if reader.is_bc:
        year = -year
    if year == 0 or not -4713 <= year <= 9999:
        raise OracleError(1841, "(full) year must be between -4713 and +9999, and not be 0")
    if day > days_in_month(year, month):
        raise OracleError(1839, "date not valid for month specified")
    hour = fields.get("HH24", fields.get("HH12", fields.get("HH", 0)))
    if reader.half and "HH24" not in fields:
        hour = hour % 12 + (12 if reader.half == "P" else 0)
    minute, second = fields.get("MI", 0), fields.get("SS", 0)
    if "SSSSS" in fields:
        minute, second = divmod(fields["SSSSS"], 60)
        hour, minute = divmod(minute, 60)
    wall = OraDate(year, month, day, hour, minute, second, fields.get("FF", 0))
    return wall if reader.zone is None else with_zone(wall, reader.zone)
