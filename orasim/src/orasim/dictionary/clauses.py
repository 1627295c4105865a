"""Column and constraint clauses of CREATE and ALTER TABLE."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from orasim.dictionary.datatypes import parse_type
from orasim.dictionary.expressions import columns_in
from orasim.dictionary.model import Catalog, Column, Constraint, Identity, Sequence
from orasim.dictionary.objecttypes import known_type
from orasim.dictionary.sequences import parse_sequence_options
from orasim.dictionary.tokens import Parser
from orasim.engine import OracleError
from orasim.values import OraType

# The first release that has the type as a column's.
_SINCE = {"JSON": 21, "BOOLEAN": 23, "VECTOR": 23}
CONSTRAINT_STARTS = {"CONSTRAINT", "PRIMARY", "UNIQUE", "FOREIGN", "CHECK"}
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

    def __init__(
        self,
        parser: Parser,
        catalog: Catalog,
        schema: str,
        table: str,
        chars: bool,
        version: tuple[int, ...],
    ) -> None:
        self.version = version
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
        return token.kind == "name" and token.value in CONSTRAINT_STARTS

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
        if kind is not None:
            kind = self.check_type(kind)
        column = Column(name, kind or OraType("NUMBER"))
        found.columns.append(column)
        self.column_clauses(column, found)
        if kind is None and column.virtual is None:
            raise OracleError(902, "invalid datatype", parser.token.start)

    def check_type(self, kind: OraType) -> OraType:
        """*kind* as this server's version and schema know it; ORA-00902."""
        if self.version[0] < _SINCE.get(kind.name, 0):
            raise OracleError(902, "invalid datatype")
        return known_type(self.catalog, kind) if kind.name == "OBJECT" else kind

    def column_clauses(self, column: Column, found: Definition) -> None:
        """What follows a column's type: default, identity, inline constraints."""
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
                if parser.take("NULL"):
                    column.default = "NULL"
                else:  # NULL after an expression is a constraint, as in DEFAULT '' NULL
                    column.default = parser.text_until(_INLINE_STOPS | {"NULL", "NOT"})
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
                column.encrypted = True
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
            self.state(made)
            if made.enabled and made.validated:
                column.nullable = False
        elif parser.take("NULL"):
            return True
        elif parser.take("PRIMARY", "KEY"):
            made = self._new(name, "P", columns)
            self.state(made)
        elif parser.take("UNIQUE"):
            made = self._new(name, "U", columns)
            self.state(made)
        elif parser.take("CHECK"):
            made = self._new(name, "C", columns, parser.skip_parentheses()[1:-1].strip())
            self.state(made)
        elif parser.peek("REFERENCES"):
            made = self._new(name, "R", columns)
            self._references(made)
            self.state(made)
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
        self.state(made)
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

    def state(self, made: Constraint) -> None:
        """ENABLE, VALIDATE, DEFERRABLE, RELY, USING INDEX, in any order."""
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
