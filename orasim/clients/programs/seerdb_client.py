"""seerdb against schema.sql: connecting, every type, binds, arrays, LOBs, transactions, errors."""

# ruff: noqa: B023, E501, S106  (every lambda runs at once; a line per check reads best)

from __future__ import annotations

import datetime
import sys
from decimal import Decimal
from typing import Any

import seerdb
from checking import check, raises

DSN, VERSION = sys.argv[1:3]


def connect(**changed: Any) -> Any:
    """A session of LIB."""
    return seerdb.connect(**{"user": "lib", "password": "tiger", "dsn": DSN, **changed})


def plain(value: Any) -> Any:
    """What a LOB holds, other values as they are."""
    return value.read() if hasattr(value, "read") else value


connection = connect()
cursor = connection.cursor()


def rows(sql: str, *binds: Any) -> list[tuple]:
    """All rows of a query."""
    cursor.execute(sql, *binds)
    return [tuple(plain(value) for value in row) for row in cursor.fetchall()]


check(
    "version",
    lambda: connection.version.split(".")[0],
    {"12.1": "12", "19c": "19"}.get(VERSION, "23"),
)
check("wrong password", lambda: "ORA-01017" in raises(lambda: connect(password="x")))
check(
    "rows",
    lambda: rows("SELECT branch_id, code, town FROM branch ORDER BY 1"),
    [(1, "MAIN", "Köln"), (2, "SIDE", None)],
)
cursor.execute("SELECT book_id, isbn, price FROM book")
check("description", lambda: [item[0] for item in cursor.description], ["BOOK_ID", "ISBN", "PRICE"])
cursor.fetchall()
TYPES = (
    "pages, price, gross, weight, rating, score, added, sold, lent_for, kept_for, digest, cover, summary, "
    "notes, origin"
)
zone = datetime.timezone(datetime.timedelta(hours=5, minutes=30))
expected = (
    320, Decimal("12.5"), 15, 0.5, 1.25, Decimal("3.5"),
    datetime.datetime(2024, 2, 29, 12, 34, 56, 789000),
    datetime.datetime(2024, 3, 1, 1, 2, 3, 123456, tzinfo=zone),
    datetime.timedelta(days=3, hours=4, minutes=5, seconds=6, microseconds=780000),
    seerdb.IntervalYM(2, 3), b"\x00\xff\x10", b"\xca\xfe\x00", "Once upon a time", "Ærlig talt", None,
)  # fmt: skip
for name, value, found in zip(
    TYPES.split(", "),
    expected,
    (rows(f"SELECT {TYPES} FROM book WHERE book_id = 100") or [expected[:0]])[0],
    strict=True,
):
    check(f"type of {name}", lambda: found, value)
check(
    "binds by position",
    lambda: rows("SELECT :1 || :2, :3 + 1 FROM dual", ["Größe ", "🚢", 41]),
    [("Größe 🚢", 42)],
)
check(
    "binds by name",
    lambda: rows("SELECT code FROM branch WHERE branch_id = :id", {"id": 2}),
    [("SIDE",)],
)
check(
    "date bind",
    lambda: rows("SELECT TO_CHAR(:1, 'YYYY-MM-DD') FROM dual", [datetime.datetime(2024, 2, 29)]),
    [("2024-02-29",)],
)
check("many rows", lambda: len(rows("SELECT level FROM dual CONNECT BY level <= 3000")), 3000)
check("quoted names", lambda: rows('SELECT "select", "Ünï" FROM "Mixed Case"'), [("one", "ü")])
cursor.execute("CREATE TABLE sd (id NUMBER PRIMARY KEY, t VARCHAR2(20), c CLOB, b BLOB)")
cursor.executemany("INSERT INTO sd (id, t) VALUES (:1, :2)", [(n, f"row {n}") for n in range(500)])
check("executemany", lambda: rows("SELECT COUNT(*), MAX(t) FROM sd"), [(500, "row 99")])
connection.rollback()
check("rollback", lambda: rows("SELECT COUNT(*) FROM sd"), [(0,)])
text, data = "ä🚢x" * 20_000, bytes(range(256)) * 300
cursor.execute("INSERT INTO sd VALUES (1, 'one', :1, :2)", [text, data])
connection.commit()
check("LOBs", lambda: rows("SELECT c, b FROM sd"), [(text, data)])
cursor.execute("UPDATE sd SET t = 'two' WHERE id = 1")
check("row count", lambda: cursor.rowcount, 1)
check(
    "unique",
    lambda: "ORA-00001" in raises(lambda: cursor.execute("INSERT INTO sd (id) VALUES (1)")),
)
check(
    "unknown table", lambda: "ORA-00942" in raises(lambda: cursor.execute("SELECT * FROM nosuch"))
)
check("after errors", lambda: rows("SELECT 1 FROM dual"), [(1,)])
out = cursor.var(seerdb.NUMBER)
cursor.execute("BEGIN :1 := 6 * 7; END;", [out])
check("OUT bind", out.getvalue, 42)
connection.rollback()
cursor.execute("DROP TABLE sd PURGE")
check("ping", lambda: connection.ping() is None)
cursor.close()
connection.close()
print("done")
