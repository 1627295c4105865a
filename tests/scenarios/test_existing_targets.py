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
