"""Each damage is planted between reading and loading; the method that claims it sees it."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal

import psycopg
import pyarrow as pa
import pytest

from oraferry.canonical import SourceDigest
from oraferry.config import Secret
from oraferry.model import Column, ColumnPlan, DataType, Table, TablePlan, TableRef, Task, TaskKind
from oraferry.ports import TargetEndpoint
from oraferry.postgres.target import PostgresTarget
from oraferry.typemap import choose, load_batch
from oraferry.verify.method import METHODS, verify_table

TYPES = {
    "N": DataType("NUMBER", precision=12, scale=2),
    "C": DataType("CHAR", length=6),
    "V": DataType("VARCHAR2", length=20),
    "Z": DataType("TIMESTAMP WITH TIME ZONE", scale=6),
    "B": DataType("BLOB"),
}
ROWS = {
    "N": [Decimal("1.50"), Decimal("-2.00"), None, Decimal("1234567890.12")],
    "C": ["ab    ", "cd    ", "ef    ", None],
    "V": ["one", "", None, "four"],
    "Z": [
        datetime(2024, 1, 1),
        datetime(2024, 2, 29, 12),
        None,
        datetime(1999, 12, 31, 23, 59, 59),
    ],
    "B": [b"\0\1", b"", None, b"x" * 5000],
}

Damage = Callable[[dict[str, list]], dict[str, list]]


def changed(column: str, row: int, value) -> Damage:
    """One value replaced."""

    def damage(rows):
        values = list(rows[column])
        values[row] = value
        return {**rows, column: values}

    return damage


DAMAGES: dict[str, Damage] = {
    "lost row": lambda rows: {k: v[:-1] for k, v in rows.items()},
    "doubled row": lambda rows: {k: [*v, v[0]] for k, v in rows.items()},
    "changed digit": changed("N", 3, Decimal("1234567890.13")),
    "trimmed blank": changed("V", 0, "one "),
    "shifted zone": changed("Z", 1, datetime(2024, 2, 29, 13)),
    "empty string for null": changed("V", 2, ""),
    "cut text": changed("B", 3, b"x" * 4999),
    "flipped sign": changed("N", 1, Decimal("2.00")),
    "exchanged values": lambda rows: {**rows, "V": ["one", "four", None, ""]},
}


@pytest.fixture(params=["hash", "text"])
def target(postgres_dsn, request):
    """A target with its ledger, whose server hashes rows as ours does, or does not."""
    opened = PostgresTarget(TargetEndpoint(Secret(postgres_dsn)))
    opened.prepare()
    if request.param == "text":
        opened._hashes = False
    assert (request.param == "hash") == opened.hashes_rows(make_plan())
    yield opened
    opened.close()


def make_plan() -> TablePlan:
    """The table of TYPES as it would travel by default."""
    columns = []
    for position, (name, type) in enumerate(TYPES.items(), 1):
        source = Column(name, type, position)
        rule = choose(source)
        columns.append(
            ColumnPlan(source, Column(name.lower(), rule.target(type), position), rule.name)
        )
    return TablePlan(
        1,
        Table(TableRef("S", "T"), tuple(c.source for c in columns)),
        Table(TableRef("s", "t"), tuple(c.target for c in columns)),
        tuple(columns),
        "create",
        True,
    )


def batch_of(plan: TablePlan, rows: dict[str, list]) -> pa.RecordBatch:
    """Rows as the source fetches them."""
    arrays = [
        pa.array(rows[c.source.name], choose(c.source).fetch(c.source.type)) for c in plan.columns
    ]
    return pa.RecordBatch.from_arrays(arrays, names=list(rows))


def load(target, plan, job, number, rows, loaded=None):
    """A chunk whose ledger speaks of *rows* while *loaded* is what went in."""
    digest = SourceDigest(plan.columns, by_hash=target.hashes_rows(plan))
    digest.add(batch_of(plan, rows))
    sent, _ = load_batch(batch_of(plan, loaded or rows), plan.columns)
    said = digest.digest()
    task = Task(job, number, TaskKind.COPY, 1, None, 1, str(uuid.uuid4()), 30)
    if sent.num_rows != said.rows:
        # The copier refuses a count that differs, so such damage needs help to get in.
        extra = sent.slice(said.rows) if sent.num_rows > said.rows else None
        target.copy_chunk(
            plan, task, iter([sent]), lambda: (type(said)(sent.num_rows, said.value), {})
        )
        with target._connection.cursor() as cursor:
            cursor.execute(
                "UPDATE oraferry.ledger SET rows = %s WHERE job_id = %s AND task_number = %s",
                [said.rows, job, number],
            )
        assert extra is None or extra.num_rows
        return
    target.copy_chunk(plan, task, iter([sent]), lambda: (said, {}))


def test_an_honest_load_has_no_findings(target):
    """
    Values of every family, NULLs and empties: both sides agree, chunk by chunk.
    """
    plan, job = make_plan(), str(uuid.uuid4())
    target.create_tables([plan.target])
    load(target, plan, job, 1, ROWS)
    load(target, plan, job, 2, {k: v[::-1] for k, v in ROWS.items()})

    seen = verify_table(plan, job, target, 8)

    assert ((), True, 8) == (seen.findings, seen.is_verified, seen.target.rows)


@pytest.mark.parametrize("name", DAMAGES)
def test_a_damage_is_seen_by_the_method_that_claims_it(target, name):
    """
    Each planted damage gives a finding of a method whose DETECTS names it.
    """
    plan, job = make_plan(), str(uuid.uuid4())
    target.create_tables([plan.target])
    load(target, plan, job, 1, ROWS)
    load(target, plan, job, 2, ROWS, DAMAGES[name](ROWS))

    seen = verify_table(plan, job, target, 8)

    claims = {method.name for method in METHODS.values() if name in method.detects}
    kinds = {"counts": "rows", "checksums": "digest"}
    assert claims
    assert not seen.is_verified
    assert {f.kind for f in seen.findings} <= {kinds[c] for c in claims}
    assert {"2"} == {f.chunk for f in seen.findings}


@pytest.mark.parametrize(
    ("statement", "name"),
    [
        ("INSERT INTO s.t (v) VALUES ('foreign')", "foreign row"),
        ("UPDATE s.t SET n = n + 1 WHERE v = 'four'", "updated row"),
        ("DELETE FROM s.t WHERE v = 'four'", "lost row"),
    ],
)
def test_what_others_do_to_the_table_is_seen(target, postgres_dsn, statement, name):
    """
    Rows inserted, updated or deleted behind the job's back are findings.
    """
    plan, job = make_plan(), str(uuid.uuid4())
    target.create_tables([plan.target])
    load(target, plan, job, 1, ROWS)
    with psycopg.connect(postgres_dsn) as connection:
        connection.execute(statement)

    seen = verify_table(plan, job, target, 4)

    assert name in METHODS["counts"].detects
    assert seen.findings and not seen.is_verified


def test_rows_set_aside_are_named_and_counted_on_both_sides(target, postgres_dsn):
    """
    A row set aside is a finding that says why; a quarantine table that holds fewer rows than
    the ledger counts is another one.
    """
    plan, job = make_plan(), str(uuid.uuid4())
    target.create_tables([plan.target])
    load(target, plan, job, 1, ROWS)
    with psycopg.connect(postgres_dsn) as connection:
        connection.execute("UPDATE oraferry.ledger SET set_aside = 2")
        connection.execute(
            "INSERT INTO oraferry.quarantine (job_id, task_number, number, table_number, "
            "source_table, target_table, column_name, code, reason, content) "
            "SELECT job_id, 1, n, 1, 'S.T', 's.t', 'V', 'nul', 'a text holds NUL', '{}' "
            "FROM oraferry.ledger, generate_series(1, 2) n"
        )
    whole = verify_table(plan, job, target, 6)
    with psycopg.connect(postgres_dsn) as connection:
        connection.execute("DELETE FROM oraferry.quarantine WHERE number = 2")
    robbed = verify_table(plan, job, target, 6)

    assert {"row set aside", "lost quarantine row"} == METHODS["set-aside"].detects
    assert [("set-aside", "2")] == [(f.kind, f.target) for f in whole.findings]
    assert "V: a text holds NUL" in whole.findings[0].message
    assert whole.source == whole.target and not whole.is_verified
    assert {("set-aside", None, "1"), ("rows", "2", "1")} == {
        (f.kind, f.source, f.target) for f in robbed.findings
    }


def test_chunks_that_do_not_make_the_table_are_seen(target):
    """
    Fewer rows in the chunks than Oracle counts at the SCN is a finding, whatever arrived.
    """
    plan, job = make_plan(), str(uuid.uuid4())
    target.create_tables([plan.target])
    load(target, plan, job, 1, ROWS)

    (found,) = verify_table(plan, job, target, 5).findings

    assert ("rows", "5", "4") == (found.kind, found.source, found.target)


def test_chunks_that_overlap_are_seen(target):
    """
    Rows that two chunks loaded are more than Oracle counts at the SCN.
    """
    plan, job = make_plan(), str(uuid.uuid4())
    target.create_tables([plan.target])
    load(target, plan, job, 1, ROWS)
    load(target, plan, job, 2, ROWS)

    (found,) = verify_table(plan, job, target, 4).findings

    assert "overlapping chunks" in METHODS["counts"].detects
    assert ("rows", "4", "8") == (found.kind, found.source, found.target)
