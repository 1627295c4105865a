"""Faults on request, each as the unmodified driver meets it; and the control over HTTP."""

from __future__ import annotations

import json
import threading
import time
import urllib.error
import urllib.request

import oracledb
import pytest
from canned import CannedEngine, Rows, number, wait_until
from orasim.control import Control
from orasim.database import Database
from orasim.engine import ColumnInfo, Outcome
from orasim.server import OrasimServer

from orasim import engine as t

NUM = ColumnInfo("N", t.TYPE_NUMBER, 10, 0, 22)


@pytest.fixture(params=["19c", "23ai"])
def server(request):
    """The two forms of the wire: classic, and with an end of response."""
    with OrasimServer(CannedEngine(), personality=request.param) as running:
        yield running


def many(count):
    """A result of *count* numbers."""
    return lambda *_: Outcome("query", Rows([NUM], [(number(i),) for i in range(count)]))


def log_on(server):
    """Another session."""
    return oracledb.connect(user="scott", password="tiger", dsn=f"127.0.0.1:{server.port}/ORASIM")


def read(connection, rows=10):
    """All rows, in fetches of *rows*."""
    cursor = connection.cursor()
    cursor.arraysize = cursor.prefetchrows = rows
    return cursor.execute("select n").fetchall()


@pytest.mark.parametrize("code", [1555, 8103, 1466, 4031])
def test_an_error_in_the_middle_of_a_fetch(server, connection, code):
    """
    The error comes at that fetch, once; the session lives and the statement then runs whole.
    """
    server.engine.answers["select n"] = many(50)
    server.faults.raise_error(code, matching="select n", at_fetch=3)
    cursor = connection.cursor()
    cursor.arraysize = cursor.prefetchrows = 10
    cursor.execute("select n")
    got = cursor.fetchmany(20)

    with pytest.raises(oracledb.DatabaseError) as met:
        cursor.fetchall()

    assert (20, code) == (len(got), met.value.args[0].code)
    assert 50 == len(read(connection))


def test_end_of_file_on_the_channel(server, connection):
    """
    After ORA-03113 the session is gone; the driver knows, and a new one works.
    """
    server.engine.answers["select n"] = many(5)
    server.faults.raise_error(3113, matching="select n", at_fetch=0)

    with pytest.raises(oracledb.DatabaseError, match="DPY-4011") as met:
        read(connection)

    assert met.value.args[0].isrecoverable
    assert not connection.is_healthy()
    with log_on(server) as another:
        assert 5 == len(read(another))


def test_a_packet_stalls_in_its_middle(server, connection):
    """
    Half a reply, silence, the rest: the rows arrive whole, only later.
    """
    server.engine.answers["select n"] = many(50)
    server.faults.split_packet(0.3, matching="select n", at_fetch=2)
    started = time.monotonic()

    assert list(range(50)) == [n for (n,) in read(connection)]
    assert 0.3 <= time.monotonic() - started < 3


def test_a_timeout_in_half_a_packet(server, connection):
    """
    A client that loses patience in the middle of a packet gets its call cancelled.
    """
    server.engine.answers["select n"] = many(50)
    server.faults.split_packet(30, matching="select n", at_fetch=2)
    connection.call_timeout = 200

    with pytest.raises(oracledb.DatabaseError, match=r"DPY-4024|DPY-4011"):
        read(connection)


def test_a_slow_login(server):
    """
    A login takes as long as asked; sessions that exist do not notice.
    """
    with log_on(server) as connection:
        server.faults.login_seconds = 0.3
        started = time.monotonic()
        connection.ping()
        quick = time.monotonic() - started
        log_on(server).close()

    assert quick < 0.3 <= time.monotonic() - started


def test_bandwidth(server, connection):
    """
    What a connection is sent takes the time that the limit says.
    """
    server.engine.answers["select n"] = many(4000)
    read(connection, 4000)
    before = server.counters.bytes_out
    server.faults.bytes_per_second = 50_000
    started = time.monotonic()

    assert 4000 == len(read(connection, 4000))

    sent = server.counters.bytes_out - before
    assert time.monotonic() - started >= sent / 50_000 * 0.9


def test_a_killed_session(server, connection):
    """
    An idle session that was killed hears ORA-00028 at its next call, and is gone then.
    """
    server.engine.answers["update"] = lambda *_: Outcome("dml", row_count=1)
    connection.cursor().execute("update")
    (sid,) = [one["sid"] for one in server.list_sessions()]

    server.kill_session(sid)

    # Its changes and locks go at once, before the client comes back.
    assert wait_until(lambda: server.engine.rollbacks == 1)
    with pytest.raises(oracledb.DatabaseError, match=r"DPY-4011|ORA-00028"):
        connection.cursor().execute("update")
    assert not connection.is_healthy()
    assert wait_until(lambda: not server.list_sessions())
    with pytest.raises(KeyError):
        server.kill_session(sid)


def test_a_session_killed_in_a_call(server, connection):
    """
    The running call of a killed session ends soon.
    """
    (sid,) = [one["sid"] for one in server.list_sessions()]
    threading.Timer(0.2, server.kill_session, [sid]).start()
    started = time.monotonic()

    with pytest.raises(oracledb.DatabaseError, match=r"DPY-4011|ORA-00028"):
        connection.cursor().execute("sleep")

    assert time.monotonic() - started < 5


@pytest.fixture
def database():
    """An Oracle with a DBA and another user."""
    engine = Database()
    engine.create_user("SCOTT", "tiger", profile="owner")
    engine.create_user("BOSS", "tiger", profile="dba")
    with OrasimServer(engine) as running:
        yield running


def test_alter_system_kill_session(database):
    """
    Killing by SQL takes SID and SERIAL# of V$SESSION, and the privilege.
    """
    with (
        log_on(database) as victim,
        oracledb.connect(
            user="boss", password="tiger", dsn=f"127.0.0.1:{database.port}/ORASIM"
        ) as boss,
    ):
        cursor = boss.cursor()
        cursor.execute("SELECT sid || ',' || serial# FROM v$session WHERE username = 'SCOTT'")
        (address,) = cursor.fetchone()
        for statement, code in (
            (f"ALTER SYSTEM KILL SESSION '{address}'", 1031),
            ("ALTER SYSTEM KILL SESSION '999,1' IMMEDIATE", 30),
            ("ALTER SYSTEM KILL SESSION 'x'", 26),
            ("ALTER SYSTEM SWITCH LOGFILE", 3001),
        ):
            with pytest.raises(oracledb.DatabaseError) as met:
                (victim.cursor() if code == 1031 else cursor).execute(statement)
            assert code == met.value.args[0].code

        cursor.execute(f"ALTER SYSTEM KILL SESSION '{address}' IMMEDIATE")

        cursor.execute("SELECT status FROM v$session WHERE username = 'SCOTT'")
        assert ("KILLED",) == cursor.fetchone()
        with pytest.raises(oracledb.DatabaseError, match=r"DPY-4011|ORA-00028"):
            victim.cursor().execute("SELECT 1 FROM dual")


# -- over HTTP -----------------------------------------------------------------------------------


@pytest.fixture
def ask(server):
    """(method, path, body) -> (status, answer) from the control of *server*."""
    with Control(server) as control:

        def request(method, path, body=None, **headers):
            data = None if body is None else json.dumps(body).encode()
            asked = urllib.request.Request(
                f"http://127.0.0.1:{control.port}{path}", data, headers, method=method
            )
            try:
                with urllib.request.urlopen(asked, timeout=10) as reply:
                    return reply.status, json.load(reply)
            except urllib.error.HTTPError as error:
                return error.code, json.load(error)

        yield request


def test_control_plans_and_clears(server, connection, ask):
    """
    A fault planned over HTTP happens, is listed while it waits, and can be taken back.
    """
    server.engine.answers["select n"] = many(50)
    body = {"kind": "error", "code": 1555, "matching": "select n", "at_fetch": 2}
    assert 200 == ask("POST", "/faults", body)[0]
    assert [{**body, "times": 1}] == ask("GET", "/faults")[1]["planned"]

    with pytest.raises(oracledb.DatabaseError, match="ORA-01555"):
        read(connection)

    assert [] == ask("GET", "/faults")[1]["planned"]
    ask("POST", "/faults", {"kind": "refuse", "nth": 2})
    ask("PUT", "/conditions", {"latency_seconds": 0.2, "bytes_per_second": 10})
    cleared = {"latency_seconds": 0.0, "login_seconds": 0.0, "bytes_per_second": 0}
    assert (200, {"planned": [], "conditions": cleared}) == ask("DELETE", "/faults")
    assert 50 == len(read(connection))


def test_control_counts_and_kills(server, connection, ask):
    """
    Round trips, statements and bytes are readable in all and per session.
    """
    server.engine.answers["select n"] = many(50)
    before = ask("GET", "/counters")[1]
    read(connection)
    after = ask("GET", "/counters")[1]
    assert (6, 1) == tuple(after[name] - before[name] for name in ("round_trips", "statements"))
    assert after["bytes_out"] > before["bytes_out"]

    (session,) = ask("GET", "/sessions")[1]
    assert ("SCOTT", False) == (session["user"], session["is_killed"])
    assert 200 == ask("POST", f"/sessions/{session['sid']}/kill")[0]
    with pytest.raises(oracledb.DatabaseError, match=r"DPY-4011|ORA-00028"):
        read(connection)
    assert 404 == ask("POST", "/sessions/4711/kill")[0]


def test_control_drops_connections(connection, ask):
    """
    Every client is cut off without a word.
    """
    ask("POST", "/connections/drop")

    with pytest.raises(oracledb.DatabaseError, match="DPY-4011"):
        connection.cursor().execute("select n")


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("GET", "/nothing", None, 404),
        ("POST", "/faults", {"kind": "earthquake"}, 400),
        ("POST", "/faults", {"kind": "error", "matching": "x"}, 400),
        ("POST", "/faults", {"kind": "error", "code": "1555", "matching": "x"}, 400),
        ("POST", "/faults", {"kind": "drop", "matching": "("}, 400),
        ("POST", "/faults", {"kind": "drop", "matching": "x", "when": 1}, 400),
        ("POST", "/faults", ["drop"], 400),
        ("PUT", "/conditions", {"latency_seconds": -1}, 400),
        ("PUT", "/conditions", {"weather": 1}, 400),
        ("POST", "/undo/expire", None, 409),
    ],
)
def test_control_refuses(ask, method, path, body, status):
    """
    What is not understood changes nothing and says why.
    """
    found, answer = ask(method, path, body)

    assert status == found
    assert answer["error"]
    assert [] == ask("GET", "/faults")[1]["planned"]


def test_control_answers_no_browser(ask):
    """
    A page that a browser loaded cannot use the control, by whatever name it finds it.
    """
    assert 403 == ask("GET", "/counters", Host="evil.example:80")[0]
    assert 403 == ask("POST", "/connections/drop", Origin="http://evil.example")[0]


def test_undo_expires_on_request(database):
    """
    Snapshots from before are too old; one that is taken now is not.
    """
    with log_on(database) as connection, Control(database) as control:
        cursor = connection.cursor()
        cursor.execute("CREATE TABLE t (n NUMBER)")
        cursor.execute("INSERT INTO t VALUES (1)")
        connection.commit()
        past = database.engine.storage.expose_scn()
        sql = "SELECT n FROM t AS OF SCN :scn"
        assert [(1,)] == cursor.execute(sql, [past]).fetchall()

        urllib.request.urlopen(
            urllib.request.Request(f"http://127.0.0.1:{control.port}/undo/expire", method="POST")
        )

        with pytest.raises(oracledb.DatabaseError, match="ORA-01555"):
            cursor.execute(sql, [past]).fetchall()
        now = database.engine.storage.expose_scn()
        assert [(1,)] == cursor.execute(sql, [now]).fetchall()
