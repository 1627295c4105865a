"""What is wrong is told with its place in the given text, its SQLSTATE and a hint."""

from pathlib import Path

import pytest

PACKAGE = """\
-- é and a comment: columns count characters
CREATE TABLE billing.orders (id int PRIMARY KEY, total numeric, é text);
CREATE TYPE billing.line AS (id int, total numeric);
CREATE SEQUENCE billing.numbers OWNED BY billing.orders.id;
CREATE FUNCTION billing.total(p_id int) RETURNS numeric LANGUAGE plpgsql AS $$
DECLARE
  v_total billing.orders.total%TYPE;
BEGIN
  SELECT sum(total) INTO v_total FROM billing.orders WHERE id = p_id;
  RETURN v_total;
END $$;
CREATE PROCEDURE billing.raise_all(INOUT p_count bigint) LANGUAGE plpgsql AS $body$
BEGIN
  UPDATE billing.orders SET total = billing.total(id) + 1;
  GET DIAGNOSTICS p_count = ROW_COUNT;
  COMMIT;
END $body$;
CREATE VIEW billing.big AS SELECT id, billing.total(id) AS total FROM billing.orders;
CREATE FUNCTION billing.before() RETURNS trigger LANGUAGE plpgsql AS '
BEGIN
  NEW.total := coalesce(NEW.total, ''0'');
  RETURN NEW;
END';
CREATE TRIGGER stamped BEFORE INSERT OR UPDATE OF total ON billing.orders
  FOR EACH ROW WHEN (NEW.total IS NULL) EXECUTE FUNCTION billing.before();
CREATE FUNCTION billing.lines() RETURNS SETOF billing.line LANGUAGE sql STABLE
BEGIN ATOMIC SELECT id, total FROM billing.orders; END;
CREATE INDEX orders_total ON billing.orders (total);
ALTER TABLE billing.orders ADD CHECK (total >= 0);
COMMENT ON FUNCTION billing.total IS 'sum; of all';
CREATE MATERIALIZED VIEW billing.stored AS SELECT * FROM billing.big;
CREATE DOMAIN billing.money AS numeric(12, 2) CHECK (VALUE >= 0);
CREATE AGGREGATE billing.product(numeric) (SFUNC = numeric_mul, STYPE = numeric, INITCOND = '1');
"""
CONVERTED = Path(__file__).parent / "converted.sql"
BODIES = ("function", "procedure")
KINDS = [
    "table",
    "type",
    "sequence",
    "function",
    "procedure",
    "view",
    "function",
    "trigger",
    "function",
    "index",
    "materialized view",
    "domain",
    "aggregate",
]


def test_whole_package_is_valid_and_gone(verify, has_checker, look):
    """
    A package of everything is created with its schema, checked, and nothing of it stays.
    """
    before = look()

    report = verify(PACKAGE)

    assert () == report.errors
    assert report.is_valid
    assert KINDS == [item.kind for item in report.objects]
    assert [has_checker] * 3 == [
        item.is_checked for item in report.objects if item.kind in ("function", "procedure")
    ][:3]
    assert before == look()


# What is changed in the package, and what is told of it.
WRONG_BODIES = [
    ("SELECT sum(total)", "SELECT nvl(total)", 9, 10, "42883", "coalesce"),
    ("coalesce(NEW.total", "coalesce(NEW.totl", 21, 29, "42703", "lower case"),
    ("v_total;\nEND", "v_totl;\nEND", 10, 10, "42703", "lower case"),
]
MISTAKES = [
    ("CREATE VIEW v AS\n  SELECT é FROM (SELECT 1 AS é) x, dual", 2, 36, "42P01", "DUAL"),
    ("CREATE VIEW v AS SELECT SYSDATE AS d", 1, 25, "42703", "clock_timestamp"),
    (
        "CREATE FUNCTION f(a number) RETURNS int LANGUAGE sql AS 'SELECT 1'",
        1,
        21,
        "42704",
        "numeric",
    ),
    (
        "CREATE FUNCTION f(a varchar2(10)) RETURNS int LANGUAGE sql AS 'SELECT 1'",
        1,
        21,
        "42704",
        "varchar",
    ),
    (
        "CREATE FUNCTION f(a int) RETURN int AS $$ BEGIN RETURN a; END $$ LANGUAGE plpgsql",
        1,
        37,
        "42601",
        "RETURNS",
    ),
    ("CREATE OR REPLACE PACKAGE BODY p IS\nEND;", 1, 19, "42601", "packages are schemas"),
    ("CREATE VIEW v AS SELECT * FROM a, b WHERE a.x = b.x(+)", 1, 54, "42601", "LEFT JOIN"),
    ("CREATE VIEW v AS SELECT 1 AS x MINUS SELECT 2", 1, 32, "42601", "EXCEPT"),
    ("\\i tables.sql\nCREATE VIEW v AS SELECT 1 AS x;", 1, 1, "42601", "psql"),
    ("CREATE VIEW v AS SELECT 'x", 1, 25, "42601", None),
    (
        "CREATE FUNCTION f() RETURNS int LANGUAGE plpgsql AS $$\nBEGIN\n  IF 1 = 1 THN NULL; END IF;\nEND $$",
        3,
        20,
        "42601",
        "END IF",
    ),
    (
        "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS $$\n  SELECT nosuch\n$$",
        2,
        10,
        "42703",
        "lower case",
    ),
    ("CREATE TABLE t (a t.b%TYPE)", 1, 22, "42601", "%TYPE"),
    ("CREATE VIEW v AS SELECT a FROM nowhere.t", 1, 32, "42P01", "depends_on"),
    (
        "CREATE FUNCTION f() RETURNS int LANGUAGE plpgsql AS E'\\nBEGIN\\n  x y z;\\nEND'",
        1,
        66,
        "42601",
        None,
    ),
]


def test_valid_code_is_not_called_invalid(verify, has_checker):
    """
    Cursors, dynamic SQL, exceptions, transactions, triggers, views and all else: no error.
    """
    report = verify(CONVERTED.read_text(encoding="utf-8"))

    assert () == report.errors
    unchecked = {i.name for i in report.objects if i.kind in BODIES and not i.is_checked}
    in_sql = {"hr_pkg.calc(numeric,numeric)", "hr_pkg.calc(text)"}
    assert in_sql == unchecked or not has_checker


def test_bodies_are_checked_in_their_place(verify, checker):
    """
    An error in a body, quoted one way or the other, has its line and column in the text.
    """
    for right, wrong, *_, hint in WRONG_BODIES:
        report = verify(PACKAGE.replace(right, wrong, 1))

        first = report.errors[0]
        assert [wrong, *_] == [wrong, first.line, first.column, first.sqlstate]
        assert hint in first.hint
        assert "plpgsql_check" == first.decided_by


def test_common_mistakes_have_a_place_and_a_hint(verify):
    """
    What PostgreSQL or its parser complains of is found again in the text, with what to do.
    """
    found, hints = [], []
    for text, *_, hint in MISTAKES:
        first = verify(text).errors[0]
        found.append((text, first.line, first.column, first.sqlstate))
        if hint and hint not in (first.hint or ""):
            hints.append((text, hint, first.hint))

    assert [tuple(mistake[:4]) for mistake in MISTAKES] == found
    assert [] == hints


def test_all_statements_are_tried_and_consequences_marked(verify):
    """
    One mistake hides no other, and what fails only because of it says so.
    """
    report = verify(
        "CREATE TABLE a (x nosuch);\n"
        "CREATE VIEW b AS SELECT x FROM a;\n"
        "CREATE TABLE c (x int REFERENCES b);\n"
        "CREATE FUNCTION broken( RETURNS int;\n"
        "CREATE VIEW d AS SELECT broken();\n"
        "CREATE VIEW e AS SELECT other();\n"
        "CREATE VIEW good AS SELECT 1 AS x;\n"
    )

    assert [
        (4, "42601", False),
        (1, "42704", False),
        (2, "42P01", True),
        (3, "42P01", True),
        (5, "42883", True),
        (6, "42883", False),
    ] == sorted(
        ((e.line, e.sqlstate, e.is_consequence) for e in report.errors),
        key=lambda e: (e[1] != "42601", e[0]),
    )
    assert ["good"] == [item.name for item in report.objects]


def test_a_text_of_oracle_is_one_error_for_each_statement(verify):
    """
    PL/SQL as Oracle has it: what lies between its semicolons is counted, not listed; a COMMIT is.
    """
    body = "IS\nBEGIN\n  x := 1;\n  COMMIT;\n  IF x = 1 THEN y; END IF;\nEND;\n/\n"
    report = verify(
        f"CREATE OR REPLACE PROCEDURE p {body}CREATE PACKAGE BODY q {body}"
        "CREATE VIEW v AS SELECT 1 AS x;\nCREATE VIEW w AS SELECT q FROM p"
    )

    assert [(1, "42601"), (4, None), (8, "42601"), (11, None), (16, "42P01")] == [
        (e.line, e.sqlstate) for e in report.errors
    ]
    assert [False, True, False, True, True] == [e.is_consequence for e in report.errors]
    assert report.errors[0].detail.startswith("4 parts behind it")
    assert ["v"] == [item.name for item in report.objects]


def test_what_the_code_needs_may_come_with_it(verify):
    """
    Texts of depends_on are created first; their errors name them, their objects are not listed.
    """
    text = "CREATE VIEW v AS SELECT x FROM needed"

    alone = verify(text)
    together = verify(text, depends_on=["CREATE TABLE needed (x int)"])
    wrong = verify(text, depends_on=["", "\nCREATE TABLE needed (x nosuch)"])

    assert [False, True, False] == [r.is_valid for r in (alone, together, wrong)]
    assert ["v"] == [item.name for item in together.objects]
    assert [("depends_on[1]", 2, False), ("source_code", 1, True)] == [
        (e.text, e.line, e.is_consequence) for e in wrong.errors
    ]


def test_kind_and_emptiness(verify):
    """
    A text that defines nothing, or not what was expected, is not valid.
    """
    view = "CREATE VIEW v AS SELECT 1 AS x"

    reports = [
        verify("-- nothing"),
        verify(";"),
        verify(view, kind="function"),
        verify(view, kind="view"),
    ]

    assert [False, False, False, True] == [report.is_valid for report in reports]
    assert [
        "the text defines nothing",
        "the text defines nothing",
        "the text defines no function",
    ] == [report.errors[0].message for report in reports[:3]]


def test_tables_that_a_body_creates_are_no_error(verify, checker):
    """
    A temporary table that code creates and uses is told as not looked at; a typo is an error.
    """
    text = """CREATE FUNCTION f() RETURNS void LANGUAGE plpgsql AS $$
    BEGIN
      CREATE TEMP TABLE IF NOT EXISTS work (x int) ON COMMIT DROP;
      EXECUTE 'CREATE TEMPORARY TABLE "Other" (x int)';
      INSERT INTO work VALUES (1);
      INSERT INTO "Other" VALUES (1);
    END $$"""

    fine, typo = verify(text), verify(text.replace("INTO work", "INTO wrk"))

    assert fine.is_valid
    assert [(5, "42P01"), (6, "42P01")] == [(w.line, w.sqlstate) for w in fine.warnings]
    assert [(5, "42P01")] == [(e.line, e.sqlstate) for e in typo.errors]


def test_what_cannot_be_checked_is_told(verify, checker):
    """
    Routines of any type, and trigger functions without a trigger, are named in the notes.
    """
    report = verify(
        "CREATE FUNCTION any(a anyelement) RETURNS anyelement LANGUAGE plpgsql AS $$ BEGIN RETURN nosuch; END $$;"
        "CREATE FUNCTION lone() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN nosuch; END $$;".replace(
            "any(", "anyof("
        )
    )

    assert report.is_valid
    assert [False, False] == [item.is_checked for item in report.objects]
    assert ["any type", "no trigger"] == [
        part for note in report.notes for part in ("any type", "no trigger") if part in note
    ]


def test_volatility_is_checked(verify, checker):
    """
    A function that says it is stable may not write.
    """
    report = verify(
        "CREATE TABLE t (a int);\nCREATE FUNCTION f() RETURNS void STABLE LANGUAGE plpgsql AS $$\n"
        "BEGIN\n  INSERT INTO t VALUES (1);\nEND $$"
    )

    assert [(4, "0A000")] == [(e.line, e.sqlstate) for e in report.errors]


def test_without_plpgsql_check_syntax_is_all(ordinary_dsn):
    """
    A database without the extension says that bodies were checked for syntax only.
    """
    from tests.integration.code.conftest import verify_in

    report = verify_in(
        ordinary_dsn,
        "CREATE FUNCTION f() RETURNS int LANGUAGE plpgsql AS $$ BEGIN RETURN nosuch; END $$",
    )

    assert report.is_valid
    assert [False] == [item.is_checked for item in report.objects]
    assert any("syntax only" in note and "plpgsql_check" in note for note in report.notes)


def test_superuser_brings_plpgsql_check_for_the_transaction(postgres_dsn, look):
    """
    Where the extension is on the server but not in the database, a superuser's session has it.
    """
    from tests.integration.code.conftest import verify_in

    before = look()
    report = verify_in(
        postgres_dsn,
        "CREATE FUNCTION f() RETURNS int LANGUAGE plpgsql AS $$ BEGIN RETURN nosuch; END $$",
    )

    if not any("plpgsql_check" in who for who in report.checked_by):
        pytest.skip("the server has no plpgsql_check; scripts/plpgsql-check install")
    assert ["42703"] == [e.sqlstate for e in report.errors]
    assert before == look()


def test_a_body_that_would_end_the_server_is_not_shown_to_an_old_checker(verify, has_checker):
    """
    plpgsql_check 2.3 crashes on it; the answer says that it did not look, or what it saw.
    """
    report = verify(
        "CREATE FUNCTION f() RETURNS void LANGUAGE plpgsql AS $$ BEGIN EXECUTE ''; END $$;"
        "CREATE FUNCTION g() RETURNS void LANGUAGE plpgsql AS $$ BEGIN PERFORM nix; END $$"
    )

    assert "nix" in str(report.errors) or not has_checker
