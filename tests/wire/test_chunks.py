"""Ways to split a table: whatever its kind and key, each row is in exactly one chunk."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest

from oraferry.errors import RequestError
from oraferry.model import Chunking, ChunkKind, Mask, MaskKind, TableRef
from oraferry.oracle import source as oracle_source
from tests.wire.test_source import open_source, plan_of

ROWS = 1200
CHUNK = 150


@pytest.fixture
def open_plan(oracle):
    """A source without DBA views, as most users are, and a plan of the table T."""
    opened = []

    def build(*statements, name="T", dba=False, **changes):
        oracle.run(*statements)
        if name == "T":
            fill(oracle)
        source = open_source(oracle)
        source._dba_views = dba
        opened.append(source)
        return source, replace(plan_of(source, TableRef(oracle.schema, name)), **changes)

    yield build
    for source in opened:
        source.close()


def fill(oracle):
    """Rows whose columns make good and bad keys: skewed, with few values, with NULLs."""
    ids = np.arange(ROWS)
    words = [None if i % 5 == 0 else f"w{i * 7919 % ROWS:05}é" for i in ids]
    # Microseconds around the Epoch's second, so that bounds need their fractions.
    moments = pa.array([None if i % 3 == 0 else int(i) for i in ids], pa.timestamp("us"))
    oracle.bulk_load(
        "T",
        {
            "ID": pa.array(np.where(ids == 7, 10**8, ids)),
            "FEW": pa.array(ids % 2),
            "WORD": pa.array(words, pa.large_string()),
            "AT": moments,
            "DAY": pa.array(ids.astype("int64") * 86_400_000_000 - 5 * 10**16, pa.timestamp("us")),
        },
    )


def assert_each_row_once(source, plan, kind, least=3):
    """The chunks are of *kind* and make the table."""
    scn = source.take_snapshot()
    rows = source.count_rows([plan], scn)[plan.number]

    chunks = source.plan_chunks(plan, scn, CHUNK, rows)

    assert {kind} == {chunk.kind for chunk in chunks}
    assert len(chunks) >= least
    seen = [
        row["ID"]
        for chunk in chunks
        for batch in source.read_batches(plan, chunk, scn)
        for row in batch.to_pylist()
    ]
    assert rows == len(seen) == len(set(seen))
    return chunks


COLUMNS = (
    "id NUMBER(9), few NUMBER(1) NOT NULL, word VARCHAR2(20 CHAR), at TIMESTAMP(6), "
    "day DATE NOT NULL"
)


@pytest.mark.parametrize("column", ["ID", "WORD", "AT", "DAY"])
def test_any_plain_column_is_a_key(open_plan, column):
    """
    Numbers, texts, dates and timestamps cut a table, also where they are NULL.
    """
    source, plan = open_plan(f"CREATE TABLE t ({COLUMNS})", chunking=Chunking("key", column))

    assert_each_row_once(source, plan, ChunkKind.KEY, least=7)


def test_a_composite_key_is_cut_along_a_column_that_splits(open_plan):
    """
    The first column has two values only, so the second is taken.
    """
    source, plan = open_plan(f"CREATE TABLE t ({COLUMNS}, PRIMARY KEY (few, id))")

    chunks = assert_each_row_once(source, plan, ChunkKind.KEY, least=7)

    assert {"ID"} == {chunk.key_column for chunk in chunks}


@pytest.mark.parametrize(
    ("table", "kind"),
    [
        (f"CREATE TABLE t ({COLUMNS})", ChunkKind.HASH),
        (f"CREATE TABLE t ({COLUMNS}, PRIMARY KEY (id)) ORGANIZATION INDEX", ChunkKind.KEY),
        (
            f"CREATE TABLE t ({COLUMNS}) PARTITION BY RANGE (id) ("
            + ", ".join(f"PARTITION p{i} VALUES LESS THAN ({i})" for i in (240, 480, 720, 960))
            + ", PARTITION rest VALUES LESS THAN (MAXVALUE))",
            ChunkKind.PARTITION,
        ),
    ],
    ids=["heap", "index-organized", "partitioned"],
)
def test_a_table_without_dba_views_is_split_as_its_kind_allows(open_plan, table, kind):
    """
    By hash where nothing else is there, by key, by partition.
    """
    source, plan = open_plan(table)

    assert_each_row_once(source, plan, kind)


def test_subpartitions_are_read_by_their_extents(open_plan):
    """
    With DBA views, every subpartition's own segment is in the ranges.
    """
    source, plan = open_plan(
        f"CREATE TABLE t ({COLUMNS}) PARTITION BY RANGE (id) SUBPARTITION BY LIST (few) "
        "SUBPARTITION TEMPLATE (SUBPARTITION a VALUES (0), SUBPARTITION b VALUES (DEFAULT)) "
        "(PARTITION p1 VALUES LESS THAN (500), PARTITION p2 VALUES LESS THAN (MAXVALUE))",
        dba=True,
    )

    assert_each_row_once(source, plan, ChunkKind.ROWID)


def test_a_filter_counts_and_cuts_what_passes_it(open_plan):
    """
    Count and bounds are those of the rows that move.
    """
    source, plan = open_plan(
        f"CREATE TABLE t ({COLUMNS}, PRIMARY KEY (id))", where="few = 1 -- odd\n"
    )

    chunks = assert_each_row_once(source, plan, ChunkKind.KEY)

    assert ROWS // 2 >= sum(chunk.estimated_rows for chunk in chunks) > ROWS // 2 - len(chunks)


@pytest.mark.parametrize(
    ("chunking", "changes"),
    [
        (Chunking("rowid"), {}),
        (Chunking("partition"), {}),
        (Chunking("key"), {}),
        (Chunking("key", "ID"), {"mask": Mask(MaskKind.HASH)}),
        (Chunking("key", "ID"), {"expression": "id * 2"}),
    ],
    ids=["no extents", "no partitions", "no key", "masked", "computed"],
)
def test_a_way_that_does_not_fit_is_refused(open_plan, chunking, changes):
    """
    Asked for and impossible is an error; a masked column's values are not used as bounds.
    """
    source, plan = open_plan(f"CREATE TABLE t ({COLUMNS})", chunking=chunking)
    first, *others = plan.source.columns
    plan = replace(plan, source=replace(plan.source, columns=(replace(first, **changes), *others)))

    with pytest.raises(RequestError):
        source.plan_chunks(plan, source.take_snapshot(), CHUNK, ROWS)


def test_a_text_bound_is_not_told(open_plan):
    """
    A chunk's description stands in logs; a text may be a name.
    """
    source, plan = open_plan(f"CREATE TABLE t ({COLUMNS})", chunking=Chunking("key", "WORD"))

    chunks = assert_each_row_once(source, plan, ChunkKind.KEY)

    assert "WORD in […, …)" == str(chunks[1])


def test_a_view_is_read_at_the_snapshot(oracle, open_plan):
    """
    AS OF SCN on a view is that of its tables; a column to cut along splits it.
    """
    oracle.run(f"CREATE TABLE t ({COLUMNS})")
    fill(oracle)
    source, plan = open_plan(
        "CREATE VIEW v AS SELECT a.id, a.word FROM t a JOIN t b ON b.id = a.id WHERE a.few = 1",
        name="V",
        chunking=Chunking("key", "WORD"),
    )
    scn = source.take_snapshot()
    oracle.run("DELETE FROM t WHERE id < 1000")

    assert source.has_past(plan.source)
    assert {1: ROWS // 2} == source.count_rows([plan], scn)
    chunks = source.plan_chunks(plan, scn, CHUNK, ROWS // 2)
    assert {ChunkKind.KEY} == {chunk.kind for chunk in chunks}
    rows = [b.num_rows for c in chunks for b in source.read_batches(plan, c, scn)]
    assert ROWS // 2 == sum(rows)


def test_lobs_make_chunks_small_by_what_they_take(open_plan, oracle, monkeypatch):
    """
    Given LOBs of 6 KB, and others that are mostly NULL or empty, then chunks are cut by what the
    rows really take, so that those of mostly empty ones are not cut at all; and each row of them
    comes in a few batches.
    """
    monkeypatch.setattr(oracle_source, "CHUNK_BYTES", 1 << 20)
    count = 2_000
    few = ["" if n % 2 else None if n % 400 else "word" * 50 for n in range(count)]
    values = {"WIDE": ["x" * 6_000] * count, "FEW": few}
    for name, texts in values.items():
        oracle.run(f"CREATE TABLE {name} (id NUMBER(9) NOT NULL, c CLOB)")
        columns = {"ID": pa.array(range(count)), "C": pa.array(texts, pa.large_string())}
        oracle.bulk_load(name, columns)

    chunks, batches = {}, {}
    for name in values:
        source, plan = open_plan(name=name, dba=True)
        scn = source.take_snapshot()
        chunks[name] = source.plan_chunks(plan, scn, 200_000, count)
        found = [b for c in chunks[name] for b in source.read_batches(plan, c, scn)]
        batches[name] = len(found)
        assert count == sum(batch.num_rows for batch in found)

    assert 11 <= len(chunks["WIDE"]) <= 13  # 2,000 * 6 KB / 1 MB
    assert (1, 2) == (len(chunks["FEW"]), batches["FEW"])
