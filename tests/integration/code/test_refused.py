"""Only definitions are carried out; everything else is an error with its line and a hint."""

import pytest

F = "CREATE FUNCTION f() RETURNS int LANGUAGE plpgsql AS $$ BEGIN RETURN 1; END $$"
TABLE = "CREATE TABLE t (a int)"
REFUSED = [
    "DO $$ BEGIN PERFORM nextval('counter'); END $$",
    "DO LANGUAGE plpgsql 'BEGIN NULL; END'",
    "COPY existing TO PROGRAM 'touch /tmp/oraferry-was-here'",
    "COPY existing FROM PROGRAM 'touch /tmp/oraferry-was-here'",
    "COPY existing TO '/tmp/oraferry-was-here'",
    "COPY (SELECT 1) TO STDOUT",
    "CREATE EXTENSION dblink",
    "CREATE EXTENSION IF NOT EXISTS plpgsql",
    "SET ROLE postgres",
    "RESET ROLE",
    "SET LOCAL ROLE NONE",
    "SET SESSION AUTHORIZATION postgres",
    "RESET SESSION AUTHORIZATION",
    "SET session_replication_role = replica",
    "SET standard_conforming_strings = off",
    "SET TRANSACTION READ WRITE",
    "RESET ALL",
    "DISCARD ALL",
    "ALTER SYSTEM SET work_mem = '1GB'",
    "BEGIN",
    "COMMIT",
    "COMMIT AND CHAIN",
    "END",
    "ROLLBACK",
    "ABORT",
    "SAVEPOINT one",
    "RELEASE SAVEPOINT one",
    "ROLLBACK TO SAVEPOINT one",
    "PREPARE TRANSACTION 'x'",
    "COMMIT PREPARED 'x'",
    "CALL existing_procedure()",
    "SELECT nextval('counter')",
    "SELECT 1 INTO made",
    "SELECT pg_catalog.set_config('role', 'postgres', false)",
    "SELECT set_config('search_path', nextval('counter')::text, false)",
    "SELECT set_config('search_path', '', false), nextval('counter')",
    "SELECT set_config('search_path', '', false) FROM existing",
    "SELECT set_config('search_path', '', false) INTO made",
    "SELECT set_config('search_path', '', nextval('counter') > 0)",
    "TABLE existing",
    "VALUES (1)",
    "WITH x AS (DELETE FROM existing RETURNING *) SELECT * FROM x",
    "INSERT INTO existing VALUES (1)",
    "UPDATE existing SET a = 1",
    "DELETE FROM existing",
    "MERGE INTO existing USING existing e ON true WHEN MATCHED THEN DELETE",
    "TRUNCATE existing",
    "CREATE TABLE made AS EXECUTE prepared",
    "PREPARE prepared AS SELECT 1",
    "EXECUTE prepared",
    "DEALLOCATE ALL",
    "CREATE FUNCTION g() RETURNS int LANGUAGE plpython3u AS 'return 1'",
    "CREATE FUNCTION g() RETURNS int LANGUAGE plperl AS 'return 1'",
    "CREATE FUNCTION g() RETURNS int LANGUAGE internal AS 'now'",
    "CREATE FUNCTION g() RETURNS int LANGUAGE c AS 'x.so', 'g'",
    "CREATE FUNCTION g() RETURNS int LANGUAGE \"C\" AS 'x.so', 'g'",
    "CREATE FUNCTION g() RETURNS int LANGUAGE sql SET role = 'postgres' AS 'SELECT 1'",
    "CREATE FUNCTION g() RETURNS int LANGUAGE sql SET session_authorization = 'postgres' AS 'SELECT 1'",
    "CREATE FUNCTION g() RETURNS int LANGUAGE sql SET \"Role\" = 'postgres' AS 'SELECT 1'",
    "CREATE FUNCTION g() RETURNS int LANGUAGE sql SUPPORT existing AS 'SELECT 1'",
    "CREATE EVENT TRIGGER e ON ddl_command_end EXECUTE FUNCTION f()",
    "CREATE FOREIGN DATA WRAPPER w",
    "CREATE SERVER s FOREIGN DATA WRAPPER w",
    "CREATE FOREIGN TABLE ft (a int) SERVER s",
    "IMPORT FOREIGN SCHEMA s FROM SERVER s INTO public",
    "CREATE USER MAPPING FOR CURRENT_USER SERVER s",
    "CREATE PUBLICATION p FOR ALL TABLES",
    "CREATE SUBSCRIPTION s CONNECTION 'host=x' PUBLICATION p",
    "GRANT ALL ON existing TO PUBLIC",
    "REVOKE ALL ON existing FROM PUBLIC",
    "GRANT pg_read_server_files TO CURRENT_USER",
    "ALTER DEFAULT PRIVILEGES GRANT ALL ON TABLES TO PUBLIC",
    "CREATE ROLE made",
    "CREATE USER made",
    "ALTER ROLE CURRENT_USER SUPERUSER",
    "DROP ROLE IF EXISTS made",
    "DROP TABLE existing",
    "DROP FUNCTION IF EXISTS f()",
    "DROP TABLE IF EXISTS t, existing",
    "ALTER TABLE t DROP CONSTRAINT t_pkey",
    "ALTER TABLE t OWNER TO CURRENT_USER, DROP COLUMN a",
    "GRANT ALL ON t, existing TO PUBLIC",
    "GRANT ALL ON ALL TABLES IN SCHEMA public TO PUBLIC",
    "ALTER PROCEDURE existing_procedure OWNER TO CURRENT_USER",
    "DROP OWNED BY CURRENT_USER",
    "REASSIGN OWNED BY CURRENT_USER TO CURRENT_USER",
    "ALTER TABLE existing ADD COLUMN b int",
    "ALTER TABLE existing ALTER COLUMN a TYPE bigint",
    "ALTER TABLE existing ADD CHECK (a > 0)",
    "ALTER TABLE existing RENAME TO other",
    "ALTER TABLE existing OWNER TO CURRENT_USER",
    "ALTER TABLE existing ALTER COLUMN a ADD GENERATED ALWAYS AS IDENTITY",
    "ALTER TABLE existing ATTACH PARTITION t FOR VALUES IN (1)",
    "ALTER TABLE t ATTACH PARTITION existing FOR VALUES IN (1)",
    "ALTER TABLE t ATTACH PARTITION t FOR VALUES IN (nextval('counter'))",
    "ALTER TABLE existing DISABLE TRIGGER ALL",
    "ALTER TABLE existing SET SCHEMA pg_temp",
    "ALTER SEQUENCE counter RESTART",
    "ALTER FUNCTION abs(int) IMMUTABLE",
    "ALTER DATABASE postgres SET work_mem = '1GB'",
    "CREATE DATABASE made",
    "DROP DATABASE made",
    "CREATE TABLESPACE made LOCATION '/tmp'",
    "CREATE RULE r AS ON INSERT TO existing DO INSTEAD NOTHING",
    "CREATE POLICY p ON existing",
    "CREATE STATISTICS s ON a, b FROM existing",
    "CREATE CAST (int AS text) WITH INOUT AS IMPLICIT",
    "CREATE LANGUAGE plperl",
    "CREATE ACCESS METHOD m TYPE INDEX HANDLER bthandler",
    "CREATE OPERATOR CLASS c FOR TYPE int USING btree AS OPERATOR 1 <",
    "CREATE TYPE base (INPUT = f, OUTPUT = f)",
    "CREATE COLLATION made (LOCALE = 'C')",
    "CREATE CONVERSION made FOR 'UTF8' TO 'LATIN1' FROM utf8_to_iso8859_1",
    "CREATE TEXT SEARCH CONFIGURATION made (COPY = english)",
    "CREATE TRANSFORM FOR int LANGUAGE sql (FROM SQL WITH FUNCTION f(internal))",
    "CREATE SCHEMA made AUTHORIZATION CURRENT_USER",
    "CREATE SCHEMA made CREATE TABLE t2 (a int)",
    "CREATE INDEX CONCURRENTLY i ON t (a)",
    "CREATE TABLE made () INHERITS (existing)",
    "CREATE TABLE made PARTITION OF existing FOR VALUES FROM (1) TO (2)",
    "COMMENT ON DATABASE postgres IS 'x'",
    "COMMENT ON ROLE postgres IS 'x'",
    "COMMENT ON TABLE existing IS 'x'",
    "COMMENT ON COLUMN public.existing.a IS 'x'",
    "SECURITY LABEL ON TABLE existing IS 'x'",
    "LOCK TABLE existing",
    "VACUUM existing",
    "ANALYZE existing",
    "CLUSTER existing",
    "REINDEX TABLE existing",
    "REFRESH MATERIALIZED VIEW existing",
    "CHECKPOINT",
    "LOAD 'auto_explain'",
    "NOTIFY counter",
    "LISTEN counter",
    "EXPLAIN ANALYZE SELECT nextval('counter')",
    "DECLARE c CURSOR FOR SELECT 1",
    "FETCH ALL FROM c",
    "SHOW work_mem",
]
# Ways to hide a second statement from who looks less closely than the parser.
HIDDEN = [
    f"{F}; COMMIT",
    f"/* ; */ {F} -- ;\n;\nCOMMIT;",
    "CREATE FUNCTION f() RETURNS text LANGUAGE sql AS 'SELECT ''a''';COMMIT;--'",
    "CREATE FUNCTION f() RETURNS text LANGUAGE sql AS E'SELECT \\'a\\''; COMMIT; --'",
    "CREATE FUNCTION f() RETURNS text LANGUAGE sql AS $a$ SELECT $b$;$b$::text $a$; COMMIT; -- $a$",
    "CREATE VIEW v AS SELECT U&'d\\0061t' AS \"a;b\"; COMMIT; SELECT '''",
    "CREATE VIEW v AS SELECT 'a\\'; COMMIT; --'",
    "/* /* nested */ COMMIT; */ CREATE VIEW v AS SELECT 1 AS x; /**/COMMIT/**/",
    "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1; END; COMMIT",
]


@pytest.fixture
def existing(execute, public):
    """A table and a sequence that the user made before."""
    execute(
        "CREATE TABLE public.existing (a int)",
        "CREATE SEQUENCE public.counter",
        "CREATE PROCEDURE public.existing_procedure() LANGUAGE sql AS $$ INSERT INTO public.existing VALUES (1) $$",
    )


def test_every_refusal_has_its_line_and_a_hint(verify, existing, look):
    """
    Each of the statements is refused by us, at its line; what stands around it is created.
    """
    before = look()
    text = f"{F};\n{TABLE};\n" + ";\n".join(REFUSED)

    report = verify(text)

    assert before == look()
    assert ["f()", "t"] == [item.name for item in report.objects]
    refused = [e for e in report.errors if e.sqlstate is None]
    assert dict(enumerate(REFUSED, 3)) == {e.line: e.statement for e in refused}
    assert [] == [e for e in report.errors if e.sqlstate is not None]
    assert all(e.hint and e.message and e.decided_by == "oraferry" for e in refused)
    assert not report.is_valid


def test_nothing_hides_behind_a_definition(verify, existing, look):
    """
    Strings, quotes and comments do not bring a second statement past the parser.
    """
    before = look()

    taken = [text for text in HIDDEN if verify(text).is_valid]

    assert [] == taken
    assert before == look()


def test_server_takes_one_statement_at_a_time(dsn, existing, look):
    """
    Even if the parser took two statements for one, the server would not.
    """
    from oraferry.config import Secret
    from oraferry.ports import ScratchStatement, TargetEndpoint
    from oraferry.wiring import open_scratch

    before = look()
    with open_scratch(TargetEndpoint(Secret(dsn))) as scratch:
        outcome = scratch.define(ScratchStatement(f"{F}; COMMIT", "function", None, "f"))

    assert "42601" == outcome.failure.sqlstate
    assert before == look()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1' \0; COMMIT", "NUL"),
        ("CREATE VIEW v AS SELECT '\ud800' AS x", "Unicode"),
        (" \n\t", "empty"),
        ("-- " + "x" * 4_000_000, "longer"),
    ],
)
def test_texts_that_are_none_are_refused_before_any_session(text, says):
    """
    What no server could take is an error of the request.
    """
    from oraferry.errors import RequestError
    from oraferry.verify.procedures import verify_procedure

    with pytest.raises(RequestError, match=says):
        verify_procedure(text, None)


def test_without_the_parser_nothing_is_verified(monkeypatch):
    """
    No pglast, no verification: the message says how to install it.
    """
    import sys

    from oraferry.errors import ConfigError
    from oraferry.verify.procedures import verify_procedure

    monkeypatch.setitem(sys.modules, "pglast", None)

    with pytest.raises(ConfigError) as caught:
        verify_procedure(F, None)

    assert "oraferry[code]" in caught.value.hint
