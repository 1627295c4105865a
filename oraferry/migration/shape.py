"""Source tables as a person wants them: fewer columns, other names, expressions, masks, queries.

What comes out are tables of the model whose columns say what is read and loaded in their place,
so that translation, comparison, reading and verification need no second way. Everything is
checked here, by us and by Oracle, before a job is stored.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from oraferry.convert.tokens import tokenize
from oraferry.errors import RequestError, UnsupportedConstruct
from oraferry.migration.options import QueryRequest, TableOptions, parse_target
from oraferry.migration.request import DataMigrationRequest
from oraferry.migration.selection import choose_refs, parse_pattern
from oraferry.migration.sqltext import reads_at_scn
from oraferry.model import Check, Column, ForeignKey, Index, Key, Table, TableKind, TableRef
from oraferry.ports import Source
from oraferry.schema.names import SYSTEM_COLUMNS, fold_schema, name_columns
from oraferry.typemap.mask import check_mask, keeps_unique

NOTHING = TableOptions()
# Read as they are now: a temporary table's rows belong to sessions, an external one's to a file.
TIMELESS = {TableKind.EXTERNAL, TableKind.TEMPORARY}


@dataclass(frozen=True, slots=True)
class Shaped:
    """A table as it is wanted, the wishes, and what a person should know about them."""

    table: Table
    options: TableOptions = NOTHING
    notes: tuple[str, ...] = ()


def shape_tables(
    request: DataMigrationRequest, tables: Sequence[Table], source: Source, user: str
) -> list[Shaped]:
    """*tables* and the request's queries; RequestError for a wish that cannot be met."""
    options = find_options(request, [table.ref for table in tables])
    shaped = [_shape(t, options.get(t.ref, NOTHING), request, source) for t in tables]
    for query in request.queries:
        ref = _ref_of(query, user)
        if any(ref == table.ref for table in tables):
            raise RequestError(f"{ref} is the name of a table and of a query")
        table = Table(ref, (), TableKind.QUERY, query=query.sql, has_past=reads_at_scn(query.sql))
        table = replace(table, columns=source.describe_query(table))
        _refuse_doubles(table)
        shaped.append(_shape(table, query, request, source))
    return shaped


def find_options(
    request: DataMigrationRequest, refs: Sequence[TableRef]
) -> dict[TableRef, TableOptions]:
    """The wishes for each of *refs*; RequestError when a name means none of them, or two do."""
    found: dict[TableRef, TableOptions] = {}
    for text, options in request.table_options.items():
        meant = choose_refs([text], refs)
        if not meant:
            raise RequestError(
                f"table_options: {text} is none of the tables that move",
                hint="its name must be among those that `tables` selects, and not excluded",
            )
        if options.target is not None and len(meant) > 1:
            raise RequestError(f"table_options: {text} means {len(meant)} tables, one target")
        for ref in meant:
            if ref in found:
                raise RequestError(f"table_options: two entries mean {ref}")
            found[ref] = options
    return found


def _ref_of(query: QueryRequest, user: str) -> TableRef:
    _, part = parse_pattern(query.name)
    return TableRef(user, part.text if part.is_quoted else part.text.upper())


def _refuse_doubles(table: Table) -> None:
    names = [column.name for column in table.columns]
    if len(set(names)) < len(names):
        raise RequestError(
            f"the query {table.ref.name} has two columns of one name",
            hint="give each column a name of its own: SELECT a.id AS a_id, b.id AS b_id",
        )


def _shape(
    table: Table, options: TableOptions, request: DataMigrationRequest, source: Source
) -> Shaped:
    notes: list[str] = []
    if table.kind in TIMELESS:
        table = replace(table, has_past=False)
    elif table.kind is TableKind.VIEW:
        table = replace(table, has_past=source.has_past(table))
    if not table.has_past:
        notes.append(_timeless_note(table))
    draft = _Draft(table, options)
    types = source.describe_expressions(table, draft.expressions, options.where)
    columns = [c for c in draft.columns(types) if draft.is_wanted(c.name)]
    if not columns:
        raise RequestError(f"{table.ref}: no column is left to move")
    changed = {c.name for c in columns if c.expression is not None or not keeps_unique(c)}
    shaped = _without_broken(replace(table, columns=tuple(columns)), changed, notes)
    if len(set(name_columns(shaped).values())) < len(columns):
        raise RequestError(f"{table.ref}: two columns would have the same name on the target")
    for column in shaped.columns:
        if column.rename in SYSTEM_COLUMNS:
            raise RequestError(
                f"{table.ref}: {column.rename} is a system column of every table in PostgreSQL",
                hint=f"give the column {column.name} another name",
            )
    if options.target is not None:
        schema = fold_schema(table.ref.schema, request.target_schema)
        shaped = replace(shaped, rename=parse_target(options.target, schema))
    return Shaped(shaped, options, tuple(f"{table.ref}: {note}" for note in notes))


def _timeless_note(table: Table) -> str:
    if table.kind is TableKind.TEMPORARY:
        return "a temporary table's rows belong to the sessions that wrote them; none are copied"
    what = "the query" if table.query else f"the {table.kind} table" if table.kind else ""
    return (
        f"{what} cannot be read at the job's SCN: its rows are those of the moment of reading, "
        "and Oracle's count of them is not checked"
    )


class _Draft:
    """One table's columns on the way to what is wanted."""

    def __init__(self, table: Table, options: TableOptions) -> None:
        self._table = table
        self._options = options
        known = {column.name for column in table.columns}
        self.expressions: dict[str, str] = {}
        for name, wish in options.expressions.items():
            cast = f"CAST((\n{wish.sql}\n) AS {wish.type})" if wish.type else wish.sql
            self.expressions[_find(known, name) or _new_name(name)] = cast
        known |= set(self.expressions)
        self._only = None if options.columns is None else self._names(options.columns, known)
        self._unwanted = self._names(options.exclude_columns, known)
        self._masks = {self._name(name, known): m.to_mask() for name, m in options.mask.items()}
        self._renames = {self._name(name, known): new for name, new in options.rename.items()}

    def _name(self, name: str, known: Iterable[str]) -> str:
        return _find(known, name) or find_column(self._table, name)

    def _names(self, names: Iterable[str], known: set[str]) -> set[str]:
        return {self._name(name, known) for name in names}

    def is_wanted(self, name: str) -> bool:
        """True when the column is to move; one that was computed is, unless excluded."""
        if self._only is not None and name not in self.expressions:
            return name in self._only
        return name not in self._unwanted

    def columns(self, types: Mapping[str, object]) -> list[Column]:
        """All columns with what is wanted of them."""
        found = list(self._table.columns)
        place = {column.name: i for i, column in enumerate(found)}
        for name, sql in self.expressions.items():
            base = found[place[name]] if name in place else None
            column = Column(
                name,
                types[name],  # type: ignore[arg-type]
                base.position if base else len(found) + 1,
                comment=base.comment if base else None,
                expression=sql,
            )
            if base:
                found[place[name]] = column
            else:
                found.append(column)
        return [self._dressed(column) for column in found]

    def _dressed(self, column: Column) -> Column:
        column = replace(column, rename=self._renames.get(column.name))
        mask = self._masks.get(column.name)
        if mask is None:
            self._refuse_leak(column)
            return column
        column = replace(column, mask=mask, generated=None, identity=None)
        if mask.kind == "null":
            column = replace(column, nullable=True, default=None)
        if column.generated is None:
            check_mask(column)
        return column

    def _refuse_leak(self, column: Column) -> None:
        """A virtual column's values would tell what its masked parts were."""
        told = _mentioned(column.generated or "") & set(self._masks)
        if told and self.is_wanted(column.name):
            raise RequestError(
                f"{self._table.ref}: {column.name} is computed from {min(told)}, which is masked",
                hint=f"mask {column.name} as well, or exclude it",
            )


def find_column(table: Table, name: str) -> str:
    """The stored name of the column that *name* means; RequestError when there is none."""
    found = _find((column.name for column in table.columns), name)
    if found is None:
        raise RequestError(
            f"{table.ref} has no column {name}",
            hint="it has " + ", ".join(column.name for column in table.columns),
        )
    return found


def _find(known: Iterable[str], name: str) -> str | None:
    names = set(known)
    text = name[1:-1] if len(name) > 2 and name[0] == name[-1] == '"' else name
    return next((n for n in (text, name.upper()) if n in names), None)


def _new_name(name: str) -> str:
    return name[1:-1] if len(name) > 2 and name[0] == name[-1] == '"' else name.upper()


def _mentioned(sql: str) -> set[str]:
    """The words of *sql*; all text is taken for words where it is not understood."""
    try:
        return {token.text for token in tokenize(sql) if token.kind in ("word", "name")}
    except UnsupportedConstruct:
        return set(sql.upper().replace('"', " ").split())


# --- what rests on columns that are not what they were ---------------------------------------


def _without_broken(table: Table, changed: set[str], notes: list[str]) -> Table:
    """*table* without keys and checks that Oracle proved of other values."""
    masked = {column.name for column in table.columns if column.mask is not None}

    def holds(thing: Key | ForeignKey, word: str) -> bool:
        touched = changed & set(thing.columns)
        if touched:
            notes.append(f"{word} {thing.name} is left out: {min(touched)} is changed on its way")
        return not touched

    def holds_check(check: Check) -> bool:
        touched = (changed | masked) & _mentioned(check.expression)
        if touched:
            notes.append(f"check {check.name} is left out: {min(touched)} is changed on its way")
        return not touched

    def eased(index: Index) -> Index:
        words: set[str] = set()
        for part in index.parts:
            words |= _mentioned(part.text) if part.is_expression else {part.text}
        if not index.unique or not words & (changed | masked):
            return index
        if not words & changed and not any(part.is_expression for part in index.parts):
            return index
        notes.append(f"index {index.name} is made without its uniqueness")
        return replace(index, unique=False)

    primary = table.primary_key
    return replace(
        table,
        primary_key=primary if primary and holds(primary, "primary key") else None,
        unique_keys=tuple(key for key in table.unique_keys if holds(key, "unique key")),
        foreign_keys=tuple(key for key in table.foreign_keys if holds(key, "foreign key")),
        checks=tuple(check for check in table.checks if holds_check(check)),
        indexes=tuple(eased(index) for index in table.indexes),
    )
