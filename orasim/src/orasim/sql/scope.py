"""What names mean inside one query block, and what a compiled expression is."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sqlglot import exp

from orasim.engine import OracleError
from orasim.sql.parse import identifier
from orasim.values import OraType

if TYPE_CHECKING:
    from orasim.sql.context import Context

Row = tuple[Any, ...]
Run = Callable[[Row], Any]


@dataclass(slots=True)
class Encoded:
    """An expression as a function of one stored column's encoded values, for scans."""

    column: tuple[int, int]
    function: Callable[[Any], Any]  # the stored array to one of CLRs
    type: OraType


@dataclass(slots=True)
class Expr:
    """
    A compiled expression: its type and a function of the current row.

    ``is_constant``: the same for all rows of one execution. ``column`` is set for a plain
    column reference: (relation number, column number).
    """

    type: OraType
    run: Run
    nullable: bool = True
    is_constant: bool = False
    column: tuple[int, int] | None = None
    encoded: Encoded | None = None


@dataclass(slots=True)
class ResultColumn:
    """A column that a query or table offers by name."""

    name: str
    type: OraType
    nullable: bool = True
    hidden: bool = False  # ROWID, ORA_ROWSCN, invisible columns: not part of *
    json: int = 0  # engine.IS_JSON …, when the table checks it


@dataclass(slots=True)
class Relation:
    """One item of FROM: its names, its columns and which of them the block uses."""

    alias: str
    columns: list[ResultColumn]
    source: Any  # plan node with rows(used) -> iterable of Row
    schema: str | None = None
    used: set[int] = field(default_factory=set)
    merged: set[str] = field(default_factory=set)  # columns of JOIN USING shown elsewhere
    lateral: Lateral | None = None  # rows that depend on the row of the items before it

    def find(self, name: str) -> int | None:
        """The number of the column called *name*."""
        for number, column in enumerate(self.columns):
            if column.name == name:
                return number
        return None


@dataclass(slots=True)
class Lateral:
    """
    An item of FROM that is computed from the items before it.

    ``compile`` is asked once the row is laid out; it gives the item's rows for a row.
    """

    needs: exp.Expression
    compile: Callable[[Any], Callable[[Row], Iterable[Row]]]


@dataclass(slots=True)
class Scope:
    """
    The names of one query block.

    ``cell`` holds the row that correlated subqueries look at. In the group phase columns
    mean positions among the group keys.
    """

    context: Context
    parent: Scope | None = None
    relations: list[Relation] = field(default_factory=list)
    offsets: list[int] = field(default_factory=list)
    base: int = 0
    width: int = 0  # of the joined row, without the pseudo-columns after it
    cell: list[Row] = field(default_factory=lambda: [()])
    is_correlated: bool = False
    has_connect: bool = False
    uses_rownum: bool = False
    group_keys: dict[str, int] | None = None  # fingerprint -> position; set in the group phase
    key_exprs: list[Expr] = field(default_factory=list)
    grouping_at: int | None = None  # where a group's row holds its set's keys, then its GROUP_ID
    aggregates: list[Any] = field(default_factory=list)
    windows: list[Any] = field(default_factory=list)
    window_base: list[int] = field(default_factory=lambda: [0])
    prior_cell: list[Row] = field(default_factory=lambda: [()])
    forbids_aggregates: bool = False
    names: Any = None  # plan.Names: WITH queries and the schema of unqualified tables

    def add(self, relation: Relation) -> None:
        self.relations.append(relation)

    def place(self, order: list[int]) -> None:
        """Lay the relations' columns out in the row, in join order."""
        self.offsets = [0] * len(self.relations)
        at = 0
        for number in order:
            self.offsets[number] = at
            at += len(self.relations[number].columns)
        self.width = at

    @property
    def level_index(self) -> int:
        return self.width

    @property
    def rownum_index(self) -> int:
        return self.width + (4 if self.has_connect else 0)

    def find(self, node: exp.Column) -> tuple[int, int] | None:
        """(relation, column) of a column reference in this block; ORA-00918 if ambiguous."""
        name = identifier(node.this)
        qualifier = identifier(node.args["table"]) if node.args.get("table") else None
        schema = identifier(node.args["db"]) if node.args.get("db") else None
        found: tuple[int, int] | None = None
        for number, relation in enumerate(self.relations):
            if qualifier is not None and (
                relation.alias != qualifier or (schema is not None and relation.schema != schema)
            ):
                continue
            if qualifier is None and name in relation.merged:
                continue
            column = relation.find(name)
            if column is None:
                continue
            if found is not None and qualifier is None:
                raise OracleError(918, "column ambiguously defined")
            if found is None:
                found = (number, column)
        return found

    def has_relation(self, qualifier: str) -> bool:
        return any(relation.alias == qualifier for relation in self.relations)

    def fingerprint(self, node: Any) -> str:
        """The same text for expressions that Oracle regards as the same."""
        if isinstance(node, exp.Paren):
            return self.fingerprint(node.this)
        if isinstance(node, exp.Column) and not isinstance(node.this, exp.Star):
            found = self.find(node)
            return f"#{found[0]}.{found[1]}" if found else f"?{node.sql()}"
        if isinstance(node, exp.Anonymous):
            parts = ",".join(self.fingerprint(arg) for arg in node.expressions)
            return f"{str(node.this).upper()}({parts};{node.args.get('kind')})"
        if isinstance(node, exp.Placeholder):
            return f":{self.context.bind_name(node)}"
        if isinstance(node, exp.Literal):
            return f"{'s' if node.is_string else 'n'}{node.this!r}"
        if isinstance(node, exp.Identifier):
            return identifier(node)
        if isinstance(node, exp.Expression):
            parts = ",".join(
                f"{key}={self.fingerprint(value)}"
                for key, value in sorted(node.args.items())
                if value not in (None, False, [])
            )
            return f"{type(node).__name__}({parts})"
        if isinstance(node, list):
            return "[" + ",".join(self.fingerprint(item) for item in node) + "]"
        return str(node)


def invalid_identifier(node: exp.Column) -> OracleError:
    """ORA-00904 with the name as Oracle prints it."""
    parts = [node.args.get("db"), node.args.get("table"), node.this]
    text = ".".join(f'"{identifier(part)}"' for part in parts if part is not None)
    return OracleError(904, f"{text}: invalid identifier")
