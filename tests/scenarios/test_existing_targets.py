"""Tables that others made: what cannot be loaded is refused before a job is stored."""

from __future__ import annotations

import psycopg
import pytest

from oraferry.errors import RequestError, SchemaIncompatible, TargetRefused
from oraferry.model import MigrationStatus
from tests.scenarios.conftest import change

COLUMNS = "(id integer, word varchar(9))"
KEYED = "CREATE TABLE {schema}.goods (id integer PRIMARY KEY, word varchar(9))"
PLAIN = f"CREATE TABLE {{schema}}.goods {COLUMNS}"


@pytest.fixture
def yard(oracle, make_yard):
    """Nine rows, and an empty schema for their target."""
    oracle.run(
        "CREATE TABLE goods (id NUMBER(9) CONSTRAINT goods_pk PRIMARY KEY, word VARCHAR2(9))",
        "INSERT INTO goods SELECT LEVEL, 'w' || LEVEL FROM dual CONNECT BY LEVEL <= 9",
    )
    made = make_yard()
    change(made, "CREATE SCHEMA {schema}")
    return made


def refused(yard, kind, mode):
    """The refusal of a job, which is not stored."""
    with pytest.raises(kind) as error:
        yard.submit("GOODS", mode=mode, accept_differences=True)
    assert [] == yard.services.store.list_migration_jobs()
    assert error.value.hint
    return error.value.message


@pytest.mark.parametrize(
    ("mode", "says", "statements"),
    [
        ("append", "it is a view", [KEYED.replace("goods", "base"), "CREATE VIEW {schema}.goods AS SELECT * FROM {schema}.base"]),
        ("append", "materialized view", ["CREATE MATERIALIZED VIEW {schema}.goods AS SELECT 1 AS id, ''::varchar(9) AS word"]),
        ("append", "foreign table", ["CREATE FOREIGN DATA WRAPPER far", "CREATE SERVER far FOREIGN DATA WRAPPER far", f"CREATE FOREIGN TABLE {{schema}}.goods {COLUMNS} SERVER far"]),
        ("append", "part of it is a foreign table", ["CREATE FOREIGN DATA WRAPPER far", "CREATE SERVER far FOREIGN DATA WRAPPER far", f"{PLAIN} PARTITION BY LIST (id)", "CREATE TABLE {schema}.one PARTITION OF {schema}.goods DEFAULT", "CREATE FOREIGN TABLE {schema}.two PARTITION OF {schema}.goods FOR VALUES IN (99) SERVER far"]),
        ("append", "has no partition", [f"{PLAIN} PARTITION BY LIST (id)"]),
        ("create", "something else", ["CREATE SEQUENCE {schema}.goods"]),
        ("create", "something else", ["CREATE DOMAIN {schema}.goods AS text"]),
        ("truncate", "inherit", [PLAIN, "CREATE TABLE {schema}.heir () INHERITS ({schema}.goods)"]),
        ("truncate", "the foreign key heir_id_fkey of", [KEYED, "CREATE TABLE {schema}.heir (id integer REFERENCES {schema}.goods)"]),
        ("upsert", "no unique key", ["CREATE TABLE {schema}.goods (id integer PRIMARY KEY DEFERRABLE, word varchar(9))"]),
        ("upsert", "rules", [KEYED, "CREATE RULE silent AS ON INSERT TO {schema}.goods DO INSTEAD NOTHING"]),
        ("upsert", "no replica identity", [PLAIN, "CREATE UNIQUE INDEX ON {schema}.goods (id)", "CREATE PUBLICATION {schema}_p FOR TABLE {schema}.goods"]),
        ("append", "cannot be loaded into inet", ["CREATE TABLE {schema}.goods (id integer, word inet)"]),
    ],
)  # fmt: skip
def test_what_no_load_could_pass_is_refused(yard, mode, says, statements):
    """
    Also where differences are accepted: no job is stored, nothing was begun.
    """
    change(yard, *statements)

    assert says in refused(yard, RequestError, mode)


@pytest.fixture
def role(yard, postgres_server):
    """A user who may create in the database; the rest is for each test to grant."""
    name = f"{yard.target_dsn.rpartition('/')[2]}_user"
    database = psycopg.conninfo.conninfo_to_dict(yard.target_dsn)["dbname"]
    with psycopg.connect(postgres_server.admin_dsn, autocommit=True) as connection:
        connection.execute(f"CREATE ROLE {name} LOGIN PASSWORD 'pw'")
    yield name
    with psycopg.connect(yard.target_dsn, autocommit=True) as connection:
        connection.execute(f"DROP OWNED BY {name}")
    with psycopg.connect(postgres_server.admin_dsn, autocommit=True) as connection:
        connection.execute(f"REVOKE ALL ON DATABASE {database} FROM {name}")
        connection.execute(f"DROP ROLE {name}")


GRANTS = (
    "GRANT CREATE, TEMPORARY ON DATABASE {database} TO {role}",
    "GRANT USAGE, CREATE ON SCHEMA {schema} TO {role}",
)


THEIRS = (
    "CREATE SCHEMA oraferry",
    "GRANT USAGE, CREATE ON SCHEMA oraferry TO {role}",
    "CREATE TABLE oraferry.ledger ()",
)
FEWEST = (
    "GRANT USAGE ON SCHEMA {schema} TO {role}",
    "GRANT SELECT, INSERT (id, word) ON {table} TO {role}",
)


@pytest.mark.parametrize(
    ("mode", "lacks", "grants"),
    [
        ("create", "TEMPORARY|CREATE", []),
        ("append", "schema", ["GRANT CREATE ON DATABASE {database} TO {role}"]),
        ("append", "SELECT", [*GRANTS, "GRANT INSERT, SELECT (id, word) ON {table} TO {role}"]),
        ("append", "INSERT", [*GRANTS, "GRANT SELECT, INSERT (id) ON {table} TO {role}"]),
        ("truncate", "TRUNCATE", [*GRANTS, "GRANT SELECT, INSERT ON {table} TO {role}"]),
        ("upsert", "UPDATE", [*GRANTS, "GRANT SELECT, INSERT ON {table} TO {role}"]),
        ("append", None, [*GRANTS, "GRANT SELECT, INSERT (id, word) ON {table} TO {role}"]),
        ("truncate", None, [*GRANTS, "GRANT SELECT, INSERT, TRUNCATE ON {table} TO {role}"]),
        ("upsert", None, [*GRANTS, "GRANT SELECT, INSERT, UPDATE (word) ON {table} TO {role}"]),
        ("append", "schema oraferry", ["CREATE SCHEMA oraferry", *FEWEST]),
        ("append", "another user's", [*THEIRS, *FEWEST]),
        ("append", None, ["CREATE SCHEMA oraferry AUTHORIZATION {role}", *FEWEST]),
    ],
)
def test_a_right_that_is_missing_is_told_at_once(yard, role, mode, lacks, grants):
    """
    Each with the GRANT that helps; with just what is needed the rows go in and are verified.
    """
    names = {"schema": yard.schema.lower(), "table": f"{yard.schema}.goods", "role": role}
    names["database"] = psycopg.conninfo.conninfo_to_dict(yard.target_dsn)["dbname"]
    change(yard, KEYED, f"REVOKE TEMPORARY ON DATABASE {names['database']} FROM public")
    change(yard, *(grant.format(**names) for grant in grants))
    dsn = psycopg.conninfo.make_conninfo(yard.target_dsn, user=role, password="pw")
    wishes = {"mode": mode, "target": {"dsn": dsn}}

    if lacks is None:
        job = yard.move("GOODS", **wishes)
        assert (MigrationStatus.COMPLETED, True) == (job.status, job.verified), job.error
        return
    with pytest.raises(TargetRefused, match=lacks) as error:
        yard.submit("GOODS", **wishes)
    assert "GRANT" in str(error.value.hint)
    assert [] == yard.services.store.list_migration_jobs()


def test_rows_that_a_policy_hides_are_not_loaded_around(yard, role):
    """
    COPY refuses row-level security, and a table that looks empty may not be: for its owner too
    where it is forced.
    """
    change(
        yard,
        KEYED,
        "INSERT INTO {schema}.goods VALUES (99, 'hidden')",
        "ALTER TABLE {schema}.goods ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY",
        f"GRANT ALL ON SCHEMA {{schema}} TO {role}",
        f"ALTER TABLE {{schema}}.goods OWNER TO {role}",
        f"GRANT ALL ON DATABASE {psycopg.conninfo.conninfo_to_dict(yard.target_dsn)['dbname']} TO {role}",
    )
    dsn = psycopg.conninfo.make_conninfo(yard.target_dsn, user=role, password="pw")

    with pytest.raises(SchemaIncompatible, match="row-level security"):
        yard.submit("GOODS", target={"dsn": dsn})


def test_a_database_that_takes_no_writes_is_told_at_once(yard):
    """
    Nobody waits a quarter of an hour for what a setting forbids.
    """
    name = psycopg.conninfo.conninfo_to_dict(yard.target_dsn)["dbname"]
    change(yard, f"ALTER DATABASE {name} SET default_transaction_read_only = on")

    with pytest.raises(TargetRefused, match="read-only for this user"):
        yard.submit("GOODS")


def test_sequences_of_others_are_only_moved_forward(oracle, yard):
    """
    What numbers a loaded column gives nothing that is there, nor what it gave before; one that
    cannot be moved is a note, and the rows stay verified.
    """
    oracle.run(
        "CREATE TABLE nums (a NUMBER(9), b NUMBER(9), c NUMBER(9), d NUMBER(9), e NUMBER(9), "
        "f NUMBER(9), g VARCHAR2(9))",
        "INSERT INTO nums SELECT LEVEL, LEVEL, LEVEL, LEVEL, -LEVEL, LEVEL, 'x' || LEVEL "
        "FROM dual CONNECT BY LEVEL <= 24",
        "CREATE SEQUENCE shared START WITH 5",
        "CREATE SEQUENCE theirs START WITH 70",
    )
    change(
        yard,
        "CREATE SEQUENCE {schema}.shared INCREMENT 10 START 3",
        "CREATE SEQUENCE {schema}.theirs START 900",
        "CREATE SEQUENCE {schema}.f MAXVALUE 20",
        """CREATE SEQUENCE {schema}.e INCREMENT -2;
        CREATE TABLE {schema}.nums (
          a integer GENERATED ALWAYS AS IDENTITY, b serial, c integer DEFAULT nextval('{schema}.shared'),
          d integer DEFAULT nextval('{schema}.theirs'), e integer DEFAULT nextval('{schema}.e'),
          f integer DEFAULT nextval('{schema}.f'), g text DEFAULT 'x' || nextval('{schema}.theirs'))
        """,
        "SELECT setval('{schema}.nums_a_seq', 1000)",
    )

    job = yard.move("NUMS", mode="append", accept_differences=True)

    assert (MigrationStatus.COMPLETED, True) == (job.status, job.verified), job.error
    schema = yard.schema.lower()
    row = f"INSERT INTO {schema}.nums (f) VALUES (0) RETURNING a, b, c, d, e, g"
    with psycopg.connect(yard.target_dsn) as connection:
        assert (1001, 25, 33, 900, -25, "x901") == connection.execute(row).fetchone()
    assert [f"{schema}.nums.f: the sequence {schema}.f ends before 25"] == [
        note.partition(", the next")[0] for note in job.notes if "sequence" in note
    ]


def test_settings_of_a_database_change_nothing(oracle, yard):
    """
    Types are known, texts and XML taken, levers pulled and brought back whatever a role or
    database sets for its sessions.
    """
    oracle.run(
        "CREATE TABLE odd (id NUMBER(9) NOT NULL, bits RAW(9), doc VARCHAR2(30), past INTERVAL DAY TO SECOND)",
        r"INSERT INTO odd VALUES (1, HEXTORAW('005C27'), 'it''s \ no document', INTERVAL '1' DAY)",
    )
    name = psycopg.conninfo.conninfo_to_dict(yard.target_dsn)["dbname"]
    index = r"CREATE INDEX \"Odd\" ON {schema}.odd (lower(past::text)) WHERE past::text <> 'a\b'"
    change(
        yard,
        "CREATE TABLE {schema}.odd (id integer, bits bytea, doc xml, past interval)",
        "CREATE FUNCTION {schema}.said(interval) RETURNS text IMMUTABLE LANGUAGE sql AS 'SELECT $1::text'",
        index.replace("past::text", "{schema}.said(past)").replace('\\"', '"'),
        *(
            f"ALTER DATABASE {name} SET {setting}"
            for setting in (
                "quote_all_identifiers = on",
                "standard_conforming_strings = off",
                "xmloption = document",
                "bytea_output = escape",
                "default_transaction_isolation = serializable",
                "intervalstyle = iso_8601",
            )
        ),
    )
    shown = (
        "SELECT pg_get_indexdef(indexrelid) FROM pg_index WHERE indrelid = 'ferry.odd'::regclass"
    )
    shown = shown.replace("ferry", yard.schema.lower())
    before = yard.rows(shown)

    job = yard.move("ODD", mode="append", accept_differences=True, levers={"indexes_after": True})

    assert (MigrationStatus.COMPLETED, True) == (job.status, job.verified), job.error
    assert before == yard.rows(shown)
    stored = f"SELECT encode(bits, 'hex'), doc::text FROM {yard.schema}.odd"
    assert [("005c27", r"it's \ no document")] == yard.rows(stored)


def test_an_upsert_adds_no_row_twice(oracle, yard):
    """
    A row with NULL in its key would be added by each upsert: it is set aside, unless the key
    takes NULLs for the same. So is one that a trigger leaves as it was.
    """
    oracle.run(
        "CREATE TABLE pairs (a NUMBER(9), b VARCHAR2(9), v NUMBER(9))",
        "INSERT INTO pairs VALUES (1, 'x', 10)",
        "INSERT INTO pairs VALUES (2, NULL, 20)",
        "INSERT INTO pairs VALUES (NULL, NULL, 30)",
        "INSERT INTO pairs VALUES (4, 'z', 40)",
    )
    change(
        yard,
        "CREATE TABLE {schema}.pairs (a integer, b varchar(9), v integer, UNIQUE (a, b))",
        "INSERT INTO {schema}.pairs VALUES (4, 'z', 40)",
        "CREATE TRIGGER same BEFORE UPDATE ON {schema}.pairs FOR EACH ROW "
        "EXECUTE FUNCTION suppress_redundant_updates_trigger()",
    )
    table = f"{yard.schema}.pairs"

    job = yard.move("PAIRS", mode="upsert", accept_differences=True)

    assert (MigrationStatus.COMPLETED, False) == (job.status, job.verified), job.error
    assert [("null-key", 2), ("suppressed", 1)] == yard.rows(
        "SELECT code, count(*) FROM oraferry.quarantine GROUP BY 1 ORDER BY 1"
    )
    assert [(1, 10), (4, 40)] == yard.rows(f"SELECT a, v FROM {table} ORDER BY 1")
    with psycopg.connect(yard.target_dsn) as connection:
        if connection.info.server_version < 150_000:
            return
        connection.execute(f"DROP TRIGGER same ON {table}")
        connection.execute(f"ALTER TABLE {table} DROP CONSTRAINT pairs_a_b_key")
        connection.execute(f"ALTER TABLE {table} ADD UNIQUE NULLS NOT DISTINCT (a, b)")

    jobs = [yard.move("PAIRS", mode="upsert", accept_differences=True) for _ in range(2)]

    assert [True, True] == [job.verified for job in jobs]
    assert [(10,), (20,), (30,), (40,)] == yard.rows(f"SELECT v FROM {table} ORDER BY 1")


@pytest.mark.parametrize("encoding", ["LATIN1", "SQL_ASCII"])
def test_a_database_of_another_encoding(oracle, make_yard, postgres_server, encoding):
    """
    A character that the database lacks costs its row, which is kept; all others are verified.
    """
    oracle.run(
        "CREATE TABLE words (id NUMBER(9), word VARCHAR2(30))",
        "INSERT INTO words VALUES (1, 'é')",
        "INSERT INTO words VALUES (2, '語' || CHR(0))",
        "INSERT INTO words VALUES (3, '語')",
    )
    dsn = postgres_server.create(f"ENCODING '{encoding}' LC_COLLATE 'C' LC_CTYPE 'C'")
    try:
        yard = make_yard(target_dsn=dsn)
        job = yard.move("WORDS")
        assert (MigrationStatus.COMPLETED, None) == (job.status, job.error)
        with psycopg.connect(dsn, client_encoding="UTF8") as connection:
            kept = connection.execute(
                "SELECT content -> 'WORD' FROM oraferry.quarantine ORDER BY number"
            ).fetchall()
            stored = connection.execute(
                f"SELECT convert_from(word::bytea, %s) FROM {yard.schema}.words ORDER BY id",
                ["UTF8" if encoding == "SQL_ASCII" else encoding],
            ).fetchall()
    finally:
        postgres_server.drop(dsn)
    others = [("語",)] if encoding == "SQL_ASCII" else []
    assert ([("é",), *others], 2 - len(others)) == (stored, len(kept))
    assert {"hex": "e8aa9e00"} in [value for (value,) in kept]


def test_types_that_others_chose(oracle, yard):
    """
    Domains take what they allow, whatever they stand on; finer digits than an interval keeps
    cost their row, and blanks that a character(n) swallows are counted.
    """
    oracle.run(
        "CREATE TABLE odd (id NUMBER(9), word VARCHAR2(9), past INTERVAL DAY TO SECOND)",
        "INSERT INTO odd VALUES (1, 'a', NUMTODSINTERVAL(1.5, 'SECOND'))",
        "INSERT INTO odd VALUES (9, 'b', NULL)",
        "INSERT INTO odd VALUES (2, 'c  ', NUMTODSINTERVAL(-1.5555, 'SECOND'))",
        "INSERT INTO odd VALUES (NULL, 'd', NULL)",
        "INSERT INTO odd VALUES (3, 'e  ', NULL)",
        "INSERT INTO odd VALUES (4, 'full', NULL)",
    )
    change(
        yard,
        "CREATE DOMAIN {schema}.small AS integer CHECK (VALUE < 5)",
        'CREATE DOMAIN {schema}."One of" AS {schema}.small NOT NULL',
        "CREATE DOMAIN {schema}.past AS interval(3)",
        'CREATE TABLE {schema}.odd (id {schema}."One of", word character(4), past {schema}.past)',
    )

    job = yard.move("ODD", mode="append", accept_differences=True)

    assert (MigrationStatus.COMPLETED, None) == (job.status, job.error)
    (table,) = yard.services.store.list_progress(job.id)
    assert {"WORD: blanks at the end mean nothing in character(n)": 2} == table.altered
    assert [("23502",), ("23514",), ("fraction",)] == yard.rows(
        "SELECT code FROM oraferry.quarantine ORDER BY 1"
    )
    assert [(1, "a   "), (3, "e   "), (4, "full")] == yard.rows(
        f"SELECT id::int, word FROM {yard.schema}.odd ORDER BY 1"
    )
    seen = {d["kind"] for c in job.comparison for d in c["differences"] if d["column"] == "ID"}
    assert {"domain", "nullability"} == seen


def test_intervals_that_would_be_cut_are_refused(oracle, yard):
    """
    The server drops what an interval's fields leave out; where nothing is left out, all fit.
    """
    oracle.run("CREATE TABLE spans (d INTERVAL DAY TO SECOND, m INTERVAL YEAR TO MONTH)")
    made = "CREATE TABLE {schema}.spans (d interval %s, m interval %s)"
    change(yard, made % ("day to minute", "year to month"))
    with pytest.raises(SchemaIncompatible, match="day to minute is too little"):
        yard.submit("SPANS", accept_differences=True)
    change(yard, "DROP TABLE {schema}.spans", made % ("day to second", "month"))

    assert yard.submit("SPANS")


FAMILY = (
    "CREATE TABLE older (id NUMBER(9) CONSTRAINT older_pk PRIMARY KEY)",
    "CREATE TABLE child (id NUMBER(9), older NUMBER(9))",
    "INSERT INTO older SELECT LEVEL FROM dual CONNECT BY LEVEL <= 300",
    "INSERT INTO child SELECT LEVEL, LEVEL FROM dual CONNECT BY LEVEL <= 300",
    "INSERT INTO child VALUES (301, 999)",
)


def test_children_wait_for_their_parents(oracle, yard):
    """
    Where the target has the foreign key already, no row is bad because its parent is still on
    its way; one that has none is set aside.
    """
    oracle.run(*FAMILY)
    change(
        yard,
        "CREATE TABLE {schema}.older (id integer PRIMARY KEY)",
        "CREATE TABLE {schema}.child (id integer, older integer REFERENCES {schema}.older)",
    )
    with psycopg.connect(yard.target_dsn) as other:
        # Keeps rows out, and lets the foreign key look.
        other.execute(f"LOCK TABLE {yard.schema}.older IN SHARE MODE")
        job = yard.submit("CHILD", "OLDER", mode="append")
        for _ in range(2):
            yard.start_worker()
        yard.wait_for(
            "the child is put off",
            lambda: any(t.retries for t in yard.services.store.list_progress(job.id)),
        )
    done = yard.wait_until_done(job)

    assert (MigrationStatus.COMPLETED, None) == (done.status, done.error)
    assert [("23503", 1)] == yard.rows("SELECT code, count(*) FROM oraferry.quarantine GROUP BY 1")
    assert [(300,)] == yard.rows(f"SELECT count(*) FROM {yard.schema}.child")
