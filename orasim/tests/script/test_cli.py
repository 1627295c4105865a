"""The ``orasim`` command as a process."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.request

import oracledb
import pytest

ORASIM = [sys.executable, "-m", "orasim.cli"]


def test_serve_lets_a_driver_in(tmp_path):
    """
    serve loads its scripts, says where it listens, and ends with 0 on SIGTERM.
    """
    script = tmp_path / "s.sql"
    script.write_text("create table t (a number);\ninsert into t values (&v);\n")
    command = [*ORASIM, "serve", "--port", "0", "--script", str(script), "--define", "v=42"]
    command += ["--user", "bob/pw", "--user", "reader/pw2:grants"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        assert f"{script}: 2 statements, 0 failed\n" == server.stdout.readline()
        place = server.stdout.readline().split()[3].rstrip(",")
        with oracledb.connect(user="bob", password="pw", dsn=place) as connection:
            found = connection.cursor().execute("select a from t").fetchall()
        server.terminate()

    assert [(42,)] == found
    assert 0 == server.returncode


def test_serve_gives_a_control(tmp_path):
    """
    With --control another process plans faults and reads counters over HTTP.
    """
    command = [*ORASIM, "serve", "--port", "0", "--control", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        place = server.stdout.readline().split()[3].rstrip(",")
        control = server.stdout.readline().split()[-1]
        body = b'{"kind": "error", "code": 8103, "matching": "dual", "at_fetch": 0}'
        urllib.request.urlopen(urllib.request.Request(f"{control}/faults", body, method="POST"))
        with oracledb.connect(user="scott", password="tiger", dsn=place) as connection:
            with pytest.raises(oracledb.DatabaseError, match="ORA-08103"):
                connection.cursor().execute("SELECT 1 FROM dual")
            with urllib.request.urlopen(f"{control}/counters") as reply:
                counters = json.load(reply)
        server.terminate()

    assert counters["connections"] == 1 and counters["statements"] >= 1
    assert 0 == server.returncode


def test_serve_refuses_a_failing_script(tmp_path):
    """
    A database that is not what its scripts say is not served.
    """
    script = tmp_path / "s.sql"
    script.write_text("drop table nowhere;\n")

    done = subprocess.run(
        [*ORASIM, "serve", "--port", "0", "--script", str(script)],
        capture_output=True, text=True, timeout=30,
    )  # fmt: skip

    assert 1 == done.returncode
    assert "s.sql:1: ORA-00942" in done.stderr
    assert "hint:" in done.stderr


def test_load_lists_every_failure(tmp_path):
    """
    load goes on to the end, lists what failed, and ends with 1.
    """
    script = tmp_path / "s.sql"
    script.write_text("drop table a;\ncreate table b (x number);\ndrop table c;\n")

    done = subprocess.run([*ORASIM, "load", str(script)], capture_output=True, text=True)

    assert 1 == done.returncode
    assert f"{script}: 3 statements, 2 failed\n" == done.stdout
    assert 2 == done.stderr.count("ORA-00942")


@pytest.mark.parametrize("users", [[], ["--user", "SYSTEM/pw:dba"], ["--user", "admin/pw:dba"]])
def test_scripts_that_make_users_run_as_a_dba(tmp_path, users):
    """
    A script that makes its schema's user needs no flag; SYSTEM, which is there already, may be named.
    """
    script = tmp_path / "s.sql"
    script.write_text(
        "create user shop identified by pw;\nalter session set current_schema = shop;\n"
        "create table t (a number);\n"
    )
    done = subprocess.run([*ORASIM, "load", *users, str(script)], capture_output=True, text=True)

    assert (0, f"{script}: 3 statements, 0 failed\n") == (done.returncode, done.stdout)


def test_a_user_that_is_there_twice_is_an_error(tmp_path):
    """
    The same user twice is a usage error, told in a line.
    """
    script = tmp_path / "s.sql"
    script.write_text("create table t (a number);\n")

    done = subprocess.run(
        [*ORASIM, "load", "--user", "a/b", "--user", "a/c", str(script)],
        capture_output=True,
        text=True,
    )

    assert 2 == done.returncode
    assert "conflicts with another user" in done.stderr
    assert 1 == done.stderr.count("\n")
