"""Model → PostgreSQL DDL text."""

from __future__ import annotations

from oraferry.model import Check, Column, DataType, ForeignKey, Index, IndexPart, Key, Table
from oraferry.postgres.session import literal, quote, quote_table


def render_type(type: DataType) -> str:
    """
    A type as DDL spells it.

    >>> render_type(DataType("timestamp without time zone", scale=0))
    'timestamp(0) without time zone'
    """
    if type.domain is not None:
        return type.domain
    if type.name in ("character varying", "character", "bit", "bit varying"):
        return type.name if type.length is None else f"{type.name}({type.length})"
    if type.name == "numeric":
        if type.precision is None:
            return "numeric"
        return f"numeric({type.precision},{type.scale or 0})"
    if type.name.startswith("timestamp") and type.scale is not None:
        return f"timestamp({type.scale}){type.name.removeprefix('timestamp')}"
    if type.name == "interval" and type.fields is not None:
        return f"interval {type.fields}"
    if type.name == "interval" and type.scale is not None:
        return f"interval({type.scale})"
    return f"{quote(type.schema)}.{quote(type.name)}" if type.schema else type.name


def render_column(column: Column) -> str:
    """A column with identity, generation, default and NOT NULL."""
    text = f"{quote(column.name)} {render_type(column.type)}"
    if column.generated is not None:
        text += f" GENERATED ALWAYS AS ({column.generated}) STORED"
    elif column.identity is not None:
        text += f" GENERATED {'ALWAYS' if column.identity.always else 'BY DEFAULT'} AS IDENTITY"
        sequence = column.identity.sequence
        if sequence is not None:
            options = f"INCREMENT BY {sequence.increment}"
            if sequence.cache > 1:
                options += f" CACHE {sequence.cache}"
            if sequence.cycle:
                options += " CYCLE"
            text += f" ({options})"
    elif column.default is not None:
        text += f" DEFAULT {column.default}"
    return text if column.nullable else f"{text} NOT NULL"


def render_table(table: Table, *, is_unlogged: bool = False) -> str:
    """CREATE TABLE without keys, checks and indexes: those come after the load."""
    columns = ",\n  ".join(render_column(c) for c in table.columns)
    name = quote_table(table.ref.schema, table.ref.name)
    kind = "UNLOGGED TABLE" if is_unlogged else "TABLE"
    return f"CREATE {kind} {name} (\n  {columns}\n)"


def _columns(names: tuple[str, ...]) -> str:
    return ", ".join(quote(name) for name in names)


def _deferral(key: Key | ForeignKey) -> str:
    if not key.deferrable:
        return ""
    return " DEFERRABLE INITIALLY " + ("DEFERRED" if key.initially_deferred else "IMMEDIATE")


def render_key(key: Key) -> str:
    """The constraint clause of a primary key or unique constraint."""
    word = "PRIMARY KEY" if key.primary else "UNIQUE"
    return f"CONSTRAINT {quote(key.name)} {word} ({_columns(key.columns)}){_deferral(key)}"


def render_check(check: Check) -> str:
    """The constraint clause of a check."""
    tail = "" if check.validated else " NOT VALID"
    return f"CONSTRAINT {quote(check.name)} CHECK ({check.expression}){tail}"


def render_foreign_key(key: ForeignKey) -> str:
    """The constraint clause of a foreign key."""
    rule = "" if key.on_delete == "NO ACTION" else f" ON DELETE {key.on_delete}"
    return (
        f"CONSTRAINT {quote(key.name)} FOREIGN KEY ({_columns(key.columns)}) REFERENCES "
        f"{quote_table(key.parent.schema, key.parent.name)} ({_columns(key.parent_columns)})"
        f"{rule}{_deferral(key)}"
    )


def render_index_part(part: IndexPart) -> str:
    """A column or expression of an index."""
    text = f"({part.text})" if part.is_expression else quote(part.text)
    return f"{text} DESC" if part.descending else text


def render_index(table: Table, index: Index) -> str:
    """CREATE INDEX."""
    unique = "UNIQUE " if index.unique else ""
    parts = ", ".join(render_index_part(p) for p in index.parts)
    tail = f" WHERE {index.predicate}" if index.predicate else ""
    return (
        f"CREATE {unique}INDEX {quote(index.name)} ON "
        f"{quote_table(table.ref.schema, table.ref.name)} ({parts}){tail}"
    )


def render_comments(table: Table) -> list[str]:
    """COMMENT ON statements."""
    name = quote_table(table.ref.schema, table.ref.name)
    found = []
    if table.comment:
        found.append(f"COMMENT ON TABLE {name} IS {literal(table.comment)}")
    for column in table.columns:
        if column.comment:
            found.append(
                f"COMMENT ON COLUMN {name}.{quote(column.name)} IS {literal(column.comment)}"
            )
    return found


def render_whole_table(table: Table) -> str:
    """One readable text: the table with its constraints, and its indexes."""
    lines = [render_column(c) for c in table.columns]
    keys = [k for k in (table.primary_key, *table.unique_keys) if k]
    lines += [render_key(k) for k in keys]
    lines += [render_check(c) for c in table.checks]
    lines += [render_foreign_key(k) for k in table.foreign_keys]
    body = ",\n  ".join(lines)
    text = f"CREATE TABLE {quote_table(table.ref.schema, table.ref.name)} (\n  {body}\n);"
    for index in table.indexes:
        text += f"\n{render_index(table, index)};"
    return text
