"""What DDL does to tables that hold rows, to names, and to what depends on them."""

from __future__ import annotations

import pytest
from orasim.database import Database

NULLABLE = "SELECT column_name, nullable FROM user_tab_cols WHERE table_name = 'T' ORDER BY 1"


@pytest.mark.parametrize(
    ("constraint", "code"),
    [
        ("PRIMARY KEY (a)", 2437),
        ("PRIMARY KEY (b)", 1449),
        ("UNIQUE (a)", 2299),
        ("CHECK (a < 1)", 2293),
        ("FOREIGN KEY (a) REFERENCES p", 2298),
    ],
)
def test_constraints_are_proven_on_existing_rows(shop, constraint, code):
    """
    A constraint that rows violate is refused and not entered; NOVALIDATE takes what it may.
    """
    shop.run("CREATE TABLE p (id NUMBER PRIMARY KEY)", "CREATE TABLE t (a NUMBER, b NUMBER)")
    shop.run("INSERT INTO t VALUES (1, NULL)", "INSERT INTO t VALUES (1, 2)", "COMMIT")

    assert code == shop.error(f"ALTER TABLE t ADD CONSTRAINT c {constraint}")
    assert [] == shop.rows("SELECT 1 FROM user_constraints WHERE table_name = 'T'")
    assert [("A", "Y"), ("B", "Y")] == shop.rows(NULLABLE)
    if code in (2293, 2298):
        shop.run(f"ALTER TABLE t ADD CONSTRAINT c {constraint} ENABLE NOVALIDATE")
        assert [("ENABLED", "NOT VALIDATED")] == shop.rows(
            "SELECT status, validated FROM user_constraints WHERE constraint_name = 'C'"
        )


def test_unique_index_is_refused_on_duplicates(shop):
    """
    Neither the index nor its hidden column stays behind.
    """
    shop.run("CREATE TABLE t (a VARCHAR2(5))", "INSERT INTO t VALUES ('x')")
    shop.run("INSERT INTO t VALUES ('X')", "COMMIT")

    assert 1452 == shop.error("CREATE UNIQUE INDEX i ON t (UPPER(a))")
    assert [("A", "Y")] == shop.rows(NULLABLE)
    assert [] == shop.rows("SELECT 1 FROM user_indexes")


def test_alter_table_is_all_or_nothing(shop):
    """
    The first column of a failing ADD is not left behind, neither in SQL nor in the dictionary.
    """
    shop.run("CREATE TABLE t (a NUMBER)", "INSERT INTO t VALUES (1)", "COMMIT")

    assert 1758 == shop.error("ALTER TABLE t ADD (b NUMBER, c NUMBER NOT NULL)")
    assert [("A", "Y")] == shop.rows(NULLABLE)
    assert 904 == shop.error("SELECT b FROM t")
    assert [(1,)] == shop.rows("SELECT * FROM t")


def test_not_null_comes_and_goes(shop):
    """
    MODIFY NOT NULL looks at the rows; NULLABLE follows the constraint's state.
    """
    shop.run("CREATE TABLE t (a NUMBER)", "INSERT INTO t VALUES (NULL)", "COMMIT")

    assert 2296 == shop.error("ALTER TABLE t MODIFY a NOT NULL")
    shop.run("UPDATE t SET a = 1", "COMMIT", "ALTER TABLE t MODIFY (a CONSTRAINT nn NOT NULL)")
    assert 1442 == shop.error("ALTER TABLE t MODIFY a NOT NULL")
    assert [("A", "N")] == shop.rows(NULLABLE)
    shop.run("ALTER TABLE t DISABLE CONSTRAINT nn")
    assert [("A", "Y")] == shop.rows(NULLABLE)
    shop.run("INSERT INTO t VALUES (NULL)", "COMMIT")
    assert 2296 == shop.error("ALTER TABLE t ENABLE CONSTRAINT nn")


def test_a_dropped_key_frees_its_columns(shop):
    """
    Without the primary key the column takes NULL, its index is gone, children must go first.
    """
    shop.run("CREATE TABLE t (a NUMBER CONSTRAINT pk PRIMARY KEY)")
    shop.run("CREATE TABLE c (a NUMBER CONSTRAINT fk REFERENCES t)")

    assert 2273 == shop.error("ALTER TABLE t DROP PRIMARY KEY")
    assert 2297 == shop.error("ALTER TABLE t DISABLE PRIMARY KEY")
    assert 2449 == shop.error("DROP TABLE t")
    assert 2266 == shop.error("TRUNCATE TABLE t")
    shop.run("ALTER TABLE t DROP PRIMARY KEY CASCADE", "INSERT INTO t VALUES (NULL)")
    assert [] == shop.rows("SELECT 1 FROM user_indexes UNION ALL SELECT 1 FROM user_constraints")


@pytest.mark.parametrize(
    ("before", "after", "code"),
    [
        ("NUMBER(5,2)", "NUMBER(7,2)", None),
        ("NUMBER(5,2)", "NUMBER(6,3)", None),
        ("NUMBER(5,2)", "NUMBER(5,3)", 1440),
        ("NUMBER(5,2)", "NUMBER(7,0)", 1440),
        ("NUMBER(5,2)", "NUMBER", None),
        ("NUMBER", "NUMBER(5)", 1440),
        ("VARCHAR2(5)", "VARCHAR2(6)", None),
        ("VARCHAR2(5)", "VARCHAR2(5 CHAR)", None),
        ("VARCHAR2(5)", "VARCHAR2(4)", 1441),
        ("VARCHAR2(5)", "NUMBER", 1439),
        ("TIMESTAMP(3)", "TIMESTAMP(6)", None),
        ("TIMESTAMP(3)", "TIMESTAMP(0)", 30082),
    ],
)
def test_types_of_filled_columns_only_grow(shop, before, after, code):
    """
    With rows a column may become wider, never narrower or another; without rows anything.
    """
    shop.run(f"CREATE TABLE t (a {before})", "INSERT INTO t VALUES (NULL)", "COMMIT")
    shop.run(f"CREATE TABLE empty (a {before})", f"ALTER TABLE empty MODIFY a {after}")

    if code is None:
        shop.run(f"ALTER TABLE t MODIFY a {after}")
    else:
        assert code == shop.error(f"ALTER TABLE t MODIFY a {after}")


def test_a_longer_char_pads_what_is_stored(shop):
    """
    Stored values get the blanks of the new length.
    """
    shop.run("CREATE TABLE t (a CHAR(2))", "INSERT INTO t VALUES ('x')", "COMMIT")

    shop.run("ALTER TABLE t MODIFY a CHAR(4)")

    assert ["x   "] == shop.column("SELECT a FROM t")


def test_an_empty_column_of_another_type_takes_its_values(shop):
    """
    After MODIFY of an empty table's column to a LOB and to a number both work.
    """
    shop.run("CREATE TABLE t (a VARCHAR2(5), b DATE)", "ALTER TABLE t MODIFY (a CLOB, b NUMBER)")

    shop.run("INSERT INTO t VALUES ('long', 1.5)")

    assert [("long", "1.5")] == [(a, str(b)) for a, b in shop.rows("SELECT a, b FROM t")]


def test_a_renamed_column_is_renamed_everywhere(shop):
    """
    Checks, virtual columns, keys, indexes and partition keys follow the new name.
    """
    shop.run(
        "CREATE TABLE t (a NUMBER, v NUMBER AS (a * 2), CONSTRAINT ck CHECK (a > 0 OR 'a' = 'b')) "
        "PARTITION BY RANGE (a) (PARTITION p VALUES LESS THAN (10))",
        "CREATE INDEX i ON t (a)",
        "ALTER TABLE t RENAME COLUMN a TO amount",
        "INSERT INTO t (amount) VALUES (3)",
    )

    assert [(3, 6)] == shop.rows("SELECT amount, v FROM t")
    assert 2290 == shop.error("INSERT INTO t (amount) VALUES (-1)")
    assert ["\"AMOUNT\" > 0 OR 'a' = 'b'"] == shop.column(
        "SELECT search_condition FROM user_constraints WHERE constraint_name = 'CK'"
    )
    assert ["AMOUNT"] == shop.column("SELECT column_name FROM user_part_key_columns")
    assert ["AMOUNT"] == shop.column("SELECT column_name FROM user_ind_columns")


def test_foreign_keys_pair_columns_by_position(shop):
    """
    A foreign key that names its parent's columns in another order still pairs them.
    """
    shop.run(
        "CREATE TABLE p (x NUMBER, y NUMBER, PRIMARY KEY (x, y))",
        "CREATE TABLE c (a NUMBER, b NUMBER, CONSTRAINT fk FOREIGN KEY (a, b) REFERENCES p (y, x))",
        "INSERT INTO p VALUES (1, 2)",
        "INSERT INTO c VALUES (2, 1)",
    )

    assert 2291 == shop.error("INSERT INTO c VALUES (1, 2)")
    assert ["B", "A"] == shop.column(
        "SELECT column_name FROM user_cons_columns WHERE constraint_name = 'FK' ORDER BY position"
    )


def test_identity_and_default_on_null_are_not_null(shop):
    """
    Both bring a generated NOT NULL constraint with them.
    """
    shop.run(
        "CREATE TABLE t (a NUMBER GENERATED ALWAYS AS IDENTITY, b NUMBER DEFAULT ON NULL 1, c NUMBER)"
    )

    assert [("A", "N"), ("B", "N"), ("C", "Y")] == shop.rows(NULLABLE)
    assert ['"A" IS NOT NULL', '"B" IS NOT NULL'] == sorted(
        shop.column("SELECT search_condition FROM user_constraints")
    )


def test_grants_need_an_object_a_grantee_and_a_right(shop):
    """
    Nothing is granted on what is not there, to nobody, or by someone who may not.
    """
    guest = shop.other("GUEST", "grants")
    shop.run("CREATE TABLE t (a NUMBER)")

    assert 942 == shop.error("GRANT SELECT ON nowhere TO guest")
    assert 1917 == shop.error("GRANT SELECT ON t TO nobody")
    assert 990 == shop.error("GRANT FLY ON t TO guest")
    assert 942 == guest.error("GRANT SELECT ON shop.t TO guest")
    shop.run("GRANT SELECT ON t TO guest")
    assert 1031 == guest.error("GRANT SELECT ON shop.t TO public")
    assert 1031 == guest.error("CREATE TABLE mine (a NUMBER)")
    assert 1031 == guest.error("DROP TABLE shop.t")
    shop.run("REVOKE SELECT ON t FROM guest")
    assert 942 == guest.error("SELECT * FROM shop.t")
    assert 1927 == shop.error("REVOKE SELECT ON t FROM guest")


def test_roles_carry_privileges(shop):
    """
    A role's grants reach whoever has the role, and end with it.
    """
    guest = shop.other("GUEST", "none")
    shop.run("CREATE TABLE t (a NUMBER)", "CREATE ROLE reader", "GRANT SELECT ON t TO reader")
    shop.run("GRANT CREATE TABLE TO reader", "GRANT reader TO guest")

    guest.run("CREATE TABLE mine (a NUMBER)")
    assert [] == guest.rows("SELECT * FROM shop.t")
    shop.run("DROP ROLE reader")
    assert 942 == guest.error("SELECT * FROM shop.t")


def test_a_new_user_may_not_log_in_until_it_is_granted(shop):
    """
    CREATE USER gives no privilege; ALTER USER changes the password; DROP takes the schema.
    """
    database: Database = shop.database
    shop.run('CREATE USER bob IDENTIFIED BY "First1" QUOTA UNLIMITED ON users')
    assert "First1" == database.password_of("BOB")
    from orasim.engine import OracleError

    with pytest.raises(OracleError) as caught:
        database.open_session("BOB", "x", 1, 1)
    assert 1045 == caught.value.code

    shop.run("GRANT CONNECT, RESOURCE TO bob", "ALTER USER bob IDENTIFIED BY Second2")
    session = database.open_session("BOB", "x", 1, 1)
    session.execute("CREATE TABLE t (a NUMBER)", [])
    session.close()
    assert "Second2" == database.password_of("BOB")
    assert 1922 == shop.error("DROP USER bob")
    shop.run("DROP USER bob CASCADE")
    assert [] == shop.rows("SELECT 1 FROM dba_tables WHERE owner = 'BOB'")


def test_triggers_are_read_from_their_header(shop):
    """
    Timing, events without their columns, table and condition; a table must be there.
    """
    shop.run("CREATE TABLE orders (order_id NUMBER, total NUMBER)")
    shop.run(
        "CREATE OR REPLACE TRIGGER tr -- before\nBEFORE INSERT OR UPDATE OF order_id, total ON orders\n"
        "FOR EACH ROW WHEN (new.total > 0)\nBEGIN\n :new.total := 1; -- 'x\nEND;"
    )

    assert [
        ("BEFORE EACH ROW", "INSERT OR UPDATE", "ORDERS", "new.total > 0", "ENABLED")
    ] == shop.rows(
        "SELECT trigger_type, triggering_event, table_name, when_clause, status FROM user_triggers"
    )
    assert ["BEGIN\n :new.total := 1; -- 'x\nEND;"] == shop.column(
        "SELECT trigger_body FROM user_triggers"
    )
    assert 942 == shop.error("CREATE TRIGGER u BEFORE INSERT ON nowhere BEGIN NULL; END;")


def test_stored_code_may_hold_any_character(shop):
    """
    Conditional compilation, labels and odd characters are text.
    """
    shop.run(
        "CREATE PROCEDURE p AS BEGIN $IF $$dbg $THEN <<l>> x := q'{it's}'; {} ~ \\ $END NULL; END;"
    )

    assert 1 == len(shop.rows("SELECT text FROM user_source"))
    assert 911 == shop.error("CREATE TABLE t (a NUMBER) ~")
    assert 1756 == shop.error("COMMENT ON TABLE t IS 'open")


def test_a_type_that_does_not_compile_is_a_warning(shop):
    """
    It is kept as text, is INVALID, and no table can use it.
    """
    outcome = shop.run("CREATE TYPE broken AS OBJECT (a no_such_type)")

    assert outcome.warning
    assert 902 == shop.error("CREATE TABLE t (a broken)")
    assert ["INVALID"] == shop.column(
        "SELECT status FROM user_objects WHERE object_name = 'BROKEN'"
    )


@pytest.mark.parametrize(
    ("version", "kind", "code"),
    [("19c", "BOOLEAN", 902), ("19c", "JSON", 902), ("23ai", "BOOLEAN", None), ("23ai", "JSON", None)],
)  # fmt: skip
def test_types_belong_to_versions(version, kind, code):
    """
    A type that a release lacks is an invalid datatype there.
    """
    from .conftest import schema_of

    shop = schema_of(version)
    if code is None:
        shop.run(f"CREATE TABLE t (a {kind})")
    else:
        assert code == shop.error(f"CREATE TABLE t (a {kind})")


def test_a_failing_create_table_as_leaves_nothing(shop):
    """
    The table is gone when its query fails half way.
    """
    shop.run("CREATE TABLE s (a VARCHAR2(5))", "INSERT INTO s VALUES ('x')", "COMMIT")

    assert 1722 == shop.error("CREATE TABLE t AS SELECT TO_NUMBER(a) n FROM s")
    assert ["S"] == shop.column("SELECT table_name FROM user_tables")


def test_composite_partitions_get_their_subpartitions(shop):
    """
    From the template, also for a partition added later; else one for everything.
    """
    shop.run(
        "CREATE TABLE t (a NUMBER, b VARCHAR2(5)) PARTITION BY RANGE (a) SUBPARTITION BY LIST (b) "
        "SUBPARTITION TEMPLATE (SUBPARTITION x VALUES ('X'), SUBPARTITION y VALUES (DEFAULT)) "
        "(PARTITION p1 VALUES LESS THAN (10))",
        "ALTER TABLE t ADD PARTITION p2 VALUES LESS THAN (20)",
        "INSERT INTO t VALUES (15, 'X')",
        "INSERT INTO t VALUES (15, 'Z')",
    )

    assert ["P1_X", "P1_Y", "P2_X", "P2_Y"] == shop.column(
        "SELECT subpartition_name FROM user_tab_subpartitions "
        "ORDER BY partition_position, subpartition_position"
    )
    assert ["Z"] == shop.column("SELECT b FROM t SUBPARTITION (p2_y)")


def test_materialized_views_say_how_they_were_made(shop):
    """
    Options up to AS are read; a deferred one is empty; a prebuilt one keeps its table.
    """
    shop.run("CREATE TABLE t (a NUMBER PRIMARY KEY)", "INSERT INTO t VALUES (1)", "COMMIT")
    shop.run(
        "CREATE MATERIALIZED VIEW m BUILD DEFERRED REFRESH FAST ON COMMIT ENABLE QUERY REWRITE "
        "AS SELECT a FROM t",
        "CREATE TABLE pre AS SELECT a FROM t",
        "CREATE MATERIALIZED VIEW pre ON PREBUILT TABLE NEVER REFRESH AS SELECT a FROM t",
    )

    assert [
        ("M", "DEFERRED", "FAST", "COMMIT"),
        ("PRE", "PREBUILT", "NEVER", "NEVER"),
    ] == shop.rows(
        "SELECT mview_name, build_mode, refresh_method, refresh_mode FROM user_mviews ORDER BY 1"
    )
    assert [] == shop.rows("SELECT * FROM m")
    assert 12083 == shop.error("DROP TABLE m")
    shop.run("DROP MATERIALIZED VIEW pre", "DROP MATERIALIZED VIEW m")
    assert ["PRE", "T"] == sorted(shop.column("SELECT table_name FROM user_tables"))


def test_a_view_that_cannot_be_run_is_kept(shop):
    """
    Its text and its columns' names are there; reading from it is refused, not empty.
    """
    shop.run("CREATE TABLE t (a NUMBER, b NUMBER)")
    shop.run("CREATE VIEW v AS SELECT a, STATS_MODE(b) total FROM t GROUP BY a")
    shop.run("COMMENT ON COLUMN v.total IS 'sum'")

    assert [("A", "UNDEFINED"), ("TOTAL", "UNDEFINED")] == shop.rows(
        "SELECT column_name, data_type FROM user_tab_columns WHERE table_name = 'V' ORDER BY 1"
    )
    assert 3001 == shop.error("SELECT * FROM v")
