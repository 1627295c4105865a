"""A verification leaves nothing, disturbs nobody, and tells no secret, however it ends."""

import io
import logging
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

import oraferry
from oraferry.config import Secret, load_settings
from oraferry.errors import ConfigError, OraferryError, TargetError, TargetRefused
from oraferry.logs import configure_logging
from oraferry.postgres import sandbox
from oraferry.verify.procedures import Credentials
from tests.integration.code.conftest import verify_in

# Waits in the middle: the last statement needs a lock that the test holds.
STUCK = """
CREATE SCHEMA left_behind;
CREATE TABLE left_behind.t (a int);
CREATE FUNCTION left_behind.f() RETURNS int LANGUAGE plpgsql AS $$ BEGIN RETURN 1; END $$;
CREATE VIEW waits AS SELECT * FROM public.existing;
"""
CLIENT = """
import sys
from oraferry.config import Secret
from oraferry.code import verify_procedure_with_creds
print(verify_procedure_with_creds(sys.stdin.read(), dsn=Secret(sys.argv[1])))
"""
SESSIONS = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'oraferry verify'"


@pytest.fixture
def existing(execute, public):
    """A table with a trigger, a view and a function that the user made before."""
    execute(
        "CREATE TABLE public.existing (a int PRIMARY KEY, b text)",
        "CREATE VIEW public.seen AS SELECT a FROM public.existing",
        "CREATE FUNCTION public.stamp() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$",
        "CREATE FUNCTION public.one() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    )


def wait_until(condition):
    """Until *condition* holds; a test that waits for ever has failed."""
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_killed_client_leaves_nothing(dsn, postgres_dsn, existing, look):
    """
    Killed in the middle of a statement, the server rolls back by itself.
    """
    before = look()
    with psycopg.connect(postgres_dsn) as holder:
        holder.execute("LOCK TABLE public.existing IN ACCESS EXCLUSIVE MODE")
        client = subprocess.Popen(
            [sys.executable, "-c", CLIENT, dsn], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL
        )
        client.stdin.write(STUCK.encode())
        client.stdin.close()
        with psycopg.connect(postgres_dsn, autocommit=True) as watcher:
            waiting = f"{SESSIONS} AND wait_event_type = 'Lock'"
            wait_until(lambda: watcher.execute(waiting).fetchone() == (1,))
            client.send_signal(signal.SIGKILL)
            client.wait(timeout=30)
            holder.rollback()
            wait_until(lambda: watcher.execute(SESSIONS).fetchone() == (0,))

    assert before == look()


def test_locks_of_others_are_an_error_of_the_moment(dsn, postgres_dsn, existing, look, monkeypatch):
    """
    A lock that somebody holds is not the code's fault: the verification ends, and says so.
    """
    before = look()
    with psycopg.connect(postgres_dsn) as holder:
        holder.execute("LOCK TABLE public.existing IN ACCESS EXCLUSIVE MODE")
        monkeypatch.setattr(sandbox, "LOCK_SECONDS", 1)
        with pytest.raises(TargetError, match="lock") as refused:
            verify_in(dsn, STUCK)

    assert "try again" in refused.value.hint

    assert before == look()


def test_verifications_do_not_stop_each_other(dsn, existing, look):
    """
    The same package, several times at once: each is created, and none is in the others' way.
    """
    text = """CREATE SCHEMA package;
    CREATE FUNCTION package.f() RETURNS int LANGUAGE plpgsql AS $$ BEGIN RETURN 1; END $$;
    CREATE VIEW v AS SELECT package.f() AS x FROM existing;
    CREATE OR REPLACE FUNCTION public.one() RETURNS int LANGUAGE sql AS 'SELECT 2'"""
    before = look()

    with ThreadPoolExecutor(4) as pool:
        reports = list(
            pool.map(lambda _: verify_in(dsn, text, search_path=["package", "public"]), range(4))
        )

    assert [()] * 4 == [report.errors for report in reports]
    assert all(any("package" in note for note in report.notes) for report in reports)
    assert before == look()


def test_existing_tables_are_only_read_locked(dsn, existing, look):
    """
    Triggers, indexes, keys and views about what exists lock it no more than a SELECT does.
    """
    text = """
    CREATE OR REPLACE FUNCTION public.stamp() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.b := 'x'; RETURN NEW; END $$;
    CREATE TRIGGER t BEFORE INSERT ON existing FOR EACH ROW EXECUTE FUNCTION stamp();
    CREATE OR REPLACE TRIGGER u AFTER UPDATE OF b ON public . existing FOR EACH ROW EXECUTE FUNCTION public.stamp();
    CREATE INDEX i ON public.existing (b);
    CREATE TABLE child (a int REFERENCES public.existing, b int, FOREIGN KEY (b) REFERENCES "existing" (a));
    ALTER TABLE child ADD FOREIGN KEY (b) REFERENCES existing;
    CREATE OR REPLACE VIEW public.seen AS SELECT a, b FROM public.existing;
    CREATE TRIGGER w INSTEAD OF INSERT ON public.seen FOR EACH ROW EXECUTE FUNCTION stamp();
    COMMENT ON VIEW seen IS 'x';
    COMMENT ON TRIGGER w ON seen IS 'x';
    COMMENT ON COLUMN child.b IS 'x';
    CREATE OR REPLACE FUNCTION public.one() RETURNS int LANGUAGE sql AS 'SELECT 2';
    """
    before = look()
    locks = []

    class Looking:
        """The scratch, with a look at the locks after each statement."""

        def __init__(self, scratch):
            self._scratch = scratch

        def __getattr__(self, name):
            return getattr(self._scratch, name)

        def define(self, statement):
            outcome = self._scratch.define(statement)
            found = self._scratch._connection.execute(
                "SELECT c.relname, l.mode FROM pg_locks AS l JOIN pg_class AS c ON c.oid = l.relation "
                "WHERE c.relnamespace = 'public'::regnamespace AND l.mode <> 'AccessShareLock'"
            )
            locks.extend((statement.text, *row) for row in found.fetchall())
            return outcome

    from oraferry.ports import TargetEndpoint
    from oraferry.verify.procedures import verify_procedure
    from oraferry.wiring import open_scratch

    with open_scratch(TargetEndpoint(Secret(dsn)), search_path=["public"]) as scratch:
        report = verify_procedure(text, Looking(scratch))

    assert [] == locks
    assert () == report.errors
    assert any("seen exists" in note for note in report.notes)
    assert before == look()


def test_existing_routine_is_replaced_and_checked(verify, existing, execute, checker, look):
    """
    A new version of a routine that exists is looked at itself, and not the old one.
    """
    execute("CREATE FUNCTION public.one(x text) RETURNS int LANGUAGE sql AS 'SELECT 1'")
    before = look()

    report = verify(
        "CREATE OR REPLACE FUNCTION public.one() RETURNS int LANGUAGE plpgsql AS "
        "$$ BEGIN RETURN nosuch; END $$"
    )

    assert ["42703"] == [e.sqlstate for e in report.errors]
    assert [("one()", True)] == [(item.name, item.is_checked) for item in report.objects]
    assert before == look()


def test_no_more_than_create_is_needed(postgres_dsn, ordinary_dsn, look):
    """
    Without CREATE on the database, a schema of the path does; without any, it says what to grant.
    """
    user = psycopg.conninfo.conninfo_to_dict(ordinary_dsn)["user"]
    text = "CREATE VIEW v AS SELECT 1 AS x; CREATE FUNCTION f() RETURNS int LANGUAGE plpgsql AS 'BEGIN RETURN 1; END'"
    with psycopg.connect(postgres_dsn, autocommit=True) as connection:
        database = connection.info.dbname
        connection.execute(f"REVOKE CREATE ON DATABASE {database} FROM {user}")
        connection.execute(f"CREATE SCHEMA theirs AUTHORIZATION {user}")

    with pytest.raises(TargetRefused) as refused:
        verify_in(ordinary_dsn, text)
    before = look()
    report = verify_in(ordinary_dsn, text, search_path=["public", "theirs"])

    assert f'GRANT CREATE ON DATABASE "{database}" TO "{user}"' in refused.value.hint
    assert report.is_valid
    assert any("syntax only" in note for note in report.notes)
    assert before == look()


def test_secrets_and_source_are_told_to_nobody(postgres_dsn, ordinary_dsn, caplog, capfd):
    """
    Neither password nor text is in a log, an error, a repr or on a stream.
    """
    parts = psycopg.conninfo.conninfo_to_dict(ordinary_dsn)
    good = Credentials(
        host=str(parts["host"]),
        port=int(parts["port"]),
        database=str(parts["dbname"]),
        user=str(parts["user"]),
        password=Secret(str(parts["password"])),
    )
    wrong = Credentials(**{**vars(good), "password": Secret("wr'ong\\ p4ss")})
    away = Credentials(**{**vars(good), "port": 1})
    text = "CREATE VIEW v AS SELECT 'hush-hush' AS x FROM nowhere"
    stream = io.StringIO()
    told = []
    configure_logging("debug", "text", stream)
    with caplog.at_level(logging.DEBUG):
        for credentials in (good, wrong, away):
            told += [repr(credentials), repr(credentials.endpoint())]
            try:
                report = oraferry.verify_procedure_with_creds(text, credentials=credentials)
                assert ["42P01"] == [e.sqlstate for e in report.errors]
            except OraferryError as error:
                told += [str(error), repr(error), str(error.hint), str(error.context)]
                told += [str(error.__cause__), repr(error.__cause__)]
    told += [stream.getvalue(), caplog.text, *capfd.readouterr()]

    assert 2 == sum("PostgreSQL" in t and "connecting" in t for t in told if "(" not in t)
    for secret in (good.password.reveal(), "wr'ong", "p4ss", "hush-hush"):
        assert [] == [t for t in told if secret in t]


def test_credentials_are_one_of_two():
    """
    A DSN or credentials, not both and not neither.
    """
    with pytest.raises(ConfigError):
        oraferry.verify_procedure_with_creds("CREATE VIEW v AS SELECT 1 AS x")


def test_configured_target_is_the_other_way(ordinary_dsn):
    """
    verify_procedure takes the target of the settings.
    """
    settings = load_settings({"target_dsn": ordinary_dsn}, environment={})

    report = oraferry.verify_procedure("CREATE VIEW v AS SELECT 1 AS x", settings=settings)

    assert report.is_valid


def test_importing_oraferry_imports_nothing_heavy():
    """
    The exported names are looked up when somebody asks for them.
    """
    code = "import sys, oraferry; print(len([m for m in sys.modules if m.startswith('oraferry.')]))"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=os.environ, check=True
    )

    assert "0" == done.stdout.strip()
