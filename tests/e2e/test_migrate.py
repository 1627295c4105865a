"""A migration from the command line: real processes, real PostgreSQL, Oracle at wire level."""

from __future__ import annotations

import json
import os
import signal
import time

import httpx
import numpy as np
import psutil
import pyarrow as pa
import pytest

ROWS = 3000


def load_orders(oracle, rows=ROWS, table="ORDERS"):
    """A table with a key and every kind of value that a first migration meets."""
    oracle.run(
        f"CREATE TABLE {table} (id NUMBER(9) PRIMARY KEY, amount NUMBER(12,2), word VARCHAR2(40), "
        "at DATE)"
    )
    ids = np.arange(1, rows + 1)
    oracle.bulk_load(
        table,
        {
            "ID": pa.array(ids),
            "AMOUNT": pa.array(ids).cast(pa.decimal128(19, 0)),
            "WORD": pa.array([f"wörd {i}" for i in ids], pa.large_string()),
            "AT": pa.array(ids * 60_000_000, pa.timestamp("us")),
        },
    )


def wait_for(what, condition, seconds=60):
    """Poll until *condition* gives something true."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if found := condition():
            return found
        time.sleep(0.1)
    raise AssertionError(f"never: {what}")


def serve(shell):
    """`oraferry serve` on a free port, answering; the process and its address."""
    server = shell.start("serve", "--json", "--api-port", "0")
    base = json.loads(server.stdout.readline())["address"]
    assert 200 == httpx.get(f"{base}/health/ready", timeout=30).status_code
    return server, base


def test_migrate_moves_verifies_and_reports(ferry, oracle, read_target):
    """
    Given two tables, when `migrate` runs, then it ends with 0, both are in PostgreSQL, and the
    report shows counts and digests of both sides.
    """
    load_orders(oracle)
    oracle.run("CREATE TABLE empty_one (id NUMBER(9))")

    result = ferry.run("migrate", "--table", f"{oracle.schema}.*")

    assert 0 == result.code, result.err
    schema = oracle.schema.lower()
    total = ROWS * (ROWS + 1) // 2
    assert [(ROWS, total)] == read_target(f"SELECT count(*), sum(id) FROM {schema}.orders")
    assert [(0,)] == read_target(f"SELECT count(*) FROM {schema}.empty_one")
    assert "COMPLETED, every table verified" in result.out
    (line,) = [x for x in result.out.splitlines() if x.startswith(f"{oracle.schema}.ORDERS ")]
    _, phase, source, target, source_digest, target_digest, aside, verified, *_ = line.split()
    assert ("done", "3,000", "3,000", "0", "yes") == (phase, source, target, aside, verified)
    assert source_digest == target_digest != "–"
    assert "2 tables, 2 verified, 3,000 rows" in result.out
    assert f"{oracle.schema}.ORDERS" in result.err, "progress is talk"


def test_migrate_json_is_one_document_on_stdout(ferry, oracle):
    """
    Given --json, then stdout is one object with the job and its tables, whatever stderr says.
    """
    load_orders(oracle, 10)

    result = ferry.run("migrate", "--table", f"{oracle.schema}.ORDERS", "--json")

    assert 0 == result.code, result.err
    job = result.data
    assert ("COMPLETED", True) == (job["status"], job["verified"])
    (table,) = job["tables"]
    assert (10, 10, True) == (table["source_rows"], table["target_rows"], table["verified"])
    shown = ferry.run("jobs", "show", job["job_id"], "--json")
    assert (0, job) == (shown.code, shown.data)


def test_a_submitted_job_waits_for_a_worker_elsewhere(ferry, oracle, read_target):
    """
    Given --queue, then only the job's id is printed; a worker does it, and `jobs follow` sees it
    to its end.
    """
    load_orders(oracle)
    submitted = ferry.run("migrate", "--table", f"{oracle.schema}.ORDERS", "--queue")
    job_id = submitted.out.strip()
    assert 0 == submitted.code, submitted.err
    listed = ferry.run("jobs", "list", "--json").data
    assert [job_id] == [job["job_id"] for job in listed]
    assert listed[0]["status"] in ("PENDING", "SUBMITTED")

    worker = ferry.start("worker", "--processes", "2")
    followed = ferry.run("jobs", "follow", job_id, "--json")

    assert 0 == followed.code, followed.err
    states = [json.loads(line) for line in followed.out.splitlines()]
    assert ("COMPLETED", True) == (states[-1]["status"], states[-1]["verified"])
    assert [(ROWS,)] == read_target(f"SELECT count(*) FROM {oracle.schema.lower()}.orders")
    os.killpg(worker.pid, signal.SIGTERM)
    assert 0 == ferry.finish(worker).code


def test_a_cancelled_job_is_7(ferry, oracle):
    """
    Given a job that nobody works on, when it is cancelled, then follow and show end with 7, and
    cancelling again changes nothing.
    """
    load_orders(oracle, 10)
    job_id = ferry.run("migrate", "--table", f"{oracle.schema}.ORDERS", "--queue").out.strip()

    assert [0, 0, 7, 7] == [
        ferry.run("jobs", *words, job_id).code
        for words in (["cancel"], ["cancel"], ["follow"], ["show"])
    ]


def test_compare_finds_what_differs_and_moves_nothing(ferry, oracle, read_target):
    """
    Given a target table that lacks a column and narrows another, then `compare` ends with 1 and
    says so, `migrate` refuses with 1, and no row moves.
    """
    load_orders(oracle, 10)
    schema = oracle.schema.lower()
    name = f"{oracle.schema}.ORDERS"
    assert 0 == ferry.run("compare", "--table", name).code
    import psycopg

    with psycopg.connect(ferry.environment["ORAFERRY_TARGET_DSN"]) as connection:
        connection.execute(f"CREATE SCHEMA {schema}")
        connection.execute(
            f"CREATE TABLE {schema}.orders (id smallint PRIMARY KEY, amount numeric(12,2), "
            "at timestamp(0))"
        )

    compared = ferry.run("compare", "--table", name, "--json")
    shown = ferry.run("compare", "--table", name)
    refused = ferry.run("migrate", "--table", name)

    (comparison,) = compared.data
    blocked = {d["column"] for d in comparison["differences"] if d["severity"] == "blocking"}
    assert (3, 3, 3) == (compared.code, shown.code, refused.code), refused.err
    assert {"ID", "WORD"} <= blocked
    assert "WORD" in shown.out
    assert "hint: " in refused.err
    assert [(0,)] == read_target(f"SELECT count(*) FROM {schema}.orders")
    assert [] == ferry.run("jobs", "list", "--json").data


@pytest.mark.parametrize(
    ("change", "code", "words"),
    [
        ({"THE_PASSWORD": "wrong"}, 4, "ORA-01017"),
        ({"ORAFERRY_SOURCE_DSN": "127.0.0.1:1/x"}, 4, "127.0.0.1"),
        ({}, 2, "NO_SUCH_TABLE"),
    ],
    ids=["wrong password", "unreachable", "unknown table"],
)
def test_a_request_that_cannot_work_is_refused_and_leaves_no_job(
    ferry, oracle, change, code, words
):
    """
    Each cause has its own code and message, and nothing half-made stays.
    """
    result = ferry.run("migrate", "--table", f"{oracle.schema}.NO_SUCH_TABLE", **change)

    assert (code, "") == (result.code, result.out)
    assert words in result.err
    assert [] == ferry.run("jobs", "list", "--json").data


def test_ctrl_c_leaves_a_job_that_goes_on(ferry, oracle, read_target):
    """
    Given a running `migrate`, when Ctrl-C arrives, then it ends with 7 after the chunks in hand
    and says how to go on; a worker finishes the job with each row once.
    """
    rows = 200_000
    load_orders(oracle, rows)
    process = ferry.start(
        "migrate",
        "--table",
        f"{oracle.schema}.ORDERS",
        ORAFERRY_CHUNK_ROWS="4000",
        ORAFERRY_BATCH_ROWS="1000",
    )
    wait_for("the job copies", lambda: _copied(read_target) > 8000)

    # A terminal sends it to the whole foreground group.
    os.killpg(process.pid, signal.SIGINT)
    result = ferry.finish(process)

    (job,) = ferry.run("jobs", "list", "--json").data
    assert 7 == result.code, result.err
    assert f"oraferry jobs follow {job['job_id']}" in result.err
    assert "Traceback" not in result.err
    assert "IN_PROGRESS" == job["status"]
    assert not [p for p in psutil.process_iter() if _group(p) == process.pid], "a lane lives on"
    worker = ferry.start("worker")
    assert 0 == ferry.run("jobs", "follow", job["job_id"]).code
    schema = oracle.schema.lower()
    assert [(rows, rows)] == read_target(
        f"SELECT count(*), count(DISTINCT id) FROM {schema}.orders"
    )
    os.killpg(worker.pid, signal.SIGTERM)
    assert 0 == ferry.finish(worker).code


def _group(process):
    try:
        return os.getpgid(process.pid)
    except ProcessLookupError:
        return None


def _copied(read_target):
    # Not by `jobs show`: starting it takes as long as a good part of the job.
    if read_target("SELECT to_regclass('oraferry.ledger')") == [(None,)]:
        return 0
    return read_target("SELECT coalesce(sum(rows), 0) FROM oraferry.ledger")[0][0]


def test_serve_answers_and_stops_with_an_open_stream(ferry, oracle):
    """
    Given `serve` and a follower of a job that nobody works on, when SIGTERM arrives, then the
    server ends soon and cleanly.
    """
    load_orders(oracle, 10)
    server, base = serve(ferry)
    answer = httpx.post(f"{base}/migrations", json={"tables": [f"{oracle.schema}.ORDERS"]})
    assert 202 == answer.status_code, answer.text
    events = base + answer.json()["links"]["events"]

    with httpx.stream("GET", events, timeout=30) as stream:
        next(stream.iter_lines())
        server.terminate()
        started = time.monotonic()
        result = ferry.finish(server)

    assert time.monotonic() - started < 10
    assert 0 == result.code, result.err
    assert "Traceback" not in result.err
