"""Nothing of a text is run, whatever PostgreSQL would evaluate while it defines things."""

import psycopg
import pytest

# Ends a session of the user's own and moves a sequence of the user's own when it is run; a
# rollback undoes neither.
EFFECT = "(pg_catalog.pg_terminate_backend({pid})::int + pg_catalog.nextval('public.counter'))"
MAKES = "CREATE FUNCTION evil(x int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN PERFORM {effect}; RETURN x; END $$;"
MAKES_SQL = (
    "CREATE FUNCTION evil(x int) RETURNS int LANGUAGE sql IMMUTABLE AS $$ SELECT {effect}::int $$;"
)
# Where a planner might also inline a function in SQL.
INLINED = ("view in a body", "generated", "index", "bound", "domain", "body", "operator")
# What PostgreSQL may evaluate while it creates or checks.
FOLDS = {
    "view": "CREATE VIEW v AS SELECT evil(1) AS x",
    "view in a body": "CREATE VIEW v AS SELECT evil(1) AS x; CREATE FUNCTION f() RETURNS int LANGUAGE plpgsql AS $$ BEGIN RETURN (SELECT x FROM v WHERE x = evil(1)); END $$",
    "default": "CREATE TABLE t (a int DEFAULT evil(1))",
    "generated": "CREATE TABLE t (a int, b int GENERATED ALWAYS AS (evil(1) + a) STORED)",
    "check": "CREATE TABLE t (a int CHECK (a > evil(1)))",
    "later check": "CREATE TABLE t (a int); ALTER TABLE t ADD CHECK (a > evil(1))",
    "later default": "CREATE TABLE t (a int); ALTER TABLE t ADD COLUMN b int DEFAULT evil(1)",
    "index": "CREATE TABLE t (a int); CREATE INDEX i ON t ((evil(1) + a)) WHERE evil(2) > 1",
    "partition key": "CREATE TABLE t (a int) PARTITION BY RANGE ((evil(1) + a))",
    "bound": "CREATE TABLE t (a int) PARTITION BY RANGE (a); CREATE TABLE p PARTITION OF t FOR VALUES FROM (evil(1)) TO (evil(2))",
    "bound in words": "CREATE TABLE t (a int) PARTITION BY LIST (a); CREATE TABLE p PARTITION OF t FOR VALUES IN (evil(1)::int)",
    "domain": "CREATE DOMAIN d AS int CHECK (evil(VALUE) > 0); CREATE TYPE c AS (x d); CREATE VIEW v AS SELECT '(1)'::c AS x",
    "materialized view": "CREATE MATERIALIZED VIEW v AS SELECT evil(1) AS x",
    "materialized view of an effect": "CREATE MATERIALIZED VIEW v AS SELECT {effect} AS x",
    "table of an effect": "CREATE TABLE t AS SELECT {effect} AS x -- WITH NO DATA\n",
    "table of a query": "CREATE TABLE t AS SELECT evil(1) AS x",
    "body": "CREATE FUNCTION f() RETURNS int LANGUAGE plpgsql AS $$ DECLARE x int := evil(1); BEGIN IF evil(2) = 2 THEN RETURN evil(3); END IF; RETURN (SELECT evil(4) FROM pg_class WHERE relpages = evil(5)); END $$",
    "body of itself": "CREATE OR REPLACE FUNCTION evil(x int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN PERFORM {effect}; RETURN (SELECT evil(1) FROM pg_class WHERE relpages = evil(2)); END $$",
    "dynamic": "CREATE FUNCTION f() RETURNS void LANGUAGE plpgsql AS $$ BEGIN EXECUTE 'SELECT evil(1)'; END $$",
    "atomic": "CREATE FUNCTION f() RETURNS int IMMUTABLE BEGIN ATOMIC SELECT evil(1); END; CREATE TABLE t (a int); CREATE INDEX i ON t ((f() + a))",
    "operator": "CREATE OPERATOR @@@ (RIGHTARG = int, FUNCTION = evil); CREATE TABLE t (a int); CREATE INDEX i ON t ((a + (@@@ 1)))",
    "aggregate": "CREATE FUNCTION s(a int, b int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT evil(1)'; CREATE AGGREGATE g(int) (SFUNC = s, STYPE = int, INITCOND = '1'); CREATE VIEW v AS SELECT g(evil(1))",
    "trigger": "CREATE TABLE t (a int); CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.a := evil(1); RETURN NEW; END $$; CREATE TRIGGER g BEFORE INSERT ON t FOR EACH ROW WHEN (NEW.a > evil(1)) EXECUTE FUNCTION f()",
    "argument": "CREATE FUNCTION f(a int DEFAULT evil(1)) RETURNS int LANGUAGE sql AS 'SELECT f()'",
    "sequence": "CREATE SEQUENCE q START WITH 1; CREATE TABLE t (a int DEFAULT evil(nextval('q')::int))",
    "xml": "CREATE VIEW v AS SELECT evil(1) AS x; CREATE FUNCTION f() RETURNS int LANGUAGE plpgsql AS $$ BEGIN RETURN (SELECT 1 FROM pg_class WHERE relname = (table_to_xml('v', true, true, ''))::text); END $$",
    "xml over an effect": "CREATE VIEW v AS SELECT {effect} AS x; CREATE FUNCTION f() RETURNS int LANGUAGE plpgsql AS $$ BEGIN RETURN (SELECT 1 FROM pg_class WHERE relname = (table_to_xml('v', true, true, ''))::text); END $$",
    "default of a domain": "CREATE DOMAIN d AS bigint DEFAULT {effect}; CREATE TABLE t (a d, b d DEFAULT {effect}); CREATE FUNCTION f() RETURNS d LANGUAGE plpgsql AS $$ DECLARE x d; BEGIN INSERT INTO t VALUES (DEFAULT); RETURN x; END $$",
    "domain with an effect": "CREATE DOMAIN d AS int CHECK ({effect} > 0); CREATE TYPE c AS (x d); CREATE VIEW v AS SELECT '(1)'::c AS x",
    "bound with an effect": "CREATE TABLE t (a bigint) PARTITION BY RANGE (a); CREATE TABLE p PARTITION OF t FOR VALUES FROM ({effect}) TO (MAXVALUE)",
    "domain in a body": "CREATE DOMAIN d AS int CHECK (VALUE > 0 AND evil(1) > 0); CREATE TYPE c AS (x d); CREATE FUNCTION f() RETURNS c LANGUAGE plpgsql AS $$ BEGIN RETURN '(1)'::c; END $$",
}


@pytest.fixture
def counter(postgres_dsn, dsn):
    """A sequence of the user's own; a function that tells where it stands."""
    user = psycopg.conninfo.conninfo_to_dict(dsn)["user"]
    with psycopg.connect(postgres_dsn, autocommit=True) as connection:
        connection.execute("CREATE SEQUENCE public.counter")
        connection.execute(f"ALTER SEQUENCE public.counter OWNER TO {user}")
        yield lambda: connection.execute("SELECT last_value, is_called FROM counter").fetchone()


def write(text, session):
    """*text* with its effect on the other *session*."""
    return text.replace("{effect}", EFFECT).replace("{pid}", str(session.info.backend_pid))


@pytest.mark.parametrize("makes", [MAKES, MAKES_SQL], ids=["plpgsql", "sql"])
def test_nothing_is_evaluated(dsn, verify, counter, makes):
    """
    A routine that calls itself immutable, and what it calls, are not run by any definition.
    """
    evaluated = []
    for where, text in FOLDS.items():
        if makes is MAKES_SQL and where not in INLINED:
            continue
        with psycopg.connect(dsn, autocommit=True, application_name="bystander") as session:
            before = counter()
            verify(write(makes + text, session))
            try:
                session.execute("SELECT 1")
            except psycopg.OperationalError:
                evaluated.append((where, "session"))
        if counter() != before:
            evaluated.append((where, "sequence"))

    assert [] == evaluated


def test_the_effect_is_one(dsn, counter):
    """
    The same text has its effect where nobody looks after it: the test above can fail.
    """
    with (
        psycopg.connect(dsn, application_name="bystander") as session,
        psycopg.connect(dsn, autocommit=True) as connection,
    ):
        connection.execute("SET search_path = pg_temp")
        text = write(MAKES + FOLDS["index"], session).replace("evil(", "pg_temp.evil(")
        connection.execute(text)
        with pytest.raises(psycopg.OperationalError):
            session.execute("SELECT 1")

    assert counter() > (1, False)


# What exists in the database before, and lies about being immutable.
LIES = "$$ BEGIN PERFORM nextval('public.counter'); RETURN 1; END $$"
HEADS = (
    "CREATE OR REPLACE FUNCTION made.evil(x int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS",
    "CREATE OR REPLACE FUNCTION made.evil(x made.kind) RETURNS int LANGUAGE plpgsql IMMUTABLE AS",
)
MADE = (
    "CREATE SCHEMA made",
    "CREATE TYPE made.kind AS ENUM ('a')",
    *(f"{head} {LIES}" for head in HEADS),
    "CREATE CAST (made.kind AS int) WITH FUNCTION made.evil(made.kind)",
    "CREATE OPERATOR made.@@@ (RIGHTARG = int, FUNCTION = made.evil)",
    "CREATE DOMAIN made.odd AS int CHECK (made.evil(VALUE) > 0)",
    "CREATE TYPE made.pair AS (x made.odd)",
)
KEYED = "CREATE TABLE t (a made.odd) PARTITION BY LIST (a);"
USES = [
    "CREATE TABLE t (a int); CREATE INDEX i ON t ((a + made.evil(1)))",
    "CREATE TABLE t (a int); CREATE INDEX i ON t (a) WHERE made.evil(1) = 1",
    "CREATE TABLE t (a int, b int GENERATED ALWAYS AS (a + made.evil(1)) STORED)",
    "CREATE TABLE t (a int, EXCLUDE USING btree ((a + made.evil(1)) WITH =))",
    "CREATE TABLE t (a int); CREATE INDEX i ON t ((a + (OPERATOR(made.@@@) 1)))",
    "CREATE TABLE t (a int); CREATE INDEX i ON t ((a + 'a'::made.kind::int))",
    "CREATE TABLE t (a int); ALTER TABLE t ADD CHECK (a > made.evil(1))",
    "CREATE TABLE t (a int CHECK (a > made.evil(1))); ALTER TABLE t ALTER a SET NOT NULL",
    "CREATE TABLE t (a int) PARTITION BY RANGE ((coalesce(a, made.evil(1))))",
    f"{KEYED} CREATE TABLE p PARTITION OF t FOR VALUES IN (1)",
    f"{KEYED} CREATE TABLE p (a made.odd); ALTER TABLE t ATTACH PARTITION p FOR VALUES IN (1)",
    "CREATE VIEW v AS SELECT '(1)'::made.pair AS x",
    "CREATE TABLE t (a made.pair[] DEFAULT '{(1)}')",
    "CREATE FUNCTION f(a made.pair DEFAULT '(1)') RETURNS int LANGUAGE sql AS 'SELECT 1'",
    "CREATE FUNCTION s(a made.pair, b int) RETURNS made.pair LANGUAGE sql AS 'SELECT a'; "
    "CREATE AGGREGATE g(int) (SFUNC = s, STYPE = made.pair, INITCOND = '(1)')",
]


def test_what_exists_is_not_evaluated_either(verify, execute, counter):
    """
    A function of the database that calls itself immutable is code too, also behind an operator,
    a cast or a domain: it is refused by its name, unless the text brings its definition.
    """
    execute(*MADE)
    before = counter()

    refused, taken = [], []
    for text in USES:
        errors = [error.message for error in verify(text).errors]
        refused += [text] * (len(errors) == 1 and "would evaluate made.evil(" in errors[0])
        brings = [f"{head} $$ BEGIN RETURN 1; END $$" for head in HEADS]
        taken += [text] * verify(text, depends_on=brings).is_valid

    assert USES == refused
    assert USES == taken
    assert before == counter()


@pytest.mark.parametrize(
    "text",
    [
        "CREATE TABLE t (a int); CREATE INDEX i ON t ((a + abs(1)), (a BETWEEN 1 AND 2))",
        "CREATE TABLE t (a int); CREATE INDEX i ON t ((a = 1), (('1' || a::text)::numeric))",
        "CREATE TABLE t (a int, b int GENERATED ALWAYS AS (CASE a WHEN 1 THEN 2 END) STORED)",
        "CREATE TABLE t (a made.odd, b made.pair, c made.kind DEFAULT 'a', d int CHECK (d > 0))",
        "CREATE TABLE t (a made.kind) PARTITION BY LIST (a); "
        "CREATE TABLE p PARTITION OF t FOR VALUES IN ('a')",
        "CREATE VIEW v AS SELECT made.evil(x) AS y FROM (SELECT 1 AS x) AS s",
    ],
)
def test_what_has_no_effect_is_taken(verify, execute, counter, text):
    """
    What PostgreSQL itself has is evaluated, and what is only named is no matter.
    """
    execute(*MADE)
    before = counter()

    report = verify(text)

    assert report.is_valid, report.errors
    assert before == counter()
