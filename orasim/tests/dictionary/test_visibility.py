"""Rows of ALL_ views that depend on what is behind a name."""

from __future__ import annotations


def test_synonyms_are_shown_with_their_object(shop):
    """A private synonym of another user shows when its object does, and not before."""
    shop.run("CREATE TABLE p (a NUMBER)", "CREATE SYNONYM sy FOR p", "CREATE SYNONYM lost FOR gone")
    guest = shop.other("GUEST", "none")
    query = "SELECT synonym_name FROM all_synonyms WHERE owner = 'SHOP' ORDER BY 1"
    assert [] == guest.column(query)
    shop.run("GRANT SELECT ON p TO guest")
    assert ["SY"] == guest.column(query)
    assert ["LOST", "SY"] == shop.column(query)


def test_materialized_views_have_their_masters_key(shop):
    """A view of one table with its key columns has a key too; its comment is the view's own."""
    shop.run(
        "CREATE TABLE p (a NUMBER CONSTRAINT p_pk PRIMARY KEY, b NUMBER)",
        "CREATE MATERIALIZED VIEW keyed AS SELECT a, b FROM p",
        "CREATE MATERIALIZED VIEW by_rowid REFRESH WITH ROWID AS SELECT a, b FROM p",
        "CREATE MATERIALIZED VIEW summed AS SELECT b, COUNT(*) n FROM p GROUP BY b",
    )
    query = "SELECT table_name, constraint_name FROM user_constraints WHERE constraint_type = 'P'"
    assert [("KEYED", "P_PK1"), ("P", "P_PK")] == shop.rows(f"{query} ORDER BY 1")
    assert ["P"] == shop.column("SELECT table_name FROM user_tab_comments")
    assert 3 == len(shop.column("SELECT mview_name FROM user_mview_comments"))


def test_stored_expressions_are_printed_without_blanks(shop):
    """Virtual columns and index expressions come back as Oracle prints them."""
    shop.run(
        "CREATE TABLE e (a NUMBER, b VARCHAR2(9), c NUMBER AS ( ROUND( a * 1.2, 2 ) ) VIRTUAL)",
        "CREATE INDEX i1 ON e (b || 'x y')",
        "CREATE INDEX i2 ON e ((case when a = 1 then 0 end))",
    )
    query = "SELECT data_default FROM user_tab_cols WHERE table_name = 'E' AND column_name = 'C'"
    assert ['ROUND("A"*1.2,2)'] == shop.column(query)
    query = "SELECT column_expression FROM user_ind_expressions ORDER BY index_name"
    assert ["\"B\"||'x y'", 'CASE  WHEN "A"=1 THEN 0 END'] == shop.column(query)


def test_storage_that_clients_read(shop):
    """Tablespaces, table compression and index prefixes are those of the DDL."""
    shop.run(
        "CREATE TABLE a (x NUMBER, y NUMBER) TABLESPACE fast COMPRESS FOR OLTP",
        "CREATE TABLE b (x NUMBER) COMPRESS",
        "CREATE INDEX ia ON a (x, y) COMPRESS 1",
        "CREATE UNIQUE INDEX iu ON a (y, x) COMPRESS",
    )
    query = "SELECT tablespace_name, compression, compress_for FROM user_tables ORDER BY table_name"
    assert [("FAST", "ENABLED", "ADVANCED"), ("USERS", "ENABLED", "BASIC")] == shop.rows(query)
    query = "SELECT index_name, compression, prefix_length FROM user_indexes ORDER BY 1"
    assert [("IA", "ENABLED", 1), ("IU", "ENABLED", 1)] == shop.rows(query)
    assert 25194 == shop.error("CREATE INDEX ix ON b (x) COMPRESS 2")


def test_null_after_a_default_is_a_constraint(shop):
    """DEFAULT '' NULL, as Django writes it; DEFAULT NULL is a default."""
    shop.run("CREATE TABLE n (a NUMBER DEFAULT 1 NULL, b DATE DEFAULT NULL NOT NULL)")
    shop.run("ALTER TABLE n ADD c NCLOB DEFAULT '' NULL")
    query = "SELECT data_default, nullable FROM user_tab_columns ORDER BY column_id"
    assert [("1", "Y"), ("NULL", "N"), ("''", "Y")] == shop.rows(query)
