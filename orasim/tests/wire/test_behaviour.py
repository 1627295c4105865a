"""Breaks, faults, refusals and counters, through the unmodified driver."""

from __future__ import annotations

import asyncio
import contextlib
import datetime
import socket
import ssl
import threading
import time

import oracledb
import pytest
from canned import CannedEngine, Rows, number, wait_until
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from orasim.engine import ColumnInfo, LobValue, OracleError, Outcome
from orasim.server import OrasimServer

from orasim import engine as t

NUM = ColumnInfo("N", t.TYPE_NUMBER, 10, 0, 22)
CLOB = ColumnInfo("C", t.TYPE_CLOB, buffer_size=4000)


def many(count):
    """A canned query of *count* numbers."""
    return lambda *_: Outcome("query", Rows([NUM], [(number(i),) for i in range(count)]))


def log_on(server, **options):
    """One more session."""
    dsn = f"127.0.0.1:{server.port}/ORASIM"
    return oracledb.connect(user="scott", password="tiger", dsn=dsn, **options)


def test_large_packets_are_negotiated(server):
    """
    With an SDU of 2 MB a large result takes the packets it needs, and arrives whole.
    """
    column = ColumnInfo("S", t.TYPE_VARCHAR, buffer_size=4000, max_chars=4000)
    text = b"y" * 4000
    server.engine.answers["select s"] = lambda *_: Outcome(
        "query", Rows([column], [(text,)] * 1500)
    )
    with log_on(server, sdu=2_097_152) as session:
        cursor = session.cursor()
        cursor.arraysize = cursor.prefetchrows = 1500

        assert [(text.decode(),)] * 1500 == cursor.execute("select s").fetchall()


def test_engine_bugs_are_errors_not_hangs(server, connection):
    """
    An exception inside the engine is ORA-03001 with its name, and the session goes on.
    """
    server.engine.answers["select n"] = many(1)

    with pytest.raises(oracledb.DatabaseError, match=r"ORA-03001.*ZeroDivisionError"):
        connection.cursor().execute("explode")

    assert [(0,)] == connection.cursor().execute("select n").fetchall()


def test_client_that_stops_decoding(server, connection):
    """
    A client-side error during a fetch (no Arrow type for ROWID) leaves the session usable.
    """
    column = ColumnInfo("R", t.TYPE_ROWID, buffer_size=18)
    server.engine.answers["select r"] = lambda *_: Outcome("query", Rows([column], [(None,)] * 5))
    server.engine.answers["select n"] = many(3)

    with pytest.raises(oracledb.Error):
        connection.fetch_df_all("select r")

    assert 3 == len(connection.cursor().execute("select n").fetchall())


def test_break_while_idle(server, connection):
    """
    A cancel without a running call does not disturb the next ones.
    """
    server.engine.answers["select n"] = many(2)
    connection.cancel()
    time.sleep(0.2)

    for _ in range(3):
        try:
            rows = connection.cursor().execute("select n").fetchall()
        except oracledb.DatabaseError as error:
            assert "ORA-01013" in str(error)
            rows = None

    assert [(0,), (1,)] == rows


def test_timeout_in_a_stalled_fetch(server, connection):
    """
    A stalled fetch ends with the client's timeout, and the same statement then runs whole.
    """
    server.engine.answers["select n"] = many(500)
    server.faults.stall(30, matching="select n", at_fetch=2)
    cursor = connection.cursor()
    cursor.arraysize = 100
    connection.call_timeout = 300
    started = time.monotonic()

    with pytest.raises(oracledb.DatabaseError, match="DPY-4024"):
        cursor.execute("select n").fetchall()

    assert time.monotonic() - started < 5
    connection.call_timeout = 0
    assert 500 == len(cursor.execute("select n").fetchall())


def test_first_execution_cancelled_is_described_again(server, connection):
    """
    When the reply with the columns was thrown away, the next run brings them.
    """
    server.engine.answers["select n"] = many(5)
    server.faults.stall(30, matching="select n", at_fetch=1)
    connection.call_timeout = 200
    cursor = connection.cursor()
    with pytest.raises(oracledb.DatabaseError, match="DPY-4024"):
        cursor.execute("select n")
    connection.call_timeout = 0

    assert 5 == len(cursor.execute("select n").fetchall())


def test_latency_per_round_trip(server, connection):
    """
    Latency is added to each round trip, which the counters count.
    """
    server.engine.answers["select n"] = many(50)
    cursor = connection.cursor()
    cursor.arraysize = cursor.prefetchrows = 10
    before = server.counters
    server.faults.latency_seconds = 0.05
    started = time.monotonic()

    assert 50 == len(cursor.execute("select n").fetchall())

    spent, after = time.monotonic() - started, server.counters
    trips = after.round_trips - before.round_trips
    assert 6 == trips  # five full batches, and the one that finds the end
    assert spent >= trips * 0.05
    assert 1 == after.statements - before.statements
    assert after.bytes_out > before.bytes_out and after.bytes_in > before.bytes_in


def test_refused_connections(server):
    """
    Exactly the planned connection is refused with ORA-12520.
    """
    server.faults.refuse_connection(nth=2)

    log_on(server).close()
    with pytest.raises(oracledb.DatabaseError, match=r"DPY-6\d+|12520"):
        log_on(server)
    log_on(server).close()


def test_dropped_connections_are_noticed(server, connection):
    """
    After the server cut everybody off, a call is DPY-4011 and a new login works.
    """
    server.drop_connections()

    with pytest.raises(oracledb.DatabaseError, match="DPY-4011"):
        connection.cursor().execute("select n")
    log_on(server).close()
    assert wait_until(lambda: server.engine.closed == 2)


def test_a_vanished_client_ends_its_long_call(server):
    """
    A client that leaves without a word during a long call does not keep the session busy.
    """
    connection = log_on(server)
    thread = threading.Thread(target=_run_quietly, args=(connection, "sleep"))
    thread.start()
    assert wait_until(lambda: any(sql == "sleep" for sql, _, _ in server.engine.seen))
    server.drop_connections()
    thread.join(5)

    assert not thread.is_alive()
    assert wait_until(lambda: server.engine.closed == 1, 3)


def _run_quietly(connection, sql):
    try:
        connection.cursor().execute(sql)
    except oracledb.Error:
        return


def test_what_is_not_modelled_is_refused(server, connection):
    """
    Two-phase commit, queues and scrollable cursors are ORA-03001; the session goes on.
    """
    server.engine.answers["select n"] = many(2)
    with pytest.raises(oracledb.DatabaseError, match="ORA-03001"):
        connection.tpc_begin(connection.xid(1, "txn", "branch"))
    with pytest.raises(oracledb.DatabaseError, match="ORA-03001"):
        connection.cursor(scrollable=True).execute("select n")

    assert 2 == len(connection.cursor().execute("select n").fetchall())


def test_pooled_servers_are_refused(server):
    """
    DRCP is not offered: the listener says so.
    """
    with pytest.raises(oracledb.DatabaseError, match=r"DPY-6\d+|12520"):
        log_on(server, server_type="pooled", cclass="x")


def test_nonsense_closes_the_connection(server):
    """
    Bytes that are no Oracle protocol end the connection at once, without a hang.
    """
    for nonsense in (b"GET / HTTP/1.1\r\n\r\n", bytes(8), b"\x00\x08\x00\x00\x06\x00\x00\x00"):
        with socket.create_connection(("127.0.0.1", server.port), timeout=5) as client:
            client.sendall(nonsense)
            client.settimeout(5)
            with contextlib.suppress(ConnectionResetError):
                assert b"" == client.recv(100)


def test_schema_and_attributes(server, connection):
    """
    The current schema and cleared attributes reach the engine with the next call.
    """
    connection.current_schema = "SALES"
    connection.module, connection.action = "", "a"
    connection.ping()

    assert {"module": "", "action": "a", "schema": "SALES"}.items() <= server.engine.info.items()


def test_error_in_a_piggyback_is_the_next_calls(server, connection):
    """
    A schema that does not exist is the error of the call that carries it; another one works.
    """
    server.engine.answers["select n"] = many(2)
    connection.current_schema = "NOWHERE"
    with pytest.raises(oracledb.DatabaseError, match="ORA-01435"):
        connection.cursor().execute("select n")
    connection.current_schema = "SALES"

    assert 2 == len(connection.cursor().execute("select n").fetchall())


def test_autocommit(server, connection):
    """
    Autocommit commits with the statement, first run and re-execution alike.
    """
    server.engine.answers["insert into t values (:1)"] = lambda _, n: Outcome("dml", row_count=n)
    connection.autocommit = True
    cursor = connection.cursor()
    cursor.execute("insert into t values (:1)", [1])
    cursor.execute("insert into t values (:1)", [2])

    assert 2 == server.engine.commits


def test_re_execution_remembers_binds_and_sees_new_columns(server, connection):
    """
    A cached statement re-runs with new values, and a changed shape is described anew.
    """
    shapes = iter([[NUM], [NUM], [NUM, ColumnInfo("S", t.TYPE_VARCHAR, 0, 0, 10, 10)]])

    def run(binds, executions):
        columns = next(shapes)
        return Outcome("query", Rows(columns, [(binds[0].values[0], b"s")[: len(columns)]]))

    server.engine.answers["select :1"] = run
    got = [connection.cursor().execute("select :1", [i]).fetchall() for i in (1, 2, 3)]

    assert [[(1,)], [(2,)], [(3, "s")]] == got


def test_closed_cursors_are_closed_in_the_engine(server):
    """
    Result cursors of closed statements and sessions are freed.
    """
    closed = []

    class Counting(Rows):
        def close(self):
            closed.append(1)

    server.engine.answers["select n"] = lambda *_: Outcome(
        "query", Counting([NUM], [(number(i),) for i in range(500)])
    )
    with log_on(server, stmtcachesize=0) as session:
        for _ in range(3):
            with session.cursor() as cursor:
                cursor.execute("select n").fetchone()
        session.ping()
        assert 3 == len(closed)
        session.cursor().execute("select n").fetchone()
    assert wait_until(lambda: len(closed) == 4)


def test_error_keeps_transaction_and_position(server, connection):
    """
    An error within a transaction does not end it.
    """
    server.engine.answers["update t"] = Outcome("dml", row_count=1)
    server.engine.answers["bad"] = OracleError(904, '"X": invalid identifier', offset=7)
    connection.cursor().execute("update t")
    with pytest.raises(oracledb.DatabaseError, match="ORA-00904"):
        connection.cursor().execute("bad")

    assert connection.transaction_in_progress


def test_async_lobs_cancel_and_timeouts():
    """
    The async client reads LOBs, times out and goes on, with and without end of response.
    """

    async def talk(server):
        async with oracledb.connect_async(
            user="scott", password="tiger", dsn=f"127.0.0.1:{server.port}/ORASIM"
        ) as session:
            cursor = session.cursor()
            await cursor.execute("select c")
            ((lob,),) = await cursor.fetchall()
            text = await lob.read()
            session.call_timeout = 300
            with pytest.raises(oracledb.DatabaseError, match="DPY-4024"):
                await cursor.execute("sleep")
            session.call_timeout = 0
            await cursor.execute("select n")
            return text, len(await cursor.fetchall())

    for personality in ("12.1", "19c", "23ai"):
        engine = CannedEngine()
        engine.answers["select c"] = lambda *_: Outcome(
            "query", Rows([CLOB], [(LobValue(True, b"hello" * 5000),)])
        )
        engine.answers["select n"] = many(250)
        with OrasimServer(engine, personality=personality) as server:
            assert ("hello" * 5000, 250) == asyncio.run(talk(server))


@pytest.mark.parametrize("continues", [True, False])
def test_async_pipeline(continues):
    """
    A pipeline's calls run in order; an error ends it, unless it shall go on.
    """
    engine = CannedEngine()
    engine.answers["insert into t values (:1)"] = lambda _, n: Outcome("dml", row_count=n)
    engine.answers["select n"] = many(3)

    async def talk(server):
        async with oracledb.connect_async(
            user="scott", password="tiger", dsn=f"127.0.0.1:{server.port}/ORASIM"
        ) as session:
            pipeline = oracledb.create_pipeline()
            pipeline.add_execute("insert into t values (:1)", [1])
            pipeline.add_execute("unknown")
            pipeline.add_fetchall("select n")
            pipeline.add_commit()
            try:
                results = await session.run_pipeline(pipeline, continue_on_error=continues)
            finally:
                cursor = session.cursor()
                await cursor.execute("select n")
                after = await cursor.fetchall()
            return results, after

    with OrasimServer(engine, personality="23ai") as server:
        if continues:
            results, after = asyncio.run(talk(server))
            assert "ORA-03001" in str(results[1].error)
            assert [(0,), (1,), (2,)] == results[2].rows == after
        else:
            with pytest.raises(oracledb.DatabaseError, match="ORA-03001"):
                asyncio.run(talk(server))
    assert int(continues) == engine.commits


def test_tls(tmp_path):
    """
    With an SSL context the driver's tcps sessions fetch and cancel as others do.
    """
    server_side, client_side = _contexts(tmp_path)
    engine = CannedEngine()
    engine.answers["select n"] = many(700)
    with OrasimServer(engine, ssl_context=server_side) as server:
        session = oracledb.connect(
            user="scott",
            password="tiger",
            dsn=f"tcps://127.0.0.1:{server.port}/ORASIM",
            ssl_context=client_side,
            ssl_server_dn_match=False,
        )
        with session:
            session.call_timeout = 300
            with pytest.raises(oracledb.DatabaseError, match="DPY-4024"):
                session.cursor().execute("sleep")
            session.call_timeout = 0

            assert 700 == len(session.cursor().execute("select n").fetchall())


def _contexts(folder):
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    pem = folder / "server.pem"
    pem.write_bytes(
        certificate.public_bytes(Encoding.PEM)
        + key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    )
    server_side = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server_side.load_cert_chain(pem)
    client_side = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client_side.check_hostname = False
    client_side.load_verify_locations(pem)
    return server_side, client_side
