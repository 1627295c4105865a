"""
One connection of the Perl driver beside it (perl/DBD/Oracle.pm): JSON lines in, JSON lines out.

Every value goes as the text that an OCI client would show: numbers in the server's text, dates
under the formats that ora2pg sets for its sessions.
"""

from __future__ import annotations

import datetime
import json
import re
import sys
from typing import Any

import oracledb

ROWS = 100
QUERY = re.compile(r"(?:\s|--[^\n]*\n|/\*.*?\*/|\()*(?:SELECT|WITH)\b", re.IGNORECASE | re.DOTALL)
# A literal, a quoted name or a comment stays; a lone question mark is a bind.
PIECE = re.compile(r"'(?:[^']|'')*'|\"[^\"]*\"|--[^\n]*|/\*.*?\*/|\?", re.DOTALL)
# The numbers of DBI's standard types, else DBD::Oracle's own.
TYPES = {
    "DB_TYPE_VARCHAR": 12, "DB_TYPE_NVARCHAR": 12, "DB_TYPE_CHAR": 1, "DB_TYPE_NCHAR": 1,
    "DB_TYPE_NUMBER": 3, "DB_TYPE_BINARY_FLOAT": 100, "DB_TYPE_BINARY_DOUBLE": 101,
    "DB_TYPE_DATE": 93, "DB_TYPE_TIMESTAMP": 93, "DB_TYPE_TIMESTAMP_TZ": 95,
    "DB_TYPE_TIMESTAMP_LTZ": 95, "DB_TYPE_RAW": -2, "DB_TYPE_LONG": -1, "DB_TYPE_LONG_RAW": -4,
    "DB_TYPE_CLOB": 40, "DB_TYPE_NCLOB": 40, "DB_TYPE_BLOB": 30, "DB_TYPE_BFILE": -9114,
    "DB_TYPE_ROWID": -9104, "DB_TYPE_UROWID": -9104,
}  # fmt: skip

NUMBERS = (
    oracledb.DB_TYPE_NUMBER, oracledb.DB_TYPE_BINARY_FLOAT, oracledb.DB_TYPE_BINARY_DOUBLE,
)  # fmt: skip


class Helper:
    """Carries out requests, each named by its ``op``."""

    def __init__(self) -> None:
        self.statements: list[tuple[oracledb.Cursor, str]] = []
        self.lobs: list[oracledb.LOB] = []  # those of the last rows
        self.connection: oracledb.Connection

    def connect(self, dsn: str, user: str, password: str) -> dict[str, Any]:
        """*dsn* as DBI has it: host=…;service_name=…;port=…"""
        parts = dict(part.split("=", 1) for part in dsn.split(";"))
        where = f"{parts['host']}:{parts.get('port', 1521)}/{parts['service_name']}"
        self.connection = oracledb.connect(user=user, password=password, dsn=where)
        return {}

    def prepare(self, sql: str, locators: bool) -> dict[str, Any]:
        """Queries are parsed and described here already, so that a wrong one fails here."""
        marks = iter(range(1, sql.count("?") + 1))
        sql = PIECE.sub(lambda m: f":p{next(marks)}" if m[0] == "?" else m[0], sql)
        cursor = self.connection.cursor()
        cursor.arraysize = ROWS
        cursor.outputtypehandler = _with_locators if locators else _with_whole_lobs
        self.statements.append((cursor, sql))
        if QUERY.match(sql):
            cursor.parse(sql)
        params = len(set(re.findall(r":p\d+\b", sql)))
        return {"id": len(self.statements) - 1, "params": params, "columns": _columns(cursor)}

    def execute(self, id: int, binds: list[str | None]) -> dict[str, Any]:
        """Run a prepared statement."""
        cursor, sql = self.statements[id]
        cursor.execute(sql, binds)
        return {"rows": cursor.rowcount, "columns": _columns(cursor)}

    def fetch(self, id: int) -> dict[str, Any]:
        """The next rows."""
        cursor, _ = self.statements[id]
        rows = cursor.fetchmany(ROWS)
        self.lobs = []
        plain = [[self._plain(value) for value in row] for row in rows]
        return {"rows": plain, "more": len(rows) == ROWS}

    def read(self, lob: int, offset: int, amount: int) -> dict[str, Any]:
        """A piece of a LOB, in characters or bytes."""
        return {"piece": _plain(self.lobs[lob].read(offset, amount))}

    def _plain(self, value: Any) -> Any:
        if not isinstance(value, oracledb.LOB):
            return _plain(value)
        self.lobs.append(value)
        return {"lob": len(self.lobs) - 1, "chunk": value.getchunksize()}

    def commit(self) -> dict[str, Any]:
        """COMMIT."""
        self.connection.commit()
        return {}

    def rollback(self) -> dict[str, Any]:
        """ROLLBACK."""
        self.connection.rollback()
        return {}

    def ping(self) -> dict[str, Any]:
        """Is it there?"""
        self.connection.ping()
        return {}

    def autocommit(self, on: bool) -> dict[str, Any]:
        """DBI's AutoCommit."""
        self.connection.autocommit = on
        return {}


def _with_locators(cursor: oracledb.Cursor, column: oracledb.FetchInfo) -> Any:
    """Numbers as the server writes them, RAW in hexadecimal."""
    kind, many = column.type_code, cursor.arraysize
    if kind in NUMBERS:
        return cursor.var(oracledb.DB_TYPE_VARCHAR, 100, many)
    if kind is oracledb.DB_TYPE_RAW:
        return cursor.var(kind, column.internal_size, many, outconverter=_hexadecimal)
    return None


def _with_whole_lobs(cursor: oracledb.Cursor, column: oracledb.FetchInfo) -> Any:
    """The same, and LOBs without locators."""
    if column.type_code in (oracledb.DB_TYPE_CLOB, oracledb.DB_TYPE_NCLOB):
        return cursor.var(oracledb.DB_TYPE_LONG, arraysize=cursor.arraysize)
    if column.type_code is oracledb.DB_TYPE_BLOB:
        return cursor.var(oracledb.DB_TYPE_LONG_RAW, arraysize=cursor.arraysize)
    return _with_locators(cursor, column)


def _hexadecimal(value: bytes) -> str:
    return value.hex().upper()


def _columns(cursor: oracledb.Cursor) -> list[dict[str, Any]] | None:
    if cursor.description is None:
        return None
    return [
        {
            "name": column.name,
            "type": TYPES.get(column.type_code.name, -9108),
            "precision": column.precision or column.display_size or 0,
            "scale": column.scale or 0,
            "nullable": int(bool(column.null_ok)),
        }
        for column in cursor.description
    ]


def _plain(value: Any) -> Any:
    """A value for JSON: text, or nothing; bytes are marked."""
    match value:
        case None | str():
            return value
        case datetime.datetime():
            fraction = f".{value.microsecond:06}" if value.microsecond else ""
            zone = value.strftime(" %z") if value.tzinfo else ""
            return f"{value:%Y-%m-%d %H:%M:%S}{fraction}{zone}"
        case datetime.timedelta():
            return _days_to_second(value)
        case oracledb.IntervalYM():
            sign = "-" if min(value.years, value.months) < 0 else "+"
            return f"{sign}{abs(value.years):02}-{abs(value.months):02}"
        case bytes():
            return {"hex": value.hex()}
        case oracledb.DbObject():
            return _object(value)
    return str(value)


def _days_to_second(value: datetime.timedelta) -> str:
    sign, value = ("-", -value) if value.days < 0 else ("+", value)
    minutes, seconds = divmod(value.seconds, 60)
    time = f"{minutes // 60:02}:{minutes % 60:02}:{seconds:02}.{value.microseconds:06}"
    return f"{sign}{value.days:02} {time}"


def _object(value: oracledb.DbObject) -> list[Any]:
    """DBD::Oracle gives objects and collections as arrays."""
    if value.type.iscollection:
        return [_plain(item) for item in value.aslist()]
    return [_plain(getattr(value, attribute.name)) for attribute in value.type.attributes]


def main() -> None:
    """Requests until the input ends."""
    helper = Helper()
    for line in sys.stdin:
        request = json.loads(line)
        try:
            answer = getattr(helper, request.pop("op"))(**request)
        except oracledb.Error as error:
            details = error.args[0]
            answer = {"error": str(details).split("\nHelp:")[0], "code": details.code or 1}
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
