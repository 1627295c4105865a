"""Oracle's dictionary -> model.Table, a fixed number of round trips for many tables."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from collections.abc import Sequence as Seq
from typing import Any

from oraferry.errors import RequestError, TableNotFound
from oraferry.model import (
    Check,
    Column,
    DataType,
    ForeignKey,
    Identity,
    Index,
    IndexPart,
    Key,
    Partition,
    Partitioning,
    Sequence,
    Table,
    TableKind,
    TableRef,
)
from oraferry.oracle.objects import read_objects
from oraferry.oracle.session import Session, sql_text, translated

# Tables that Oracle's own features put into user schemas (facts §1.5). A name that merely
# begins with SYS_ or holds a $ is somebody's own table and stays.
SYSTEM_TABLES = re.compile(
    r"^(BIN\$.{22}==\$\d+|MLOG\$_.*|RUPD\$_.*|SYS_IOT_(OVER|MAP)_\d+|MD(RT|RS|XT|OT|OS)_.*\$?"
    r"|DR\$.*\$[A-Z]|AQ\$_.*|SYS_(EXPORT|IMPORT)_\w+_\d+|CMP[34]\$.*)$"
)
_COMPOSED = re.compile(r"^(?P<name>TIMESTAMP|INTERVAL (?:DAY|YEAR))\(\d+\)(?P<rest>.*)$")
_KEPT_INDEXES = {
    "NORMAL",
    "NORMAL/REV",
    "BITMAP",
    "FUNCTION-BASED NORMAL",
    "FUNCTION-BASED NORMAL/REV",
    "FUNCTION-BASED BITMAP",
    "DOMAIN",
    "FUNCTION-BASED DOMAIN",
}

Rows = dict[str, list[tuple[Any, ...]]]


def list_tables(session: Session, schema: str) -> list[TableRef]:
    """The schema's own tables; RequestError when there is no such schema."""
    with translated(f"listing the tables of {schema}"):
        rows = session.query(sql_text("list_tables"), owner=schema)
        if not rows and not session.query(
            "SELECT u.username FROM all_users u WHERE u.username = :owner", owner=schema
        ):
            raise RequestError(
                f"there is no Oracle schema {schema}",
                hint="names are case-sensitive here: unquoted ones are stored in capitals",
                context={"schema": schema},
            )
    return [TableRef(schema, name) for (name,) in rows if not SYSTEM_TABLES.match(name)]


def get_tables(session: Session, refs: Seq[TableRef]) -> dict[TableRef, Table]:
    """The tables' definitions; TableNotFound names all that are missing."""
    found: dict[TableRef, Table] = {}
    by_schema: dict[str, list[str]] = defaultdict(list)
    for ref in refs:
        by_schema[ref.schema].append(ref.name)
    for schema, names in by_schema.items():
        with translated(f"reading the definitions of {len(names)} tables of {schema}"):
            for table in _read(session, schema, names):
                found[table.ref] = table
    missing = [str(ref) for ref in refs if ref not in found]
    if missing:
        raise TableNotFound(
            f"{', '.join(missing)}: no such table in Oracle, or the user may not see it",
            hint="check schema and name (unquoted names are stored in capitals) "
            "and GRANT SELECT on the table",
            context={"tables": missing},
        )
    return {ref: found[ref] for ref in refs} | read_objects(session, [found[ref] for ref in refs])


def _read(session: Session, owner: str, names: list[str]) -> Iterable[Table]:
    def rows(query: str) -> Rows:
        grouped: Rows = defaultdict(list)
        for row in session.query_names(sql_text(query), owner, names):
            grouped[row[0]].append(row[1:])
        return grouped

    heads = {name: row[0] for name, row in rows("tables").items()}
    views = set(rows("views")) if len(heads) < len(names) else set()
    columns, comments = rows("columns"), rows("comments")
    constraints, constraint_columns = rows("constraints"), rows("constraint_columns")
    indexes, parts, expressions = rows("indexes"), rows("index_columns"), rows("index_expressions")
    triggers, materialized, external = (
        rows("triggers"), rows("materialized"), rows("external_tables")
    )  # fmt: skip
    identities = rows("identities")
    sequences = {s.ref.name: s for s in read_sequences(session, owner)} if identities else {}
    partitioned = rows("partitioned") if any(h[3] == "YES" for h in heads.values()) else {}
    partition_keys = rows("partition_keys") if partitioned else {}
    partitions = rows("partitions") if partitioned else {}
    subpartitions = rows("subpartitions") if partitioned else {}
    parents = _parent_keys(session, constraints)
    for name in names:
        if name not in heads and name not in views:
            continue
        keys = _Constraints(constraints[name], constraint_columns[name], parents)
        found_columns = _columns(columns[name], comments[name], identities[name], sequences)
        nullable = {c.name: c.nullable for c in found_columns}
        primary = keys.primary()
        head = heads.get(name)
        yield Table(
            ref=TableRef(owner, name),
            columns=found_columns,
            kind=TableKind.EXTERNAL if name in external else _kind(head),
            primary_key=primary,
            unique_keys=keys.unique(),
            foreign_keys=keys.foreign(),
            checks=keys.checks(nullable),
            indexes=_indexes(indexes[name], parts[name], expressions[name], keys.index_names()),
            partitioning=_partitioning(
                partitioned.get(name),
                partition_keys.get(name),
                partitions.get(name),
                subpartitions.get(name),
            ),
            comment=next((text for column, text in comments[name] if column is None), None),
            estimated_rows=None if head is None or head[4] is None else int(head[4]),
            remarks=(
                *(
                    ["a materialized view in Oracle, a table in PostgreSQL"]
                    * (name in materialized)
                ),
                *_describe_null_defaults(columns[name]),
                *_describe_triggers([row[0] for row in triggers.get(name, ())]),
                *keys.describe_hidden_parents(),
            ),
        )


def _describe_null_defaults(rows: Seq[tuple[Any, ...]]) -> list[str]:
    """DEFAULT ON NULL, also of identity columns."""
    names = [row[0] for row in rows if row[13] == "YES"]
    if not names:
        return []
    what = f"column{'s' if names[1:] else ''} {', '.join(names)}"
    return [f"{what}: an explicit NULL takes the default in Oracle and is refused in PostgreSQL"]


def _describe_triggers(names: Seq[str]) -> list[str]:
    if not names:
        return []
    shown = ", ".join(sorted(names))
    return [
        f"triggers {shown} are not converted" if names[1:] else f"trigger {shown} is not converted"
    ]


def _kind(head: tuple[Any, ...] | None) -> TableKind:
    if head is None:
        return TableKind.VIEW
    iot_type, temporary, cluster = head[0], head[1], head[2]
    if temporary == "Y":
        return TableKind.TEMPORARY
    if iot_type == "IOT":
        return TableKind.INDEX_ORGANIZED
    return TableKind.CLUSTERED if cluster is not None else TableKind.HEAP


# -- columns -----------------------------------------------------------------------------------


def _columns(
    rows: Seq[tuple[Any, ...]],
    comments: Seq[tuple[Any, ...]],
    identities: Seq[tuple[Any, ...]],
    sequences: dict[str, Sequence],
) -> tuple[Column, ...]:
    texts = {column: text for column, text in comments if column is not None}
    by_identity = {
        column: Identity(always=kind == "ALWAYS", sequence=sequences.get(sequence))
        for column, kind, sequence in identities
    }
    kept = [row for row in rows if row[14] != "NO"]  # system-generated: SYS_NC…$
    # INVISIBLE columns have no COLUMN_ID; they come last, in their internal order.
    kept.sort(key=lambda row: (row[7] is None, row[7] or row[8]))
    columns = []
    for position, row in enumerate(kept, 1):
        name, virtual = row[0], row[12] == "YES"
        default = None if row[15] is None else str(row[15]).strip()
        if default is not None and default.upper() == "NULL":
            default = None
        identity = by_identity.get(name)
        columns.append(
            Column(
                name=name,
                type=DataType("REF", schema=row[2])
                if row[16] == "REF"
                else data_type(row[1], row[2], row[3], row[4], row[5], row[9], row[10]),
                position=position,
                nullable=row[6] == "Y",
                default=None if virtual or identity is not None else default,
                identity=identity,
                generated=default if virtual else None,
                invisible=row[11] == "YES",
                comment=texts.get(name),
            )
        )
    return tuple(columns)


def data_type(
    text: str,
    owner: str | None,
    length: Any,
    precision: Any,
    scale: Any,
    char_length: Any,
    char_used: str | None,
) -> DataType:
    """
    A type from ALL_TAB_COLS: the composed texts of TIMESTAMP and INTERVAL taken apart.

    >>> found = data_type("TIMESTAMP(3) WITH TIME ZONE", None, 13, None, 3, 0, None)
    >>> found.name, found.scale
    ('TIMESTAMP WITH TIME ZONE', 3)
    """
    digits = None if precision is None else int(precision)
    places = None if scale is None else int(scale)
    composed = _COMPOSED.match(text)
    if composed:
        head, rest = composed["name"], composed["rest"]
        rest = re.sub(r"\(\d+\)", "", rest)
        return DataType(head + rest, precision=digits, scale=places)
    if text in ("VARCHAR2", "CHAR", "NVARCHAR2", "NCHAR"):
        return DataType(text, length=int(char_length), byte_length=char_used == "B")
    if text in ("RAW", "UROWID"):
        return DataType(text, length=int(length))
    if text == "NUMBER":
        return DataType(text, precision=digits, scale=places)
    if text == "FLOAT":
        return DataType(text, precision=digits)
    # XMLTYPE's owner is SYS or PUBLIC, by release: only the name counts.
    return DataType(text, schema=None if text == "XMLTYPE" else owner)


# -- constraints -------------------------------------------------------------------------------


def _parent_keys(
    session: Session, constraints: Rows
) -> dict[tuple[str, str], tuple[str, list[str]]]:
    """(owner, constraint) of referenced keys -> table and columns; invisible ones are absent."""
    wanted: dict[str, set[str]] = defaultdict(set)
    for rows in constraints.values():
        for row in rows:
            if row[1] == "R" and row[2] is not None:
                wanted[row[2]].add(row[3])
    found: dict[tuple[str, str], tuple[str, list[str]]] = {}
    for owner, names in wanted.items():
        grouped: dict[str, list[tuple[Any, ...]]] = defaultdict(list)
        for row in session.query_names(sql_text("parent_keys"), owner, sorted(names)):
            grouped[row[0]].append(row)
        for name, rows in grouped.items():
            ordered = sorted(rows, key=lambda row: row[3])
            found[(owner, name)] = (rows[0][1], [row[2] for row in ordered])
    return found


class _Constraints:
    """One table's constraints, by kind."""

    def __init__(
        self,
        rows: Seq[tuple[Any, ...]],
        columns: Seq[tuple[Any, ...]],
        parents: dict[tuple[str, str], tuple[str, list[str]]],
    ) -> None:
        self._rows = sorted(rows, key=lambda row: row[0])
        self._parents = parents
        self._columns: dict[str, list[str]] = defaultdict(list)
        for name, column, _ in sorted(columns, key=lambda row: (row[0], row[2] or 0)):
            self._columns[name].append(column)

    def index_names(self) -> set[str]:
        return {row[10] for row in self._rows if row[1] in ("P", "U") and row[10] is not None}

    @staticmethod
    def _state(row: tuple[Any, ...]) -> dict[str, Any]:
        return {
            "enabled": row[5] == "ENABLED",
            "validated": row[8] == "VALIDATED",
            "generated_name": row[9] == "GENERATED NAME",
        }

    @staticmethod
    def _deferral(row: tuple[Any, ...]) -> dict[str, Any]:
        return {"deferrable": row[6] == "DEFERRABLE", "initially_deferred": row[7] == "DEFERRED"}

    def _keys(self, kind: str) -> tuple[Key, ...]:
        return tuple(
            Key(
                row[0],
                tuple(self._columns[row[0]]),
                kind == "P",
                **self._deferral(row),
                **self._state(row),
            )
            for row in self._rows
            if row[1] == kind
        )

    def primary(self) -> Key | None:
        keys = self._keys("P")
        return keys[0] if keys else None

    def unique(self) -> tuple[Key, ...]:
        return self._keys("U")

    def foreign(self) -> tuple[ForeignKey, ...]:
        found = []
        for row in self._rows:
            parent = self._parents.get((row[2], row[3])) if row[1] == "R" else None
            if parent is None:
                continue  # told by describe_hidden_parents
            found.append(
                ForeignKey(
                    row[0],
                    tuple(self._columns[row[0]]),
                    TableRef(row[2], parent[0]),
                    tuple(parent[1]),
                    row[4] or "NO ACTION",
                    **self._deferral(row),
                    **self._state(row),
                )
            )
        return tuple(found)

    def describe_hidden_parents(self) -> list[str]:
        """Foreign keys to tables of schemas that this user may not see."""
        return [
            f"foreign key {row[0]} is left out: the user may not see its parent in {row[2]}"
            for row in self._rows
            if row[1] == "R" and (row[2], row[3]) not in self._parents
        ]

    def checks(self, nullable: dict[str, bool]) -> tuple[Check, ...]:
        """Checks without the ones that only say NOT NULL of a column that already is."""
        found = []
        for row in self._rows:
            if row[1] != "C" or row[11] is None:
                continue
            text = str(row[11]).strip()
            not_null = re.fullmatch(r'"([^"]+)" IS NOT NULL', text)
            if not_null and not nullable.get(not_null.group(1), True):
                continue
            found.append(Check(row[0], text, **self._state(row)))
        return tuple(found)


# -- indexes and partitions --------------------------------------------------------------------


def _indexes(
    rows: Seq[tuple[Any, ...]],
    parts: Seq[tuple[Any, ...]],
    expressions: Seq[tuple[Any, ...]],
    backing: set[str],
) -> tuple[Index, ...]:
    texts = {(row[0], row[1], row[2]): str(row[3]).strip() for row in expressions}
    columns: dict[tuple[str, str], list[tuple[Any, ...]]] = defaultdict(list)
    for row in parts:
        columns[(row[0], row[1])].append(row)
    found = []
    for owner, name, kind, uniqueness in sorted(rows, key=lambda row: row[1]):
        if name in backing or kind not in _KEPT_INDEXES:
            continue
        ordered = sorted(columns[(owner, name)], key=lambda row: row[3])
        found.append(
            Index(
                name,
                tuple(
                    _index_part(row[2], row[4] == "DESC", texts.get((owner, name, row[3])))
                    for row in ordered
                ),
                uniqueness == "UNIQUE",
                kind,
            )
        )
    return tuple(found)


def _index_part(column: str, descending: bool, expression: str | None) -> IndexPart:
    if expression is None:
        return IndexPart(column, descending)
    # A DESC column is stored as an expression that is just the quoted column.
    plain = re.fullmatch(r'"([^"]+)"', expression)
    if plain:
        return IndexPart(plain.group(1), descending)
    return IndexPart(expression, descending, is_expression=True)


def _partitioning(
    heads: Seq[tuple[Any, ...]] | None,
    keys: Seq[tuple[Any, ...]] | None,
    partitions: Seq[tuple[Any, ...]] | None,
    subpartitions: Seq[tuple[Any, ...]] | None,
) -> Partitioning | None:
    if not heads:
        return None
    method, sub_method, interval = heads[0]
    subs: dict[str, list[tuple[Any, ...]]] = defaultdict(list)
    for partition, name, position in subpartitions or ():
        subs[partition].append((position, name))
    return Partitioning(
        method=method,
        columns=tuple(row[0] for row in sorted(keys or (), key=lambda row: row[1])),
        partitions=tuple(
            Partition(
                name,
                None if high is None else str(high),
                tuple(sub for _, sub in sorted(subs[name])),
            )
            for name, _, _, high in sorted(partitions or (), key=lambda row: row[1])
        ),
        subpartition_method=None if sub_method == "NONE" else sub_method,
        interval=interval,
    )


# -- sequences ---------------------------------------------------------------------------------


def read_sequences(session: Session, owner: str) -> list[Sequence]:
    """All sequences of a schema, those of identity columns (ISEQ$$_…) included."""
    with translated(f"reading the sequences of {owner}"):
        rows = session.query(sql_text("sequences"), owner=owner)
    return [
        Sequence(
            TableRef(owner, name),
            next_value=int(last),
            increment=int(increment),
            minimum=None if low is None else int(low),
            maximum=None if high is None else int(high),
            cache=max(int(cache), 1),
            cycle=cycle == "Y",
        )
        for name, low, high, increment, cycle, cache, last in rows
    ]
