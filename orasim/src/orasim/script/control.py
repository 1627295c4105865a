"""SQL*Loader control files: what they say, read into fields; what is not known is refused."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from orasim.engine import OracleError, not_supported

_TOKEN = re.compile(
    r"""(?P<space>\s+|--[^\n]*)
    | (?P<text>'(?:\\.|''|[^'\\])*'|[xX]'[0-9a-fA-F]+')
    | (?P<quoted>"(?:""|[^"])*")
    | (?P<word>[\w$\#./\\-]+)
    | (?P<symbol><>|!=|.)""",
    re.VERBOSE | re.DOTALL,
)
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r"}
_MODES = ("APPEND", "INSERT", "REPLACE", "TRUNCATE")
_TYPES = ("CHAR", "DATE", "TIMESTAMP", "INTEGER", "DECIMAL", "FLOAT", "VARCHAR", "NUMBER", "RAW")
_CHARSETS = {
    "AL32UTF8": "utf-8",
    "UTF8": "utf-8",
    "WE8MSWIN1252": "cp1252",
    "WE8ISO8859P1": "latin-1",
    "US7ASCII": "ascii",
}
DEFAULT_LENGTH = 255  # of a character field whose length is not given


@dataclass(slots=True)
class ControlField:
    """One field of the record, in order."""

    name: str
    filler: bool = False
    position: tuple[int, int | None] | None = None  # from 1; (start, end)
    kind: str = "CHAR"
    length: int | None = None
    mask: str | None = None
    terminator: str | None = None
    enclosure: str | None = None
    optional: bool = False
    null_if: str | None = None  # "" for BLANKS
    expression: str | None = None  # SQL around :NAME
    constant: str | None = None
    lob_file: str | None = None  # the field that names the file
    special: str | None = None  # RECNUM, SYSDATE, SEQUENCE
    start: int = 1
    step: int = 1


@dataclass(slots=True)
class Control:
    """A control file, read."""

    table: str = ""
    files: list[str] = field(default_factory=list)
    data: str | None = None  # after BEGINDATA
    mode: str = "INSERT"
    terminator: str | None = None
    enclosure: str | None = None
    optional: bool = False
    trailing_nulls: bool = False
    fields: list[ControlField] = field(default_factory=list)
    when: list[tuple[str, str, str]] = field(default_factory=list)
    continue_next: tuple[int, int, str] | None = None
    skip: int = 0
    most_errors: int = 50
    charset: str = "utf-8"


class _Reader:
    def __init__(self, text: str) -> None:
        self.tokens: list[tuple[str, str]] = []
        at = 0
        while at < len(text):
            found = _TOKEN.match(text, at)
            assert found is not None
            at = found.end()
            if found.lastgroup != "space":
                self.tokens.append((str(found.lastgroup), found.group()))
        self.at = 0

    @property
    def kind(self) -> str:
        return self.tokens[self.at][0] if self.at < len(self.tokens) else "end"

    @property
    def raw(self) -> str:
        return self.tokens[self.at][1] if self.at < len(self.tokens) else ""

    def peek(self, *words: str) -> bool:
        found = self.tokens[self.at : self.at + len(words)]
        return [raw.upper() for kind, raw in found if kind in ("word", "symbol")] == list(words)

    def take(self, *words: str) -> bool:
        if not self.peek(*words):
            return False
        self.at += len(words)
        return True

    def expect(self, *words: str) -> None:
        if not self.take(*words):
            raise self.unknown()

    def unknown(self) -> OracleError:
        rest = " ".join(raw for _, raw in self.tokens[self.at : self.at + 4])
        return not_supported(f"SQL*Loader control file at {rest!r}")

    def next(self) -> str:
        self.at += 1
        return self.tokens[self.at - 1][1]

    def text(self) -> str:
        """A string in either quotes, or a bare word."""
        if self.kind not in ("text", "quoted", "word"):
            raise self.unknown()
        return string_value(self.next())

    def integer(self) -> int:
        if not self.raw.isdigit():
            raise self.unknown()
        return int(self.next())

    def name(self) -> str:
        if self.kind not in ("word", "quoted"):
            raise self.unknown()
        raw = self.next()
        return raw[1:-1] if raw.startswith('"') else raw.upper()


def string_value(raw: str) -> str:
    """What a quoted text of a control file means."""
    if raw[:1] in "xX" and raw[1:2] == "'":
        return bytes.fromhex(raw[2:-1]).decode("latin-1")
    if raw[:1] == "'":
        body = raw[1:-1].replace("''", "'")
        return re.sub(r"\\(.)", lambda m: _ESCAPES.get(m.group(1), m.group(1)), body)
    return raw[1:-1].replace('""', '"') if raw[:1] == '"' else raw


def parse_control(text: str) -> Control:
    """The control file; ORA-03001 for a clause that is not known."""
    head, found, data = _cut_data(text)
    control = Control(data=data if found else None)
    reader = _Reader(head)
    if reader.take("OPTIONS"):
        _options(reader, control)
    reader.take("UNRECOVERABLE") or reader.take("RECOVERABLE")
    reader.take("CONTINUE_LOAD") or reader.expect("LOAD")
    reader.take("DATA")
    while not reader.peek("INTO", "TABLE"):
        _head_clause(reader, control)
    reader.expect("INTO", "TABLE")
    control.table = _table_name(reader)
    while not reader.peek("("):
        _table_clause(reader, control)
    control.fields = _fields(reader, control)
    if reader.kind != "end":
        raise reader.unknown()
    return control


def _cut_data(text: str) -> tuple[str, bool, str]:
    found = re.search(r"^\s*BEGINDATA[^\n]*\n", text, re.IGNORECASE | re.MULTILINE)
    if not found:
        return text, False, ""
    return text[: found.start()], True, text[found.end() :]


def _options(reader: _Reader, control: Control) -> None:
    reader.expect("(")
    while not reader.take(")"):
        name = reader.name()
        reader.expect("=")
        value = reader.text()
        if name == "SKIP":
            control.skip = int(value)
        elif name == "ERRORS":
            control.most_errors = int(value)
        elif name == "LOAD":
            raise not_supported("SQL*Loader LOAD=n")
        reader.take(",")


def _head_clause(reader: _Reader, control: Control) -> None:
    if reader.take("INFILE"):
        if not reader.take("*"):
            control.files.append(reader.text())
        if reader.kind == "quoted":
            raise reader.unknown()  # "fix 20", "var 3", "str '|'"
    elif reader.take("CHARACTERSET"):
        control.charset = _CHARSETS.get(reader.name(), "")
        if not control.charset:
            raise not_supported("SQL*Loader CHARACTERSET")
    elif reader.take("BADFILE") or reader.take("DISCARDFILE"):
        reader.text()
    elif reader.take("CONTINUEIF", "NEXT"):
        control.continue_next = _continue(reader)
    elif reader.raw.upper() in _MODES:
        control.mode = reader.name()
    else:
        raise reader.unknown()


def _continue(reader: _Reader) -> tuple[int, int, str]:
    reader.take("PRESERVE")
    reader.expect("(")
    start = reader.integer()
    end = reader.integer() if reader.take(":") else start
    reader.expect(")")
    reader.expect("=")
    return start, end, reader.text()


def _table_name(reader: _Reader) -> str:
    if reader.kind == "word":
        return ".".join(part.upper() for part in reader.next().split("."))
    name = f'"{reader.name()}"'
    return f'{name}."{reader.name()}"' if reader.take(".") else name


def _table_clause(reader: _Reader, control: Control) -> None:
    if reader.raw.upper() in _MODES:
        control.mode = reader.name()
    elif reader.take("WHEN"):
        control.when = _conditions(reader)
    elif reader.take("FIELDS"):
        if reader.take("CSV"):
            control.terminator, control.enclosure, control.optional = ",", '"', True
            reader.take("WITHOUT", "EMBEDDED")
        _delimiters(reader, control)
    elif reader.take("TRAILING", "NULLCOLS"):
        control.trailing_nulls = True
    else:
        raise reader.unknown()


def _conditions(reader: _Reader) -> list[tuple[str, str, str]]:
    found = []
    while True:
        grouped = reader.take("(")
        name, sign = reader.name(), reader.next()
        if sign not in ("=", "<>", "!="):
            raise reader.unknown()
        found.append((name, sign, "" if reader.take("BLANKS") else reader.text()))
        if grouped:
            reader.expect(")")
        if not reader.take("AND"):
            return found


def _delimiters(reader: _Reader, into: Control | ControlField) -> None:
    while True:
        if reader.take("TERMINATED"):
            reader.take("BY")
            into.terminator = " " if reader.take("WHITESPACE") else reader.text()
        elif reader.peek("OPTIONALLY", "ENCLOSED") or reader.peek("ENCLOSED"):
            into.optional = reader.take("OPTIONALLY")
            reader.expect("ENCLOSED")
            reader.take("BY")
            into.enclosure = reader.text()
            if reader.take("AND"):
                raise not_supported("SQL*Loader ENCLOSED BY … AND")
        else:
            return


def _fields(reader: _Reader, control: Control) -> list[ControlField]:
    reader.expect("(")
    found = []
    while True:
        found.append(_field(reader, control))
        if not reader.take(","):
            break
    reader.expect(")")
    return found


def _field(reader: _Reader, control: Control) -> ControlField:
    made = ControlField(
        reader.name(),
        terminator=control.terminator,
        enclosure=control.enclosure,
        optional=control.optional,
    )
    made.filler = reader.take("FILLER")
    if reader.take("CONSTANT"):
        made.constant = reader.text()
    elif reader.take("EXPRESSION"):
        made.expression, made.special = reader.text(), "EXPRESSION"
    elif reader.raw.upper() in ("RECNUM", "SYSDATE"):
        made.special = reader.name()
    elif reader.take("SEQUENCE"):
        _sequence(reader, made)
    elif reader.take("LOBFILE"):
        _lob_file(reader, made)
    else:
        _data_field(reader, made)
    return made


def _sequence(reader: _Reader, made: ControlField) -> None:
    made.special = "SEQUENCE"
    if not reader.take("("):
        return
    made.start = reader.integer()
    if reader.take(","):
        made.step = reader.integer()
    reader.expect(")")


def _lob_file(reader: _Reader, made: ControlField) -> None:
    reader.expect("(")
    made.lob_file = reader.name()
    reader.expect(")")
    made.kind = "RAW" if reader.take("RAW") else "CHAR"
    reader.take("CHAR")
    reader.expect("TERMINATED", "BY", "EOF")


def _data_field(reader: _Reader, made: ControlField) -> None:
    if reader.take("POSITION"):
        reader.expect("(")
        start = reader.integer()
        end = None
        if reader.take(":") or reader.take("-"):
            end = reader.integer()
        made.position = (start, end)
        reader.expect(")")
    if reader.raw.upper() in _TYPES:
        _type(reader, made)
    while True:
        if reader.take("NULLIF"):
            grouped = reader.take("(")
            if reader.name() != made.name:
                raise not_supported("SQL*Loader NULLIF on another field")
            reader.expect("=")
            made.null_if = "" if reader.take("BLANKS") else reader.text()
            if grouped:
                reader.expect(")")
        elif reader.peek("TERMINATED") or reader.peek("ENCLOSED") or reader.peek("OPTIONALLY"):
            _delimiters(reader, made)
        elif reader.kind == "quoted":
            made.expression = string_value(reader.next())
        else:
            return


def _type(reader: _Reader, made: ControlField) -> None:
    made.kind = reader.name()
    if made.kind in ("INTEGER", "DECIMAL", "FLOAT"):
        reader.expect("EXTERNAL")  # the binary forms need the machine's byte order
        made.kind = "CHAR"
    elif made.kind in ("VARCHAR", "NUMBER", "RAW"):
        raise not_supported(f"SQL*Loader field of type {made.kind}")
    if made.kind == "TIMESTAMP" and reader.take("WITH"):
        reader.take("LOCAL")
        reader.expect("TIME", "ZONE")
    if reader.take("("):
        made.length = reader.integer()
        reader.expect(")")
    reader.take("EXTERNAL")
    if made.kind in ("DATE", "TIMESTAMP") and reader.kind == "quoted":
        made.mask = string_value(reader.next())
