"""The target on a real PostgreSQL: values, ledger, reading back, finishing."""

from __future__ import annotations

import random
import uuid
from dataclasses import replace
from decimal import Decimal

import numpy as np
import psycopg
import pyarrow as pa
import pytest

from oraferry.canonical import RowDigest
from oraferry.config import Secret
from oraferry.errors import (
    CopyRejected,
    TargetBusy,
    TargetError,
    TargetRefused,
    TargetUnavailable,
)
from oraferry.model import (
    Check,
    Column,
    ColumnPlan,
    DataType,
    Digest,
    ForeignKey,
    Identity,
    Index,
    IndexPart,
    Key,
    Levers,
    Sequence,
    Table,
    TablePlan,
    TableRef,
    Task,
    TaskKind,
)
from oraferry.ports import TargetEndpoint
from oraferry.postgres.copier import application_name
from oraferry.postgres.encoder import encode_column
from oraferry.postgres.session import connect, translated
from oraferry.postgres.target import PostgresTarget

ROWS = 5_000
RAISE = "DO $$ BEGIN RAISE EXCEPTION 'x' USING ERRCODE = '{}'; END $$"
random.seed(20240229)


@pytest.fixture
def target(postgres_dsn):
    """A target with its ledger."""
    opened = PostgresTarget(TargetEndpoint(Secret(postgres_dsn)))
    opened.prepare()
    yield opened
    opened.close()


BOLD = Levers(asynchronous_commit=True)


def plan_of(columns: dict[str, DataType], name="t") -> TablePlan:
    """A plan whose source has no part in these tests."""
    targets = tuple(Column(n, t, i) for i, (n, t) in enumerate(columns.items(), 1))
    table = Table(TableRef("s", name), targets)
    return TablePlan(
        1, table, table, tuple(ColumnPlan(c, c, "none") for c in targets), "create", True
    )


def task_of(job: str, number: int, attempt: int = 1) -> Task:
    """A claim."""
    return Task(job, number, TaskKind.COPY, 1, None, attempt, str(uuid.uuid4()), 30)


def load(target, plan, task, *batches, digest="0" * 32, rows=None):
    """One chunk."""
    count = sum(b.num_rows for b in batches) if rows is None else rows
    return target.copy_chunk(plan, task, iter(batches), lambda: (Digest(count, digest), {"a": 1}))


def numbers(precision, scale):
    """Random decimals of a precision, extremes first."""
    limit = 10**precision - 1
    values = [0, 1, -1, limit, -limit]
    values += [
        random.randint(-limit, limit) >> random.randrange(precision * 3) for _ in range(ROWS)
    ]
    return [Decimal(f"{v}E-{scale}") for v in values[:ROWS]]


def texts():
    """Random text of many scripts, with quotes, backslashes, newlines and empties."""
    alphabet = "aZ 09\"'\\\n\t,;|äß€語🚢\x01"
    return [
        "",
        *("".join(random.choices(alphabet, k=random.randrange(40))) for _ in range(ROWS - 1)),
    ]


CASES = {
    "smallint": (DataType("smallint"), pa.int16(), lambda: random.choices(range(-32768, 32768), k=ROWS)),
    "integer": (DataType("integer"), pa.int32(), lambda: [-(2**31), 2**31 - 1, *random.choices(range(-(10**9), 10**9), k=ROWS - 2)]),
    "bigint": (DataType("bigint"), pa.int64(), lambda: [-(2**63), 2**63 - 1, *[random.randint(-(2**62), 2**62) for _ in range(ROWS - 2)]]),
    "numeric-12-2": (DataType("numeric", precision=12, scale=2), pa.decimal128(38, 2), lambda: numbers(12, 2)),
    "numeric-18-0": (DataType("numeric", precision=18, scale=0), pa.decimal128(38, 0), lambda: numbers(18, 0)),
    "numeric-38-20": (DataType("numeric", precision=38, scale=20), pa.decimal128(38, 20), lambda: numbers(38, 20)),
    "numeric-20-17": (DataType("numeric", precision=20, scale=17), pa.decimal128(38, 17), lambda: numbers(20, 17)),
    "real": (DataType("real"), pa.float32(), lambda: np.random.default_rng(1).normal(0, 1e20, ROWS).astype(np.float32).tolist()),
    "double": (DataType("double precision"), pa.float64(), lambda: [float("inf"), float("-inf"), 0.0, 5e-324, *np.random.default_rng(2).normal(0, 1e200, ROWS - 4).tolist()]),
    "boolean": (DataType("boolean"), pa.bool_(), lambda: random.choices([True, False], k=ROWS)),
    "text": (DataType("text"), pa.large_string(), texts),
    "varchar": (DataType("character varying", length=40), pa.large_string(), texts),
    "bytea": (DataType("bytea"), pa.large_binary(), lambda: [random.randbytes(random.randrange(64)) for _ in range(ROWS)]),
    "uuid": (DataType("uuid"), pa.binary(16), lambda: [random.randbytes(16) for _ in range(ROWS)]),
    "timestamp": (DataType("timestamp without time zone", scale=6), pa.timestamp("us"), lambda: [random.randint(-62_135_596_800_000_000, 253_402_300_799_999_999) for _ in range(ROWS)]),
    "timestamptz": (DataType("timestamp with time zone"), pa.timestamp("us", "UTC"), lambda: [random.randint(-62_135_596_800_000_000, 253_402_300_799_999_999) for _ in range(ROWS)]),
    "date": (DataType("date"), pa.date32(), lambda: [random.randint(-719_162, 2_932_896) for _ in range(ROWS)]),
    "jsonb": (DataType("jsonb"), pa.large_string(), lambda: [f'{{"a": {i}, "b": ["ü", null]}}' for i in range(ROWS)]),
}  # fmt: skip


@pytest.mark.parametrize("nulls", [False, True], ids=["full", "with-nulls"])
@pytest.mark.parametrize("case", CASES)
def test_values_arrive_exact(target, postgres_dsn, case, nulls):
    """
    Random values of a type, with and without NULLs, read back equal from the server.
    """
    type, arrow, make = CASES[case]
    values = make()
    if nulls:
        values = [None if i % 3 == 1 else v for i, v in enumerate(values)]
    plan = plan_of({"n": DataType("bigint"), "v": type, "tail": DataType("text")})
    target.create_tables([plan.target])
    batch = pa.RecordBatch.from_arrays(
        [pa.array(range(len(values))), pa.array(values, arrow), pa.array(["x"] * len(values))],
        names=["n", "v", "tail"],
    )
    # An offset into the arrays is a trap of its own.
    load(target, plan, task_of(str(uuid.uuid4()), 1), batch.slice(0, 7), batch.slice(7))

    with psycopg.connect(postgres_dsn) as connection:
        found = [row[0] for row in connection.execute(_select(case)).fetchall()]

    assert len(values) == len(found)
    assert [_expected(case, v, arrow) for v in values] == found


def _select(case):
    if case == "real":
        return "SELECT v::float8 FROM s.t ORDER BY n"
    if case in ("timestamp", "timestamptz"):
        return "SELECT (extract(epoch FROM v) * 1000000)::bigint FROM s.t ORDER BY n"
    if case == "date":
        return "SELECT (v - date '1970-01-01')::int FROM s.t ORDER BY n"
    if case == "jsonb":
        return "SELECT (v ->> 'a')::int FROM s.t ORDER BY n"
    return "SELECT v FROM s.t ORDER BY n"


def _expected(case, value, arrow):
    if value is None:
        return None
    if case == "uuid":
        return uuid.UUID(bytes=value)
    if case == "jsonb":
        return int(value.split(":")[1].split(",")[0])
    return value


def test_decimal_text_of_any_size(target, postgres_dsn):
    """
    Numeric text of one digit or a thousand, NaN and infinities, keeps its digits and scale.
    """
    values = ["0", "-0.5", ".5", "1" * 40 + "." + "2" * 90, "9" * 1000, "0." + "0" * 129 + "1",
              "-123456789012345678.1234", "NaN", "Infinity", "-Infinity", None, "10000", "0.0001",
              *[str(Decimal(random.randint(-(10**12), 10**12)).scaleb(-random.randrange(12)).__format__("f")) for _ in range(2000)]]  # fmt: skip
    plan = plan_of({"n": DataType("bigint"), "v": DataType("numeric")})
    target.create_tables([plan.target])
    job = str(uuid.uuid4())
    arrays = [pa.array(range(len(values))), pa.array(values, pa.large_string())]
    batch = pa.RecordBatch.from_arrays(arrays, names=["n", "v"])
    load(target, plan, task_of(job, 1), batch.slice(0, 13), batch.slice(13))

    with psycopg.connect(postgres_dsn) as connection:
        found = connection.execute("SELECT v::text FROM s.t ORDER BY n").fetchall()

    for sent, (got,) in zip(values, found, strict=True):
        if sent is None or sent[-1] in "Ny":
            assert sent == got
        else:
            assert Decimal(sent) == Decimal(got)
            places = len(sent.partition(".")[2])
            assert places == len(got.partition(".")[2])


def test_intervals_arrive_exact(target, postgres_dsn):
    """
    Months, days and microseconds stay apart, negative ones too.
    """
    values = [(0, 0, 0), (14, 0, 0), (-13, 0, 0), (0, -10, -1000), (1, 2, 3_723_000_001_000), None]
    plan = plan_of({"n": DataType("bigint"), "v": DataType("interval")})
    target.create_tables([plan.target])
    array = pa.array(values, pa.month_day_nano_interval())
    batch = pa.RecordBatch.from_arrays([pa.array(range(len(values))), array], names=["n", "v"])
    load(target, plan, task_of(str(uuid.uuid4()), 1), batch)

    with psycopg.connect(postgres_dsn) as connection:
        found = connection.execute(
            "SELECT v IS NOT DISTINCT FROM make_interval(months => %s::int, days => %s::int) "
            "+ %s::float8 * interval '1 microsecond' FROM s.t WHERE n = 4",
            [1, 2, 3_723_000_001],
        ).fetchone()
        texts_found = connection.execute("SELECT v::text FROM s.t ORDER BY n").fetchall()

    assert (True,) == found
    assert ["00:00:00", "1 year 2 mons", "-1 years -1 mons", "-10 days -00:00:00.000001"] == [
        t for (t,) in texts_found[:4]
    ]
    assert (None,) == texts_found[5]


@pytest.mark.parametrize(
    ("type", "array"),
    [
        (DataType("double precision"), pa.array([1])),
        (DataType("bigint"), pa.array([1.0])),
        (DataType("numeric"), pa.array([1])),
        (DataType("integer"), pa.array([1])),
        (DataType("timestamp without time zone"), pa.array([1])),
        (DataType("timestamp without time zone"), pa.array([1], pa.timestamp("ns"))),
        (DataType("timestamp with time zone"), pa.array([1], pa.timestamp("us"))),
        (DataType("jsonb"), pa.array([b"{}"], pa.large_binary())),
        (DataType("point"), pa.array(["(1,2)"])),
        (DataType("timestamp without time zone", scale=0), pa.array([1], pa.timestamp("us"))),
        (DataType("timestamp without time zone"), pa.array([-(2**63)], pa.timestamp("us"))),
        (DataType("interval"), pa.array([(0, 0, 1)], pa.month_day_nano_interval())),
    ],
)
def test_pairs_that_a_binary_copy_would_take_wrong_are_refused(type, array):
    """
    Only the one Arrow type of each PostgreSQL type is encoded, and only values in its range.
    """
    with pytest.raises(CopyRejected):
        encode_column(array, type, "c")


def test_a_chunk_is_loaded_once(target, postgres_dsn):
    """
    The second load of a task gives the first one's ledger entry, and reads no batch.
    """
    plan = plan_of({"v": DataType("bigint")})
    target.create_tables([plan.target])
    task = task_of(str(uuid.uuid4()), 5)
    batch = pa.RecordBatch.from_arrays([pa.array([1, 2, 3])], names=["v"])
    first = load(target, plan, task, batch, digest="a" * 32)

    def never():
        raise AssertionError("read again")
        yield

    again = target.copy_chunk(
        plan, replace(task, attempt=2, token=str(uuid.uuid4())), never(), lambda: None
    )

    assert first == again
    assert [first] == target.read_ledger(task.job_id)
    assert (3, "a" * 32, {"a": 1}) == (first.rows, first.digest, first.altered)
    with psycopg.connect(postgres_dsn) as connection:
        assert (3,) == connection.execute("SELECT count(*) FROM s.t").fetchone()


@pytest.mark.parametrize(("levers", "durable"), [(Levers(), "on"), (BOLD, "off")])
def test_a_chunks_transaction_has_its_name_and_waits_for_the_disk(postgres_dsn, levers, durable):
    """
    While a chunk is loaded its session goes by the claim's name; it commits durably, whatever
    the server's default, unless the lever is pulled. Afterwards nothing of that is left.
    """
    seen = "SELECT application_name, current_setting('synchronous_commit') FROM pg_stat_activity "
    with psycopg.connect(postgres_dsn, autocommit=True) as own:
        name = own.info.dbname
        own.execute(f'ALTER DATABASE "{name}" SET synchronous_commit = local')
    target = PostgresTarget(TargetEndpoint(Secret(postgres_dsn)))
    target.prepare()
    plan = replace(plan_of({"v": DataType("bigint")}), levers=levers)
    target.create_tables([plan.target])
    with psycopg.connect(postgres_dsn, autocommit=True) as own:
        own.execute(
            "CREATE TABLE s.seen (name text, durable text); CREATE FUNCTION s.look() RETURNS trigger "
            f"LANGUAGE plpgsql AS $$ BEGIN INSERT INTO s.seen {seen} WHERE pid = pg_backend_pid(); "
            "RETURN NULL; END $$; CREATE TRIGGER look AFTER INSERT ON s.t EXECUTE FUNCTION s.look()"
        )
        task = task_of(str(uuid.uuid4()), 5)
        load(target, plan, task, pa.RecordBatch.from_arrays([pa.array([1, 2])], names=["v"]))

        assert [(application_name(task), durable)] == own.execute("SELECT * FROM s.seen").fetchall()
        names = own.execute(f"{seen} WHERE datname = %s AND pid <> pg_backend_pid()", [name])
        assert [("oraferry", "local")] == names.fetchall()
    target.close()


def test_chunks_that_did_not_wait_are_on_disk_afterwards(target, postgres_dsn):
    """
    make_durable returns when everything committed before it is flushed; a chunk that is not in
    the ledger, as after a crash, is told.
    """
    plan = replace(plan_of({"v": DataType("bigint")}), levers=BOLD)
    target.create_tables([plan.target])
    job = str(uuid.uuid4())
    with psycopg.connect(postgres_dsn, autocommit=True) as own:
        for number in range(1, 6):
            batch = pa.RecordBatch.from_arrays([pa.array([number])], names=["v"])
            load(target, plan, task_of(job, number), batch)
            ((written,),) = own.execute("SELECT pg_current_wal_insert_lsn()").fetchall()
            target.make_durable(job, list(range(1, number + 1)))
            flushed = own.execute("SELECT pg_current_wal_flush_lsn() >= %s::pg_lsn", [written])
            assert [(True,)] == flushed.fetchall()

    with pytest.raises(TargetUnavailable):
        target.make_durable(job, [6, 5])
    with pytest.raises(TargetUnavailable):
        target.make_durable(job, [5, 6])


def test_a_failed_chunk_leaves_nothing(target, postgres_dsn):
    """
    An error of the reader, or of PostgreSQL, rolls back rows and ledger row; the error
    names the column and never the value.
    """
    plan = plan_of({"v": DataType("character varying", length=3)})
    target.create_tables([plan.target])
    job = str(uuid.uuid4())
    good = pa.RecordBatch.from_arrays([pa.array(["a"])], names=["v"])
    bad = pa.RecordBatch.from_arrays([pa.array(["secret value"])], names=["v"])

    def broken():
        yield good
        raise ValueError("the reader broke")

    with pytest.raises(ValueError, match="the reader broke"):
        target.copy_chunk(plan, task_of(job, 1), broken(), lambda: None)
    with pytest.raises(CopyRejected) as caught:
        load(target, plan, task_of(job, 2), good, bad)
    with pytest.raises(CopyRejected):
        load(target, plan, task_of(job, 3), good, rows=2)

    assert "secret" not in str(caught.value) + str(caught.value.context)
    assert [] == target.read_ledger(job)
    assert not target.has_rows(plan.target.ref)
    load(target, plan, task_of(job, 1, attempt=2), good)
    assert target.has_rows(plan.target.ref)


def test_a_frozen_claimant_is_ended(target, postgres_dsn):
    """
    A session that hangs in an earlier attempt's transaction does not block the next one.
    """
    plan = plan_of({"v": DataType("bigint")})
    target.create_tables([plan.target])
    first = task_of(str(uuid.uuid4()), 1)
    batch = pa.RecordBatch.from_arrays([pa.array([1])], names=["v"])
    frozen = PostgresTarget(TargetEndpoint(Secret(postgres_dsn)))

    def stalls():
        yield batch
        # Another worker takes the task over while this one sleeps in its COPY.
        load(target, plan, replace(first, attempt=2, token=str(uuid.uuid4())), batch)
        yield batch

    with pytest.raises((TargetUnavailable, CopyRejected)):
        frozen.copy_chunk(plan, first, stalls(), lambda: (Digest(2, "0" * 32), {}))
    frozen.close()

    with psycopg.connect(postgres_dsn) as connection:
        assert [(1,)] == connection.execute("SELECT v FROM s.t").fetchall()


def test_read_back_digests_tell_chunks_apart(target, postgres_dsn):
    """
    Per chunk the digest of what PostgreSQL returns equals that of what was sent; a changed,
    a doubled and a lost row move it; rows that were there before are nobody's.
    """
    plan = replace(plan_of({"v": DataType("text"), "n": DataType("numeric")}), mode="append")
    target.create_tables([plan.target])
    with psycopg.connect(postgres_dsn) as connection:
        connection.execute("INSERT INTO s.t VALUES ('old', 1)")
    job = str(uuid.uuid4())
    expected = {}
    for number in (1, 2):
        words = pa.array(["", None, 'q"\n,', f"chunk {number}"], pa.large_string())
        values = pa.array(["1.5", "20", None, "0.001"], pa.large_string())
        digest = RowDigest()
        digest.add([words, values])
        expected[number] = digest.digest()
        batch = pa.RecordBatch.from_arrays([words, values], names=["v", "n"])
        load(target, plan, task_of(job, number), batch)

    assert expected == target.read_tables([plan], job)[plan.number].digests
    with psycopg.connect(postgres_dsn) as connection:
        connection.execute("DELETE FROM s.t WHERE v = 'chunk 2'")
    seen = target.read_tables([plan], job)[plan.number].digests
    assert expected[1] == seen[1]
    assert (3, True) == (seen[2].rows, seen[2].value != expected[2].value)
    strict = target.read_tables([replace(plan, mode="create")], job)[plan.number].digests
    assert (1, 3) == (strict[0].rows, strict[2].rows)


def test_finish_makes_what_is_owed_and_says_what_could_not_be(target, postgres_dsn):
    """
    Keys, checks, indexes, comments and foreign keys appear; what fails is a sentence and
    does not stop the rest; doing it twice changes nothing.
    """
    parent = replace(
        plan_of({"id": DataType("integer"), "name": DataType("text")}, "parent").target,
        primary_key=Key("parent_pk", ("id",), True),
        checks=(Check("id_positive", "id > 0"), Check("broken", "nonsense(id)")),
        indexes=(Index("parent_upper", (IndexPart("upper(name)", is_expression=True),)),),
        comment="it's a parent",
    )
    base = plan_of({"id": DataType("integer"), "name": DataType("text")}, "parent")
    plan = replace(base, target=parent)
    child = plan_of({"parent_id": DataType("integer")}, "child")
    target.create_tables([parent, child.target])
    key = ForeignKey("child_fk", ("parent_id",), parent.ref, ("id",), "CASCADE")

    for _ in range(2):
        notes = target.finish_tables([plan])[plan.number]
        assert 1 == len(notes) and "broken" in notes[0] and "nonsense" in notes[0]
        assert [] == target.add_foreign_keys(child, [key])

    # Together with another, what fails does not take the other with it.
    other = plan_of({"id": DataType("integer")}, "other")
    other = replace(other, number=2, target=replace(other.target, comment="it's another"))
    target.create_tables([other.target])
    notes = target.finish_tables([plan, other])
    assert [1, 0] == [len(notes[1]), len(notes[2])]
    assert "it's another" == target.find_tables([other.target.ref])[other.target.ref].comment

    found = target.find_tables([parent.ref, child.target.ref])
    assert parent.primary_key == found[parent.ref].primary_key
    assert ["id_positive"] == [c.name for c in found[parent.ref].checks]
    assert ["parent_upper"] == [i.name for i in found[parent.ref].indexes]
    assert "it's a parent" == found[parent.ref].comment
    assert (key,) == found[child.target.ref].foreign_keys
    assert "PRIMARY KEY" in target.get_table_ddl(parent.ref)


def test_names_that_others_hold_are_told(target, postgres_dsn):
    """
    A key or index whose name another table, view or sequence has is made under one of the
    table's own, and a constraint that cannot be made is a sentence; nothing is left out in silence.
    """
    plan = plan_of({"id": DataType("integer"), "v": DataType("integer")}, "goods")
    goods = replace(
        plan.target,
        primary_key=Key("orders", ("id",), True),
        unique_keys=(Key("goods_v", ("v",), False),),
        checks=(Check("stock", "v > 0"),),
        indexes=(Index("seen", (IndexPart("v"),)), Index("stock", (IndexPart("v"),))),
    )
    plan = replace(plan, target=goods)
    target.create_tables([goods])
    with psycopg.connect(postgres_dsn) as connection:
        connection.execute("CREATE TABLE s.orders (id int); CREATE INDEX seen ON s.orders (id)")
        connection.execute("CREATE SEQUENCE s.goods_v; CREATE VIEW s.stock AS SELECT 1 AS a")
        connection.execute("ALTER TABLE s.goods ADD CONSTRAINT up CHECK (id > 0)")

    for _ in range(2):  # the second time it is all there, and told again
        notes = target.finish_tables([plan])[plan.number]
        told = {note.split()[1]: note.split()[4] for note in notes}
        assert {n: f"goods_{n}" for n in ("orders", "goods_v", "seen", "stock")} == told
    found = target.find_tables([goods.ref])[goods.ref]
    assert ("goods_orders", ["goods_goods_v"]) == (
        found.primary_key.name,
        [key.name for key in found.unique_keys],
    )
    assert {"goods_seen", "goods_stock"} == {index.name for index in found.indexes}
    assert {"stock", "up"} == {check.name for check in found.checks}

    other = replace(plan, target=replace(goods, primary_key=Key("second", ("v",), True)))
    (note,) = [n for n in target.finish_tables([other])[plan.number] if "second" in n]
    assert "primary key second was not made" in note
    (note,) = target.add_foreign_keys(plan, [ForeignKey("up", ("v",), goods.ref, ("id",))])
    assert "foreign key up was not made" in note


def test_sequences_start_past_source_and_data(target, postgres_dsn):
    """
    A sequence continues where Oracle's stood; an identity past the larger of both.
    """
    identity = Identity(True, Sequence(TableRef("S", "ISEQ$$_1"), next_value=21))
    column = Column("id", DataType("bigint"), 1, nullable=False, identity=identity)
    table = Table(TableRef("s", "t"), (column,))
    plan = TablePlan(1, table, table, (ColumnPlan(column, column, "x"),), "create", True)
    target.create_tables([table])
    batch = pa.RecordBatch.from_arrays([pa.array([5, 99])], names=["id"])
    load(target, plan, task_of(str(uuid.uuid4()), 1), batch)
    big = Sequence(TableRef("s", "seq"), 1000, 10, 1, 9999999999999999999999999999, 20)

    assert [] == target.set_sequences([big], [plan])

    with psycopg.connect(postgres_dsn) as connection:
        assert (1000,) == connection.execute("SELECT nextval('s.seq')").fetchone()
        inserted = connection.execute("INSERT INTO s.t DEFAULT VALUES RETURNING id").fetchone()
    assert (100,) == inserted


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        ({"port": "1"}, TargetUnavailable),
        ({"password": "wrong"}, TargetRefused),
        ({"user": "nobody_here"}, TargetRefused),
        ({"dbname": "no_such_database"}, TargetRefused),
    ],
)
def test_each_way_not_to_connect_is_a_clear_error(postgres_dsn, change, kind):
    """
    Host, password, user and database: each its own message with a hint, none with a secret.
    """
    dsn = psycopg.conninfo.make_conninfo(postgres_dsn, **change)

    with pytest.raises(kind) as caught:
        PostgresTarget(TargetEndpoint(Secret(dsn)))

    assert caught.value.hint
    assert psycopg.conninfo.conninfo_to_dict(dsn)["password"] not in str(caught.value)


@pytest.mark.parametrize(
    ("state", "kind"),
    [
        ("08006", TargetUnavailable),
        ("57P01", TargetUnavailable),
        ("57P03", TargetUnavailable),
        ("25006", TargetUnavailable),
        ("53300", TargetUnavailable),
        ("40001", TargetBusy),
        ("40P01", TargetBusy),
        ("55P03", TargetBusy),
        ("53200", TargetBusy),
        ("57014", TargetBusy),
        ("XX000", TargetBusy),
        ("53100", TargetError),
        ("42501", TargetRefused),
        ("42P01", TargetError),
        ("23505", CopyRejected),
        ("22003", CopyRejected),
    ],
)
def test_a_sqlstate_decides_what_happens(postgres_dsn, state, kind):
    """
    What passes is tried again, what does not fails at once; the code tells, not the text.
    """
    with (
        connect(Secret(postgres_dsn)) as connection,
        pytest.raises(TargetError) as caught,
        translated("probing"),
    ):
        connection.execute(RAISE.format(state))

    assert (kind, state) == (type(caught.value), caught.value.context["sqlstate"])


@pytest.mark.parametrize(
    ("state", "kind"),
    [("57P01", TargetUnavailable), ("53100", TargetError), ("P0001", CopyRejected)],
)
def test_what_ends_a_copy_is_not_always_its_row(postgres_dsn, state, kind):
    """
    Every error in a COPY names a line; only those of a row are the row's.
    """
    body = f"BEGIN RAISE EXCEPTION 'x' USING ERRCODE = '{state}'; END"
    with connect(Secret(postgres_dsn)) as connection:
        connection.execute("CREATE TABLE public.t (a int)")
        connection.execute(
            f"CREATE FUNCTION public.f() RETURNS trigger LANGUAGE plpgsql AS $${body}$$"
        )
        connection.execute(
            "CREATE TRIGGER g BEFORE INSERT ON public.t FOR EACH ROW EXECUTE FUNCTION public.f()"
        )
        with (
            pytest.raises(TargetError) as caught,
            translated("loading"),
            connection.cursor() as cursor,
            cursor.copy("COPY public.t FROM STDIN") as copy,
        ):
            copy.write("1\n")

    assert kind is type(caught.value)
