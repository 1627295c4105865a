"""DDL in, dictionary views and GET_DDL out, asked through SQL as clients do."""

from __future__ import annotations

import pytest
from orasim.database import Database
from orasim.engine import OracleError


class Asker:
    """A session that answers with plain values."""

    def __init__(self, session):
        self.session = session

    def run(self, *statements):
        """Execute."""
        for statement in statements:
            self.session.execute(statement, [])

    def rows(self, sql):
        """All rows, NUMBERs and texts decoded."""
        from orasim.storage import codec

        cursor = self.session.execute(sql, []).cursor
        found = []
        while part := _plain(cursor.fetch(100)):
            found += part
        kinds = [
            {1: "VARCHAR2", 2: "NUMBER", 96: "CHAR", 8: "LONG", 12: "DATE"}.get(c.type)
            for c in cursor.columns
        ]
        return [
            tuple(
                value if value is None or kind is None else codec.DECODERS[kind](value)
                for kind, value in zip(kinds, row, strict=True)
            )
            for row in found
        ]


def _plain(fetched):
    """Rows of either form as lists of encoded values."""
    if isinstance(fetched, list):
        return [list(row) for row in fetched]
    rows, data, at = [], bytes(fetched.payload), 0
    for _ in range(fetched.count):
        assert data[at] == 7
        at += 1
        row = []
        while at < len(data) and not (data[at] == 7 and len(row) == _plain.width):
            length = data[at]
            row.append(data[at + 1 : at + 1 + length] if length else None)
            at += 1 + length
            if len(row) == _plain.width:
                break
        rows.append(row)
    return rows


@pytest.fixture
def ask():
    """The owner of a schema, with SELECT_CATALOG_ROLE."""
    database = Database(version="19c")
    database.create_user("SHOP", "x", profile="catalog-owner")
    database.create_user("GUEST", "x", profile="grants")
    return Asker(database.open_session("SHOP", "test", 1, 1))


def values(ask, sql, width):
    """Rows of *width* columns."""
    _plain.width = width
    return ask.rows(sql)


def test_columns_are_described_as_declared(ask):
    """
    Types, lengths, precision, nullability and defaults stand in ALL_TAB_COLS as Oracle has them.
    """
    ask.run(
        "CREATE TABLE t (a NUMBER(9,2) DEFAULT 1 NOT NULL, b VARCHAR2(5 CHAR), c CHAR(3), "
        "d TIMESTAMP(3) WITH TIME ZONE, e INTEGER, f FLOAT, g RAW(16), h NUMBER)"
    )

    found = values(
        ask,
        "SELECT column_name, data_type, data_precision, data_scale, nullable, char_length, char_used "
        "FROM all_tab_cols WHERE owner = 'SHOP' AND table_name = 'T' ORDER BY column_id",
        7,
    )

    assert [
        ("A", "NUMBER", 9, 2, "N", 0, None),
        ("B", "VARCHAR2", None, None, "Y", 5, "C"),
        ("C", "CHAR", None, None, "Y", 3, "B"),
        ("D", "TIMESTAMP(3) WITH TIME ZONE", None, 3, "Y", 0, None),
        ("E", "NUMBER", None, 0, "Y", 0, None),
        ("F", "FLOAT", 126, None, "Y", 0, None),
        ("G", "RAW", None, None, "Y", 0, None),
        ("H", "NUMBER", None, None, "Y", 0, None),
    ] == found


def test_user_views_lack_the_owner(ask):
    """
    USER_TABLES has no OWNER; USER_CONSTRAINTS keeps it; there is no ALL_EXTENTS.
    """
    ask.run("CREATE TABLE t (a NUMBER PRIMARY KEY)")

    assert [("T",)] == values(ask, "SELECT table_name FROM user_tables", 1)
    assert [("SHOP", "P")] == values(ask, "SELECT owner, constraint_type FROM user_constraints", 2)
    for sql, code in [
        ("SELECT owner FROM user_tables", 904),
        ("SELECT 1 FROM all_extents", 942),
        ("SELECT virtual_column FROM all_tab_columns", 904),
    ]:
        with pytest.raises(OracleError) as caught:
            ask.session.execute(sql, [])
        assert code == caught.value.code, sql


def test_visibility_follows_grants(ask):
    """
    A user sees what it was granted, nothing else, and no DBA_ view.
    """
    ask.run("CREATE TABLE mine (a NUMBER)", "CREATE TABLE theirs (a NUMBER)")
    ask.run("GRANT SELECT ON theirs TO guest")
    guest = Asker(ask.session.database.open_session("GUEST", "test", 2, 1))

    _plain.width = 1
    assert [("THEIRS",)] == guest.rows("SELECT table_name FROM all_tables WHERE owner = 'SHOP'")
    for sql in (
        "SELECT 1 FROM dba_tables",
        "SELECT current_scn FROM v$database",
        "SELECT a FROM shop.mine",
    ):
        with pytest.raises(OracleError) as caught:
            guest.session.execute(sql, [])
        assert 942 == caught.value.code


def test_versions_gate_columns():
    """
    A column that a version lacks is ORA-00904 there.
    """
    for version, code in [("12.1", 904), ("19c", None)]:
        database = Database(version=version)
        database.create_user("U", "x", profile="owner")
        session = database.open_session("U", "test", 1, 1)
        if code is None:
            session.execute("SELECT external FROM user_tables", [])
            continue
        with pytest.raises(OracleError) as caught:
            session.execute("SELECT external FROM user_tables", [])
        assert code == caught.value.code


@pytest.mark.parametrize(
    ("statement", "code"),
    [
        ("CREATE TABLE t (a NUMBER)", 955),
        ("CREATE TABLE x (a NUMBER, a NUMBER)", 957),
        ("CREATE TABLE x (a NUMBER(39))", 1727),
        ("CREATE TABLE x (a VARCHAR2)", 906),
        ("CREATE TABLE x (a NUMBER, CONSTRAINT p PRIMARY KEY (b))", 904),
        ("CREATE TABLE x (a NUMBER PRIMARY KEY, b NUMBER PRIMARY KEY)", 2260),
        ("CREATE TABLE x (a NUMBER REFERENCES nowhere)", 942),
        ("CREATE TABLE x (a NO_SUCH_TYPE)", 902),
        ("ALTER TABLE t ADD a NUMBER", 1430),
        ("ALTER TABLE nowhere ADD a NUMBER", 942),
        ("DROP TABLE nowhere", 942),
        ("CREATE INDEX i ON t (nope)", 904),
        ("CREATE EDITION e", 3001),
        ("CREATE TABLE x (a NUMBER) NO_SUCH_PROPERTY", 3001),
        ("COMMENT ON COLUMN t.nope IS 'x'", 904),
    ],
)
def test_bad_ddl_is_refused_and_changes_nothing(ask, statement, code):
    """
    Each mistake has Oracle's number, what is not modelled ORA-03001, and nothing is half made.
    """
    ask.run("CREATE TABLE t (a NUMBER)")

    with pytest.raises(OracleError) as caught:
        ask.session.execute(statement, [])

    assert code == caught.value.code
    assert [("T",)] == values(ask, "SELECT table_name FROM user_tables", 1)


def test_extents_hold_every_rowid(ask):
    """
    Each row's block lies in an extent that DBA_EXTENTS shows for the row's data object.
    """
    import pyarrow as pa

    ask.run("CREATE TABLE t (a NUMBER(9))")
    batch = pa.RecordBatch.from_pydict({"A": pa.array(range(50_000))})
    ask.session.database.bulk_load("SHOP", "T", batch)
    extents = values(
        ask,
        "SELECT o.data_object_id, e.block_id, e.blocks FROM dba_extents e JOIN dba_objects o "
        "ON o.owner = e.owner AND o.object_name = e.segment_name WHERE e.segment_name = 'T'",
        3,
    )
    rows = values(
        ask,
        "SELECT DBMS_ROWID.ROWID_OBJECT(rowid), DBMS_ROWID.ROWID_BLOCK_NUMBER(rowid), COUNT(*) FROM t "
        "GROUP BY DBMS_ROWID.ROWID_OBJECT(rowid), DBMS_ROWID.ROWID_BLOCK_NUMBER(rowid)",
        3,
    )

    blocks = {(o, b + i) for o, b, n in extents for i in range(int(n))}
    assert 50_000 == sum(r[2] for r in rows)
    assert {(o, b) for o, b, _ in rows} <= blocks


def test_get_ddl_can_be_run_again(ask):
    """
    GET_DDL's text makes the same table again.
    """
    from orasim.dictionary.metadata import get_ddl

    ask.run(
        'CREATE TABLE "Mixed" (id NUMBER(9) PRIMARY KEY, "order" VARCHAR2(5 CHAR) DEFAULT \'x\' NOT NULL, '
        "v NUMBER GENERATED ALWAYS AS (id * 2) VIRTUAL, CONSTRAINT ck CHECK (id > 0)) "
        "PARTITION BY RANGE (id) (PARTITION p1 VALUES LESS THAN (10), PARTITION p2 VALUES LESS THAN (MAXVALUE))"
    )
    text = get_ddl(ask.session, "TABLE", "Mixed")
    query = (
        "SELECT column_name, data_type, nullable, virtual_column FROM user_tab_cols "
        "WHERE table_name = 'Mixed' ORDER BY internal_column_id"
    )
    before = values(ask, query, 4)

    ask.run('DROP TABLE "Mixed"', text)

    assert before == values(ask, query, 4)
    assert text == get_ddl(ask.session, "TABLE", "Mixed")
    with pytest.raises(OracleError) as caught:
        get_ddl(ask.session, "TABLE", "NOPE")
    assert 31603 == caught.value.code
