"""Character functions."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from orasim.charset import Charset
from orasim.engine import OracleError, not_supported
from orasim.sql.functions.registry import Call, applied, check_count, coerced, function, simple
from orasim.sql.scope import Expr
from orasim.sql.types import family
from orasim.values import CLOB, NUMBER, OraType, varchar2

if TYPE_CHECKING:
    from orasim.sql.expressions import Compiler


def same_text(args: list[Expr]) -> OraType:
    """The first argument's length, as VARCHAR2 (a CLOB stays a CLOB)."""
    first = args[0].type
    if family(first) == "clob":
        return first
    name = "NVARCHAR2" if first.is_national else "VARCHAR2"
    return OraType(name, first.length or 4000, first.char_semantics)


def longest(args: list[Expr]) -> OraType:
    """VARCHAR2 of the largest size; a CLOB stays a CLOB."""
    return CLOB if family(args[0].type) == "clob" else varchar2(4000)


simple("UPPER", "NLS_UPPER", args="T", gives=same_text)(str.upper)
simple("LOWER", "NLS_LOWER", args="T", gives=same_text)(str.lower)


@simple("INITCAP", args="T", gives=same_text)
def initcap(text: str) -> str:
    return re.sub(r"[^\W_]+", lambda match: match[0][0].upper() + match[0][1:].lower(), text)


def _whole(value: Any) -> int:
    return int(value)


@simple("SUBSTR", args="TNn", gives=same_text)
def substr(text: str, start: Any, length: Any = None) -> str | None:
    """From 1; 0 counts as 1, negative from the end; nothing is NULL."""
    at = _whole(start)
    if at > 0:
        at -= 1
    elif at < 0:
        at += len(text)
        if at < 0:
            return None
    if length is None:
        return text[at:] or None
    count = _whole(length)
    return (text[at : at + count] or None) if count > 0 else None


@function("SUBSTRB")
def substrb(compiler: Compiler, call: Call) -> Expr:
    """SUBSTR by bytes of the database's character set."""
    check_count(call, 2, 3)
    text, *places = call.args
    characters = _characters(compiler)

    def cut(value: str, start: Any, length: Any = None) -> str | None:
        data = characters.encode(value)
        found = substr(data.decode("latin-1"), start, length)
        if found is None:
            return None
        # A cut character is shown as one; bytes that never were text stay what they are.
        if value.isascii() or value.encode("utf-8", "ignore") == data:
            return found.encode("latin-1").decode("utf-8", "replace")
        return characters.decode(found.encode("latin-1"))

    exprs = [compiler.text(text), *(compiler.number(place) for place in places)]
    return applied(compiler, cut, exprs, same_text(exprs))


@simple("INSTR", args="TTnn", gives=NUMBER)
def instr(text: str, wanted: str, start: Any = 1, nth: Any = 1) -> int:
    """1-based place of the nth occurrence, 0 when there is none."""
    at, count = _whole(start), _whole(nth)
    if count < 1:
        raise OracleError(1428, f"argument '{count}' is out of range")
    if at == 0:
        return 0
    if at > 0:
        place = at - 2
        for _ in range(count):
            place = text.find(wanted, place + 1)
            if place < 0:
                return 0
        return place + 1
    end = len(text) + at + len(wanted)
    for _ in range(count):
        place = text.rfind(wanted, 0, end)
        if place < 0:
            return 0
        end = place + len(wanted) - 1
    return place + 1


@function("LENGTH", "LENGTHC", "LENGTH2", "LENGTH4")
def length(compiler: Compiler, call: Call) -> Expr:
    """Characters; of a BLOB or RAW, bytes (LENGTH takes a RAW as its hexadecimal text)."""
    check_count(call, 1, 1)
    expr = call.args[0]
    if expr.type.name == "BLOB":
        return applied(compiler, len, [expr], NUMBER)
    if expr.type.is_long:
        raise OracleError(997, "illegal use of LONG datatype")
    # UTF8 counts a supplementary character as the two that it is stored as.
    is_stored = call.name in ("LENGTH", "LENGTH2") and not expr.type.is_national
    count = _characters(compiler).count if is_stored else len
    return applied(compiler, count, [compiler.text(expr)], NUMBER)


def _characters(compiler: Compiler) -> Charset:
    """The database's character set."""
    return compiler.context.session.database.characters


@function("LENGTHB")
def lengthb(compiler: Compiler, call: Call) -> Expr:
    check_count(call, 1, 1)
    expr = call.args[0]
    if expr.type.name in ("BLOB", "RAW"):
        return applied(compiler, len, [expr], NUMBER)
    size = _characters(compiler).size
    if expr.type.is_national:
        size = lambda text: len(text.encode("utf-16-be", "surrogateescape"))  # noqa: E731
    return applied(compiler, size, [compiler.text(expr)], NUMBER)


def trim(compiler: Compiler, position: str, characters: Expr | None, source: Expr) -> Expr:
    """TRIM([LEADING | TRAILING | BOTH] [c FROM] text)"""

    def strip(text: str, letter: str = " ") -> str | None:
        if len(letter) != 1:
            raise OracleError(30001, "trim set should have only one character")
        if position == "LEADING":
            return text.lstrip(letter) or None
        if position == "TRAILING":
            return text.rstrip(letter) or None
        return text.strip(letter) or None

    args = [coerced(compiler, source, "T")]
    if characters is not None:
        args.append(coerced(compiler, characters, "T"))
    return applied(compiler, strip, args, same_text(args))


@simple("RTRIM", args="Tt", gives=same_text)
def rtrim(text: str, letters: str = " ") -> str | None:
    return text.rstrip(letters) or None


@simple("LTRIM", args="Tt", gives=same_text)
def ltrim(text: str, letters: str = " ") -> str | None:
    return text.lstrip(letters) or None


_WIDEST = 1 << 26  # what a text is filled up to


def _fill(text: str, width: Any, filler: str) -> tuple[str, str] | None:
    size = _whole(width)
    if size <= 0:
        return None
    missing = size - len(text)
    if missing <= 0:
        return text[:size], ""
    if size > _WIDEST:
        raise not_supported(f"LPAD or RPAD to {size} characters")
    return text, (filler * (missing // len(filler) + 1))[:missing]


@simple("LPAD", args="TNt", gives=longest)
def lpad(text: str, width: Any, filler: str = " ") -> str | None:
    parts = _fill(text, width, filler)
    return None if parts is None else parts[1] + parts[0]


@simple("RPAD", args="TNt", gives=longest)
def rpad(text: str, width: Any, filler: str = " ") -> str | None:
    parts = _fill(text, width, filler)
    return None if parts is None else parts[0] + parts[1]


@function("REPLACE")
def replace(compiler: Compiler, call: Call) -> Expr:
    """A NULL replacement removes; a NULL search changes nothing."""
    check_count(call, 2, 3)
    args = [compiler.text(arg) for arg in call.args]
    runs = [arg.run for arg in args]

    def run(row: Any) -> Any:
        text, wanted = runs[0](row), runs[1](row)
        if text is None or not wanted:
            return text
        other = runs[2](row) if len(runs) > 2 else None
        return text.replace(wanted, other or "") or None

    return Expr(longest(args), run)


@simple("TRANSLATE", args="TTT", gives=same_text)
def translate(text: str, old: str, new: str) -> str | None:
    table: dict[int, str | None] = {}
    for i, letter in enumerate(old):
        table.setdefault(ord(letter), new[i] if i < len(new) else None)
    return text.translate(table) or None


@function("CHR", "NCHR")
def chr_(compiler: Compiler, call: Call) -> Expr:
    """CHR(n): the character whose bytes in the database's set are n."""
    check_count(call, 1, 1)
    characters = _characters(compiler)

    def character(number: Any) -> str:
        code = int(number)
        if call.name == "NCHR":
            return chr(code)
        size = max(1, (code.bit_length() + 7) // 8)
        if characters.widest == 1:
            return characters.decode(bytes([code % 256]))
        return characters.decode(code.to_bytes(size, "big"))

    kind = OraType("NVARCHAR2", 1, True) if call.name == "NCHR" else varchar2(4)
    return applied(compiler, character, [compiler.number(call.args[0])], kind)


@function("ASCII")
def ascii_(compiler: Compiler, call: Call) -> Expr:
    """The first character's bytes as a number."""
    check_count(call, 1, 1)
    encode = _characters(compiler).encode
    return applied(
        compiler,
        lambda text: int.from_bytes(encode(text[0]), "big"),
        [compiler.text(call.args[0])],
        NUMBER,
    )


@simple("ASCIISTR", args="T", gives=varchar2(4000))
def asciistr(text: str) -> str:
    parts = []
    for letter in text:
        if letter.isascii() and letter != "\\":
            parts.append(letter)
        else:
            data = letter.encode("utf-16-be", "surrogatepass").hex().upper()
            parts.append("".join("\\" + data[i : i + 4] for i in range(0, len(data), 4)))
    return "".join(parts)


@simple("UNISTR", args="T", gives=OraType("NVARCHAR2", 2000, True))
def unistr(text: str) -> str:
    def unit(match: re.Match[str]) -> str:
        return "\\" if match[1] == "\\" else chr(int(match[1], 16))

    found = re.sub(r"\\(\\|[0-9A-Fa-f]{4})", unit, text)
    return found.encode("utf-16-be", "surrogatepass").decode("utf-16-be", "replace")


@simple("TO_NCHAR", args="T", gives=OraType("NVARCHAR2", 2000, True))
def to_nchar(text: str) -> str:
    return text


@simple("TO_NCLOB", args="T", gives=OraType("NCLOB"))
@simple("TO_CLOB", args="T", gives=CLOB)
def to_clob(text: str) -> str:
    return text


# -- regular expressions -----------------------------------------------------------------------

_CLASSES = {
    "alpha": "^\\W\\d_", "digit": "\\d", "alnum": "^\\W_", "space": "\\s", "upper": "A-Z",
    "lower": "a-z", "punct": "!-/:-@\\[-`{-~", "blank": " \\t", "xdigit": "0-9A-Fa-f",
    "cntrl": "\\x00-\\x1f\\x7f",
}  # fmt: skip


def pattern_of(text: str, flags: str) -> re.Pattern[str]:
    """A POSIX ERE with Oracle's extensions; what Python reads otherwise is refused."""
    if re.search(r"\(\?[^:]|\[[=.]|\\[AbBzZ]", text) and "(?:" not in text:
        raise not_supported(f"regular expression {text!r}")
    body = text
    for name, members in _CLASSES.items():
        if f"[:{name}:]" not in body:
            continue
        if members.startswith("^"):
            letters = {"alpha": "A-Za-zÀ-ÖØ-öø-ÿ", "alnum": "A-Za-z0-9À-ÖØ-öø-ÿ"}[name]
            body = body.replace(f"[:{name}:]", letters)
        else:
            body = body.replace(f"[:{name}:]", members)
    options = 0
    for flag in flags:
        if flag == "i":
            options |= re.IGNORECASE
        elif flag == "n":
            options |= re.DOTALL
        elif flag == "m":
            options |= re.MULTILINE
        elif flag == "x":
            options |= re.VERBOSE
        elif flag != "c":
            raise OracleError(1760, "illegal argument for function")
    try:
        return re.compile(body, options)
    except re.error:
        raise OracleError(12725, "unmatched parentheses in regular expression") from None


@simple("REGEXP_LIKE", args="TTt", gives=OraType("BOOLEAN"))
def regexp_like(text: str, pattern: str, flags: str = "c") -> bool:
    return pattern_of(pattern, flags).search(text) is not None


@simple("REGEXP_SUBSTR", args="TTnntn", gives=longest)
def regexp_substr(
    text: str, pattern: str, start: Any = 1, nth: Any = 1, flags: str = "c", group: Any = 0
) -> str | None:
    for count, match in enumerate(pattern_of(pattern, flags).finditer(text, int(start) - 1), 1):
        if count == int(nth):
            return match[int(group)] or None
    return None


@simple("REGEXP_INSTR", args="TTnnnt", gives=NUMBER)
def regexp_instr(
    text: str, pattern: str, start: Any = 1, nth: Any = 1, after: Any = 0, flags: str = "c"
) -> int:
    for count, match in enumerate(pattern_of(pattern, flags).finditer(text, int(start) - 1), 1):
        if count == int(nth):
            return (match.end() if after else match.start()) + 1
    return 0


@simple("REGEXP_COUNT", args="TTnt", gives=NUMBER)
def regexp_count(text: str, pattern: str, start: Any = 1, flags: str = "c") -> int:
    return sum(1 for _ in pattern_of(pattern, flags).finditer(text, int(start) - 1))


@function("REGEXP_REPLACE")
def regexp_replace(compiler: Compiler, call: Call) -> Expr:
    check_count(call, 2, 6)
    args = [
        compiler.text(arg) if i in (0, 1, 2, 5) else compiler.number(arg)
        for i, arg in enumerate(call.args)
    ]
    runs = [arg.run for arg in args]

    def run(row: Any) -> Any:
        values = [item(row) for item in runs] + [None] * 6
        text, pattern = values[0], values[1]
        if text is None or pattern is None:
            return text
        new, start, nth, flags = values[2] or "", values[3] or 1, values[4] or 0, values[5] or "c"
        new = re.sub(r"\\(?!\d)", r"\\\\", new)
        head, tail = text[: int(start) - 1], text[int(start) - 1 :]
        wanted, seen = int(nth), [0]

        def one(match: re.Match[str]) -> str:
            seen[0] += 1
            return match.expand(new) if wanted in (0, seen[0]) else match[0]

        return (head + pattern_of(pattern, flags).sub(one, tail)) or None

    return Expr(longest(args), run)


@function("INSTRB")
def instrb(compiler: Compiler, call: Call) -> Expr:
    """INSTR by bytes of the database's character set."""
    check_count(call, 2, 4)
    encode = _characters(compiler).encode
    texts = [compiler.text(arg) for arg in call.args[:2]]

    def place(text: str, wanted: str, *rest: Any) -> int:
        return instr(encode(text).decode("latin-1"), encode(wanted).decode("latin-1"), *rest)

    return applied(
        compiler, place, [*texts, *(compiler.number(arg) for arg in call.args[2:])], NUMBER
    )
