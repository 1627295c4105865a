"""The dictionary views: every column of every view, per version, scope and privilege."""

from __future__ import annotations

import pytest
from orasim.dictionary import views

from .conftest import schema_of

EVERYTHING = (
    "CREATE TYPE addr AS OBJECT (street VARCHAR2(10), zip NUMBER(5), MEMBER FUNCTION f RETURN NUMBER)",
    "CREATE TYPE addrs AS TABLE OF addr",
    "CREATE TYPE phones AS VARRAY(3) OF VARCHAR2(20)",
    "CREATE TABLE p (id NUMBER GENERATED ALWAYS AS IDENTITY PRIMARY KEY, a addr, l phones, n addrs, "
    "j CLOB CHECK (j IS JSON), e VARCHAR2(5) ENCRYPT, inv NUMBER INVISIBLE, x XMLTYPE) "
    "NESTED TABLE n STORE AS p_n",
    "CREATE TABLE ot OF addr (zip PRIMARY KEY)",
    "CREATE INDEX i ON p (UPPER(e) DESC)",
    "CREATE TABLE pt (a NUMBER, b VARCHAR2(5), c BLOB) PARTITION BY LIST (b) SUBPARTITION BY HASH (a) "
    "SUBPARTITIONS 2 (PARTITION x VALUES ('a', 'b'), PARTITION y VALUES (DEFAULT))",
    "CREATE INDEX li ON pt (b) LOCAL",
    "CREATE VIEW v AS SELECT id, e FROM p",
    "CREATE MATERIALIZED VIEW mv AS SELECT a FROM pt",
    "CREATE MATERIALIZED VIEW LOG ON pt WITH ROWID",
    "CREATE PACKAGE pk AS PROCEDURE a (x IN OUT NUMBER, y VARCHAR2 := 'a,b'); "
    "FUNCTION f RETURN NUMBER DETERMINISTIC; END;",
    "CREATE PACKAGE BODY pk AS PROCEDURE a (x IN OUT NUMBER, y VARCHAR2 := 'a,b') IS BEGIN "
    "UPDATE p SET e = 'x'; END; END;",
    "CREATE TRIGGER tr AFTER UPDATE OF e, j ON p BEGIN NULL; END;",
    "CREATE SYNONYM sy FOR p",
    "CREATE PUBLIC SYNONYM ps FOR p",
    "CREATE DATABASE LINK dl CONNECT TO u IDENTIFIED BY pw USING 'x'",
    "CREATE DIRECTORY dir AS '/tmp'",
    "CREATE CLUSTER cl (a NUMBER)",
    "CREATE TABLE ex (a NUMBER) ORGANIZATION EXTERNAL (TYPE oracle_loader DEFAULT DIRECTORY dir ACCESS "
    "PARAMETERS (fields terminated by ',') LOCATION ('a.csv', 'b.csv')) REJECT LIMIT UNLIMITED",
    "CREATE SEQUENCE sq START WITH 5",
    "GRANT SELECT ON p TO public",
)
SCOPES = {"D": "DBA_", "A": "ALL_", "U": "USER_"}


@pytest.mark.parametrize("version", ["12.1", "12.2", "19c", "23ai"])
def test_every_column_of_every_view_can_be_selected(version):
    """
    SELECT * works on each view of each scope, and rows fill only columns that exist.
    """
    shop = schema_of(version)
    shop.run(*EVERYTHING)
    for name, family in {**views.FAMILIES, **views.FIXED}.items():
        for scope in family.scopes if name in views.FAMILIES else "-":
            shown = SCOPES.get(scope, "") + name
            if views.find_view(shown, shop.session) is None:
                newer = views.VERSIONS.index(family.since) > views.version_of(shop.session)
                assert newer, shown
                continue
            found = shop.session.execute(f"SELECT * FROM {shown}", [])
            assert found.cursor is not None
            while len(_fetched(found.cursor.fetch(100))) == 100:
                pass


def _fetched(part):
    return part if isinstance(part, list) else range(part.count)


def test_owner_columns_differ_by_view(shop):
    """
    What USER_ drops or keeps is a matter of each view (facts §1.1).
    """
    kept = ["CONSTRAINTS", "CONS_COLUMNS", "MVIEWS", "TAB_PRIVS"]
    dropped = [
        "TABLES",
        "VIEWS",
        "TAB_COLS",
        "OBJECTS",
        "TRIGGERS",
        "INDEXES",
        "LOBS",
        "TYPES",
        "SOURCE",
    ]
    for name in kept:
        shop.rows(f"SELECT owner FROM user_{name}")
    for name in dropped:
        assert 904 == shop.error(f"SELECT owner FROM user_{name}"), name
    for column, name in [
        ("sequence_owner", "sequences"),
        ("table_owner", "tab_partitions"),
        ("index_owner", "ind_columns"),
        ("table_owner", "ind_columns"),
        ("file_id", "extents"),
        ("block_id", "extents"),
        ("char_used", "type_attrs"),
    ]:
        assert 904 == shop.error(f"SELECT {column} FROM user_{name}"), name
    shop.rows("SELECT table_owner FROM user_indexes")
    shop.rows("SELECT table_schema, grantor FROM all_tab_privs")
    shop.rows("SELECT char_used FROM all_type_attrs")
    for gone in ("all_segments", "all_extents"):
        assert 942 == shop.error(f"SELECT 1 FROM {gone}")


@pytest.mark.parametrize(
    ("view", "column", "since"),
    [
        ("user_tables", "default_collation", "12.2"),
        ("user_tables", "external", "12.2"),
        ("user_tables", "hybrid", "19c"),
        ("user_tab_cols", "data_default_vc", "23ai"),
        ("user_tab_partitions", "high_value_clob", "23ai"),
        ("v$instance", "version_full", "19c"),
        ("v$version", "banner_full", "19c"),
        ("user_constraints", "search_condition_vc", "12.1"),
    ],
)
def test_columns_belong_to_versions(view, column, since):
    """
    A column is there from its release on and ORA-00904 before.
    """
    versions = ["12.1", "12.2", "19c", "23ai"]
    for version in versions:
        shop = schema_of(version)
        query = f"SELECT {column} FROM {view}"
        if versions.index(version) < versions.index(since):
            assert 904 == shop.error(query), version
        else:
            shop.rows(query)


def test_char_columns_are_padded(shop):
    """
    ALL_INDEXES.TABLE_TYPE is CHAR(11): a literal matches, text of another type does not.
    """
    shop.run("CREATE TABLE t (a NUMBER PRIMARY KEY)")

    assert ["TABLE      "] == shop.column("SELECT table_type FROM user_indexes")
    assert 1 == len(shop.rows("SELECT 1 FROM user_indexes WHERE table_type = 'TABLE'"))
    assert [] == shop.rows(
        "SELECT 1 FROM user_indexes WHERE table_type = CAST('TABLE' AS VARCHAR2(9))"
    )


def test_user_views_show_what_the_user_owns(shop):
    """
    A trigger on another's table is in its owner's USER_TRIGGERS, not in the table's.
    """
    other = shop.other("OTHER", "dba")
    shop.run("CREATE TABLE t (a NUMBER)")
    other.run("CREATE TRIGGER tr BEFORE INSERT ON shop.t BEGIN NULL; END;")

    assert ["TR"] == other.column("SELECT trigger_name FROM user_triggers")
    assert [] == shop.rows("SELECT 1 FROM user_triggers")
    assert ["TR"] == shop.column("SELECT trigger_name FROM all_triggers")


def test_execute_shows_the_specification_only(shop):
    """
    A grantee reads the package's specification in ALL_SOURCE, not its body.
    """
    guest = shop.other("GUEST", "grants")
    shop.run("CREATE PACKAGE pk AS END;", "CREATE PACKAGE BODY pk AS END;")
    shop.run("GRANT EXECUTE ON pk TO guest")

    assert ["PACKAGE"] == guest.column("SELECT type FROM all_source WHERE name = 'PK'")
    assert {"PACKAGE", "PACKAGE BODY"} == set(shop.column("SELECT type FROM all_source"))


def test_a_grant_on_one_view_opens_that_view(shop):
    """
    SELECT on SYS.V_$DATABASE or DBA_TABLES opens it to a user without the catalog role.
    """
    guest = shop.other("GUEST", "grants")
    assert 942 == guest.error("SELECT current_scn FROM v$database")

    shop.run("GRANT SELECT ON sys.v_$database TO guest", "GRANT SELECT ON sys.dba_tables TO guest")

    assert 1 == len(guest.rows("SELECT current_scn FROM v$database"))
    guest.rows("SELECT 1 FROM dba_tables")
    assert 942 == guest.error("SELECT 1 FROM dba_objects")
    assert 2030 == shop.error("GRANT SELECT ON v$database TO guest")


def test_hidden_columns_tell_what_they_are(shop):
    """
    Invisible, virtual and index columns are told apart as facts §1.4 say.
    """
    shop.run("CREATE TABLE t (a NUMBER, b NUMBER INVISIBLE, v AS (a * 2), c VARCHAR2(5))")
    shop.run("CREATE INDEX i ON t (UPPER(c), c DESC)")

    assert [
        ("A", 1, "NO", "NO", "YES", None),
        ("B", None, "YES", "NO", "YES", None),
        ("V", 2, "NO", "YES", "YES", '"A"*2'),
        ("C", 3, "NO", "NO", "YES", None),
        ("SYS_NC00005$", None, "YES", "YES", "NO", 'UPPER("C")'),
        ("SYS_NC00006$", None, "YES", "YES", "NO", '"C"'),
    ] == shop.rows(
        "SELECT column_name, column_id, hidden_column, virtual_column, user_generated, data_default "
        "FROM user_tab_cols ORDER BY internal_column_id"
    )
    assert ["FUNCTION-BASED NORMAL"] == shop.column("SELECT index_type FROM user_indexes")
    assert [("SYS_NC00005$", "ASC"), ("SYS_NC00006$", "DESC")] == shop.rows(
        "SELECT column_name, descend FROM user_ind_columns ORDER BY column_position"
    )


def test_object_tables_stand_apart(shop):
    """
    A table OF a type is in OBJECT_TABLES and ALL_ALL_TABLES, not in TABLES.
    """
    shop.run(*EVERYTHING[:5])

    assert ["P", "P_N"] == shop.column("SELECT table_name FROM user_tables ORDER BY 1")
    assert [("OT", "ADDR")] == shop.rows("SELECT table_name, table_type FROM user_object_tables")
    assert ["OT", "P"] == shop.column("SELECT table_name FROM user_all_tables ORDER BY 1")
    assert [("P_N", "P", "N")] == shop.rows(
        "SELECT table_name, parent_table_name, parent_table_column FROM user_nested_tables"
    )
    assert [("A", "ADDR", "SHOP"), ("X", "XMLTYPE", "SYS")] == shop.rows(
        "SELECT column_name, data_type, data_type_owner FROM user_tab_columns "
        "WHERE column_name IN ('A', 'X') ORDER BY 1"
    )


def test_session_parameters_follow_alter_session(shop):
    """
    NLS_SESSION_PARAMETERS shows what ALTER SESSION set.
    """
    shop.run("ALTER SESSION SET NLS_DATE_FORMAT = 'YYYY-MM-DD'")

    assert ["YYYY-MM-DD"] == shop.column(
        "SELECT value FROM nls_session_parameters WHERE parameter = 'NLS_DATE_FORMAT'"
    )


def test_dependencies_and_arguments_come_from_the_text(shop):
    """
    Views, code and synonyms name what they use; routines name their parameters.
    """
    shop.run(*EVERYTHING)

    found = shop.rows("SELECT name, type, referenced_name, referenced_type FROM user_dependencies")
    assert {
        ("V", "VIEW", "P", "TABLE"),
        ("PK", "PACKAGE BODY", "P", "TABLE"),
        ("TR", "TRIGGER", "P", "TABLE"),
        ("SY", "SYNONYM", "P", "TABLE"),
        ("ADDRS", "TYPE", "ADDR", "TYPE"),
    } <= set(found)
    assert [
        ("A", "X", 1, "IN/OUT", "NUMBER", "N"),
        ("A", "Y", 2, "IN", "VARCHAR2", "Y"),
        ("F", None, 0, "OUT", "NUMBER", "N"),
    ] == shop.rows(
        "SELECT object_name, argument_name, position, in_out, data_type, defaulted "
        "FROM user_arguments WHERE package_name = 'PK' ORDER BY 1, 3"
    )


@pytest.mark.parametrize("view", ["all_scheduler_jobs", "dba_scheduler_jobs"])
def test_the_scheduler_has_no_jobs_and_says_so_by_its_columns(shop, view):
    """
    Tools ask what a job does and how often.
    """
    query = "SELECT job_name, job_action, repeat_interval, owner FROM {} WHERE client_id IS NULL"
    assert [] == shop.rows(query.format(view))
