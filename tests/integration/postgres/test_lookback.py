"""A chunk hashed soon after its COMMIT: what was seen stands for it as long as its rows do."""

import uuid

import psycopg
import pyarrow as pa
import pytest

from oraferry.canonical.sourcedigest import SourceDigest
from oraferry.config import Secret
from oraferry.model import (
    Column,
    ColumnPlan,
    DataType,
    Digest,
    Table,
    TablePlan,
    TableRef,
    Task,
    TaskKind,
)
from oraferry.ports import TargetEndpoint
from oraferry.postgres.target import PostgresTarget

NUMBER, TEXT = DataType("NUMBER", precision=9, scale=0), DataType("VARCHAR2", length=4000)
COLUMNS = (
    ColumnPlan(Column("ID", NUMBER, 1), Column("id", DataType("integer"), 1), "none"),
    ColumnPlan(Column("NOTE", TEXT, 2), Column("note", DataType("text"), 2), "none"),
)
TABLE = Table(TableRef("s", "t"), tuple(column.target for column in COLUMNS))


@pytest.fixture
def target(postgres_dsn):
    """A target with its ledger and the table."""
    opened = PostgresTarget(TargetEndpoint(Secret(postgres_dsn)))
    opened.prepare()
    opened.create_tables([TABLE])
    yield opened
    opened.close()


@pytest.fixture
def facts(postgres_dsn):
    """Another session, in autocommit."""
    with psycopg.connect(postgres_dsn, autocommit=True) as connection:
        yield connection


def plan_of(mode="create"):
    """The table's plan."""
    return TablePlan(1, TABLE, TABLE, COLUMNS, mode, True)


class Job:
    """Chunks of one job."""

    def __init__(self, target, mode="create"):
        self.id, self.target, self.plan = str(uuid.uuid4()), target, plan_of(mode)
        self.left: dict[int, Digest] = {}

    def load(self, number, ids, note="n", *, looks_back=True):
        """One chunk, and a look at it."""
        batch = pa.RecordBatch.from_pydict(
            {
                "ID": pa.array(ids, pa.int32()),
                "NOTE": pa.array([f"{note}{i}" for i in ids], pa.large_string()),
            }
        )
        digest = SourceDigest(COLUMNS, by_hash=True)
        digest.add(batch)
        self.left[number] = digest.digest()
        task = Task(self.id, number, TaskKind.COPY, 1, None, 1, str(uuid.uuid4()), 30)
        self.target.copy_chunk(self.plan, task, iter([batch]), lambda: (digest.digest(), {}))
        if looks_back:
            self.target.look_back(self.plan, task)
        return task

    def stored(self):
        """Digests of what is stored, by chunk."""
        return self.target.read_tables([self.plan], self.id)[1].digests


def count_looks(facts, job):
    """How many chunks were seen."""
    row = facts.execute("SELECT count(*) FROM oraferry.lookback WHERE job_id = %s", [job.id])
    return row.fetchone()[0]


def test_what_was_seen_of_chunks_is_what_is_stored(target, facts):
    """
    Given two chunks that were looked back at and one that was not, then all digests are those
    of the rows that left; when all three were seen, they are the same.
    """
    job = Job(target)
    job.load(1, range(5_000))
    job.load(2, range(5_000, 9_000))
    last = job.load(3, range(9_000, 9_500), looks_back=False)

    assert job.left == job.stored()
    assert 2 == count_looks(facts, job)
    target.look_back(job.plan, last)
    assert job.left == job.stored()
    assert 3 == count_looks(facts, job)


def test_the_end_of_a_table_takes_the_word_of_what_was_seen(target, facts):
    """
    What was seen is used, not hashed once more: a false word of it shows.
    """
    job = Job(target)
    job.load(1, range(2_000))
    facts.execute("UPDATE oraferry.lookback SET high = high + 1 WHERE job_id = %s", [job.id])

    assert job.left != job.stored()


@pytest.mark.parametrize("chunks", [{1}, {1, 2}], ids=["of-some", "of-all"])
@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE s.t SET note = 'other' WHERE id = 77",
        "DELETE FROM s.t WHERE id = 77",
        "DELETE FROM s.t WHERE id < 2000",
        "INSERT INTO s.t SELECT * FROM s.t WHERE id = 77",
        "WITH gone AS (DELETE FROM s.t WHERE id = 77) INSERT INTO s.t VALUES (77, 'other')",
    ],
)
def test_a_damage_after_the_look_is_seen(target, facts, damage, chunks):
    """
    Whatever is done to rows that were seen: the table is not what left.
    """
    job = Job(target)
    for number in (1, 2):
        ids = range(number * 2_000 - 2_000, number * 2_000)
        job.load(number, ids, looks_back=number in chunks)

    facts.execute(damage)

    stored = job.stored()
    assert job.left != stored
    assert job.left[2] == stored[2]


def test_a_row_written_anew_as_it_was_is_not_its_chunk_s(target, facts):
    """
    An UPDATE that changes nothing makes the row another transaction's: it is hashed again.
    """
    job = Job(target)
    job.load(1, range(2_000))

    facts.execute("UPDATE s.t SET note = note WHERE id = 77")

    stored = job.stored()
    assert (1_999, 1) == (stored[1].rows, stored[0].rows)
    assert stored[0].value != Digest(1, "0" * 32).value


def test_rows_in_pages_of_older_chunks_are_found(target, facts):
    """
    Given pages with room in the middle of the table, when a chunk fills them, then all its rows
    are seen, wherever they went.
    """
    job = Job(target)
    job.load(1, range(60_000), note="x" * 150)
    facts.execute("DELETE FROM s.t WHERE id BETWEEN 30000 AND 40000")
    facts.execute("VACUUM s.t")

    job.load(2, range(60_000, 75_000), note="x" * 150)

    first = facts.execute(
        "SELECT first_block FROM oraferry.ledger WHERE job_id = %s AND task_number = 2", [job.id]
    ).fetchone()[0]
    inside = facts.execute(
        "SELECT count(*) FROM s.t WHERE id >= 60000 AND ctid < %s::tid", [f"({first - 512},0)"]
    ).fetchone()[0]
    assert inside > 5_000
    assert 2 == count_looks(facts, job)
    assert job.left[2] == job.stored()[2]


def test_of_a_chunk_that_is_not_found_whole_nothing_is_said(target, facts):
    """
    A row that was changed before the look: the end of the table finds it.
    """
    job = Job(target)
    task = job.load(1, range(2_000), looks_back=False)
    facts.execute("UPDATE s.t SET note = 'other' WHERE id = 77")

    target.look_back(job.plan, task)

    assert 0 == count_looks(facts, job)
    assert (1_999, 1) == tuple(job.stored()[n].rows for n in (1, 0))


def test_rows_of_others_do_not_matter_where_a_job_appends(target, facts):
    """
    Given rows that were there before, when a job appends, then its chunks are what is counted.
    """
    facts.execute("INSERT INTO s.t SELECT n, 'before' FROM generate_series(1, 3000) n")
    job = Job(target, "append")
    job.load(1, range(2_000))

    assert job.left == job.stored()
    assert 1 == count_looks(facts, job)


def test_a_ledger_of_an_older_version_is_brought_up_to_date(target, facts, postgres_dsn):
    """
    Given a job that an older version planned, when this version loads its next chunk, then the
    ledger gets what is new, and chunks that were in are hashed at the end.
    """
    job = Job(target)
    job.load(1, range(2_000))
    facts.execute("DROP TABLE oraferry.lookback")
    facts.execute("ALTER TABLE oraferry.ledger DROP COLUMN first_block, DROP COLUMN end_block")
    newer = PostgresTarget(TargetEndpoint(Secret(postgres_dsn)))

    job.target = newer
    job.load(2, range(2_000, 4_000))

    assert job.left == job.stored()
    assert 1 == count_looks(facts, job)
    newer.close()
