"""TO_DATE and TO_TIMESTAMP of literals: read here, with Oracle's masks, into ISO text."""

from __future__ import annotations

import re

from oraferry.errors import UnsupportedConstruct

MONTHS = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"]
# ASSUMPTION(oracle): names of months in definitions are English (NLS_DATE_LANGUAGE).
_ELEMENTS = {
    "YYYY": r"(?P<year>\d{1,4})",
    "RRRR": r"(?P<year>\d{4})",
    "MONTH": r"(?P<name>[A-Za-z]+)",
    "MON": r"(?P<name>[A-Za-z]{3})",
    "MM": r"(?P<month>\d{1,2})",
    "DD": r"(?P<day>\d{1,2})",
    "HH24": r"(?P<hour>\d{1,2})",
    "MI": r"(?P<minute>\d{1,2})",
    "SS": r"(?P<second>\d{1,2})",
    "FF": r"(?P<fraction>\d{1,9})",
    **{f"FF{n}": rf"(?P<fraction>\d{{1,{n}}})" for n in range(1, 10)},
}
_MASK = re.compile(r'(?P<element>[A-Za-z]+\d*)|"(?P<quoted>[^"]*)"|(?P<other>[^A-Za-z"])')
_NAMES = sorted(_ELEMENTS, key=len, reverse=True)


def read_moment(text: str, mask: str) -> str:
    """
    *text* as ``YYYY-MM-DD HH:MM:SS[.f]``; UnsupportedConstruct for masks without a rule.

    >>> read_moment("31-DEC-2024 23:59", "DD-MON-YYYY HH24:MI")
    '2024-12-31 23:59:00'
    """
    found = re.fullmatch(r"\s*" + _pattern(mask) + r"\s*", text)
    if found is None:
        raise UnsupportedConstruct(f"a date does not fit its mask {mask!r}")
    part = found.groupdict()
    month = int(part["month"]) if part.get("month") else _month(part.get("name"))
    if not part.get("year") or not month or not part.get("day"):
        # Oracle takes what is missing from today's date.
        raise UnsupportedConstruct(f"the date mask {mask!r} leaves year, month or day open")
    clock = ":".join(f"{int(part.get(n) or 0):02d}" for n in ("hour", "minute", "second"))
    fraction = f".{part['fraction']}" if part.get("fraction") else ""
    return f"{int(part['year']):04d}-{month:02d}-{int(part['day']):02d} {clock}{fraction}"


def _month(name: str | None) -> int:
    short = (name or "")[:3].upper()
    return MONTHS.index(short) + 1 if short in MONTHS else 0


def _pattern(mask: str) -> str:
    pieces = []
    for match in _MASK.finditer(mask):
        if match["element"]:
            pieces += _elements(match["element"].upper(), mask)
        elif match["quoted"] is not None:
            pieces.append(re.escape(match["quoted"]))
        else:
            # Oracle takes any punctuation for any other, and blanks more or less.
            pieces.append(r"\s*" if match["other"].isspace() else r"[^\w\s]?")
    return "".join(pieces)


def _elements(text: str, mask: str) -> list[str]:
    found = []
    while text:
        name = next((name for name in _NAMES if text.startswith(name)), None)
        if name is None:
            raise UnsupportedConstruct(f"the date mask {mask!r} has no rule")
        found.append(_ELEMENTS[name])
        text = text[len(name) :]
    return found
