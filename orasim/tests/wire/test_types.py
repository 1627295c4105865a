"""Types that need framing of their own, both ways, through the unmodified driver."""

from __future__ import annotations

import datetime
import struct

import oracledb
import pyarrow as pa
import pytest
from canned import Rows, number
from orasim.engine import ColumnInfo, LobValue, Outcome

from orasim import engine as t

NUM = ColumnInfo("N", t.TYPE_NUMBER, 10, 0, 22)


def query(columns, rows):
    """A canned answer that can be fetched again and again."""
    return lambda *_: Outcome("query", Rows(columns, list(rows)))


def test_national_text_travels_as_utf16(server, connection):
    """
    NCHAR text and NCLOB reach the client, bound NCHAR text reaches the engine as UTF-8.
    """
    text = "naïve 🚢 日本"
    columns = [
        ColumnInfo("V", t.TYPE_VARCHAR, buffer_size=80, max_chars=40, national=True),
        ColumnInfo("C", t.TYPE_CLOB, buffer_size=4000, national=True),
    ]
    row = (text.encode("utf-16-be"), LobValue(True, text.encode(), national=True))
    server.engine.answers["select v, c"] = query(columns, [row, (None, None)])
    server.engine.answers["insert into t values (:1)"] = Outcome("dml", row_count=1)
    cursor = connection.cursor()

    got = cursor.execute("select v, c", fetch_lobs=False).fetchall()
    cursor.setinputsizes(oracledb.DB_TYPE_NVARCHAR)
    cursor.execute("insert into t values (:1)", [text])

    assert [(text, text), (None, None)] == got
    assert [text.encode()] == server.engine.seen[-1][1][0].values


def test_nclob_by_locator(server, connection):
    """
    An NCLOB reads through its locator as a CLOB does.
    """
    column = ColumnInfo("C", t.TYPE_CLOB, buffer_size=4000, national=True)
    value = LobValue(True, "日本 🚢".encode(), national=True)
    server.engine.answers["select c"] = query([column], [(value,)])

    ((lob,),) = connection.cursor().execute("select c").fetchall()

    assert ("日本 🚢", 5) == (lob.read(), lob.size())


def test_xmltype_column(server, connection):
    """
    XMLTYPE arrives as text, short, long and NULL, and again from a cached statement.
    """
    column = ColumnInfo(
        "X", t.TYPE_OBJECT, buffer_size=2000, type_schema="SYS", type_name="XMLTYPE"
    )
    texts = ["<a>ü</a>", "<b>" + "x" * 70_000 + "</b>", None]
    rows = [(x.encode() if x else None, number(i)) for i, x in enumerate(texts)]
    server.engine.answers["select x, n"] = query([column, NUM], rows)

    for _ in range(2):
        got = connection.cursor().execute("select x, n").fetchall()

        assert [(x, i) for i, x in enumerate(texts)] == got


def test_other_object_types_are_refused(server, connection):
    """
    A column of any other object type is an error, and the session goes on.
    """
    column = ColumnInfo("P", t.TYPE_OBJECT, buffer_size=2000, type_schema="GEO", type_name="POINT")
    server.engine.answers["select p"] = query([column], [(b"?",)])
    server.engine.answers["select n"] = query([NUM], [(number(1),)])

    with pytest.raises(oracledb.DatabaseError, match=r"DPY-2035|ORA-03001"):
        connection.cursor().execute("select p").fetchall()

    assert [(1,)] == connection.cursor().execute("select n").fetchall()


def test_nested_cursor_column(server, connection):
    """
    A cursor in a row is a cursor of its own; several of them keep apart.
    """
    column = ColumnInfo("C", t.TYPE_CURSOR, buffer_size=1)
    server.engine.answers["select n, cursor"] = lambda *_: Outcome(
        "query",
        Rows(
            [NUM, column],
            [(number(i), Rows([NUM], [(number(j),) for j in range(i)])) for i in (1, 300)],
        ),
    )

    got = connection.cursor().execute("select n, cursor").fetchall()

    assert [(1, 1), (300, 300)] == [(n, len(inner.fetchall())) for n, inner in got]


def test_time_zones_and_intervals(server, connection):
    """
    Zoned timestamps and year-month intervals mean what their documented bytes say.
    """
    columns = [
        ColumnInfo("Z", t.TYPE_TIMESTAMP_TZ, 0, 6, 13),
        ColumnInfo("L", t.TYPE_TIMESTAMP_LTZ, 0, 6, 11),
        ColumnInfo("Y", t.TYPE_INTERVAL_YM, 2, 0, 5),
        ColumnInfo("F", t.TYPE_BINARY_FLOAT, buffer_size=4),
    ]
    moment = bytes([120, 124, 2, 29, 13, 1, 1]) + struct.pack(">I", 5_000)
    months = struct.pack(">IB", 2**31 + 3, 60 + 7)
    negative = bytes(255 - byte for byte in struct.pack(">f", -2.5))
    row = (moment + bytes([22, 60]), moment, months, negative)
    server.engine.answers["select zoned"] = query(columns, [row, (None,) * 4])

    first, second = connection.cursor().execute("select zoned").fetchall()

    assert (None,) * 4 == second
    assert datetime.datetime(2024, 2, 29, 14, 0, 0, 5) == first[0]  # wall clock at +02:00
    assert datetime.datetime(2024, 2, 29, 12, 0, 0, 5) == first[1]
    assert (oracledb.IntervalYM(3, 7), -2.5) == first[2:]


def test_urowid(server, connection):
    """
    A physical UROWID reads as the ROWID it holds.
    """
    rowid = struct.pack(">IHBIH", 73_000, 4, 0, 135, 2)
    columns = [ColumnInfo("U", t.TYPE_UROWID, buffer_size=4000)]
    server.engine.answers["select u"] = query(columns, [(rowid,), (None,)])

    assert [("AAAR0oAAEAAAACHAAC",), (None,)] == connection.cursor().execute("select u").fetchall()


def test_boolean_columns_and_binds(server, connection):
    """
    Booleans keep their three states as columns, binds and OUT values.
    """
    column = ColumnInfo("B", t.TYPE_BOOLEAN, buffer_size=1)
    server.engine.answers["select b"] = query([column], [(b"\1\1",), (b"\0",), (None,)])
    server.engine.answers["insert into t values (:1)"] = lambda _, n: Outcome("dml", row_count=n)

    def run(binds, executions):
        for bind, value in zip(binds, (b"\1\1", None), strict=True):
            bind.direction, bind.values = "out", [value]
        return Outcome("plsql", out_binds=binds)

    server.engine.answers["begin p(:a, :b); end;"] = run
    cursor = connection.cursor()

    got = cursor.execute("select b").fetchall()
    a, b = cursor.var(bool), cursor.var(bool)
    cursor.execute("begin p(:a, :b); end;", [a, b])
    cursor.setinputsizes(oracledb.DB_TYPE_BOOLEAN)
    cursor.executemany("insert into t values (:1)", [(True,), (False,), (None,)])

    assert [(True,), (False,), (None,)] == got
    assert (True, None) == (a.getvalue(), b.getvalue())
    sent = server.engine.seen[-1][1][0].values
    assert [True, False, None] == [None if v is None else v[-1:] == b"\1" for v in sent]


def test_json_and_vector_nulls_and_images(server, connection):
    """
    NULL of a JSON column is None; a bound value reaches the engine as its image, however long.
    """
    columns = [ColumnInfo("J", t.TYPE_JSON, buffer_size=8000), NUM]
    server.engine.answers["select j"] = query(columns, [(None, number(1)), (None, number(2))])
    server.engine.answers["insert into t values (:1, :2)"] = Outcome("dml", row_count=1)
    cursor = connection.cursor()

    assert [(None, 1), (None, 2)] == cursor.execute("select j").fetchall()
    cursor.setinputsizes(oracledb.DB_TYPE_JSON)
    cursor.execute("insert into t values (:1, :2)", [{"a": "x" * 70_000}, 5])
    image, five = (bind.values[0] for bind in server.engine.seen[-1][1])
    assert ({"a": "x" * 70_000}, number(5)) == (connection.decode_oson(image), five)

    assert [(None, 1), (None, 2)] == cursor.execute("select j").fetchall()


def test_lob_out_binds_and_returning(server, connection):
    """
    LOBs come back through OUT binds and RETURNING, and NCHAR text as sent.
    """

    def run(binds, executions):
        for bind, value in zip(binds, (LobValue(True, b"clob"), "ñ".encode()), strict=True):
            bind.direction, bind.values = "out", [value]
        return Outcome("plsql", out_binds=binds)

    server.engine.answers["begin p(:c, :s); end;"] = run
    sql = "update t set a = :1 returning c into :2"
    server.engine.answers[sql] = Outcome("dml", row_count=1, returning=[[[LobValue(False, b"b")]]])
    cursor = connection.cursor()
    clob, text = cursor.var(oracledb.DB_TYPE_CLOB), cursor.var(oracledb.DB_TYPE_NVARCHAR)
    cursor.execute("begin p(:c, :s); end;", [clob, text])
    blob = cursor.var(oracledb.DB_TYPE_BLOB)
    cursor.execute(sql, [1, blob])

    assert ("clob", "ñ") == (clob.getvalue().read(), text.getvalue())
    assert b"b" == blob.getvalue()[0].read()


def test_plsql_arrays_go_both_ways(server, connection):
    """
    An array bind arrives whole and another comes back, of another length.
    """

    def run(binds, executions):
        binds[1].direction = "out"
        binds[1].values = [[value for value in binds[0].values[0] if value is not None]]
        return Outcome("plsql", out_binds=binds)

    server.engine.answers["begin p(:a, :b); end;"] = run
    cursor = connection.cursor()
    given = cursor.arrayvar(str, ["x", None, "z"])
    got = cursor.arrayvar(str, 10)

    cursor.execute("begin p(:a, :b); end;", [given, got])

    assert ["x", "z"] == got.getvalue()


def test_long_binds_come_last_but_keep_their_place(server, connection):
    """
    Text beyond 32,767 bytes is sent after the others of its row; the engine sees its place.
    """
    sql = "insert into t values (:1, :2, :3)"
    server.engine.answers[sql] = lambda _, n: Outcome("dml", row_count=n)
    long_text = "ü" * 40_000

    connection.cursor().executemany(sql, [(1, long_text, "a"), (2, "short", "b")])

    values = [bind.values for bind in server.engine.seen[-1][1]]
    assert [[number(1), number(2)], [long_text.encode(), b"short"], [b"a", b"b"]] == values


def test_lob_calls(server, connection):
    """
    Trim, sparse write, open state, chunk size and empty reads of a temporary LOB.
    """
    lob = connection.createlob(oracledb.DB_TYPE_BLOB)
    assert (b"", 0) == (lob.read(), lob.size())
    lob.write(b"abcdef")
    lob.trim(3)
    lob.write(b"z", 6)
    lob.open()

    assert (b"abc\0\0z", 6, True) == (lob.read(), lob.size(), lob.isopen())
    assert lob.getchunksize() > 1000
    lob.close()
    assert not lob.isopen()
    with pytest.raises(oracledb.DatabaseError, match="ORA-22926"):
        lob.trim(100)


def test_lobs_that_were_let_go_are_freed(server, connection):
    """
    Locators of fetched and temporary LOBs end with the client's objects, at its next call.
    """
    column = ColumnInfo("C", t.TYPE_CLOB, buffer_size=4000)
    rows = [(LobValue(True, b"text"),) for _ in range(7)]
    server.engine.answers["select c"] = query([column], rows)
    cursor = connection.cursor()
    lobs = [lob for (lob,) in cursor.execute("select c").fetchall()]
    lobs.append(connection.createlob(oracledb.DB_TYPE_BLOB, b"x"))
    assert 8 == server.lobs_held

    kept = lobs.pop(0)
    cursor.close()
    del cursor, lobs
    connection.ping()
    connection.ping()

    # The cached statement's fetch buffer may still hold on to some.
    assert "text" == kept.read()
    assert server.lobs_held < 8


def test_stored_lob_is_not_writable(server, connection):
    """
    Writing through the locator of a fetched value is ORA-22920, never a silent loss.
    """
    column = ColumnInfo("C", t.TYPE_CLOB, buffer_size=4000)
    server.engine.answers["select c"] = query([column], [(LobValue(True, b"text"),)])
    ((lob,),) = connection.cursor().execute("select c").fetchall()

    with pytest.raises(oracledb.DatabaseError, match="ORA-22920"):
        lob.write("x")
    assert "text" == lob.read()


def test_number_as_text_beside_a_clob(server, connection):
    """
    An output type handler's text for NUMBER also works where a LOB column forces a define.
    """
    columns = [NUM, ColumnInfo("C", t.TYPE_CLOB, buffer_size=4000)]
    server.engine.answers["select n, c"] = query(columns, [(number(12), LobValue(True, b"x"))])
    cursor = connection.cursor()
    cursor.outputtypehandler = lambda c, m: (
        c.var(str, arraysize=c.arraysize) if m.type_code is oracledb.DB_TYPE_NUMBER else None
    )

    ((text, lob),) = cursor.execute("select n, c").fetchall()

    assert ("12", "x") == (text, lob.read())


def test_arrow_with_lobs_in_batches(server, connection):
    """
    Arrow batches of CLOB and BLOB columns hold every value, NULLs included.
    """
    columns = [NUM, ColumnInfo("C", t.TYPE_CLOB, buffer_size=4000)]
    rows = [
        (number(i), LobValue(True, (f"é{i}" * i).encode()) if i % 4 else None) for i in range(90)
    ]
    server.engine.answers["select n, c"] = query(columns, rows)

    frames = [pa.table(f) for f in connection.fetch_df_batches("select n, c", size=40)]

    # The reply to the definitions of a LOB statement brings the first rows.
    assert [40, 40, 10] == [frame.num_rows for frame in frames]
    expected = [f"é{i}" * i if i % 4 else None for i in range(90)]
    assert expected == pa.concat_tables(frames)["C"].to_pylist()
