"""Blocks and stored code to nodes; what is not understood is refused before anything runs."""

from __future__ import annotations

from collections.abc import Callable

from orasim.engine import OracleError, not_supported
from orasim.plsql import nodes
from orasim.plsql.nodes import Block, Handler, Parameter, Statement, Text, Unit
from orasim.plsql.reader import Reader

Statements = tuple[Statement, ...]
_DML = ("INSERT", "UPDATE", "DELETE", "MERGE")
_TRANSACTION = ("COMMIT", "ROLLBACK", "SAVEPOINT", "LOCK", "SET")
_REFUSED = ("GOTO", "FORALL", "PIPE")
_ENDS = ("END", "EXCEPTION", "ELSE", "ELSIF", "WHEN")


def parse_block(sql: str) -> Block:
    """An anonymous block, whole; a ``/`` of SQL*Plus after it is forgiven."""
    reader = Reader(sql)
    label = _label(reader)
    block = _block(reader, label)
    if not reader.take(";"):
        raise reader.unexpected(";")
    while reader.take("/"):
        pass
    if not reader.at_end:
        raise reader.unexpected()
    return block


def parse_unit(text: str) -> Unit:
    """The text of a stored procedure or function."""
    reader = Reader(text)
    found = _unit(reader)
    if not isinstance(found, Unit):
        raise reader.unexpected("IS AS")
    return found


def parse_package(text: str) -> Block:
    """A package or its body: declarations, and the statements that start it."""
    reader = Reader(text)
    reader.expect("PACKAGE")
    reader.take("BODY")
    reader.names()
    while not (reader.take("IS") or reader.take("AS")):
        if reader.at_end:
            raise reader.unexpected("IS AS")
        reader.at += 1
    declarations = _declarations(reader)
    statements: Statements = ()
    handlers: tuple[Handler, ...] = ()
    if reader.take("BEGIN"):
        statements = _statements(reader)
        handlers = _handlers(reader)
    reader.expect("END")
    return Block(declarations, statements, handlers)


# -- blocks --------------------------------------------------------------------------------------


def _label(reader: Reader) -> str | None:
    if not reader.peek("<", "<"):
        return None
    reader.at += 2
    name = reader.name()
    reader.expect(">", ">")
    return name


def _block(reader: Reader, label: str | None = None) -> Block:
    declarations: tuple[object, ...] = ()
    if reader.take("DECLARE"):
        declarations = _declarations(reader)
    return _body(reader, declarations, label)


def _body(reader: Reader, declarations: tuple[object, ...], label: str | None = None) -> Block:
    """BEGIN … END [name], without the last semicolon."""
    reader.expect("BEGIN")
    statements = _statements(reader)
    if not statements:
        raise reader.unexpected("a statement")
    handlers = _handlers(reader)
    reader.expect("END")
    if reader.token.kind in ("word", "quoted"):
        reader.at += 1
    return Block(declarations, statements, handlers, label)


def _handlers(reader: Reader) -> tuple[Handler, ...]:
    if not reader.take("EXCEPTION"):
        return ()
    found = []
    while reader.take("WHEN"):
        names: list[tuple[str, ...]] = []
        if not reader.take("OTHERS"):
            names.append(reader.names())
            while reader.take("OR"):
                names.append(reader.names())
        reader.expect("THEN")
        found.append(Handler(tuple(names), _statements(reader)))
    return tuple(found)


# -- declarations --------------------------------------------------------------------------------


def _declarations(reader: Reader) -> tuple[object, ...]:
    found: list[object] = []
    while not (reader.peek("BEGIN") or reader.peek("END") or reader.at_end):
        made = _declaration(reader)
        if made is not None:
            found.append(made)
    return tuple(found)


def _declaration(reader: Reader) -> object | None:
    if reader.peek("PROCEDURE") or reader.peek("FUNCTION"):
        return _unit(reader)
    if reader.take("CURSOR"):
        return _cursor(reader)
    if reader.take("PRAGMA"):
        return _pragma(reader)
    if reader.take("TYPE"):
        return _type(reader)
    if reader.peek("SUBTYPE"):
        raise not_supported("PL/SQL SUBTYPE")
    name = reader.name()
    if reader.take("EXCEPTION"):
        reader.expect(";")
        return nodes.ExceptionDeclaration(name)
    made = _variable(reader, name, (";",))
    reader.expect(";")
    return made


def _variable(reader: Reader, name: str, ends: tuple[str, ...]) -> nodes.Variable:
    constant = reader.take("CONSTANT")
    kind = reader.until(":=", "DEFAULT", "NOT", *ends)
    not_null = reader.take("NOT", "NULL")
    default = reader.until(*ends) if reader.take(":=") or reader.take("DEFAULT") else None
    return nodes.Variable(name, kind, default, not_null, constant)


def _cursor(reader: Reader) -> nodes.CursorDeclaration:
    name = reader.name()
    parameters = _parameters(reader)
    if reader.take("RETURN"):
        reader.until("IS")
    reader.expect("IS")
    query = reader.until(";")
    reader.expect(";")
    return nodes.CursorDeclaration(name, parameters, query)


def _pragma(reader: Reader) -> object | None:
    name = reader.name()
    if name == "AUTONOMOUS_TRANSACTION":
        raise not_supported("PL/SQL autonomous transactions")
    made = None
    if name == "EXCEPTION_INIT":
        exception, code = reader.arguments()
        made = nodes.ExceptionCode(exception.value.text.strip().upper(), int(code.value.text))
    else:
        reader.arguments()
    reader.expect(";")
    return made


def _type(reader: Reader) -> object:
    name = reader.name()
    reader.expect("IS")
    if reader.take("REF", "CURSOR"):
        if reader.take("RETURN"):
            reader.until(";")
        reader.expect(";")
        return nodes.CursorType(name)
    if reader.take("TABLE", "OF"):
        return _table_type(reader, name)
    if not reader.take("RECORD"):
        raise not_supported("PL/SQL VARRAY types")
    reader.expect("(")
    fields = []
    while not reader.take(")"):
        fields.append(_variable(reader, reader.name(), (",", ")")))
        reader.take(",")
    reader.expect(";")
    return nodes.RecordType(name, tuple(fields))


def _table_type(reader: Reader, name: str) -> nodes.TableType:
    element = reader.until("INDEX", "NOT", ";")
    if not reader.take("INDEX", "BY"):
        raise not_supported("PL/SQL nested tables")
    index = reader.until(";")
    reader.expect(";")
    return nodes.TableType(name, element, index)


def _unit(reader: Reader) -> Unit | None:
    """A procedure or function; None for a forward declaration."""
    is_function = reader.take("FUNCTION")
    if not is_function:
        reader.expect("PROCEDURE")
    name = reader.names()[-1]
    parameters = _parameters(reader)
    returns = None
    if is_function:
        reader.expect("RETURN")
        returns = reader.until("IS", "AS", ";", *_UNIT_CLAUSES)
    invoker = False
    while reader.token.upper in _UNIT_CLAUSES:
        invoker |= reader.peek("AUTHID", "CURRENT_USER")
        _unit_clause(reader)
    if reader.take(";"):
        return None
    if not (reader.take("IS") or reader.take("AS")):
        raise reader.unexpected("IS AS")
    if reader.token.upper in ("LANGUAGE", "EXTERNAL", "MLE"):
        raise not_supported(f"{reader.token.upper} routines")
    block = _body(reader, _declarations(reader))
    reader.take(";")
    return Unit(name, parameters, returns, block, invoker)


_UNIT_CLAUSES = (
    "AUTHID", "DETERMINISTIC", "PARALLEL_ENABLE", "RESULT_CACHE", "ACCESSIBLE", "PIPELINED",
    "AGGREGATE", "SQL_MACRO",
)  # fmt: skip


def _unit_clause(reader: Reader) -> None:
    word = reader.name()
    if word in ("PIPELINED", "AGGREGATE", "SQL_MACRO"):
        raise not_supported(f"{word} functions")
    if word == "AUTHID":
        reader.name()
    reader.take("BY")
    reader.arguments()


def _parameters(reader: Reader) -> tuple[Parameter, ...]:
    if not reader.take("("):
        return ()
    found = []
    while not reader.take(")"):
        name = reader.name()
        mode = "IN" if reader.take("IN") else ""
        if reader.take("OUT"):
            mode = "IN OUT" if mode else "OUT"
        reader.take("NOCOPY")
        made = _variable(reader, name, (",", ")"))
        found.append(Parameter(name, mode or "IN", made.type, made.default))
        reader.take(",")
    return tuple(found)


# -- statements ----------------------------------------------------------------------------------


def _statements(reader: Reader) -> Statements:
    found: list[Statement] = []
    while not (reader.at_end or reader.token.upper in _ENDS):
        made = _statement(reader)
        if made is not None:
            found.append(made)
    return tuple(found)


def _statement(reader: Reader) -> Statement | None:
    label = _label(reader)
    line, word = reader.line, reader.token.upper
    if reader.token.kind == "word":
        if word in _REFUSED:
            raise not_supported(f"PL/SQL {word}")
        made = _loop(reader, label)
        if made is None and word in ("BEGIN", "DECLARE"):
            made = nodes.Nested(line, _block(reader, label))
        if made is None and word == "PRAGMA":
            reader.until(";")
            reader.expect(";")
            return None
        if made is None and word in _STATEMENTS:
            reader.at += 1
            made = _STATEMENTS[word](reader, line)
        if made is None and word in ("SELECT", "WITH", *_DML, *_TRANSACTION):
            made = _sql(reader, line, word)
        if made is not None:
            reader.expect(";")
            return made
    made = _assignment_or_call(reader, line)
    reader.expect(";")
    return made


def _assignment_or_call(reader: Reader, line: int) -> Statement:
    start = reader.at
    if reader.token.kind not in ("word", "quoted", "bind"):
        raise reader.unexpected("a statement")
    if reader.token.kind == "bind":
        target = reader.target()
    else:
        names = reader.names()
        if reader.peek(":="):
            target = nodes.Target(names)
        else:
            arguments = reader.arguments()
            if reader.peek(":=") and len(arguments) == 1 and arguments[0].name is None:
                target = nodes.Target(names, index=arguments[0].value)
                return _assigned(reader, line, target)
            if reader.peek(":=") or reader.peek(".") or reader.peek("("):
                raise not_supported("PL/SQL collections of records and of collections")
            if not reader.peek(";"):
                reader.at = start if reader.at == start else reader.at
                raise reader.unexpected(":= . ( ;")
            return nodes.CallStatement(line, names, arguments)
    return _assigned(reader, line, target)


def _assigned(reader: Reader, line: int, target: nodes.Target) -> Statement:
    reader.expect(":=")
    return nodes.Assign(line, target, reader.until(";"))


def _loop(reader: Reader, label: str | None) -> Statement | None:
    line = reader.line
    if reader.take("LOOP"):
        return nodes.Loop(line, _loop_body(reader), label)
    if reader.take("WHILE"):
        condition = reader.until("LOOP")
        reader.expect("LOOP")
        return nodes.Loop(line, _loop_body(reader), label, condition)
    if not reader.take("FOR"):
        return None
    variable = reader.name()
    reader.expect("IN")
    if reader.peek("(", "SELECT") or reader.peek("(", "WITH"):
        reader.at += 1
        query = reader.until(")")
        reader.expect(")")
        reader.expect("LOOP")
        return nodes.QueryLoop(line, variable, _loop_body(reader), query=query, label=label)
    reverse = reader.take("REVERSE")
    start = reader.at
    first = reader.until("..", "LOOP")
    if reader.take(".."):
        last = reader.until("LOOP")
        reader.expect("LOOP")
        return nodes.NumberLoop(line, variable, first, last, reverse, _loop_body(reader), label)
    reader.at = start
    cursor, arguments = reader.names()[-1], reader.arguments()
    reader.expect("LOOP")
    body = _loop_body(reader)
    return nodes.QueryLoop(line, variable, body, None, cursor, arguments, label)


def _loop_body(reader: Reader) -> Statements:
    statements = _statements(reader)
    reader.expect("END", "LOOP")
    if not reader.peek(";"):
        reader.name()
    return statements


def _if(reader: Reader, line: int) -> Statement:
    branches: list[tuple[Text | None, Statements]] = []
    while True:
        condition = reader.until("THEN")
        reader.expect("THEN")
        branches.append((condition, _statements(reader)))
        if not reader.take("ELSIF"):
            break
    if reader.take("ELSE"):
        branches.append((None, _statements(reader)))
    reader.expect("END", "IF")
    return nodes.If(line, tuple(branches))


def _case(reader: Reader, line: int) -> Statement:
    subject = None if reader.peek("WHEN") else reader.until("WHEN")
    branches: list[tuple[Text, Statements]] = []
    while reader.take("WHEN"):
        test = reader.until("THEN")
        reader.expect("THEN")
        if subject is not None:
            # ASSUMPTION(oracle): the subject has no side effects, so it may be asked again.
            test = Text(f"({subject.text}) = ({test.text})", test.line)
        branches.append((test, _statements(reader)))
    otherwise = _statements(reader) if reader.take("ELSE") else None
    reader.expect("END", "CASE")
    if not reader.peek(";"):
        reader.name()
    return nodes.Case(line, tuple(branches), otherwise)


def _leave(again: bool) -> Callable[[Reader, int], Statement]:
    def read(reader: Reader, line: int) -> Statement:
        label = None if reader.peek("WHEN") or reader.peek(";") else reader.name()
        condition = reader.until(";") if reader.take("WHEN") else None
        return nodes.Leave(line, again, label, condition)

    return read


def _execute(reader: Reader, line: int) -> Statement:
    reader.expect("IMMEDIATE")
    sql = reader.until("INTO", "USING", "RETURNING", "RETURN", "BULK", ";")
    into: tuple[nodes.Target, ...] = ()
    using: tuple[nodes.Argument, ...] = ()
    returning: tuple[nodes.Target, ...] = ()
    if reader.peek("BULK"):
        raise not_supported("PL/SQL BULK COLLECT")
    if reader.take("INTO"):
        into = reader.targets()
    if reader.take("USING"):
        using = _using(reader)
    if reader.take("RETURNING") or reader.take("RETURN"):
        reader.expect("INTO")
        returning = reader.targets()
    return nodes.Dynamic(line, sql, into, using, returning)


def _using(reader: Reader) -> tuple[nodes.Argument, ...]:
    found = []
    while True:
        is_out = reader.take("IN", "OUT") or reader.take("OUT")
        if is_out:
            raise not_supported("EXECUTE IMMEDIATE … USING OUT")
        reader.take("IN")
        found.append(reader.argument((",", "RETURNING", "RETURN", ";")))
        if not reader.take(","):
            return tuple(found)


def _open(reader: Reader, line: int) -> Statement:
    cursor = reader.target() if not reader.peek("(", ahead=1) else nodes.Target((reader.name(),))
    arguments = reader.arguments()
    if not reader.take("FOR"):
        return nodes.Open(line, cursor, arguments)
    if reader.peek("SELECT") or reader.peek("WITH"):
        return nodes.Open(line, cursor, query=reader.until(";"))
    dynamic = reader.until("USING", ";")
    using = _using(reader) if reader.take("USING") else ()
    return nodes.Open(line, cursor, dynamic=dynamic, using=using)


def _fetch(reader: Reader, line: int) -> Statement:
    cursor = reader.target()
    if reader.peek("BULK"):
        raise not_supported("PL/SQL BULK COLLECT")
    reader.expect("INTO")
    return nodes.Fetch(line, cursor, reader.targets())


def _return(reader: Reader, line: int) -> Statement:
    return nodes.Return(line, None if reader.peek(";") else reader.until(";"))


def _raise(reader: Reader, line: int) -> Statement:
    return nodes.Raise(line, None if reader.peek(";") else reader.names())


_STATEMENTS: dict[str, Callable[[Reader, int], Statement]] = {
    "NULL": lambda reader, line: nodes.Null(line),
    "IF": _if,
    "CASE": _case,
    "EXIT": _leave(False),
    "CONTINUE": _leave(True),
    "RETURN": _return,
    "RAISE": _raise,
    "EXECUTE": _execute,
    "OPEN": _open,
    "FETCH": _fetch,
    "CLOSE": lambda reader, line: nodes.Close(line, reader.target()),
}


# -- SQL -----------------------------------------------------------------------------------------


def _sql(reader: Reader, line: int, word: str) -> Statement:
    start = reader.at
    if word in _TRANSACTION:
        return nodes.Transaction(line, reader.until(";").text)
    if word in ("SELECT", "WITH"):
        return _select_into(reader, line, start)
    into: tuple[nodes.Target, ...] = ()
    reader.until("RETURNING", "RETURN", ";")
    end = reader.at
    if not reader.peek(";"):
        reader.at += 1
        reader.until("INTO", "BULK", ";")
        end = reader.at
        if reader.peek("BULK"):
            raise not_supported("PL/SQL BULK COLLECT")
        reader.expect("INTO")
        into = reader.targets()
    return nodes.Dml(line, reader.cut(start, end), into)


def _select_into(reader: Reader, line: int, start: int) -> Statement:
    """The query without its INTO, which is in the first SELECT that is not nested."""
    reader.until("INTO", "BULK", ";")
    if reader.peek("BULK"):
        raise not_supported("PL/SQL BULK COLLECT")
    if not reader.peek("INTO"):
        raise OracleError(
            6550,
            f"line {line}, column 1:\nPLS-00428: an INTO clause is expected in this SELECT "
            "statement",
        )
    head_end = reader.at
    reader.at += 1
    into = reader.targets()
    tail = reader.at
    reader.until(";")
    head, rest = reader.cut(start, head_end), reader.cut(tail, reader.at)
    return nodes.SelectInto(line, Text(f"{head.text} {rest.text}", head.line), into)
