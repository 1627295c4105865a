"""The unmodified python-oracledb thin driver, sync and async, against the wire."""

from __future__ import annotations

import asyncio
import datetime
import struct
import sys
import threading
import time
from decimal import Decimal
from pathlib import Path

import oracledb
import pyarrow as pa
import pytest
from orasim.engine import Bind, ColumnInfo, LobValue, OracleError, Outcome
from orasim.server import OrasimServer

from orasim import engine as t

sys.path.insert(0, str(Path(__file__).parent))
from canned import CannedEngine, Rows, number, wait_until

NUM = ColumnInfo("N", t.TYPE_NUMBER, 10, 0, 22)
DEC = ColumnInfo("D", t.TYPE_NUMBER, 12, 2, 22)
STR = ColumnInfo("S", t.TYPE_VARCHAR, buffer_size=80, max_chars=20)
CLOB = ColumnInfo("C", t.TYPE_CLOB, buffer_size=4000)
BLOB = ColumnInfo("B", t.TYPE_BLOB, buffer_size=4000)


@pytest.mark.parametrize("verifier", ["11g", "12c"])
def test_login_with_both_verifiers(verifier):
    """
    The right password opens a session, a wrong one is ORA-01017, as is an unknown user.
    """
    with OrasimServer(CannedEngine(), verifier=verifier) as server:
        dsn = f"127.0.0.1:{server.port}/ORASIM"
        oracledb.connect(user="scott", password="tiger", dsn=dsn).close()
        for user, password in [("scott", "Tiger"), ("nobody", "tiger")]:
            with pytest.raises(oracledb.DatabaseError, match="ORA-01017"):
                oracledb.connect(user=user, password=password, dsn=dsn)


def test_unknown_service_is_refused(server):
    """
    A service that the engine does not have is ORA-12514 at the listener.
    """
    with pytest.raises(oracledb.DatabaseError, match=r"DPY-6001|12514"):
        oracledb.connect(user="scott", password="tiger", dsn=f"127.0.0.1:{server.port}/NOPE")


@pytest.mark.parametrize("encoded", [False, True])
def test_rows_in_many_batches(server, connection, encoded):
    """
    2,500 rows arrive complete and in order through many fetches, tuples and Arrow alike.
    """
    rows = [(number(i), str(i).encode() if i % 3 else None) for i in range(2500)]
    server.engine.answers["select 1"] = lambda *_: Outcome(
        "query", Rows([NUM, STR], list(rows), encoded)
    )
    expected = [(i, str(i) if i % 3 else None) for i in range(2500)]
    cursor = connection.cursor()
    cursor.arraysize = 100

    assert expected == cursor.execute("select 1").fetchall()
    assert expected == cursor.execute("select 1").fetchall()
    frames = [pa.table(frame) for frame in connection.fetch_df_batches("select 1", size=700)]
    assert [700, 700, 700, 400] == [f.num_rows for f in frames]
    assert [e[1] for e in expected] == pa.concat_tables(frames)["S"].to_pylist()


def test_wide_rows_span_packets(server, connection):
    """
    Values larger than a packet arrive whole.
    """
    texts = [("x" * n).encode() for n in (252, 253, 8000, 32767)]
    column = ColumnInfo("S", t.TYPE_VARCHAR, buffer_size=32767, max_chars=32767)
    server.engine.answers["select s"] = lambda *_: Outcome(
        "query", Rows([column], [(x,) for x in texts])
    )

    got = connection.cursor().execute("select s").fetchall()

    assert [(x.decode(),) for x in texts] == got


def test_binds_arrive_as_sent(server, connection):
    """
    Numbers, text, bytes, dates and NULL reach the engine in Oracle's encoding.
    """
    server.engine.answers["insert into t values (:1, :2, :3, :4, :5)"] = Outcome("dml", row_count=1)
    cursor = connection.cursor()

    cursor.execute(
        "insert into t values (:1, :2, :3, :4, :5)",
        [42, "grün", b"\x00\xff", datetime.datetime(2024, 2, 29, 13, 14, 15), None],
    )

    _, binds, executions = server.engine.seen[-1]
    assert 1 == cursor.rowcount and 1 == executions
    assert [
        [number(42)],
        ["grün".encode()],
        [b"\x00\xff"],
        [bytes([120, 124, 2, 29, 14, 15, 16])],
        [None],
    ] == [b.values for b in binds]


def test_executemany_sends_all_rows(server, connection):
    """
    3,000 rows of binds arrive in one call, in order, and counts per row come back.
    """
    sql = "insert into t values (:a, :b)"
    server.engine.answers[sql] = lambda binds, n: Outcome("dml", row_count=n, row_counts=[1] * n)
    cursor = connection.cursor()

    cursor.executemany(sql, [(i, str(i)) for i in range(3000)], arraydmlrowcounts=True)

    _, binds, executions = server.engine.seen[-1]
    assert (3000, 3000) == (executions, cursor.rowcount)
    assert [number(i) for i in range(3000)] == binds[0].values
    assert [1] * 3000 == cursor.getarraydmlrowcounts()


def test_batch_errors_name_their_rows(server, connection):
    """
    Errors of single rows come back with offset and text while the others count.
    """
    sql = "insert into t values (:1)"
    server.engine.answers[sql] = Outcome(
        "dml", row_count=2, batch_errors=[(1, OracleError(1400, "cannot insert NULL"))]
    )
    cursor = connection.cursor()

    cursor.executemany(sql, [(1,), (None,), (3,)], batcherrors=True)

    (error,) = cursor.getbatcherrors()
    assert (1, 1400) == (error.offset, error.code)
    assert "ORA-01400" in error.message


def test_errors_carry_code_text_and_position(server, connection):
    """
    An engine's error is the driver's exception; the session goes on.
    """
    server.engine.answers["bad"] = OracleError(942, "table or view does not exist", offset=14)
    server.engine.answers["select 1"] = lambda *_: Outcome("query", Rows([NUM], [(number(1),)]))
    cursor = connection.cursor()

    with pytest.raises(oracledb.DatabaseError) as caught:
        cursor.execute("bad")

    (error,) = caught.value.args
    assert (942, 14) == (error.code, error.offset)
    assert [(1,)] == cursor.execute("select 1").fetchall()


def test_lobs_inline_and_by_locator(server, connection):
    """
    A CLOB and a BLOB read the same as values and through locators, in pieces; NULL is None.
    """
    text = "Größe 🚢 " * 3000
    blob = bytes(range(256)) * 100
    server.engine.answers["select c, b"] = lambda *_: Outcome(
        "query",
        Rows([CLOB, BLOB], [(LobValue(True, text.encode()), LobValue(False, blob)), (None, None)]),
    )
    server.engine.answers["select c, b /* inline */"] = server.engine.answers["select c, b"]
    cursor = connection.cursor()

    (clob, lob), nothing = cursor.execute("select c, b").fetchall()

    assert (None, None) == nothing
    assert text == clob.read()
    assert text.encode("utf-16-be")[20:40].decode("utf-16-be") == clob.read(11, 10)
    assert (len(blob), blob, blob[99:109]) == (lob.size(), lob.read(), lob.read(100, 10))
    inline = connection.cursor()
    assert [(text, blob), (None, None)] == inline.execute(
        "select c, b /* inline */", fetch_lobs=False
    ).fetchall()
    frame = pa.table(connection.fetch_df_all("select c, b /* inline */"))
    assert [text, None] == frame["C"].to_pylist()


def test_temporary_lob_is_written_and_bound(server, connection):
    """
    A temporary CLOB that is written in pieces reaches the engine as one value.
    """
    server.engine.answers["insert into t values (:1)"] = Outcome("dml", row_count=1)
    lob = connection.createlob(oracledb.DB_TYPE_CLOB)
    lob.write("Hällo ")
    lob.write("world", 7)

    connection.cursor().execute("insert into t values (:1)", [lob])

    assert "Hällo world" == lob.read()
    assert [LobValue(True, "Hällo world".encode(), temporary=True)] == server.engine.seen[-1][1][
        0
    ].values


def test_plsql_out_binds_and_cursors(server, connection):
    """
    A block's OUT values and REF CURSOR come back; running it again works the same.
    """

    def run(binds, executions):
        number_bind, cursor_bind = binds
        number_bind.direction = cursor_bind.direction = "out"
        number_bind.values = [number(7)]
        cursor_bind.values = [Rows([NUM, STR], [(number(1), b"one"), (number(2), None)])]
        return Outcome("plsql", out_binds=binds)

    server.engine.answers["begin p(:n, :c); end;"] = run
    for _ in range(2):
        cursor = connection.cursor()
        out = cursor.var(int)
        rows = connection.cursor()
        cursor.execute("begin p(:n, :c); end;", [out, rows])
        assert 7 == out.getvalue()
        assert [(1, "one"), (2, None)] == rows.fetchall()


def test_returning_into(server, connection):
    """
    RETURNING hands back the rows' values.
    """
    sql = "insert into t values (:1) returning id into :2"
    server.engine.answers[sql] = Outcome("dml", row_count=2, returning=[[[number(5), number(6)]]])
    cursor = connection.cursor()
    out = cursor.var(int)

    cursor.execute(sql, [1, out])

    assert [5, 6] == out.getvalue()
    assert 1 == len([b for b in server.engine.seen[-1][1] if b.values])


def test_scalar_types(server, connection):
    """
    Each scalar type decodes to the value that its documented bytes mean.
    """
    columns = [
        ColumnInfo("D", t.TYPE_DATE, buffer_size=7),
        ColumnInfo("T", t.TYPE_TIMESTAMP, 0, 6, 11),
        ColumnInfo("R", t.TYPE_RAW, buffer_size=16),
        ColumnInfo("F", t.TYPE_BINARY_DOUBLE, buffer_size=8),
        ColumnInfo("I", t.TYPE_ROWID, buffer_size=18),
        ColumnInfo("Y", t.TYPE_INTERVAL_DS, 2, 6, 11),
        ColumnInfo("L", t.TYPE_LONG, buffer_size=2**31 - 1),
    ]
    double = bytearray(struct.pack(">d", 1.5))
    double[0] |= 0x80
    interval = struct.pack(">IBBBI", 2**31 + 3, 64, 65, 66, 2**31 + 500_000_000)
    rowid = struct.pack(">IHBIH", 73_000, 4, 0, 135, 2)
    row = (
        bytes([120, 124, 2, 29, 14, 15, 16]),
        bytes([120, 124, 2, 29, 1, 1, 1]) + struct.pack(">I", 123_456_000),
        b"\x01\x02",
        bytes(double),
        rowid,
        interval,
        b"long text",
    )
    server.engine.answers["select all"] = lambda *_: Outcome(
        "query", Rows(columns, [row, (None,) * 7])
    )

    first, second = connection.cursor().execute("select all").fetchall()

    assert (None,) * 7 == second
    assert datetime.datetime(2024, 2, 29, 13, 14, 15) == first[0]
    assert datetime.datetime(2024, 2, 29, 0, 0, 0, 123456) == first[1]
    assert (b"\x01\x02", 1.5, "AAAR0oAAEAAAACHAAC") == (first[2], first[3], first[4])
    assert datetime.timedelta(days=3, hours=4, minutes=5, seconds=6, milliseconds=500) == first[5]
    assert "long text" == first[6]


def test_decimals_and_requested_schema(server, connection):
    """
    Arrow decimals are exact, by describe and by the schema asked for.
    """
    server.engine.answers["select d"] = lambda *_: Outcome(
        "query", Rows([DEC], [(bytes([0xC3, 2, 24, 46, 68]),), (None,)])
    )

    frame = pa.table(connection.fetch_df_all("select d", fetch_decimals=True))
    asked = pa.table(
        connection.fetch_df_all(
            "select d", requested_schema=pa.schema([("D", pa.decimal128(20, 4))])
        )
    )

    assert [Decimal("12345.67"), None] == frame["D"].to_pylist()
    assert [Decimal("12345.6700"), None] == asked["D"].to_pylist()


def test_commit_rollback_ping_and_parse(server, connection):
    """
    Transaction calls reach the engine; a describe does not count as an execution.
    """
    server.engine.answers["select n"] = lambda *_: Outcome("query", Rows([NUM], []))
    server.engine.answers["update t"] = Outcome("dml", row_count=3)
    cursor = connection.cursor()
    cursor.execute("update t")
    connection.commit()
    cursor.execute("update t")
    connection.rollback()
    connection.ping()
    cursor.parse("select n")

    assert "N" == cursor.description[0][0]
    assert (1, 1) == (server.engine.commits, server.engine.rollbacks)


def test_client_info_reaches_the_engine(server, connection):
    """
    Module and action set by the client arrive with its next call.
    """
    connection.module, connection.action = "oraferry", "chunk 7"
    connection.ping()

    assert {"module": "oraferry", "action": "chunk 7"}.items() <= server.engine.info.items()


def test_cancel_ends_a_running_call(server, connection):
    """
    cancel() from another thread ends a long call with ORA-01013, and the session goes on.
    """
    server.engine.answers["select n"] = lambda *_: Outcome("query", Rows([NUM], [(number(1),)]))
    threading.Timer(0.3, connection.cancel).start()
    started = time.monotonic()

    with pytest.raises(oracledb.DatabaseError, match="ORA-01013"):
        connection.cursor().execute("sleep")

    assert time.monotonic() - started < 5
    assert [(1,)] == connection.cursor().execute("select n").fetchall()


def test_call_timeout(server, connection):
    """
    A call that takes too long is DPY-4024, and the session goes on.
    """
    server.engine.answers["select n"] = lambda *_: Outcome("query", Rows([NUM], [(number(1),)]))
    connection.call_timeout = 300

    with pytest.raises(oracledb.DatabaseError, match="DPY-4024"):
        connection.cursor().execute("sleep")

    connection.call_timeout = 0
    assert [(1,)] == connection.cursor().execute("select n").fetchall()


def test_faults_happen_when_planned(server, connection):
    """
    An error in the second fetch and a dropped socket come exactly where they were planned.
    """
    server.engine.answers["select n"] = lambda *_: Outcome(
        "query", Rows([NUM], [(number(i),) for i in range(1000)])
    )
    server.faults.raise_error(1555, matching="select n", at_fetch=2)
    cursor = connection.cursor()
    cursor.arraysize = 100

    with pytest.raises(oracledb.DatabaseError, match="ORA-01555"):
        cursor.execute("select n").fetchall()

    assert 1000 == len(cursor.execute("select n").fetchall())
    server.faults.drop_socket(matching="select n", at_fetch=3)
    with pytest.raises(oracledb.DatabaseError, match="DPY-4011"):
        cursor.execute("select n").fetchall()


def test_unknown_statement_is_refused_not_answered(connection):
    """
    What the engine does not know is ORA-03001.
    """
    with pytest.raises(oracledb.DatabaseError, match="ORA-03001"):
        connection.cursor().execute("select never from heard")


def test_async_client(server):
    """
    The async driver logs in, fetches tuples and frames, binds and commits.
    """
    rows = [(number(i), str(i).encode()) for i in range(500)]
    server.engine.answers["select 1"] = lambda *_: Outcome(
        "query", Rows([NUM, STR], list(rows), True)
    )
    server.engine.answers["insert into t values (:1)"] = Outcome("dml", row_count=1)

    async def talk():
        async with oracledb.connect_async(
            user="scott", password="tiger", dsn=f"127.0.0.1:{server.port}/ORASIM"
        ) as session:
            cursor = session.cursor()
            await cursor.execute("select 1")
            fetched = await cursor.fetchall()
            frame = await session.fetch_df_all("select 1")
            await cursor.execute("insert into t values (:1)", [5])
            await session.commit()
            return fetched, pa.table(frame).num_rows

    fetched, count = asyncio.run(talk())

    assert [(i, str(i)) for i in range(500)] == fetched
    assert (500, 1) == (count, server.engine.commits)


def test_pool_and_close(server):
    """
    A pool's sessions work and end when it closes.
    """
    server.engine.answers["select n"] = lambda *_: Outcome("query", Rows([NUM], [(number(1),)]))
    pool = oracledb.create_pool(
        user="scott", password="tiger", dsn=f"127.0.0.1:{server.port}/ORASIM", min=2, max=4
    )
    with pool.acquire() as session:
        assert [(1,)] == session.cursor().execute("select n").fetchall()
    pool.close()

    assert wait_until(lambda: server.engine.closed >= 2)
    assert isinstance(Bind("N", 2, 22, "in").values, list)
