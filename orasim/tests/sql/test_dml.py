"""INSERT, UPDATE, DELETE, constraints, transactions, flashback, sequences, partitions."""

from __future__ import annotations

from decimal import Decimal

import pyarrow as pa
import pytest
from orasim.engine import TYPE_NUMBER, TYPE_VARCHAR, Bind, OracleError
from orasim.storage import codec


@pytest.fixture
def table(oracle):
    """T (id primary key, v not longer than five bytes, n NUMBER(5,2))."""
    oracle.run(
        "CREATE TABLE t (id NUMBER(3) PRIMARY KEY, v VARCHAR2(5), n NUMBER(5,2) DEFAULT 7, "
        "CONSTRAINT positive CHECK (n > 0))"
    )
    return oracle


def test_defaults_and_rounding(table):
    """Missing columns take their DEFAULT, numbers round to the scale, '' is NULL."""
    table.run("INSERT INTO t (id, v) VALUES (1, '')", "INSERT INTO t VALUES (2, 'x', 1.005)")
    assert [(1, None, 7), (2, "x", Decimal("1.01"))] == table.rows("SELECT * FROM t ORDER BY id")


@pytest.mark.parametrize(
    ("statement", "code"),
    [
        ("INSERT INTO t (id) VALUES (NULL)", 1400),
        ("INSERT INTO t (id) VALUES (1)", 1),
        ("INSERT INTO t (id) VALUES (1000)", 1438),
        ("INSERT INTO t VALUES (2, 'abcdef', 1)", 12899),
        ("INSERT INTO t VALUES (2, 'ééé', 1)", 12899),
        ("INSERT INTO t VALUES (2, 'a', -1)", 2290),
        ("INSERT INTO t VALUES (2, 'a')", 947),
        ("INSERT INTO t VALUES (2, 'a', 1, 1)", 913),
        ("INSERT INTO t (id, nope) VALUES (2, 1)", 904),
        ("INSERT INTO nope VALUES (2)", 942),
        ("UPDATE t SET id = NULL", 1407),
        ("UPDATE t SET n = 0", 2290),
    ],
)
def test_refused_changes(table, statement, code):
    """A refused statement leaves nothing behind."""
    table.run("INSERT INTO t (id) VALUES (1)")
    assert code == table.error(statement)
    assert [(1, None, 7)] == table.rows("SELECT * FROM t")


def test_rollback_and_savepoints(table):
    """ROLLBACK undoes; a savepoint keeps what came before it."""
    table.run(
        "INSERT INTO t (id) VALUES (1)",
        "COMMIT",
        "INSERT INTO t (id) VALUES (2)",
        "SAVEPOINT s",
        "DELETE FROM t",
        "UPDATE t SET n = 1",
    )
    assert [(0,)] == table.rows("SELECT COUNT(*) FROM t")
    table.run("ROLLBACK TO s")
    assert [(2,)] == table.rows("SELECT COUNT(*) FROM t")
    table.run("ROLLBACK")
    assert [(1,)] == table.rows("SELECT id FROM t")
    assert not table.session.in_transaction


def test_others_see_only_what_is_committed(table, open_session):
    """Read committed."""
    other = open_session("SCOTT")
    table.run("INSERT INTO t (id) VALUES (1)")
    assert [] == other.rows("SELECT * FROM t")
    other.run("INSERT INTO t (id) VALUES (2)", "COMMIT")
    table.run("COMMIT")
    assert [(1,), (2,)] == other.rows("SELECT id FROM t ORDER BY id")


def test_key_freed_and_taken_in_one_statement(table):
    """Keys are tested at the statement's end."""
    table.run(
        "INSERT INTO t (id) VALUES (1)", "INSERT INTO t (id) VALUES (2)", "UPDATE t SET id = id + 1"
    )
    assert [(2,), (3,)] == table.rows("SELECT id FROM t ORDER BY id")


def test_as_of_scn(table):
    """A snapshot keeps showing what it showed."""
    table.run("INSERT INTO t (id) VALUES (1)", "COMMIT")
    scn = table.value("DBMS_FLASHBACK.GET_SYSTEM_CHANGE_NUMBER")
    table.run("UPDATE t SET v = 'new'", "INSERT INTO t (id) VALUES (2)", "COMMIT")
    assert [(1, None)] == table.rows(f"SELECT id, v FROM t AS OF SCN {scn} x")
    table.run("CREATE VIEW w AS SELECT id FROM t UNION ALL SELECT id FROM (SELECT id FROM t)")
    assert [(1,), (1,)] == table.rows(f"SELECT id FROM w AS OF SCN {scn}")
    assert 3001 == table.error(f"SELECT * FROM w PARTITION (p) AS OF SCN {scn}")
    table.run("DROP VIEW w")
    assert [(2,)] == table.rows("SELECT COUNT(*) FROM t")
    assert [(1, True)] == [
        (id_, rowscn > scn) for id_, rowscn in table.rows("SELECT id, ORA_ROWSCN FROM t")
    ][:1]
    assert 8181 == table.error(f"SELECT * FROM t AS OF SCN {scn + 1000}")
    table.database.storage.expire_undo()
    assert 1555 == table.error(f"SELECT * FROM t AS OF SCN {scn}")


def test_truncate_ends_flashback(table):
    """ORA-01466 for a time before the table's shape or segment changed."""
    table.run("INSERT INTO t (id) VALUES (1)", "COMMIT")
    scn = table.value("DBMS_FLASHBACK.GET_SYSTEM_CHANGE_NUMBER")
    table.run("TRUNCATE TABLE t")
    assert [] == table.rows("SELECT * FROM t")
    assert 1466 == table.error(f"SELECT * FROM t AS OF SCN {scn}")


def test_rowids_stay_and_bound_ranges(table):
    """A row keeps its ROWID through updates; ranges of ROWIDs cut the table."""
    for number in range(250):
        table.run(f"INSERT INTO t (id) VALUES ({number})")
    table.run("COMMIT")
    before = dict(table.rows("SELECT id, ROWID FROM t"))
    table.run("UPDATE t SET v = 'x' WHERE id > 100", "COMMIT")
    assert before == dict(table.rows("SELECT id, ROWID FROM t"))
    low, high = before[100], before[199]
    assert [(100,)] == table.rows(
        f"SELECT COUNT(*) FROM t WHERE ROWID BETWEEN '{low}' AND CHARTOROWID('{high}')"
    )
    block = table.rows(f"SELECT DBMS_ROWID.ROWID_BLOCK_NUMBER(ROWID) FROM t WHERE ROWID='{low}'")
    ((obj, fno),) = table.rows(
        "SELECT DISTINCT DBMS_ROWID.ROWID_OBJECT(ROWID), DBMS_ROWID.ROWID_RELATIVE_FNO(ROWID) "
        "FROM t"
    )
    first, last = (
        f"DBMS_ROWID.ROWID_CREATE(1, {obj}, {fno}, {block[0][0]}, {slot})" for slot in (0, 32767)
    )
    assert [(100, 199)] == table.rows(
        f"SELECT MIN(id), MAX(id) FROM t WHERE ROWID BETWEEN {first} AND {last}"
    )


def test_lists_of_rowids_name_their_rows_and_no_others(table):
    """
    Rows that are gone, ROWIDs that are given twice and NULL change nothing; other conditions hold
    too; what is no ROWID is ORA-01410.
    """
    for number in range(999):
        table.run(f"INSERT INTO t (id) VALUES ({number})")
    table.run("COMMIT")
    rowids = dict(table.rows("SELECT id, ROWID FROM t"))
    scn = table.value("DBMS_FLASHBACK.GET_SYSTEM_CHANGE_NUMBER")
    table.run("DELETE FROM t WHERE id = 5", "COMMIT")
    listed = ", ".join(f"'{rowids[n]}'" for n in (998, 5, 7, 7, 150)) + ", NULL"

    def found(condition, past=""):
        return [
            (n, str(r)) for n, r in table.rows(f"SELECT id, ROWID FROM t{past} WHERE {condition}")
        ]

    assert [(n, rowids[n]) for n in (7, 150, 998)] == found(f"ROWID IN ({listed})")
    assert [(n, rowids[n]) for n in (5, 7, 150, 998)] == found(
        f"ROWID IN ({listed})", f" AS OF SCN {scn}"
    )
    assert [(150, rowids[150])] == found(
        f"ROWID IN ({listed}) AND id > 100 AND ROWID <= '{rowids[200]}'"
    )
    assert [(7, rowids[7])] == found(f"ROWID IN ({listed}) AND ROWID IN ('{rowids[7]}')")
    assert 1410 == table.error("SELECT id FROM t WHERE ROWID IN ('nonsense')")


def test_bind_arrays_and_batch_errors(table):
    """executemany: failing rows are reported, the others stay."""
    numbers = [codec.encode_number(n) for n in (1, 2, 2, 3)]
    outcome = table.session.execute(
        "INSERT INTO t (id, v) VALUES (:1, :2)",
        [
            Bind("1", TYPE_NUMBER, 22, "in", list(numbers)),
            Bind("2", TYPE_VARCHAR, 5, "in", [b"a", None, b"b", b"c"]),
        ],
        4,
        batch_errors=True,
    )
    assert 3 == outcome.row_count
    assert [(2, 1)] == [(at, error.code) for at, error in outcome.batch_errors]
    assert [(1, "a"), (2, None), (3, "c")] == table.rows("SELECT id, v FROM t ORDER BY id")


def test_returning(table):
    """RETURNING gives the stored values in the types of its binds."""
    outcome = table.session.execute(
        "INSERT INTO t (id, v) VALUES (5, 'abc') RETURNING id, v, ROWID INTO :a, :b, :c",
        [
            Bind("A", TYPE_VARCHAR, 10, "out"),
            Bind("B", TYPE_VARCHAR, 10, "out"),
            Bind("C", TYPE_VARCHAR, 18, "out"),
        ],
    )
    rowid = table.rows("SELECT ROWID FROM t")[0][0]
    assert [[[b"5"]], [[b"abc"]], [[rowid.encode()]]] == outcome.returning


def test_foreign_keys(table):
    """A child needs its parent, a parent with children stays."""
    table.run(
        "CREATE TABLE c (id NUMBER, t NUMBER REFERENCES t (id))",
        "INSERT INTO t (id) VALUES (1)",
        "INSERT INTO c VALUES (1, 1)",
        "INSERT INTO c VALUES (2, NULL)",
    )
    assert 2291 == table.error("INSERT INTO c VALUES (3, 9)")
    assert 2292 == table.error("DELETE FROM t")


def test_sequences_and_identity(oracle):
    """NEXTVAL advances per row, CURRVAL needs it first, identity fills itself."""
    oracle.run("CREATE SEQUENCE s START WITH 10 INCREMENT BY 5")
    assert 8002 == oracle.error("SELECT s.CURRVAL FROM dual")
    assert [(10, 10), (15, 15)] == [
        oracle.rows("SELECT s.NEXTVAL, s.CURRVAL FROM dual")[0] for _ in range(2)
    ]
    oracle.run(
        "CREATE TABLE i (id NUMBER GENERATED ALWAYS AS IDENTITY, v NUMBER)",
        "INSERT INTO i (v) VALUES (5)",
        "INSERT INTO i (v) SELECT 6 FROM dual",
    )
    assert [(1, 5), (2, 6)] == oracle.rows("SELECT id, v FROM i ORDER BY id")
    assert 32795 == oracle.error("INSERT INTO i VALUES (1, 1)")


def test_virtual_columns(oracle):
    """Computed when read, never written."""
    oracle.run(
        "CREATE TABLE v (a NUMBER, b NUMBER GENERATED ALWAYS AS (a * 2) VIRTUAL)",
        "INSERT INTO v (a) VALUES (4)",
    )
    assert [(4, 8)] == oracle.rows("SELECT * FROM v WHERE b = 8")
    assert 54013 == oracle.error("INSERT INTO v (a, b) VALUES (1, 2)")


def test_partitions(oracle):
    """Rows go where their key says; PARTITION reads one; an interval makes new ones."""
    oracle.run(
        "CREATE TABLE p (d DATE, n NUMBER) PARTITION BY RANGE (d) "
        "INTERVAL (NUMTOYMINTERVAL(1, 'MONTH')) "
        "(PARTITION p0 VALUES LESS THAN (TO_DATE('2024-01-01', 'YYYY-MM-DD')))",
        "INSERT INTO p VALUES (DATE '2023-06-01', 1)",
        "INSERT INTO p VALUES (DATE '2024-03-15', 2)",
        "INSERT INTO p VALUES (DATE '2024-03-31', 3)",
        "CREATE TABLE l (k VARCHAR2(2), n NUMBER) PARTITION BY LIST (k) "
        "(PARTITION eu VALUES ('DE', 'FR'), PARTITION rest VALUES (DEFAULT))",
        "INSERT INTO l VALUES ('FR', 1)",
        "INSERT INTO l VALUES ('US', 2)",
        "CREATE TABLE r (n NUMBER) PARTITION BY RANGE (n) (PARTITION a VALUES LESS THAN (10))",
    )
    assert [(1,)] == oracle.rows("SELECT n FROM p PARTITION (p0)")
    assert [(3,)] == oracle.rows("SELECT COUNT(*) FROM p")
    table = oracle.session.catalog.table("SCOTT", "P")
    assert 2 == len(table.partitioning.partitions)
    assert [(1,)] == oracle.rows("SELECT n FROM l PARTITION (eu)")
    assert [(2,)] == oracle.rows("SELECT n FROM l PARTITION (rest)")
    assert 14400 == oracle.error("INSERT INTO r VALUES (10)")
    assert 2149 == oracle.error("SELECT * FROM l PARTITION (nope)")


def test_insert_all(oracle):
    """One source row into several tables."""
    oracle.run("CREATE TABLE a (x NUMBER)", "CREATE TABLE b (y NUMBER)")
    assert 2 == oracle.run(
        "INSERT ALL INTO a (x) VALUES (1) INTO b (y) VALUES (2) SELECT * FROM dual"
    )
    assert [(1, 2)] == oracle.rows("SELECT x, y FROM a, b")


def test_bulk_load_is_what_insert_stores(oracle):
    """Arrow data and INSERT give the same rows, bytes and all."""
    oracle.run("CREATE TABLE b (n NUMBER(10,2), v VARCHAR2(10), d DATE, c CHAR(3), t TIMESTAMP(3))")
    batch = pa.RecordBatch.from_pydict(
        {
            "N": pa.array([Decimal("12.30"), None, Decimal("-0.05")], pa.decimal128(10, 2)),
            "V": ["é", None, "abc"],
            "D": pa.array([0, 86_399, None], pa.timestamp("s")),
            "C": ["a", None, "abc"],
            "T": pa.array([1_000, 1_500_000, None], pa.timestamp("us")),
        }
    )
    assert 3 == oracle.database.bulk_load("SCOTT", "B", batch)
    oracle.run(
        "CREATE TABLE i AS SELECT * FROM b WHERE 1 = 0",
        "INSERT INTO i VALUES (12.3, 'é', DATE '1970-01-01', 'a', "
        "TIMESTAMP '1970-01-01 00:00:00.001')",
        "INSERT INTO i VALUES (NULL, '', TO_DATE('1970-01-01 23:59:59', 'YYYY-MM-DD HH24:MI:SS'), "
        "NULL, TIMESTAMP '1970-01-01 00:00:01.5')",
        "INSERT INTO i VALUES (-.05, 'abc', NULL, 'abc', NULL)",
    )
    payloads = [
        bytes(oracle.session.execute(f"SELECT * FROM {name}", []).cursor.fetch(10).payload)
        for name in ("b", "i")
    ]
    assert payloads[0] == payloads[1]
    with pytest.raises(OracleError, match="ORA-12899"):
        oracle.database.bulk_load("SCOTT", "B", pa.RecordBatch.from_pydict({"V": ["x" * 11]}))


def test_privileges(table, open_session):
    """Without a grant a table is not there; with SELECT it can be read, not changed."""
    table.database.create_user("BOB", "b", profile="grants")
    bob = open_session("BOB")
    assert 942 == bob.error("SELECT * FROM scott.t")
    table.run("GRANT SELECT ON t TO bob")
    assert [] == bob.rows("SELECT * FROM scott.t")
    assert 1031 == bob.error("DELETE FROM scott.t")
    assert 1031 == bob.error("SELECT * FROM scott.t AS OF SCN 1000001")


def test_read_only_transaction(table, open_session):
    """SET TRANSACTION READ ONLY freezes what the session sees and refuses changes."""
    other = open_session("SCOTT")
    other.run("SET TRANSACTION READ ONLY")
    table.run("INSERT INTO t (id) VALUES (1)", "COMMIT")
    assert [] == other.rows("SELECT * FROM t")
    assert 1456 == other.error("DELETE FROM t")
    other.run("COMMIT")
    assert [(1,)] == other.rows("SELECT id FROM t")


def test_merge(table):
    """Matching rows are updated, others inserted, in one statement."""
    table.run("INSERT INTO t (id, n) VALUES (1, 1)", "INSERT INTO t (id, n) VALUES (2, 2)")
    assert 2 == table.run(
        "MERGE INTO t x USING (SELECT LEVEL + 1 k FROM dual CONNECT BY LEVEL <= 3) s "
        "ON (x.id = s.k) WHEN MATCHED THEN UPDATE SET x.v = 'upd' "
        "WHEN NOT MATCHED THEN INSERT (id, v) VALUES (s.k, 'new') WHERE s.k < 4"
    )
    assert [(1, None, 1), (2, "upd", 2), (3, "new", 7)] == table.rows("SELECT * FROM t ORDER BY id")


def test_for_update_locks(table, open_session):
    """NOWAIT on a locked row is ORA-00054 until the lock's owner commits."""
    other = open_session("SCOTT")
    table.run("INSERT INTO t (id) VALUES (1)", "INSERT INTO t (id) VALUES (2)", "COMMIT")
    assert [(1,)] == table.rows("SELECT id FROM t WHERE id = 1 FOR UPDATE")
    assert table.session.in_transaction
    assert 54 == other.error("SELECT id FROM t FOR UPDATE NOWAIT")
    assert [(2,)] == other.rows("SELECT id FROM t WHERE id = 2 FOR UPDATE NOWAIT")
    table.run("COMMIT")
    assert [(1,)] == other.rows("SELECT id FROM t WHERE id = 1 FOR UPDATE NOWAIT")
