"""Policies as a person writes them, and which one holds for a column.

A PolicyRule selects columns by name, by Oracle type, by both, or all of them; later rules
win over earlier ones, setting by setting.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any

from oraferry.errors import RequestError
from oraferry.model import Column, DataType, Policy, TableRef
from oraferry.typemap.written import parse_oracle_type

TEXTS = frozenset({"CHAR", "NCHAR", "VARCHAR2", "NVARCHAR2", "VARCHAR", "CLOB", "NCLOB", "LONG"})
NUMBERS = frozenset({"NUMBER", "FLOAT", "BINARY_FLOAT", "BINARY_DOUBLE"})
ZONED = frozenset({"TIMESTAMP WITH TIME ZONE", "TIMESTAMP WITH LOCAL TIME ZONE"})
MOMENTS = ZONED | {"DATE", "TIMESTAMP"}
FINE = (MOMENTS - {"DATE"}) | {"INTERVAL DAY TO SECOND"}
INTERVALS = frozenset({"INTERVAL YEAR TO MONTH", "INTERVAL DAY TO SECOND"})

ORACLE_TYPES = (
    TEXTS
    | NUMBERS
    | MOMENTS
    | INTERVALS
    | {
        "RAW",
        "LONG RAW",
        "BLOB",
        "BFILE",
        "XMLTYPE",
        "JSON",
        "BOOLEAN",
        "VECTOR",
        "ROWID",
        "UROWID",
    }
)
# The Oracle types whose values a policy can be about.
APPLIES: Mapping[str, frozenset[str]] = {
    "nul": TEXTS,
    "invalid_bytes": TEXTS,
    "padding": frozenset({"CHAR", "NCHAR"}),
    "empty_text": TEXTS - {"LONG"},
    "nanoseconds": FINE,
    "moments": MOMENTS,
    "last_day": MOMENTS,
    "time_of_day": frozenset({"DATE"}),
    "time_zone": frozenset({"TIMESTAMP WITH TIME ZONE"}),
    "infinity": NUMBERS,
    "overflow": NUMBERS | TEXTS | INTERVALS,
}
SETTINGS = tuple(f.name for f in fields(Policy) if f.name != "to")
# Settings of a policy that choose the target's type, and the type.
CHOOSES_TYPE = {
    ("nul", "bytea"): "bytea",
    ("invalid_bytes", "bytea"): "bytea",
    ("nanoseconds", "text"): "text",
    ("time_zone", "text"): "text",
}


@dataclass(frozen=True, slots=True)
class PolicyRule:
    """Which columns, and what holds for them."""

    settings: Mapping[str, str] = field(default_factory=dict)
    to: DataType | None = None
    column: str | None = None  # SCHEMA.TABLE.COLUMN, patterns; leading parts may be missing
    type: str | None = None  # NUMBER(1), RAW(16), DATE, NUMBER(*)

    def selects(self, ref: TableRef, column: Column) -> bool:
        """True when the rule is about that column."""
        if self.column is not None and not _is_named(self.column, ref, column.name):
            return False
        return self.type is None or parse_oracle_type(self.type).matches(column.type)


def check_rule(rule: PolicyRule) -> None:
    """ValueError says in which way a rule cannot be meant."""
    if rule.to is not None and rule.column is None and rule.type is None:
        raise ValueError("to needs a column or a type: it cannot be the type of every column")
    if rule.to is None and not rule.settings:
        raise ValueError("a policy needs a setting, or a type to load as")
    if rule.type is not None:
        wanted = parse_oracle_type(rule.type).name
        if wanted not in ORACLE_TYPES:
            raise ValueError(f"{wanted} is no Oracle type that can be moved")
        for name in rule.settings:
            if wanted not in APPLIES[name]:
                raise ValueError(f"{name} says nothing about {wanted}")
    chosen = {
        f"{name}: {value}": type
        for name, value in rule.settings.items()
        if (type := CHOOSES_TYPE.get((name, value)))
    }
    types = {*chosen.values(), *([rule.to.name] if rule.to else [])}
    if len(types) > 1:
        names = [*chosen, *([f"to: {rule.to.name}"] if rule.to else [])]
        raise ValueError(f"{' and '.join(names)} contradict each other")


def resolve(rules: Iterable[PolicyRule], ref: TableRef, column: Column) -> Policy:
    """
    What holds for *column*.

    >>> rules = [PolicyRule({"nul": "remove"}), PolicyRule({"nul": "replace"}, type="CLOB")]
    >>> resolve(rules, TableRef("S", "T"), Column("C", DataType("CLOB"), 1)).nul
    'replace'
    """
    policy = Policy()
    for rule in rules:
        if rule.selects(ref, column):
            _refuse_pointless(rule, ref, column)
            wishes: dict[str, Any] = {
                name: value
                for name, value in rule.settings.items()
                if column.type.name in APPLIES[name]
            }
            if rule.to is not None:
                wishes["to"] = rule.to
            policy = replace(policy, **wishes)
    return policy


def _refuse_pointless(rule: PolicyRule, ref: TableRef, column: Column) -> None:
    """A setting for one named column must be able to do something there."""
    if rule.column is None or re.search(r"[*%?]", rule.column):
        return
    for name in rule.settings:
        if column.type.name not in APPLIES[name]:
            raise RequestError(
                f"{ref}.{column.name} is {column.type.name}: {name} says nothing about it",
                hint="leave the setting out for this column",
            )


def refuse_unused(rules: Sequence[PolicyRule], columns: Iterable[tuple[TableRef, Column]]) -> None:
    """RequestError for a rule by column name that selects no column: probably a slip."""
    known = list(columns)
    for rule in rules:
        if rule.column and not any(rule.selects(ref, column) for ref, column in known):
            raise RequestError(
                f"the policy for {rule.column} selects no column of the chosen tables",
                hint="write SCHEMA.TABLE.COLUMN as Oracle stores the names; * stands for any text",
            )


def _is_named(pattern: str, ref: TableRef, column: str) -> bool:
    wanted = [part.strip() for part in pattern.split(".")]
    names = [ref.schema, ref.name, column][-len(wanted) :]
    return len(wanted) <= 3 and all(
        _matches(part, name) for part, name in zip(wanted, names, strict=True)
    )


def _matches(pattern: str, name: str) -> bool:
    if len(pattern) > 1 and pattern.startswith('"') and pattern.endswith('"'):
        return pattern[1:-1] == name
    wild = {"*": ".*", "%": ".*", "?": "."}
    regex = "".join(wild.get(c, re.escape(c)) for c in pattern)
    return bool(re.fullmatch(regex, name) or re.fullmatch(regex.upper(), name))


def wants_text(type: DataType, policy: Policy) -> bool:
    """True when a moment or interval of *type* is kept as text."""
    if policy.to is not None and policy.to.name in ("text", "character varying"):
        return True
    is_fine = type.name in FINE and (6 if type.scale is None else type.scale) > 6
    return policy.time_zone == "text" or (policy.nanoseconds == "text" and is_fine)


def wants_bytes(policy: Policy) -> bool:
    """True when a text column is kept as the bytes of its UTF-8."""
    is_asked = policy.to is not None and policy.to.name == "bytea"
    return is_asked or "bytea" in (policy.nul, policy.invalid_bytes)


def target_type(type: DataType, policy: Policy, default: DataType) -> DataType:
    """What a column that the job creates becomes: what was asked for, else *default*."""
    if policy.to is not None:
        return policy.to
    if type.name in TEXTS and wants_bytes(policy):
        return DataType("bytea")
    if type.name in MOMENTS | INTERVALS and wants_text(type, policy):
        return DataType("text")
    if type.name in ("CHAR", "NCHAR") and policy.padding == "trim":
        return DataType("character varying", length=type.length or 1)
    return default
