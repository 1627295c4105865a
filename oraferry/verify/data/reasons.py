"""What happened to a value, where its two canonical texts and the types tell."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable
from contextlib import suppress
from decimal import Context, Decimal, InvalidOperation

import numpy as np

from oraferry.canonical.moments import DAY
from oraferry.canonical.source import INTERVALS, MOMENTS, NUMBERS
from oraferry.canonical.texts import MARK
from oraferry.model import DataType

Rule = Callable[[str, str, DataType], str | None]
_EXACT = Context(prec=400)
_SECOND = 1_000_000
_QUARTER = 900 * _SECOND  # every zone's offset is a multiple of a quarter of an hour
_FARTHEST = 26 * 3600 * _SECOND  # from -12:00 to +14:00
_UNITS = (
    (1000, "digits after the millisecond"),
    (_SECOND, "microseconds"),
    (60 * _SECOND, "seconds"),
    (3600 * _SECOND, "minutes"),
    (DAY, "time of day"),
)
# How a reason tells that a moment was moved; a report may sum such reasons up.
SHIFT = re.compile(r"shifted by (?P<by>-?\d+) (?P<unit>days|s)")
# As PostgreSQL and ora2pg read them.
_TRUE = {"1", "enabled", "on", "t", "true", "y", "yes"}
_FALSE = {"0", "disabled", "f", "false", "n", "no", "off"}
_WRONG_CODES = ("cp1252", "latin-1", "cp437", "cp850")


def find_reason(
    source: str | None, target: str | None, source_type: DataType, target_type: DataType
) -> str | None:
    """
    A few words; None where nothing is known.

    >>> find_reason("ab  ", "ab", DataType("CHAR", length=4), DataType("text"))
    'trailing blanks'
    >>> find_reason("1500000", "1000000", DataType("TIMESTAMP"), DataType("timestamp"))
    'microseconds cut'
    """
    if source is None or target is None:
        return _of_null(source, target)
    if source_type.name in NUMBERS:
        rules = _NUMBERS
    elif source_type.name in MOMENTS:
        rules = _MOMENTS
    elif _is_padded_to_bytes(source, target, source_type):
        return "CHAR(n BYTE) as Oracle stores it: blanks to n bytes, not to n characters"
    else:
        rules = () if source_type.name in INTERVALS else _TEXTS
    with suppress(InvalidOperation, ValueError, OverflowError):
        return _first(rules, source, target, target_type)
    return None


def _is_padded_to_bytes(source: str, target: str, type: DataType) -> bool:
    """True when the target holds the very bytes of a CHAR(n BYTE); compared are n characters."""
    is_byte = type.name == "CHAR" and type.byte_length
    return (
        is_byte
        and source.rstrip(" ") == target.rstrip(" ")
        and len(target) < len(source)
        and len(target.encode("utf-8", "replace")) == type.length
    )


def _first(rules: Iterable[Rule], source: str, target: str, type: DataType) -> str | None:
    for rule in rules:
        found = rule(source, target, type)
        if found is not None:
            return found
    return None


def _of_null(source: str | None, target: str | None) -> str:
    if target is None:
        return "NULL instead of ''" if source == "" else "NULL instead of a value"
    return "'' instead of NULL" if target == "" else "a value instead of NULL"


# -- texts -------------------------------------------------------------------------------------


def _length(source: str, target: str, type: DataType) -> str | None:
    """Long values are known by their hashes only."""
    if source.startswith(MARK) and not target.startswith(MARK):
        return "a short text instead of a long one"
    if target.startswith(MARK) and not source.startswith(MARK):
        return "a long text instead of a short one"
    return "" if source.startswith(MARK) else None


def _truth(source: str, target: str, type: DataType) -> str | None:
    """A word for yes or no that another tool made a boolean of; its canonical text is 1 or 0."""
    word = source.strip(" ").casefold()
    if type.name != "boolean" or word not in _TRUE | _FALSE:
        return None
    is_same = (word in _TRUE) == (target == "1")
    return "a word as a truth value" if is_same else "the opposite truth value"


def _blanks(source: str, target: str, type: DataType) -> str | None:
    return "trailing blanks" if source.rstrip(" ") == target.rstrip(" ") else None


def _ends(source: str, target: str, type: DataType) -> str | None:
    return "blanks at the ends" if source.strip() == target.strip() else None


def _nul(source: str, target: str, type: DataType) -> str | None:
    if "\0" not in source:
        return None
    if source.replace("\0", "") == target:
        return "NUL removed"
    is_replaced = any(source.replace("\0", other) == target for other in " ?\ufffd")
    return "NUL replaced" if is_replaced else None


def _cut(source: str, target: str, type: DataType) -> str | None:
    if source.startswith(target):
        return "NUL and what follows cut" if source[len(target)] == "\0" else "text cut"
    return None


def _line_ends(source: str, target: str, type: DataType) -> str | None:
    one, two = (text.replace("\r\n", "\n").replace("\r", "\n") for text in (source, target))
    return "line ends changed" if one == two else None


def _case(source: str, target: str, type: DataType) -> str | None:
    return "only case differs" if source.casefold() == target.casefold() else None


def _unicode_form(source: str, target: str, type: DataType) -> str | None:
    one, two = (unicodedata.normalize("NFC", text) for text in (source, target))
    return "Unicode form changed" if one == two else None


def _misread(source: str, target: str, type: DataType) -> str | None:
    for code in _WRONG_CODES:
        for text, other in ((source, target), (target, source)):
            with suppress(UnicodeError):
                if text.encode("utf-8").decode(code) == other:
                    what = f"UTF-8 read as {code}" if text is source else f"{code} read as UTF-8"
                    return what
    return None


def _replaced(source: str, target: str, type: DataType) -> str | None:
    if len(source) != len(target):
        return None
    changed = {b for a, b in zip(source, target, strict=True) if a != b}
    return "characters replaced" if changed <= set("?¿\ufffd\x1a") else None


def _number_as_text(source: str, target: str, type: DataType) -> str | None:
    return "written differently" if Decimal(source) == Decimal(target) else None


_TEXTS: tuple[Rule, ...] = (
    _length,
    _truth,
    _blanks,
    _nul,
    _cut,
    _line_ends,
    _ends,
    _case,
    _unicode_form,
    _misread,
    _replaced,
    _number_as_text,
)

# -- numbers -----------------------------------------------------------------------------------


def _special(source: str, target: str, type: DataType) -> str | None:
    special = {"NaN", "Infinity", "-Infinity"}
    if {source, target} & special:
        # A reason is counted, and shown where values are hidden: it holds no number.
        there, here = (text if text in special else "a number" for text in (target, source))
        return f"{there} instead of {here}"
    return "-0.0" if {source, target} == {"0", "-0"} else None


def _sign(source: str, target: str, type: DataType) -> str | None:
    return "sign flipped" if Decimal(source) == -Decimal(target) else None


def _float(source: str, target: str, type: DataType) -> str | None:
    if np.float64(source) == np.float64(target):
        return "rounded to double"
    with np.errstate(over="ignore"):
        is_single = np.float32(source) == np.float32(target)
    return "rounded to real" if is_single else None


def _digits(source: str, target: str, type: DataType) -> str | None:
    """Rounded or cut at the last digit that the target has."""
    left, right = _EXACT.create_decimal(source), _EXACT.create_decimal(target)
    places = len(target.partition(".")[2])
    step = Decimal(1).scaleb(-(places if type.scale is None else max(type.scale, places)))
    for name, rounding in (("rounded", "ROUND_HALF_UP"), ("cut", "ROUND_DOWN")):
        if left.quantize(step, rounding=rounding, context=_EXACT) == right:
            return f"digits {name}"
    return None


def _power(source: str, target: str, type: DataType) -> str | None:
    left, right = Decimal(source).normalize(_EXACT), Decimal(target).normalize(_EXACT)
    if right and left and left.as_tuple()[:2] == right.as_tuple()[:2]:
        return "decimal point moved"
    return None


_NUMBERS: tuple[Rule, ...] = (_special, _sign, _float, _digits, _power)

# -- moments -----------------------------------------------------------------------------------


def _ticks(source: str, target: str, type: DataType) -> str | None:
    if not _is_moment(source) or not _is_moment(target):
        return None
    left, right = int(source), int(target)
    for unit, name in _UNITS:
        if right % unit == 0 and left // unit == right // unit:
            return f"{name} cut"
    if right % _SECOND == 0 and left % _SECOND and abs(left - right) < _SECOND:
        return "microseconds rounded"
    if right % 1000 == 0 and left % 1000 and abs(left - right) < 1000:
        return "milliseconds rounded"
    moved = right - left
    if moved % _QUARTER == 0 and abs(moved) <= _FARTHEST:
        return f"shifted by {moved // _SECOND} s"
    return f"shifted by {moved // DAY} days" if moved % DAY == 0 else None


def _no_moment(source: str, target: str, type: DataType) -> str | None:
    if "infinity" in target:
        return "infinity instead of a moment"
    return None if _is_moment(source) else "a label that only Oracle's calendar has"


def _is_moment(text: str) -> bool:
    return text.removeprefix("-").isdigit()


_MOMENTS: tuple[Rule, ...] = (_ticks, _no_moment)
