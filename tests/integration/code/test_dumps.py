"""What dumps contain beside definitions is passed over with a note, where it changes nothing."""

import pytest

# pg_dump --clean, and what people write around their routines.
DUMP = r"""--
-- PostgreSQL database dump
--
\restrict 7N7e2Q'q
SET statement_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
RESET client_min_messages;
ALTER TABLE ONLY billing.bill DROP CONSTRAINT bill_pkey;
DROP TRIGGER IF EXISTS stamp ON billing.bill;
DROP VIEW billing.big;
DROP TABLE IF EXISTS billing.bill CASCADE;
DROP FUNCTION billing.stamp(), billing.total(integer);
DROP TYPE IF EXISTS billing.state;
DROP SCHEMA billing;
CREATE SCHEMA billing;
ALTER SCHEMA billing OWNER TO nobody_here;
CREATE TYPE billing.state AS ENUM ('open', 'paid');
ALTER TYPE billing.state OWNER TO nobody_here;
CREATE TABLE billing.bill (id int NOT NULL, state billing.state, amount numeric);
ALTER TABLE billing.bill OWNER TO nobody_here;
ALTER TABLE ONLY billing.bill ADD CONSTRAINT bill_pkey PRIMARY KEY (id);
ALTER TABLE billing.bill CLUSTER ON bill_pkey;
ALTER TABLE billing.bill ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME billing.bill_id_seq
    START WITH 1
);
CREATE TABLE billing.log (at date NOT NULL) PARTITION BY RANGE (at);
CREATE TABLE billing.log_2024 (at date NOT NULL);
ALTER TABLE ONLY billing.log ATTACH PARTITION billing.log_2024 FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
ALTER TABLE ONLY billing.log ADD CONSTRAINT log_pkey PRIMARY KEY (at);
ALTER TABLE ONLY billing.log_2024 ADD CONSTRAINT log_2024_pkey PRIMARY KEY (at);
ALTER INDEX billing.log_pkey ATTACH PARTITION billing.log_2024_pkey;
CREATE VIEW billing.big AS SELECT id FROM billing.bill WHERE amount > 100;
ALTER VIEW billing.big OWNER TO nobody_here;
CREATE FUNCTION billing.total(p int) RETURNS numeric LANGUAGE plpgsql AS $$
BEGIN
  RETURN (SELECT amount FROM billing.bill WHERE id = p);
END $$;
ALTER FUNCTION billing.total(integer) OWNER TO nobody_here;
CREATE FUNCTION billing.stamp() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.state := 'open';
  RETURN NEW;
END $$;
CREATE TRIGGER stamp BEFORE INSERT ON billing.bill FOR EACH ROW EXECUTE FUNCTION billing.stamp();
COMMENT ON FUNCTION billing.total(p int) IS 'what a bill comes to';
GRANT USAGE ON SCHEMA billing TO nobody_here;
GRANT SELECT ON ALL TABLES IN SCHEMA billing TO nobody_here;
GRANT SELECT(id), INSERT ON TABLE billing.bill, billing.big TO nobody_here WITH GRANT OPTION;
REVOKE ALL ON FUNCTION billing.total(integer) FROM PUBLIC;
GRANT USAGE ON TYPE billing.state TO PUBLIC;
\unrestrict 7N7e2Q'q
"""


def test_dump_is_valid_and_says_what_was_left_out(verify, look):
    """
    Settings, rights, owners and DROP of what the text creates are named with their lines; they
    are not carried out, and no role has to exist.
    """
    before = look()

    report = verify(DUMP)

    assert () == report.errors
    assert report.is_valid
    note = next(note for note in report.notes if note.startswith("left out"))
    assert "SET search_path (line 8)" in note
    assert "DROP FUNCTION (line 15)" in note
    assert "\\restrict (line 4)" in note
    assert "GRANT (lines 50, 51, 52, 54)" in note
    assert before == look()


def test_lines_and_errors_stay_where_they_are(verify):
    """
    What was left out moves no line: the unknown column is found where it stands.
    """
    report = verify(DUMP.replace("SELECT id FROM", "SELECT idd FROM"))

    first = report.errors[0]
    assert ("42703", 36, "CREATE VIEW billing.big") == (
        first.sqlstate,
        first.line,
        first.statement[:23],
    )


def test_names_are_looked_up_where_the_dump_says(verify, execute):
    """
    SET search_path is no error, and counts for what stands behind it.
    """
    execute("CREATE SCHEMA legacy", "CREATE TABLE legacy.client (id int)")
    view = "CREATE VIEW clients AS SELECT id FROM client"

    assert not verify(view).is_valid
    report = verify(f"SET search_path = legacy, public; {view}")

    assert (True, ()) == (report.is_valid, report.errors)


@pytest.mark.parametrize(
    "text",
    [
        "CREATE TABLE t (a int); DROP TABLE t; CREATE VIEW v AS SELECT a FROM t",
        "\\connect other\nCREATE VIEW v AS SELECT 1 AS x",
        "\\! touch /tmp/oraferry-was-here\nCREATE VIEW v AS SELECT 1 AS x",
        "CREATE VIEW v AS\n\\set x 1\nSELECT 1 AS x",
    ],
)
def test_what_would_matter_is_still_refused(verify, text):
    """
    DROP behind the creation, commands of psql that do something, and such inside a statement.
    """
    assert not verify(text).is_valid
