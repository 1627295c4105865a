"""A password goes in by every door; it comes out nowhere."""

from __future__ import annotations

import threading
import time

import httpx
import psutil
import pytest
from psycopg import conninfo

from tests.e2e.test_migrate import load_orders, serve

PASSWORD = "hunter2"


@pytest.fixture
def secretive(ferry, oracle, postgres_server, postgres_dsn):
    """Source and target users whose password is the word that must not be seen."""
    import psycopg

    with psycopg.connect(postgres_server.admin_dsn, autocommit=True) as connection:
        connection.execute("DROP ROLE IF EXISTS leaky")
        connection.execute(f"CREATE ROLE leaky LOGIN SUPERUSER PASSWORD '{PASSWORD}'")
    given = conninfo.conninfo_to_dict(postgres_dsn)
    url = f"postgresql://leaky:{PASSWORD}@{given['host']}:{given['port']}/{given['dbname']}"
    ferry.environment["ORAFERRY_TARGET_DSN"] = url
    ferry.environment["ORAFERRY_LOG_LEVEL"] = "debug"
    ferry.nursery = None  # processes that have arguments of their own
    yield ferry
    # What the role made stays in the test's database until that is dropped; so does the role.
    with psycopg.connect(postgres_dsn, autocommit=True) as connection:
        connection.execute("DROP OWNED BY leaky CASCADE")
        connection.execute("DROP ROLE leaky")


class Watch:
    """Looks at the arguments of every process of this machine, again and again."""

    def __init__(self):
        self.seen = []
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._look)

    def _look(self):
        while not self._stop.wait(0.1):
            for process in psutil.process_iter(["cmdline"]):
                line = " ".join(process.info["cmdline"] or [])
                if PASSWORD in line:
                    self.seen.append(line)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        self._thread.join()


def test_a_password_in_a_request_is_seen_nowhere(secretive, oracle, read_everything, simulator):
    """
    Given passwords in an HTTP request, when the job runs with debug logs, fails and succeeds,
    then no response, event, log line, argument or row of the store shows them.
    """
    load_orders(oracle, 500)
    simulator.simulator.create_user("LEAKY", PASSWORD, profile="catalog-owner")
    oracle.run("GRANT SELECT, FLASHBACK ON orders TO leaky")
    body = {
        "tables": [f"{oracle.schema}.ORDERS"],
        "source": {"dsn": oracle.dsn, "user": "LEAKY", "password": PASSWORD},
        "target": {"dsn": secretive.environment["ORAFERRY_TARGET_DSN"]},
    }
    with Watch() as watch:
        server, base = serve(secretive)
        worker = secretive.start("worker")
        answers = [
            httpx.post(f"{base}/migrations", json=body, timeout=60),
            httpx.post(f"{base}/migrations", json={**body, "mode": PASSWORD}),
            httpx.post(f"{base}/migrations", json={**body, "tables": PASSWORD}),
            httpx.post(f"{base}/migrations", content=f'{{"password": "{PASSWORD}'),
            httpx.post(
                f"{base}/migrations",
                json={**body, "source": {**body["source"], "dsn": "127.0.0.1:1/x"}},
                timeout=60,
            ),
            httpx.post(
                f"{base}/migrations",
                json={**body, "target": {"dsn": f"postgresql://u:{PASSWORD}@127.0.0.1:1/x"}},
                timeout=60,
            ),
        ]
        assert 202 == answers[0].status_code, answers[0].text
        links = answers[0].json()["links"]
        stored = read_everything()
        answers.append(httpx.get(base + links["events"], timeout=60))
        answers += [httpx.get(base + links["self"]), httpx.get(f"{base}/migrations")]
        time.sleep(0.2)
        server.terminate(), worker.terminate()
        logs = [secretive.finish(server), secretive.finish(worker)]

    assert [202, 422, 422, 422, 502, 502, 200, 200, 200] == [a.status_code for a in answers]
    assert "COMPLETED" == answers[-2].json()["status"], answers[-2].text
    assert '"verified":true' in answers[-3].text.replace(" ", ""), "the stream shows the tables"
    assert not [a.text for a in answers if PASSWORD in a.text]
    assert not [log for log in logs if PASSWORD in log.out + log.err]
    assert PASSWORD not in stored
    assert PASSWORD not in read_everything()
    assert [] == watch.seen


def test_a_password_in_a_setting_is_seen_nowhere(secretive, oracle, read_everything):
    """
    Given passwords in settings, when `migrate` runs lanes of its own, then neither output nor
    arguments nor the store show them.
    """
    load_orders(oracle, 500)
    with Watch() as watch:
        done = secretive.run("migrate", "--table", f"{oracle.schema}.ORDERS")
        wrong = secretive.run(
            "migrate", "--table", f"{oracle.schema}.ORDERS", THE_PASSWORD=PASSWORD
        )

    assert (0, 4) == (done.code, wrong.code), done.err + wrong.err
    assert not [r for r in (done, wrong) if PASSWORD in r.out + r.err]
    assert PASSWORD not in read_everything()
    assert [] == watch.seen
