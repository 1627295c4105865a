"""Everything at once, at random: workers killed and frozen, lines cut, sessions ended."""

from __future__ import annotations

import os
import random
import signal
import time

from psycopg import conninfo

from tests.scenarios.conftest import load_facts
from tests.scenarios.proxy import Line
from tests.scenarios.test_restart import assert_each_row_once

# `make chaos` takes minutes; here it is seen that nothing is fundamentally wrong.
SECONDS = float(os.environ.get("ORAFERRY_CHAOS_SECONDS", "5"))
SEED = int(os.environ.get("ORAFERRY_CHAOS_SEED", "20240229"))
LANES = 2
ROWS_PER_SECOND = 12_000  # so that the job lasts about as long as the chaos


class Chaos:
    """Workers whose source and target lie behind lines, and what may happen to them."""

    def __init__(self, yard, source, target):
        self.yard = yard
        self._lines = [source, target]
        self._random = random.Random(SEED)
        self.counts = {"killed": 0, "frozen": 0, "cut": 0, "ended": 0}
        for _ in range(LANES):
            yard.start_worker()

    def happen(self):
        """One misfortune."""
        choose = self._random.choice
        what = self._random.choices(list(self.counts), weights=[5, 1, 2, 2])[0]
        self.counts[what] += 1
        if what == "killed":
            self.yard.kill(choose(self.yard.workers))
            self.yard.start_worker()
        elif what == "frozen":
            self._freeze(choose(self.yard.workers))
        elif what == "cut":
            line = choose(self._lines)
            line.cut()
            time.sleep(0.3)
            line.mend()
        else:
            self.yard.rows(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE application_name LIKE 'oraferry:%' LIMIT 1"
            )

    def _freeze(self, worker):
        """Longer than its lease: another takes its chunk, and then it wakes up."""
        os.killpg(worker.pid, signal.SIGSTOP)
        time.sleep(2.5)
        os.killpg(worker.pid, signal.SIGCONT)


def test_chaos(oracle, make_yard, postgres_dsn):
    """
    Given a table without any key, when workers die, freeze and lose their lines at random
    until the time is over, then every row is there once, and both sides agree.
    """
    rows = int(SECONDS * ROWS_PER_SECOND)
    load_facts(oracle, rows)
    yard = make_yard(chunk_rows=3_000, batch_rows=500, lease_seconds=2, max_attempts=50)
    host, _, rest = oracle.dsn.partition(":")
    port, _, service = rest.partition("/")
    target_port = int(conninfo.conninfo_to_dict(postgres_dsn)["port"])
    with Line(int(port), host) as source, Line(target_port) as target:
        yard.environment["ORAFERRY_SOURCE_DSN"] = f"127.0.0.1:{source.port}/{service}"
        yard.environment["ORAFERRY_TARGET_DSN"] = conninfo.make_conninfo(
            postgres_dsn, host="127.0.0.1", port=target.port
        )
        chaos = Chaos(yard, source, target)
        job = yard.submit("FACTS")
        yard.wait_for("a chunk is in", lambda: yard.chunks_done(job) >= 1)
        until = time.monotonic() + SECONDS
        while time.monotonic() < until:
            chaos.happen()
            time.sleep(0.5)

        assert_each_row_once(yard, job, rows)
    (table,) = yard.services.store.list_progress(job.id)
    print(f"{chaos.counts}; {table.retries} retries, {table.rows_again} rows read again")
    assert sum(chaos.counts.values()) >= SECONDS / 4
