"""CREATE TABLE and ALTER TABLE."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass, field
from typing import Any

from orasim.dictionary.datatypes import parse_type
from orasim.dictionary.model import (
    Catalog,
    Column,
    Constraint,
    Identity,
    Index,
    IndexPart,
    Partition,
    Partitioning,
    Sequence,
    Table,
)
from orasim.dictionary.sequences import parse_sequence_options
from orasim.dictionary.tokens import Parser
from orasim.engine import OracleError, Outcome
from orasim.values import OraType

_CONSTRAINT_STARTS = {"CONSTRAINT", "PRIMARY", "UNIQUE", "FOREIGN", "CHECK"}
_INLINE_STOPS = {
    "CONSTRAINT", "NOT", "NULL", "PRIMARY", "UNIQUE", "REFERENCES", "CHECK", "ENABLE",
    "DISABLE", "VISIBLE", "INVISIBLE", "ENCRYPT", "COLLATE", "ANNOTATIONS",
}  # fmt: skip
_STATES = {
    "ENABLE", "DISABLE", "VALIDATE", "NOVALIDATE", "RELY", "NORELY", "DEFERRABLE", "INITIALLY",
    "USING", "NOT",
}  # fmt: skip


@dataclass(slots=True)
class Definition:
    """What the parentheses of a CREATE or ALTER TABLE held."""

    columns: list[Column] = field(default_factory=list)
    constraints: list[Constraint] = field(default_factory=list)


class TableParser:
    """Reads column and constraint clauses for one table of a schema."""

    def __init__(self, parser: Parser, catalog: Catalog, schema: str, table: str, chars: bool):
        self.parser = parser
        self.catalog = catalog
        self.schema = schema
        self.table = table
        self.chars = chars

    def definitions(self) -> Definition:
        """A comma list of columns and out-of-line constraints."""
        found = Definition()
        while True:
            if self.parser.token.kind == "name" and self.parser.token.value == "SUPPLEMENTAL":
                self.parser.text_until(set())
            elif self._at_constraint():
                found.constraints.append(self.constraint(found.columns))
            else:
                self.column(found)
            if not self.parser.take(","):
                return found

    def _at_constraint(self) -> bool:
        token = self.parser.token
        return token.kind == "name" and token.value in _CONSTRAINT_STARTS

    def column(self, found: Definition) -> None:
        """One column with its inline clauses."""
        parser = self.parser
        name = parser.name()
        if any(c.name == name for c in found.columns):
            raise OracleError(957, "duplicate column name", parser.token.start)
        token = parser.token
        is_virtual = token.kind == "name" and token.value in ("AS", "GENERATED")
        has_type = token.kind in ("name", "quoted") and not is_virtual
        kind = parse_type(parser, self.schema, char_default=self.chars) if has_type else None
        column = Column(name, kind or OraType("NUMBER"))
        found.columns.append(column)
        self._clauses(column, found)
        if kind is None and column.virtual is None:
            raise OracleError(902, "invalid datatype", parser.token.start)

    def _clauses(self, column: Column, found: Definition) -> None:
        parser = self.parser
        while True:
            if parser.take("DEFAULT"):
                if parser.take("ON", "NULL"):
                    column.default_on_null, column.nullable = True, False
                    if parser.take("FOR"):
                        parser.expect("INSERT")
                        if parser.take("AND"):
                            parser.expect("UPDATE")
                        parser.take("ONLY")
                text = parser.text_until(_INLINE_STOPS - {"NULL", "NOT"} | {"NOT"})
                if not text and parser.take("NULL"):
                    text = "NULL"
                column.default = text
            elif parser.peek("GENERATED") or parser.peek("AS"):
                self._generated(column)
            elif parser.take("INVISIBLE"):
                column.invisible = True
            elif parser.take("VISIBLE"):
                column.invisible = False
            elif parser.take("SORT"):
                pass
            elif parser.take("COLLATE"):
                parser.name()
            elif parser.take("ENCRYPT"):
                parser.text_until(_INLINE_STOPS)
            elif parser.take("WITH", "ROWID") or parser.take("SCOPE"):
                parser.text_until(set())
            elif not self._inline_constraint(column, found):
                return

    def _generated(self, column: Column) -> None:
        parser = self.parser
        always = True
        if parser.take("GENERATED"):
            always = not parser.take("BY", "DEFAULT")
            on_null = parser.take("ON", "NULL")
            if always:
                parser.take("ALWAYS")
            parser.expect("AS")
            if parser.take("IDENTITY"):
                self._identity(column, always, on_null)
                return
        else:
            parser.expect("AS")
        column.virtual = parser.skip_parentheses()[1:-1].strip()
        parser.take("VIRTUAL")

    def _identity(self, column: Column, always: bool, on_null: bool) -> None:
        number = self.catalog.new_object_id()
        sequence = Sequence(self.schema, f"ISEQ$$_{number}", identity=True)
        if self.parser.take("("):
            parse_sequence_options(self.parser, sequence)
            self.parser.expect(")")
        else:
            parse_sequence_options(self.parser, sequence)
        column.identity = Identity(always, on_null, sequence)
        column.nullable = False
        column.default = f'"{self.schema}"."{sequence.name}".nextval'

    def _inline_constraint(self, column: Column, found: Definition) -> bool:
        parser = self.parser
        name = parser.name() if parser.take("CONSTRAINT") else None
        columns = [column.name]
        if parser.take("NOT", "NULL"):
            made = self._new(name, "C", columns, f'"{column.name}" IS NOT NULL')
            made.is_not_null = True
            self._state(made)
            if made.enabled and made.validated:
                column.nullable = False
        elif parser.take("NULL"):
            return True
        elif parser.take("PRIMARY", "KEY"):
            made = self._new(name, "P", columns)
            self._state(made)
        elif parser.take("UNIQUE"):
            made = self._new(name, "U", columns)
            self._state(made)
        elif parser.take("CHECK"):
            made = self._new(name, "C", columns, parser.skip_parentheses()[1:-1].strip())
            self._state(made)
        elif parser.peek("REFERENCES"):
            made = self._new(name, "R", columns)
            self._references(made)
            self._state(made)
        elif name is not None:
            raise parser.unknown()
        else:
            return False
        found.constraints.append(made)
        return True

    def constraint(self, columns: list[Column]) -> Constraint:
        """One out-of-line constraint."""
        parser = self.parser
        name = parser.name() if parser.take("CONSTRAINT") else None
        if parser.take("PRIMARY", "KEY"):
            made = self._new(name, "P", parser.names())
        elif parser.take("UNIQUE"):
            made = self._new(name, "U", parser.names())
        elif parser.take("CHECK"):
            text = parser.skip_parentheses()[1:-1].strip()
            made = self._new(name, "C", columns_in(text, columns), text)
        elif parser.take("FOREIGN", "KEY"):
            made = self._new(name, "R", parser.names())
            self._references(made)
        else:
            raise parser.unknown()
        self._state(made)
        return made

    def _new(
        self, name: str | None, kind: str, columns: list[str], condition: str | None = None
    ) -> Constraint:
        made = Constraint(name or self.catalog.system_name(), kind, columns, condition)
        made.generated = name is None
        return made

    def _references(self, made: Constraint) -> None:
        parser = self.parser
        parser.expect("REFERENCES")
        made.parent_schema, made.parent_table = parser.qualified(self.schema)
        parent_columns = parser.names() if parser.peek("(") else None
        if parser.take("ON", "DELETE"):
            made.delete_rule = "CASCADE" if parser.take("CASCADE") else "SET NULL"
            if made.delete_rule == "SET NULL":
                parser.expect("SET", "NULL")
        else:
            made.delete_rule = "NO ACTION"
        self._parent_columns = parent_columns
        made.parent_constraint = "\0".join(parent_columns or [])  # resolved when all is known

    def _state(self, made: Constraint) -> None:
        parser = self.parser
        validate: bool | None = None
        while parser.token.kind == "name" and parser.token.value in _STATES:
            if parser.take("NOT", "DEFERRABLE"):
                made.deferrable = False
            elif parser.peek("NOT"):
                break
            elif parser.take("DEFERRABLE"):
                made.deferrable = True
            elif parser.take("INITIALLY"):
                made.initially_deferred = parser.take_any("DEFERRED", "IMMEDIATE") == "DEFERRED"
                made.deferrable = made.deferrable or made.initially_deferred
            elif parser.take("ENABLE"):
                made.enabled = True
            elif parser.take("DISABLE"):
                made.enabled = False
            elif parser.take("NOVALIDATE"):
                validate = False
            elif parser.take("VALIDATE"):
                validate = True
            elif parser.take("RELY"):
                made.rely = True
            elif parser.take("NORELY"):
                made.rely = False
            elif parser.take("USING", "INDEX"):
                self._using_index(made)
        made.validated = made.enabled if validate is None else validate

    def _using_index(self, made: Constraint) -> None:
        parser = self.parser
        if parser.peek("("):
            text = parser.skip_parentheses()
            found = re.search(r'INDEX\s+(?:"?[\w$#]+"?\s*\.\s*)?("[^"]+"|[\w$#]+)', text, re.I)
            if found:
                name = found.group(1)
                made.index = name[1:-1] if name.startswith('"') else name.upper()
            return
        while not parser.at_end:
            if parser.peek(",") or parser.peek(")") or parser.take(";"):
                return
            if parser.token.kind == "name" and parser.token.value in _STATES - {"NOT"}:
                return
            if parser.peek("("):
                parser.skip_parentheses()
            else:
                if parser.token.kind in ("name", "quoted") and self._is_index_name():
                    made.index = parser.token.value
                parser.at += 1

    def _is_index_name(self) -> bool:
        previous = self.parser.tokens[self.parser.at - 1]
        is_first = previous.value == "INDEX" and previous.kind == "name"
        words = {"TABLESPACE", "PCTFREE", "INITRANS", "STORAGE", "LOCAL", "COMPUTE", "NOLOGGING",
                 "LOGGING", "REVERSE", "COMPRESS", "MAXTRANS", "PARALLEL", "NOPARALLEL", "GLOBAL"}  # fmt: skip
        return is_first and self.parser.token.value not in words


def columns_in(condition: str, columns: list[Column]) -> list[str]:
    """Which of *columns* a check condition names."""
    words = {
        w[1:-1] if w.startswith('"') else w.upper()
        for w in re.findall(r'"[^"]+"|[A-Za-z][\w$#]*', re.sub(r"'(?:[^']|'')*'", "", condition))
    }
    return [c.name for c in columns if c.name in words]


# -- CREATE TABLE ------------------------------------------------------------------------------


def create_table(parser: Parser, session: Any, temporary: bool) -> Outcome:
    """CREATE [GLOBAL TEMPORARY] TABLE, after these words."""
    catalog: Catalog = session.database.catalog
    schema, name = parser.qualified(session.current_schema)
    clauses = TableParser(parser, catalog, schema, name, session.nls_char_semantics)
    if catalog.find(schema, name) is not None:
        raise OracleError(955, "name is already used by an existing object")
    if parser.take("OF"):
        raise parser.unknown()
    definition = Definition()
    if parser.take("("):
        definition = _maybe_typed(clauses, parser)
        parser.expect(")")
    table = Table(schema, name, definition.columns, catalog.storage.create([]), source=parser.sql)
    _properties(parser, table, temporary)
    query = parser.rest() if parser.take("AS") else None
    if not parser.at_end:
        raise parser.unknown()
    if query is not None:
        return _create_as_select(session, table, definition, query)
    if not definition.columns:
        raise OracleError(904, ": invalid identifier")
    _finish(session, table, definition)
    return Outcome("ddl")


def _maybe_typed(clauses: TableParser, parser: Parser) -> Definition:
    following = parser.tokens[parser.at + 1]
    if following.kind == "symbol" and following.value in (",", ")"):
        columns = [Column(parser.name(), OraType("NUMBER"))]
        while parser.take(","):
            columns.append(Column(parser.name(), OraType("NUMBER")))
        return Definition(columns)
    return clauses.definitions()


def _finish(session: Any, table: Table, definition: Definition) -> None:
    """Storage, keys, indexes, and the entry in the catalog; nothing is left on an error."""
    catalog: Catalog = session.database.catalog
    longs = [c for c in definition.columns if c.type.is_long]
    if len(longs) > 1:
        raise OracleError(1754, "a table may contain only one column of type LONG")
    for column in definition.columns:
        if column.type.name == "OBJECT":
            raise OracleError(902, f"invalid datatype (orasim has no type {column.type.type_name})")
        if column.virtual is None:
            table.store.add_column(column.name, column.type)
    if table.partitioning and table.partitioning.partitions:
        for partition in table.partitioning.partitions:
            for leaf in partition.subpartitions or [partition]:
                table.store.add_segment(leaf.name)
    else:
        table.store.add_segment()
    made: list[Constraint] = []
    for constraint in definition.constraints:
        _check_constraint(catalog, table, constraint, made)
        made.append(constraint)
    table.constraints = made
    catalog.add(table)
    table.last_ddl = table.created
    for column in definition.columns:
        if column.identity is not None:
            catalog.add(column.identity.sequence)
    for constraint in made:
        _key_index(catalog, table, constraint)


def _check_constraint(
    catalog: Catalog, table: Table, constraint: Constraint, others: list[Constraint]
) -> None:
    for name in constraint.columns:
        column = table.find_column(name)
        if column is None:
            raise OracleError(904, f'"{name}": invalid identifier')
        if constraint.kind == "P":
            column.nullable = False
        if constraint.kind in "PU" and (column.type.is_lob or column.type.is_long):
            raise OracleError(2329, f"column of datatype {column.type.name} cannot be unique")
    if constraint.kind == "P" and any(o.kind == "P" for o in [*others, *table.constraints]):
        raise OracleError(2260, "table can have only one primary key")
    taken = catalog.find_constraint(table.schema, constraint.name)
    if taken is not None or any(o.name == constraint.name for o in others):
        raise OracleError(2264, "name already used by an existing constraint")
    if constraint.kind == "R":
        _resolve_parent(catalog, table, constraint, others)


def _resolve_parent(
    catalog: Catalog, table: Table, constraint: Constraint, others: list[Constraint]
) -> None:
    schema, name = constraint.parent_schema or table.schema, constraint.parent_table or ""
    wanted = [c for c in (constraint.parent_constraint or "").split("\0") if c]
    same = (schema, name) == (table.schema, table.name)
    parent = table if same else catalog.find(schema, name)
    if not isinstance(parent, Table):
        raise OracleError(942, "table or view does not exist")
    keys = [*parent.constraints, *(others if same else [])]
    for key in keys:
        if (key.kind == "P" and not wanted) or (
            key.kind in ("P", "U") and set(key.columns) == set(wanted)
        ):
            constraint.parent_constraint = key.name
            return
    code = 2270 if wanted else 2268
    text = "no matching unique or primary key for this column-list"
    raise OracleError(code, text if wanted else "referenced table does not have a primary key")


def _key_index(catalog: Catalog, table: Table, constraint: Constraint) -> None:
    if constraint.kind not in ("P", "U") or not constraint.enabled:
        return
    for index in catalog.table_indexes(table):
        plain = [p.column for p in index.parts]
        if index.name == constraint.index or plain[: len(constraint.columns)] == constraint.columns:
            constraint.index = index.name
            return
    name = constraint.index or constraint.name
    constraint.index = name
    catalog.indexes[(table.schema, name)] = Index(
        table.schema,
        name,
        table.schema,
        table.name,
        [IndexPart(c) for c in constraint.columns],
        unique=not constraint.deferrable,
        generated=constraint.generated,
        constraint=constraint.name,
        object_id=catalog.new_object_id(),
        created=time.time(),
    )


def _create_as_select(session: Any, table: Table, definition: Definition, query: str) -> Outcome:
    columns = session.describe_columns(query)
    names = [c.name for c in definition.columns] or [c.name for c in columns]
    if len(names) != len(columns):
        raise OracleError(1730, "invalid number of column names specified")
    made = [Column(n, c.type, nullable=c.nullable) for n, c in zip(names, columns, strict=True)]
    table.columns[:] = made
    definition.columns[:] = made
    _finish(session, table, definition)
    listed = ", ".join(f'"{c.name}"' for c in made)
    outcome = session.execute(f'INSERT INTO "{table.schema}"."{table.name}" ({listed}) {query}', [])
    session.commit()
    return Outcome("ddl", row_count=outcome.row_count)


# -- table properties --------------------------------------------------------------------------


def _properties(parser: Parser, table: Table, temporary: bool) -> None:
    if temporary:
        table.temporary = "SYS$TRANSACTION"
    while not parser.at_end and not parser.peek("AS"):
        if parser.take("ON", "COMMIT"):
            table.temporary = "SYS$SESSION" if parser.take("PRESERVE") else "SYS$TRANSACTION"
            parser.take("DELETE")
            parser.expect("ROWS")
        elif parser.take("PARTITION", "BY"):
            table.partitioning = _partitioning(parser)
        elif parser.take("ORGANIZATION"):
            if parser.take("INDEX"):
                table.index_organized = True
            elif parser.take("EXTERNAL"):
                table.external = True
            else:
                parser.expect("HEAP")
        elif parser.take("CLUSTER"):
            table.cluster = parser.name()
            parser.skip_parentheses()
        elif parser.take("ENABLE", "ROW", "MOVEMENT"):
            table.row_movement = True
        elif parser.take(";"):
            break
        else:
            _skip_property(parser)


_KNOWN_PROPERTIES = {
    "TABLESPACE", "PCTFREE", "PCTUSED", "PCTTHRESHOLD", "INITRANS", "MAXTRANS", "STORAGE", "LOGGING",
    "NOLOGGING", "COMPRESS", "NOCOMPRESS", "CACHE", "NOCACHE", "PARALLEL", "NOPARALLEL", "MONITORING",
    "NOMONITORING", "SEGMENT", "CREATION", "IMMEDIATE", "DEFERRED", "LOB", "STORE", "AS", "SECUREFILE",
    "BASICFILE", "ENABLE", "DISABLE", "ROW", "MOVEMENT", "ROWDEPENDENCIES", "NOROWDEPENDENCIES", "FOR",
    "OLTP", "QUERY", "ARCHIVE", "HIGH", "LOW", "BASIC", "ADVANCED", "INMEMORY", "NO", "RESULT_CACHE",
    "MODE", "DEFAULT", "INCLUDING", "OVERFLOW", "MAPPING", "TABLE", "NOMAPPING", "REJECT", "LIMIT",
    "UNLIMITED", "INDEXING", "ON", "OFF", "XMLTYPE", "COLUMN", "VARRAY", "NESTED", "RETURN", "VALUE",
    "BINARY", "XML", "CLOB", "KEEP", "BUFFER_POOL", "FLASH_CACHE", "ANNOTATIONS", "COLLATION", "READ",
    "ONLY", "WRITE", "DELETE", "ALL", "CELL_FLASH_CACHE", "USING_NLS_COMP", "NONE", "PRIORITY",
}  # fmt: skip


def _skip_property(parser: Parser) -> None:
    token = parser.token
    if parser.peek("("):
        parser.skip_parentheses()
        if parser.take("STORE"):
            parser.take("AS")
    elif token.kind in ("number", "quoted"):
        parser.at += 1
    elif token.kind == "name" and token.value in _KNOWN_PROPERTIES:
        parser.at += 1
        if token.value in ("TABLESPACE", "COLUMN", "INCLUDING"):
            parser.name()
        elif token.value in ("SECUREFILE", "BASICFILE") and parser.token.kind in ("name", "quoted"):
            if parser.token.value not in _KNOWN_PROPERTIES:
                parser.at += 1
    else:
        raise parser.unknown()


def _partitioning(parser: Parser) -> Partitioning:
    method = parser.name()
    if method == "REFERENCE":
        reference = parser.skip_parentheses()[1:-1].strip().upper()
        made = Partitioning(method, [], [], reference=reference)
    elif method == "SYSTEM":
        made = Partitioning(method, [], [])
    elif method in ("RANGE", "LIST", "HASH"):
        made = Partitioning(method, parser.names(), [])
    else:
        raise parser.unknown()
    if parser.take("AUTOMATIC"):
        made.automatic = True
    if parser.take("INTERVAL"):
        made.interval = parser.skip_parentheses()[1:-1].strip()
        if parser.take("STORE", "IN"):
            parser.skip_parentheses()
    template: list[Partition] = []
    if parser.take("SUBPARTITION", "BY"):
        made.sub_method = parser.name()
        made.sub_columns = parser.names()
        if parser.take("SUBPARTITION", "TEMPLATE"):
            template = _partition_list(parser, made, template=[], keyword="SUBPARTITION")
        elif parser.take("SUBPARTITIONS"):
            template = [Partition(f"SYS_SUBP{i + 1}", None) for i in range(parser.integer())]
            _store_in(parser)
    if parser.take("PARTITIONS"):
        count = parser.integer()
        _store_in(parser)
        made.partitions = [Partition(f"SYS_P{i + 1}", None) for i in range(count)]
        for partition in made.partitions:
            partition.subpartitions = _from_template(partition, template)
    elif parser.peek("("):
        made.partitions = _partition_list(parser, made, template, "PARTITION")
    return made


def _store_in(parser: Parser) -> None:
    if parser.take("STORE", "IN"):
        parser.skip_parentheses()


def _from_template(partition: Partition, template: list[Partition]) -> list[Partition]:
    return [Partition(f"{partition.name}_{t.name}", t.high_value) for t in template]


def _partition_list(
    parser: Parser, made: Partitioning, template: list[Partition], keyword: str
) -> list[Partition]:
    parser.expect("(")
    found: list[Partition] = []
    while True:
        parser.expect(keyword)
        token = parser.token
        is_named = token.kind == "quoted" or (
            token.kind == "name" and token.value not in ("VALUES", "TABLESPACE")
        )
        name = parser.name() if is_named else f"SYS_P{100 + len(found)}"
        found.append(parse_partition(parser, name, made, template))
        if not parser.take(","):
            break
    parser.expect(")")
    return found


def parse_partition(
    parser: Parser, name: str, made: Partitioning, template: list[Partition]
) -> Partition:
    """A partition's bound, properties and subpartitions, after its name."""
    high = None
    if parser.take("VALUES"):
        if parser.take("LESS", "THAN"):
            high = parser.skip_parentheses()[1:-1].strip()
        else:
            high = parser.skip_parentheses()[1:-1].strip()
        high = shown_bound(high)
    partition = Partition(name, high)
    while not (parser.peek(",") or parser.peek(")") or parser.at_end):
        if parser.peek("(", "SUBPARTITION"):
            partition.subpartitions = _partition_list(parser, made, [], "SUBPARTITION")
        elif parser.take("SUBPARTITIONS"):
            count = parser.integer()
            partition.subpartitions = [Partition(f"{name}_SUBP{i + 1}", None) for i in range(count)]
            _store_in(parser)
        else:
            _skip_property(parser)
    if not partition.subpartitions:
        partition.subpartitions = _from_template(partition, template)
    return partition


_TO_DATE = re.compile(r"TO_DATE\s*\(\s*'([^']*)'\s*(?:,\s*'([^']*)')?[^)]*\)", re.IGNORECASE)
_MONTHS = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"]


def shown_bound(text: str) -> str:
    """A bound as the dictionary shows it: dates in full, spaces after commas."""

    def date(found: re.Match[str]) -> str:
        moment = _moment(found.group(1), found.group(2))
        if moment is None:
            return found.group()
        return f"TO_DATE(' {moment}', 'SYYYY-MM-DD HH24:MI:SS', 'NLS_CALENDAR=GREGORIAN')"

    text = _TO_DATE.sub(date, text)
    text = re.sub(
        r"\bDATE\s*'(\d{4}-\d\d-\d\d)'",
        r"TO_DATE(' \1 00:00:00', 'SYYYY-MM-DD HH24:MI:SS', 'NLS_CALENDAR=GREGORIAN')",
        text,
        flags=re.IGNORECASE,
    )
    text = re.sub(r"\bTIMESTAMP\s*'(\S[^']*)'", r"TIMESTAMP' \1'", text, flags=re.IGNORECASE)
    return re.sub(r"\b(maxvalue|default|null)\b", lambda f: f.group().upper(), text, flags=re.I)


def _moment(text: str, mask: str | None) -> str | None:
    """A date text as ``YYYY-MM-DD HH:MI:SS``; None when the mask is not one of the usual."""
    numbers = re.findall(r"\d+|[A-Za-z]{3,}", text)
    parts = re.findall(
        r"S?YYYY|RRRR|RR|YY|MONTH|MON|MM|DD|HH24|MI|SS", (mask or "DD-MON-RR").upper()
    )
    if len(numbers) < 3 or len(numbers) > len(parts):
        return None
    found = {"HH24": 0, "MI": 0, "SS": 0}
    for part, number in zip(parts, numbers, strict=False):
        if part in ("MON", "MONTH"):
            found["MM"] = _MONTHS.index(number[:3].upper()) + 1
        elif part in ("RR", "YY"):
            found["YYYY"] = (2000 if int(number) < 50 or part == "YY" else 1900) + int(number)
        else:
            found[part.replace("SYYYY", "YYYY").replace("RRRR", "YYYY")] = int(number)
    if not {"YYYY", "MM", "DD"} <= set(found):
        return None
    return (
        f"{found['YYYY']:04d}-{found['MM']:02d}-{found['DD']:02d} "
        f"{found['HH24']:02d}:{found['MI']:02d}:{found['SS']:02d}"
    )


# -- ALTER TABLE -------------------------------------------------------------------------------


def alter_table(parser: Parser, session: Any) -> Outcome:
    """ALTER TABLE, after these words."""
    catalog: Catalog = session.database.catalog
    table = catalog.table(*parser.qualified(session.current_schema))
    clauses = TableParser(parser, catalog, table.schema, table.name, session.nls_char_semantics)
    while not parser.at_end and not parser.take(";"):
        if parser.take("ADD"):
            _add(parser, session, table, clauses)
        elif parser.take("MODIFY"):
            _modify(parser, table, clauses)
        elif parser.take("DROP"):
            _drop(parser, catalog, table)
        elif parser.take("RENAME"):
            _rename(parser, catalog, table)
        elif parser.peek("ENABLE") or parser.peek("DISABLE"):
            _enable(parser, catalog, table)
        elif parser.take("TRUNCATE", "PARTITION"):
            table.store.truncate(parser.name())
        elif parser.take("SET", "UNUSED"):
            parser.take("COLUMN")
            names = parser.names() if parser.peek("(") else [parser.name()]
            _drop_columns(catalog, table, names)
        else:
            _skip_property(parser)
    table.last_ddl = time.time()
    return Outcome("ddl")


def _add(parser: Parser, session: Any, table: Table, clauses: TableParser) -> None:
    if parser.take("PARTITION"):
        made = table.partitioning
        if made is None:
            raise OracleError(14501, "object is not partitioned")
        partition = parse_partition(parser, parser.name(), made, [])
        made.partitions.append(partition)
        for leaf in partition.subpartitions or [partition]:
            table.store.add_segment(leaf.name)
        return
    if parser.take("SUPPLEMENTAL"):
        parser.rest()
        return
    grouped = parser.take("(")
    definition = clauses.definitions() if grouped else _single(parser, clauses, table)
    if grouped:
        parser.expect(")")
    for column in definition.columns:
        if table.find_column(column.name):
            raise OracleError(1430, "column being added already exists in table")
        _add_column(session, table, column)
    catalog: Catalog = session.database.catalog
    for constraint in definition.constraints:
        if constraint.kind == "C" and not constraint.columns and constraint.condition:
            constraint.columns = columns_in(constraint.condition, table.columns)
        _check_constraint(catalog, table, constraint, [])
        table.constraints.append(constraint)
        _key_index(catalog, table, constraint)


def _single(parser: Parser, clauses: TableParser, table: Table) -> Definition:
    definition = Definition()
    parser.take("COLUMN")
    while not parser.at_end:
        token = parser.token
        if token.kind == "name" and token.value in _CONSTRAINT_STARTS:
            definition.constraints.append(clauses.constraint(table.columns))
        elif token.kind in ("name", "quoted") and token.value not in ("ADD", "MODIFY", "DROP"):
            clauses.column(definition)
        else:
            break
        if not parser.peek("CONSTRAINT"):
            break
    return definition


def _add_column(session: Any, table: Table, column: Column) -> None:
    fill = None
    if column.default is not None and column.identity is None and column.virtual is None:
        fill = session.encode_default(column)
    if (
        not column.nullable
        and fill is None
        and any(s.state.live_rows for s in table.store.segments)
    ):
        raise OracleError(1758, "table must be empty to add mandatory (NOT NULL) column")
    table.columns.append(column)
    if column.virtual is None:
        table.store.add_column(column.name, column.type, fill)
    if column.identity is not None:
        session.database.catalog.add(column.identity.sequence)


def _modify(parser: Parser, table: Table, clauses: TableParser) -> None:
    if parser.take("CONSTRAINT"):
        name = parser.name()
        for constraint in table.constraints:
            if constraint.name == name:
                clauses._state(constraint)
                return
        raise OracleError(2443, "Cannot drop constraint - nonexistent constraint")
    grouped = parser.take("(")
    while True:
        column = table.find_column(parser.name())
        if column is None:
            raise OracleError(904, ": invalid identifier", parser.token.start)
        token = parser.token
        words = {
            "DEFAULT",
            "NOT",
            "NULL",
            "CONSTRAINT",
            "INVISIBLE",
            "VISIBLE",
            "GENERATED",
            "CHECK",
        }
        if token.kind in ("name", "quoted") and token.value not in words:
            _change_type(
                table, column, parse_type(parser, table.schema, char_default=clauses.chars)
            )
        definition = Definition()
        if parser.take("NULL"):
            column.nullable = True
            table.constraints = [
                c for c in table.constraints if not (c.is_not_null and c.columns == [column.name])
            ]
        clauses._clauses(column, definition)
        table.constraints += definition.constraints
        if not grouped or not parser.take(","):
            break
    if grouped:
        parser.expect(")")


def _change_type(table: Table, column: Column, kind: OraType) -> None:
    has_rows = any(segment.state.live_rows for segment in table.store.segments)
    same_family = kind.name == column.type.name
    grows = same_family and (kind.length or 0) >= (column.type.length or 0)
    if (
        has_rows
        and not (grows and kind.is_text)
        and not (
            same_family
            and kind.is_number
            and (kind.precision or 99) >= (column.type.precision or 99)
        )
    ):
        raise OracleError(1439, "column to be modified must be empty to change datatype")
    column.type = kind


def _drop(parser: Parser, catalog: Catalog, table: Table) -> None:
    if parser.take("PARTITION"):
        name = parser.name()
        assert table.partitioning is not None
        for partition in table.partitioning.partitions:
            if partition.name == name:
                for leaf in partition.subpartitions or [partition]:
                    table.store.drop_partition(leaf.name)
                table.partitioning.partitions.remove(partition)
                return
        raise OracleError(2149, "Specified partition does not exist")
    if parser.take("CONSTRAINT"):
        name = parser.name()
        found = [c for c in table.constraints if c.name == name]
        if not found:
            raise OracleError(2443, "Cannot drop constraint  - nonexistent constraint")
        drop_constraint(catalog, table, found[0])
    elif parser.take("PRIMARY", "KEY"):
        key = table.primary_key
        if key is None:
            raise OracleError(2441, "Cannot drop nonexistent primary key")
        drop_constraint(catalog, table, key)
    elif parser.take("UNIQUE"):
        columns = parser.names()
        for constraint in list(table.constraints):
            if constraint.kind == "U" and constraint.columns == columns:
                drop_constraint(catalog, table, constraint)
    elif parser.take("UNUSED", "COLUMNS"):
        return
    else:
        parser.take("COLUMN")
        _drop_columns(catalog, table, parser.names() if parser.peek("(") else [parser.name()])
    parser.take("CASCADE")
    parser.take("CONSTRAINTS")
    if parser.take_any("KEEP", "DROP"):
        parser.take("INDEX")


def drop_constraint(catalog: Catalog, table: Table, constraint: Constraint) -> None:
    """Drop a constraint with the index that was made for it."""
    table.constraints.remove(constraint)
    if constraint.is_not_null:
        column = table.find_column(constraint.columns[0])
        if column is not None:
            column.nullable = True
    if constraint.index:
        index = catalog.indexes.get((table.schema, constraint.index))
        if index is not None and index.constraint == constraint.name:
            del catalog.indexes[(table.schema, constraint.index)]


def _drop_columns(catalog: Catalog, table: Table, names: list[str]) -> None:
    for name in names:
        column = table.find_column(name)
        if column is None:
            raise OracleError(904, f'"{name}": invalid identifier')
        table.columns.remove(column)
        if column.virtual is None:
            table.store.drop_column(name)
        for constraint in [c for c in table.constraints if name in c.columns]:
            drop_constraint(catalog, table, constraint)
        for index in catalog.table_indexes(table):
            if any(p.column == name for p in index.parts):
                del catalog.indexes[(index.schema, index.name)]


def _rename(parser: Parser, catalog: Catalog, table: Table) -> None:
    if parser.take("TO"):
        rename_table(catalog, table, parser.name())
    elif parser.take("COLUMN"):
        old = parser.name()
        parser.expect("TO")
        new = parser.name()
        column = table.find_column(old)
        if column is None:
            raise OracleError(904, f'"{old}": invalid identifier')
        column.name = new
        if column.virtual is None:
            table.store.rename_column(old, new)
        for constraint in table.constraints:
            constraint.columns = [new if c == old else c for c in constraint.columns]
        for index in catalog.table_indexes(table):
            for part in index.parts:
                part.column = new if part.column == old else part.column
    elif parser.take("CONSTRAINT"):
        old = parser.name()
        parser.expect("TO")
        new = parser.name()
        for constraint in table.constraints:
            if constraint.name == old:
                constraint.name, constraint.generated = new, False
                return
        raise OracleError(23292, "The constraint does not exist")
    else:
        raise parser.unknown()


def rename_table(catalog: Catalog, table: Table, new: str) -> None:
    """Give a table another name; constraints and indexes follow it."""
    if catalog.find(table.schema, new) is not None:
        raise OracleError(955, "name is already used by an existing object")
    del catalog.objects[(table.schema, table.name)]
    for index in catalog.table_indexes(table):
        index.table = new
    for other in catalog.of_type(Table):
        for constraint in other.constraints:
            if (constraint.parent_schema, constraint.parent_table) == (table.schema, table.name):
                constraint.parent_table = new
    table.name = new
    catalog.objects[(table.schema, new)] = table


def _enable(parser: Parser, catalog: Catalog, table: Table) -> None:
    enabled = parser.name() == "ENABLE"
    validate = parser.take_any("VALIDATE", "NOVALIDATE")
    if parser.take("ROW", "MOVEMENT"):
        table.row_movement = enabled
        return
    if parser.take("ALL", "TRIGGERS"):
        for trigger in catalog.triggers.values():
            if (trigger.table_schema, trigger.table) == (table.schema, table.name):
                trigger.enabled = enabled
        return
    if parser.take("CONSTRAINT"):
        name = parser.name()
        found = [c for c in table.constraints if c.name == name]
    elif parser.take("PRIMARY", "KEY"):
        found = [c for c in table.constraints if c.kind == "P"]
    elif parser.take("UNIQUE"):
        columns = parser.names()
        found = [c for c in table.constraints if c.kind == "U" and c.columns == columns]
    else:
        _skip_property(parser)
        return
    if not found:
        raise OracleError(2430, "cannot enable constraint - no such constraint")
    parser.take("CASCADE")
    for constraint in found:
        constraint.enabled = enabled
        constraint.validated = enabled and validate != "NOVALIDATE"
