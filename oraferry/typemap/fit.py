"""Whether a target column that is there already can take a source column's values."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from oraferry.model import DataType, Policy
from oraferry.typemap.policy import INTERVALS, MOMENTS, TEXTS, wants_bytes, wants_text


class Fitness(enum.StrEnum):
    """How well values fit."""

    EXACT = "exact"  # every value arrives as it is
    CHECKED = "checked"  # values may not fit; each is checked while loading, none is changed
    LOSSY = "lossy"  # values would change
    IMPOSSIBLE = "impossible"  # no way to load


@dataclass(frozen=True, slots=True)
class Fit:
    """A judgement and its reason."""

    fitness: Fitness
    reason: str = ""


EXACT = Fit(Fitness.EXACT)
_INTEGER_DIGITS = {"smallint": 4, "integer": 9, "bigint": 18}
_TEXT = {"text", "character varying", "character"}
_NUMBERS = {"NUMBER", "FLOAT"}
_FLOATS = {"BINARY_FLOAT", "BINARY_DOUBLE"}
_ORACLE_TEXT = {
    "CHAR",
    "NCHAR",
    "VARCHAR2",
    "NVARCHAR2",
    "CLOB",
    "NCLOB",
    "LONG",
    "ROWID",
    "UROWID",
}
_STAMPS = {"timestamp without time zone", "timestamp with time zone"}
_INSTANTS = {"TIMESTAMP WITH TIME ZONE", "TIMESTAMP WITH LOCAL TIME ZONE"}
DEFAULT = Policy()
_JSON = ("json", "jsonb")
_ASKED_BYTES = "the policy asks for the text's bytes, which need bytea"
_ASKED_TEXT = "the policy asks for text"


def fit(source: DataType, target: DataType, policy: Policy = DEFAULT) -> Fit:
    """
    How the Oracle type *source* fits the PostgreSQL type *target*, read as *policy* says.

    >>> fit(DataType("NUMBER", precision=9, scale=0), DataType("bigint")).fitness.value
    'exact'
    """
    is_text = target.name == "text" or target.name == "character varying"
    if source.name in TEXTS and wants_bytes(policy):
        return EXACT if target.name == "bytea" else Fit(Fitness.IMPOSSIBLE, _ASKED_BYTES)
    if source.name in MOMENTS | INTERVALS and wants_text(source, policy):
        # Nothing is cut: what is too long for a varchar(n) is refused.
        room = Fitness.EXACT if target.length is None else Fitness.CHECKED
        return Fit(room if is_text else Fitness.IMPOSSIBLE, _ASKED_TEXT)
    return _plain_fit(source, target)


def is_accepted(found: Fit, policy: Policy, target: DataType) -> bool:
    """True when *policy* says what becomes of the values that do not fit."""
    if found.fitness is Fitness.IMPOSSIBLE:
        return False
    if policy.to is not None and policy.to.name == target.name:
        return True
    if target.name == "date" and policy.time_of_day == "cut":
        return True
    return found.fitness is Fitness.CHECKED and policy.overflow in ("null", "cut")


def _plain_fit(source: DataType, target: DataType) -> Fit:
    if source.name in _NUMBERS:
        return _number(source, target)
    if source.name in _FLOATS:
        return _float(source, target)
    if source.name in _ORACLE_TEXT:
        return _text(source, target)
    if source.name in ("RAW", "LONG RAW", "BLOB"):
        return _binary(source, target)
    if source.name in ("DATE", "TIMESTAMP") or source.name in _INSTANTS:
        return _moment(source, target)
    if source.name in INTERVALS:
        return _interval(source, target)
    if source.name == "XMLTYPE":
        return EXACT if target.name in ("xml", "text") else _none(source, target)
    if source.name == "JSON":
        return EXACT if target.name in ("json", "jsonb", "text") else _none(source, target)
    if source.name == "VECTOR" or source.document:
        return EXACT if is_unbounded_text(target) or target.name in _JSON else _none(source, target)
    if source.name == "BOOLEAN":
        return EXACT if target.name == "boolean" else _none(source, target)
    return Fit(Fitness.IMPOSSIBLE, f"no rule carries the Oracle type {source.name}")


def _none(source: DataType, target: DataType) -> Fit:
    return Fit(Fitness.IMPOSSIBLE, f"{source.name} cannot be loaded into {target.name}")


def _number(source: DataType, target: DataType) -> Fit:
    scale = source.scale
    is_free = source.name == "FLOAT" or scale is None
    digits = None if is_free else (source.precision or 38)
    if target.name in _INTEGER_DIGITS:
        if scale == 0 and digits is not None and digits <= _INTEGER_DIGITS[target.name]:
            return EXACT
        return Fit(Fitness.CHECKED, f"values may have fractions or exceed {target.name}")
    if target.name == "numeric":
        if target.precision is None:
            return EXACT
        room = target.precision - (target.scale or 0)
        if digits is not None and scale is not None:
            if (target.scale or 0) >= scale and room >= digits - scale:
                return EXACT
        return Fit(
            Fitness.CHECKED,
            f"values may have more digits than numeric({target.precision},{target.scale or 0})",
        )
    if target.name in ("real", "double precision"):
        exact_digits = 6 if target.name == "real" else 15
        if digits is not None and digits <= exact_digits and scale == 0:
            return EXACT
        return Fit(Fitness.LOSSY, f"{target.name} keeps {exact_digits} decimal digits")
    if target.name == "boolean":
        return Fit(Fitness.CHECKED, "only 0 and 1 are booleans")
    if is_unbounded_text(target):
        return EXACT
    if target.name == "character varying":
        return Fit(Fitness.CHECKED, f"numbers may be longer than {target.length} characters")
    return _none(source, target)


def _float(source: DataType, target: DataType) -> Fit:
    if target.name == "double precision":
        return EXACT
    if target.name == "real":
        if source.name == "BINARY_FLOAT":
            return EXACT
        return Fit(Fitness.LOSSY, "real keeps 24 of BINARY_DOUBLE's 53 bits")
    return _none(source, target)


def is_unbounded_text(target: DataType) -> bool:
    """True for text, and for varchar without a length."""
    return target.name == "text" or (target.name == "character varying" and target.length is None)


def _text(source: DataType, target: DataType) -> Fit:
    if is_unbounded_text(target):
        return EXACT
    if target.name in _JSON or target.name == "xml":
        kind = "JSON" if target.name in _JSON else "XML"
        return Fit(Fitness.CHECKED, f"values must be {kind}: the server checks each")
    if target.name in ("character varying", "character"):
        if target.name == "character" and source.name not in ("CHAR", "NCHAR"):
            return Fit(Fitness.LOSSY, "character(n) pads with blanks and ignores trailing ones")
        if (
            source.length is not None
            and target.length is not None
            and source.length <= target.length
        ):
            if target.name == "character" and source.length < target.length:
                return Fit(Fitness.LOSSY, f"character({target.length}) pads with more blanks")
            return EXACT
        return Fit(Fitness.CHECKED, f"values may be longer than {target.length} characters")
    return _none(source, target)


def _binary(source: DataType, target: DataType) -> Fit:
    if target.name == "bytea":
        return EXACT
    if target.name == "uuid" and source.name == "RAW" and source.length == 16:
        return Fit(Fitness.CHECKED, "values must be 16 bytes")
    return _none(source, target)


def _interval(source: DataType, target: DataType) -> Fit:
    if target.name != "interval":
        return _none(source, target)
    has_months = source.name == "INTERVAL YEAR TO MONTH"
    if target.fields is not None and not (has_months and target.fields.endswith("month")):
        # The server cuts without a word.
        return Fit(Fitness.IMPOSSIBLE, f"interval {target.fields} is too little for {source.name}")
    digits = 6 if source.scale is None else min(source.scale, 6)
    if not has_months and target.scale is not None and target.scale < digits:
        return Fit(Fitness.CHECKED, f"values may have more than {target.scale} digits of a second")
    return EXACT


def _moment(source: DataType, target: DataType) -> Fit:
    if target.name == "date":
        if source.name == "DATE":
            return Fit(Fitness.CHECKED, "a DATE with a time of day does not fit date")
        return _none(source, target)
    if target.name in _TEXT:
        return Fit(Fitness.IMPOSSIBLE, f"{source.name} becomes text only by the policy to: text")
    if target.name not in _STAMPS:
        return _none(source, target)
    has_instant = source.name in _INSTANTS
    if has_instant and target.name == "timestamp without time zone":
        return Fit(Fitness.LOSSY, "the zone would be lost: timestamp without time zone")
    if not has_instant and target.name == "timestamp with time zone":
        return Fit(Fitness.LOSSY, f"{source.name} has no zone: the instant would be invented")
    digits = 0 if source.name == "DATE" else 6 if source.scale is None else source.scale
    room = 6 if target.scale is None else target.scale
    if min(digits, 6) > room:
        return Fit(Fitness.CHECKED, f"values may have more than {room} digits of a second")
    return EXACT
