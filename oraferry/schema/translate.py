"""Oracle tables → the PostgreSQL tables we expect: rendered it is the DDL, compared with the
catalog it is the comparison.

What has no equal is left out, and a note names it: it is never guessed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from oraferry.convert.expressions import Scope, convert_default, convert_expression
from oraferry.errors import TypeNotMapped, UnsupportedConstruct
from oraferry.model import (
    Column,
    ColumnPlan,
    DataType,
    Difference,
    Identity,
    Policy,
    Severity,
    Table,
    TableRef,
)
from oraferry.schema.keytypes import unify_key_types
from oraferry.schema.names import (
    SYSTEM_COLUMNS,
    Namespace,
    TargetSchema,
    is_too_long,
    name_columns,
    name_table,
)
from oraferry.schema.sequences import clamp_sequence
from oraferry.schema.translate_columns import decide_type, plan_companions
from oraferry.schema.translate_keys import Parents, TableNames, translate_keys
from oraferry.typemap import choose, list_losses
from oraferry.typemap.policy import PolicyRule, refuse_unused, resolve

_TOO_LONG = "PostgreSQL's names have 63 bytes"


@dataclass(frozen=True, slots=True)
class Translation:
    """A table, what it becomes, and which columns travel."""

    source: Table
    table: Table
    columns: tuple[ColumnPlan, ...]
    differences: tuple[Difference, ...] = ()  # what has no place in PostgreSQL at all
    notes: tuple[str, ...] = ()


def translate_tables(
    tables: Sequence[Table], target_schema: TargetSchema, policies: Sequence[PolicyRule] = ()
) -> list[Translation]:
    """
    What each of *tables* becomes; together, because foreign keys tie their types.

    RequestError for a policy that names no column, or a type that its column cannot take.
    """
    types: dict[tuple[TableRef, str], DataType] = {}
    rules: dict[tuple[TableRef, str], tuple[str, Policy]] = {}
    problems: dict[TableRef, list[Difference]] = {table.ref: [] for table in tables}
    for table in tables:
        for column in table.columns:
            policy = resolve(policies, table.ref, column)
            try:
                rule = choose(column, policy)
            except TypeNotMapped as error:
                problems[table.ref].append(_unmapped(table, column, error))
            else:
                place = table.ref, column.name
                types[place] = decide_type(table.ref, column, rule, policy)
                rules[place] = rule.name, policy
    refuse_unused(policies, [(table.ref, column) for table in tables for column in table.columns])
    asked = {place for place, (_, policy) in rules.items() if types[place] == policy.to}
    unified = unify_key_types(tables, types, asked)
    names = {table.ref: name_table(table, target_schema) for table in tables}
    # Foreign keys name their parents' columns as these are called on the target.
    parents = {table.ref: (names[table.ref], name_columns(table)) for table in tables}
    spaces: dict[str, Namespace] = {}
    # Tables first: a key or index gives way to a table, whichever comes first.
    for ref in names.values():
        spaces.setdefault(ref.schema, Namespace()).take(ref.name, ref.name)
    doubled = {ref for ref, count in Counter(names.values()).items() if count > 1}
    translations = []
    for table in tables:
        draft = _Draft(table, parents, unified, rules, target_schema)
        if names[table.ref] in doubled:
            problems[table.ref].append(_doubled(table, names[table.ref]))
        translations.append(draft.translate(spaces[names[table.ref].schema], problems[table.ref]))
    return translations


def _unmapped(table: Table, column: Column, error: TypeNotMapped) -> Difference:
    return Difference(
        table=str(table.ref),
        column=column.name,
        kind="type",
        severity=Severity.BLOCKING,
        message=error.message,
        decided_by="rule:type-unmapped",
        source=column.type.name,
        hint=error.hint or "set accept_differences to leave the column out",
    )


def _doubled(table: Table, target: TableRef) -> Difference:
    return Difference(
        table=str(table.ref),
        column=None,
        kind="name",
        severity=Severity.BLOCKING,
        message=f"another table becomes {target} too",
        decided_by="rule:name-collision",
        hint="give one of them another name (target in table_options), or move it in a job of its "
        "own with another target_schema",
    )


class _Draft:
    """One table on the way to its translation."""

    def __init__(
        self,
        source: Table,
        parents: Parents,
        types: Mapping[tuple[TableRef, str], DataType],
        rules: Mapping[tuple[TableRef, str], tuple[str, Policy]],
        target_schema: TargetSchema,
    ) -> None:
        self.source = source
        self.ref, self.names = parents[source.ref]
        self._parents = parents
        self._types = types
        self._rules = rules
        self._target_schema = target_schema
        self._notes: list[str] = []
        self._scope = Scope(
            columns={c.name: (self.names[c.name], c.type) for c in source.columns},
            schema=source.ref.schema,
            fold_sequence=lambda ref: name_table(Table(ref, ()), target_schema),
        )

    def translate(self, space: Namespace, problems: Sequence[Difference]) -> Translation:
        columns = [
            self._translate_column(column, position)
            for position, column in enumerate(self._mapped(), start=1)
        ]
        plans = [ColumnPlan(s, t, *self._rules[self.source.ref, s.name]) for s, t in columns]
        plans += plan_companions(plans)
        table = Table(
            ref=self.ref,
            columns=tuple(plan.target for plan in plans),
            comment=self.source.comment,
            estimated_rows=self.source.estimated_rows,
        )
        names = TableNames(
            self.source, self.ref, self.names, space, self._target_schema, self._parents
        )
        table = translate_keys(table, names, self._scope, self._note)
        self._note_shape()
        self._note_losses(plans)
        moved = [plan for plan in plans if plan.target.generated is None]
        return Translation(self.source, table, tuple(moved), tuple(problems), tuple(self._notes))

    def _mapped(self) -> list[Column]:
        known = [c for c in self.source.columns if (self.source.ref, c.name) in self._types]
        return sorted(known, key=lambda column: (column.invisible, column.position))

    def _note_name(self, column: Column, name: str) -> None:
        if column.rename is not None:
            return
        stored = column.name
        folded = stored.lower()
        why = f"{folded} is {'a system column' if folded in SYSTEM_COLUMNS else 'taken'}"
        if stored != folded and name == stored == stored.upper():
            self._note(f"column {stored} keeps its capitals: {why}")
        elif stored in SYSTEM_COLUMNS and name != stored:
            self._note(f"column {stored} is called {name}: {why}")
        elif is_too_long(stored) and name != stored:
            self._note(f"column {stored} is called {name}: {_TOO_LONG}")

    def _translate_column(self, column: Column, position: int) -> tuple[Column, Column]:
        target = Column(
            name=self.names[column.name],
            type=self._types[self.source.ref, column.name],
            position=position,
            nullable=column.nullable,
            comment=column.comment,
        )
        self._note_name(column, target.name)
        if column.invisible:
            self._note(f"column {column.name} is invisible in Oracle and visible in PostgreSQL")
        if column.generated is not None:
            return column, self._with_expression(column, target)
        if column.identity is not None:
            return column, self._with_identity(column.identity, target)
        if column.default is not None:
            return column, self._with_default(column, target)
        return column, target

    def _with_expression(self, column: Column, target: Column) -> Column:
        try:
            found = convert_expression(str(column.generated), self._scope, must_be_immutable=True)
        except UnsupportedConstruct as error:
            self._note(
                f"column {column.name} is virtual in Oracle and becomes an ordinary column with "
                f"its values: {error.message}"
            )
            return target
        return replace(target, generated=found)

    def _with_identity(self, identity: Identity, target: Column) -> Column:
        sequence = identity.sequence and clamp_sequence(identity.sequence)
        if target.type.name not in ("smallint", "integer", "bigint"):
            self._note(
                f"column {target.name} is left without its identity: "
                f"{target.type.name} cannot have one"
            )
            return target
        return replace(target, identity=Identity(identity.always, sequence), nullable=False)

    def _with_default(self, column: Column, target: Column) -> Column:
        try:
            default = convert_default(str(column.default), self._scope, target.type)
        except UnsupportedConstruct as error:
            self._note(f"the default of column {column.name} is left out: {error.message}")
            return target
        if target.type.name == "boolean" and default not in ("true", "false", None):
            default = {"0": "false", "1": "true"}.get(default)
            if default is None:
                self._note(f"the default of column {column.name} is left out: it is no boolean")
        return replace(target, default=default)

    def _note_losses(self, plans: Sequence[ColumnPlan]) -> None:
        """What a type cannot take along is said once a table, where no count will tell it."""
        columns: dict[str, list[str]] = {}
        for plan in plans:
            for lost in list_losses(plan):
                columns.setdefault(lost, []).append(plan.source.name)
        for lost, names in columns.items():
            self._note(f"column{'s' if names[1:] else ''} {', '.join(names)}: {lost}")

    def _note(self, text: str) -> None:
        self._notes.append(f"{self.source.ref}: {text}")

    def _note_shape(self) -> None:
        for remark in self.source.remarks:
            self._note(remark)
        if is_too_long(self.source.ref.name) and self.source.rename is None:
            self._note(f"the table is called {self.ref.name}: {_TOO_LONG}")
        partitioning = self.source.partitioning
        if partitioning is not None:
            by = f" ({', '.join(partitioning.columns)})" if partitioning.columns else ""
            self._note(
                f"partitioned by {partitioning.method}{by} in Oracle, one table in PostgreSQL"
            )
