"""What the facets of a comparison share: both sides, and words for what they find."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from oraferry.model import Column, ColumnPlan, DataType, Difference, Policy, Severity, Table
from oraferry.schema.names import name_columns


@dataclass(frozen=True, slots=True)
class Sides:
    """The expected and the actual table, and the Oracle table behind the expectation."""

    expected: Table
    actual: Table
    source: Table
    plans: tuple[ColumnPlan, ...] = ()  # how the columns would travel
    _oracle: dict[str, Column] = field(init=False, repr=False)
    _policies: dict[str, Policy] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        folded = name_columns(self.source)
        oracle = {folded[column.name]: column for column in self.source.columns}
        # A companion column stands for a part of a column that has a name of its own.
        oracle.update({plan.target.name: plan.source for plan in self.plans})
        policies = {plan.target.name: plan.policy for plan in self.plans}
        object.__setattr__(self, "_oracle", oracle)
        object.__setattr__(self, "_policies", policies)

    def oracle_column(self, name: str) -> Column:
        """The Oracle column behind the expected column *name*."""
        return self._oracle[name]

    def policy(self, name: str) -> Policy:
        """What holds for the values of the expected column *name*."""
        return self._policies.get(name, Policy())

    def common(self) -> list[tuple[Column, Column, Column]]:
        """(Oracle's, expected, actual) of each column that both sides have."""
        actual = {column.name: column for column in self.actual.columns}
        return [
            (self.oracle_column(column.name), column, actual[column.name])
            for column in self.expected.columns
            if column.name in actual
        ]

    def differ(
        self,
        severity: Severity,
        kind: str,
        message: str,
        *,
        column: str | None = None,
        source: str | None = None,
        target: str | None = None,
        hint: str | None = None,
    ) -> Difference:
        """A difference of this table, found by the rule named *kind*."""
        return Difference(
            table=str(self.source.ref),
            column=column,
            kind=kind,
            severity=severity,
            message=message,
            decided_by=f"rule:{kind}",
            source=source,
            target=target,
            hint=hint,
        )


def render_type(type: DataType) -> str:
    """
    The type as a person writes it, in its own database's words.

    >>> render_type(DataType("NUMBER", precision=9, scale=0))
    'NUMBER(9,0)'
    >>> render_type(DataType("timestamp without time zone", scale=3))
    'timestamp(3) without time zone'
    """
    if type.domain is not None:
        return f"{type.domain} ({render_type(replace(type, domain=None))})"
    if type.fields is not None:
        return f"{type.name} {type.fields}"
    first, _, rest = type.name.partition(" ")
    if first.upper() in ("TIMESTAMP", "TIME"):
        digits = f"({type.scale})" if type.scale is not None else ""
        return f"{first}{digits} {rest}".rstrip()
    if type.length is not None:
        unit = " BYTE" if type.byte_length else ""
        return f"{type.name}({type.length}{unit})"
    if type.precision is not None and not first.upper().startswith("INTERVAL"):
        scale = f",{type.scale}" if type.scale is not None else ""
        return f"{type.name}({type.precision}{scale})"
    return type.name
