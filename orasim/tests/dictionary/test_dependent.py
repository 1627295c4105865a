"""GET_DEPENDENT_DDL, SYS_CONNECT_BY_PATH and DBMS_RANDOM."""

from __future__ import annotations

import pytest
from orasim.database import Database
from orasim.engine import OracleError


@pytest.fixture
def session():
    database = Database()
    database.create_user("SCOTT", "tiger", profile="owner")
    database.create_user("GUEST", "g", profile="grants")
    opened = database.open_session("SCOTT", "test", 1, 1)
    for statement in (
        "CREATE TABLE d (id NUMBER PRIMARY KEY)",
        "CREATE TABLE e (id NUMBER CONSTRAINT e_pk PRIMARY KEY, up NUMBER, v VARCHAR2(5) "
        "CONSTRAINT e_v CHECK (v <> 'x'), CONSTRAINT e_d FOREIGN KEY (up) REFERENCES d)",
        "CREATE INDEX e_i ON e (v)",
        "COMMENT ON COLUMN e.v IS 'it''s v'",
        "COMMENT ON TABLE e IS 'rows'",
        "GRANT SELECT ON e TO guest",
    ):
        opened.execute(statement, [])
    return opened


def rows(session, sql):
    plan, context, _ = session._plan(sql, [])
    context.begin_execution()
    return list(plan.rows())


def dependent(session, kind):
    ((text,),) = rows(session, f"SELECT DBMS_METADATA.GET_DEPENDENT_DDL('{kind}', 'E') FROM dual")
    return [line.strip() for line in text.strip().split("\n") if line.strip()]


def test_dependents_of_a_table_by_kind(session):
    """
    Indexes, keys and checks, foreign keys, comments and grants, each in statements of their own.
    """
    assert any('CREATE INDEX "SCOTT"."E_I" ON' in line for line in dependent(session, "INDEX"))
    assert any('CONSTRAINT "E_V" CHECK' in line for line in dependent(session, "CONSTRAINT"))
    assert not any("E_D" in line for line in dependent(session, "CONSTRAINT"))
    assert any("E_D" in line for line in dependent(session, "REF_CONSTRAINT"))
    assert [
        'COMMENT ON COLUMN "SCOTT"."E"."V" IS \'it\'\'s v\'',
        'COMMENT ON TABLE "SCOTT"."E"  IS \'rows\'',
    ] == dependent(session, "COMMENT")
    assert ['GRANT SELECT ON "SCOTT"."E" TO "GUEST"'] == dependent(session, "OBJECT_GRANT")


def test_what_is_not_there_is_said(session):
    """
    ORA-31608 without dependents, ORA-31603 without the table, ORA-03001 for other kinds.
    """
    for kind, name, code in (("TRIGGER", "E", 31608), ("INDEX", "NO", 31603), ("JOB", "E", 3001)):
        with pytest.raises(OracleError) as caught:
            rows(session, f"SELECT DBMS_METADATA.GET_DEPENDENT_DDL('{kind}', '{name}') FROM dual")
        assert code == caught.value.code


def test_paths_of_trees_and_random_values(session):
    """
    SYS_CONNECT_BY_PATH follows the rows up to the root; DBMS_RANDOM differs by row.
    """
    tree = (
        "(SELECT 1 id, NULL up FROM dual UNION ALL SELECT 2, 1 FROM dual UNION ALL "
        "SELECT 3, 2 FROM dual UNION ALL SELECT 4, 1 FROM dual)"
    )
    assert [(1, "/1"), (2, "/1/2"), (3, "/1/2/3"), (4, "/1/4")] == rows(
        session,
        f"SELECT id, SYS_CONNECT_BY_PATH(id, '/') FROM {tree} START WITH up IS NULL "
        "CONNECT BY PRIOR id = up ORDER BY id",
    )
    ((low, high, texts, length),) = rows(
        session,
        "SELECT MIN(v), MAX(v), COUNT(DISTINCT s), MAX(LENGTH(s)) FROM (SELECT "
        "DBMS_RANDOM.VALUE(5, 6) v, DBMS_RANDOM.STRING('x', 12) s FROM dual CONNECT BY LEVEL < 50)",
    )
    assert 5 <= low < high < 6
    assert (49, 12) == (texts, length)
