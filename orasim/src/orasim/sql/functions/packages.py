"""Session functions and the supplied packages that tools call from SQL."""

from __future__ import annotations

import hashlib
import os
from functools import partial
from typing import TYPE_CHECKING, Any

from orasim.engine import OracleError, not_supported
from orasim.sql.encoded import lob_lengths, text_lengths
from orasim.sql.functions.registry import (
    FUNCTIONS,
    Call,
    applied,
    check_count,
    coerced,
    function,
    pseudo,
    simple,
)
from orasim.sql.scope import Encoded, Expr
from orasim.sql.types import family
from orasim.storage.codec import encode
from orasim.storage.rowid import RowId, parse_rowid
from orasim.values import CLOB, NUMBER, OraType, raw, varchar2

if TYPE_CHECKING:
    from orasim.sql.expressions import Compiler

ROWID = OraType("ROWID")


# -- who and where -----------------------------------------------------------------------------


@pseudo("USER")
def user(compiler: Compiler, call: Call) -> Expr:
    session = compiler.context.session
    return Expr(varchar2(128), lambda row: session.user, False, True)


@pseudo("UID")
def uid(compiler: Compiler, call: Call) -> Expr:
    session = compiler.context.session
    return Expr(NUMBER, lambda row: session.database.user_number(session.user), False, True)


@function("SYS_CONTEXT")
def sys_context(compiler: Compiler, call: Call) -> Expr:
    check_count(call, 2, 3)
    session = compiler.context.session
    return applied(
        compiler,
        lambda space, name, *rest: session.context_value(space.upper(), name.upper()),
        [compiler.text(arg) for arg in call.args[:2]],
        varchar2(256),
    )


@function("USERENV")
def userenv(compiler: Compiler, call: Call) -> Expr:
    check_count(call, 1, 1)
    session = compiler.context.session
    return applied(
        compiler,
        lambda name: session.context_value("USERENV", name.upper()),
        [compiler.text(call.args[0])],
        varchar2(64),
    )


@function("SYS_GUID")
def sys_guid(compiler: Compiler, call: Call) -> Expr:
    return Expr(raw(16), lambda row: os.urandom(16), False)


# -- hashes ------------------------------------------------------------------------------------


@function("ORA_HASH")
def ora_hash(compiler: Compiler, call: Call) -> Expr:
    """
    A bucket from 0 to the second argument, the same for equal values of a type.

    ASSUMPTION(oracle): Oracle's function is not published; the placement is invented, only
    its range and its stability are real.
    """
    check_count(call, 1, 3)
    expr = call.args[0]
    if expr.type.is_lob or expr.type.is_long:
        raise OracleError(932, f"inconsistent datatypes: expected - got {expr.type.data_type}")
    rest = [compiler.number(arg).run for arg in call.args[1:]]
    kind, run = expr.type, expr.run

    def bucket(row: Any) -> int | None:
        value = run(row)
        limit = rest[0](row) if rest else 4_294_967_295
        seed = rest[1](row) if len(rest) > 1 else 0
        data = b"" if value is None else (encode(value, kind) or b"")
        return hash_bytes(data, int(seed)) % (int(limit) + 1)

    return Expr(NUMBER, bucket, False)


def hash_bytes(data: bytes, seed: int = 0) -> int:
    """The invented hash that ORA_HASH and hash partitions share."""
    import zlib

    return zlib.crc32(data, seed)


@function("STANDARD_HASH")
def standard_hash(compiler: Compiler, call: Call) -> Expr:
    """Of text and RAW: SHA1 unless another algorithm is named."""
    check_count(call, 1, 2)
    expr = call.args[0]
    if family(expr.type) not in ("text", "raw"):
        raise not_supported(f"STANDARD_HASH of {expr.type.data_type}")
    method = str(call.args[1].run(())).upper() if len(call.args) > 1 else "SHA1"
    if method not in ("SHA1", "SHA256", "SHA384", "SHA512", "MD5"):
        raise OracleError(43856, "Specified hash function is not supported")

    # ASSUMPTION(oracle): text is hashed as it is stored, in its character set.
    characters = compiler.context.session.database.characters
    stored = (
        partial(str.encode, encoding="utf-16-be") if expr.type.is_national else characters.encode
    )

    def digest(value: Any) -> bytes:
        data = stored(value) if isinstance(value, str) else value
        return hashlib.new(method.lower(), data, usedforsecurity=False).digest()

    return applied(compiler, digest, [expr], raw(64))


# -- SCN ---------------------------------------------------------------------------------------


@function("DBMS_FLASHBACK.GET_SYSTEM_CHANGE_NUMBER")
def current_scn(compiler: Compiler, call: Call) -> Expr:
    session = compiler.context.session
    session.require_execute("DBMS_FLASHBACK")
    return Expr(NUMBER, lambda row: session.storage.expose_scn(), False, True)


@function("DBMS_TRANSACTION.LOCAL_TRANSACTION_ID")
def local_transaction_id(compiler: Compiler, call: Call) -> Expr:
    """The running transaction; TRUE starts one when none runs."""
    check_count(call, 0, 1)
    transaction = compiler.context.session.transaction

    def identifier(row: Any) -> str | None:
        if call.args and call.args[0].run(row) is True:
            transaction.holds_locks = True
        found = transaction.identifier
        return ".".join(map(str, found)) if found else None

    return Expr(varchar2(100), identifier)


# -- ROWIDs ------------------------------------------------------------------------------------


@function("DBMS_ROWID.ROWID_CREATE")
def rowid_create(compiler: Compiler, call: Call) -> Expr:
    check_count(call, 5, 5)

    def create(kind: Any, object_id: Any, file: Any, block: Any, slot: Any) -> str:
        if int(kind) != 1:
            raise not_supported("restricted ROWIDs")
        return str(RowId(int(object_id), int(file), int(block), int(slot)))

    return applied(compiler, create, [compiler.number(arg) for arg in call.args], ROWID)


def _rowid_part(part: str) -> Any:
    def build(compiler: Compiler, call: Call) -> Expr:
        check_count(call, 1, 2)
        return applied(
            compiler, lambda text: getattr(parse_rowid(text), part), call.args[:1], NUMBER
        )

    return build


for _name, _part in (
    ("ROWID_OBJECT", "object_id"),
    ("ROWID_RELATIVE_FNO", "file"),
    ("ROWID_BLOCK_NUMBER", "block"),
    ("ROWID_ROW_NUMBER", "slot"),
):
    FUNCTIONS[f"DBMS_ROWID.{_name}"] = _rowid_part(_part)


# -- LOBs --------------------------------------------------------------------------------------


def _units(text: str) -> bytes:
    return text.encode("utf-16-be", "surrogatepass")


def lob_length(value: Any) -> int:
    """Bytes of a BLOB; UTF-16 units of a CLOB, as in a multi-byte database."""
    if isinstance(value, str):
        return len(value) if value.isascii() else len(_units(value)) // 2
    return len(value)


# Of LOBs whose bytes lie in the row's own column.
_MEASURES = {"BLOB": lob_lengths, "CLOB": text_lengths, "NCLOB": text_lengths}


def _refuse_files(call: Call) -> None:
    """A BFILE's bytes are its names here, not a file."""
    for arg in call.args:
        if arg.type.name == "BFILE":
            raise not_supported(f"{call.name} of a BFILE: there are no files behind locators")


@function("DBMS_LOB.GETLENGTH")
def getlength(compiler: Compiler, call: Call) -> Expr:
    check_count(call, 1, 1)
    _refuse_files(call)
    expr = call.args[0]
    if not expr.type.is_lob and not expr.type.is_text and expr.type.name != "RAW":
        raise OracleError(932, f"inconsistent datatypes: expected CLOB got {expr.type.data_type}")
    found = applied(compiler, lob_length, [expr], NUMBER)
    measure = _MEASURES.get(expr.type.name)
    if expr.column is not None and measure is not None:
        found.encoded = Encoded(expr.column, measure, found.type)
    return found


@function("DBMS_LOB.SUBSTR")
def lob_substr(compiler: Compiler, call: Call) -> Expr:
    """DBMS_LOB.SUBSTR(lob, amount, offset): amount comes first."""
    check_count(call, 1, 3)
    _refuse_files(call)
    expr = call.args[0]
    is_text = expr.type.name != "BLOB"

    def part(value: Any, amount: Any = 32767, offset: Any = 1) -> Any:
        start, count = int(offset) - 1, int(amount)
        if is_text and not value.isascii():
            data = _units(value)[2 * start : 2 * (start + count)]
            found: Any = data.decode("utf-16-be", "replace")
        else:
            found = value[start : start + count]
        limit = 4000 if is_text else 2000
        if len(found) > limit:
            raise OracleError(
                6502, "PL/SQL: numeric or value error: character string buffer too small"
            )
        return found or None

    kind = varchar2(4000) if is_text else raw(2000)
    args = [expr, *(compiler.number(arg) for arg in call.args[1:])]
    return applied(compiler, part, args, kind)


@function("DBMS_LOB.INSTR")
def lob_instr(compiler: Compiler, call: Call) -> Expr:
    from orasim.sql.functions.texts import instr

    check_count(call, 2, 4)
    _refuse_files(call)
    args = [compiler.text(arg) for arg in call.args[:2]]
    args += [compiler.number(arg) for arg in call.args[2:]]
    return applied(compiler, instr, args, NUMBER)


@function("DBMS_LOB.COMPARE")
def lob_compare(compiler: Compiler, call: Call) -> Expr:
    check_count(call, 2, 2)
    _refuse_files(call)
    return applied(compiler, lambda a, b: (a > b) - (a < b), call.args, NUMBER)


# -- UTL_RAW, UTL_I18N -------------------------------------------------------------------------


@function("UTL_RAW.CAST_TO_RAW")
def cast_to_raw(compiler: Compiler, call: Call) -> Expr:
    """The stored bytes of a text."""
    check_count(call, 1, 1)
    encode = compiler.context.session.database.characters.encode
    return applied(compiler, encode, [compiler.text(call.args[0])], raw(2000))


@function("UTL_RAW.CAST_TO_VARCHAR2")
def cast_to_varchar2(compiler: Compiler, call: Call) -> Expr:
    """Bytes taken as text, whatever they are."""
    check_count(call, 1, 1)
    decode = compiler.context.session.database.characters.decode
    return applied(compiler, decode, [coerced(compiler, call.args[0], "R")], varchar2(4000))


@simple("UTL_RAW.LENGTH", args="R", gives=NUMBER)
def utl_raw_length(data: bytes) -> int:
    return len(data)


@simple("UTL_I18N.VALIDATE_CHARACTER_ENCODING", args="T", gives=NUMBER)
def validate_character_encoding(text: str) -> int:
    """0 for valid text, else the place of the first bad byte."""
    data = text.encode("utf-8", "surrogateescape")
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        return error.start + 1
    return 0


# -- DDL ---------------------------------------------------------------------------------------


@function("DBMS_METADATA.GET_DDL", "DBMS_METADATA.GET_DEPENDENT_DDL")
def get_ddl(compiler: Compiler, call: Call) -> Expr:
    from orasim.dictionary.dependent import get_dependent_ddl

    check_count(call, 2, 6)
    session = compiler.context.session

    def text(kind: str, name: str, schema: str | None = None, *rest: Any) -> str:
        if call.name.endswith("DEPENDENT_DDL"):
            return get_dependent_ddl(session, kind, name, schema)
        return session.get_ddl(kind, name, schema or session.current_schema)

    args = [compiler.text(arg) for arg in call.args]
    runs = [arg.run for arg in args]

    def run(row: Any) -> Any:
        values = [item(row) for item in runs]
        if values[0] is None or values[1] is None:
            raise OracleError(31600, "invalid input value for parameter in function GET_DDL")
        return text(*values)

    return Expr(CLOB, run)


@function("DBMS_DEBUG_JDWP.CURRENT_SESSION_ID")
def jdwp_session_id(compiler: Compiler, call: Call) -> Expr:
    session = compiler.context.session
    return Expr(NUMBER, lambda row: session.session_id, False, True)


@function("DBMS_DEBUG_JDWP.CURRENT_SESSION_SERIAL")
def jdwp_session_serial(compiler: Compiler, call: Call) -> Expr:
    session = compiler.context.session
    return Expr(NUMBER, lambda row: session.serial, False, True)
