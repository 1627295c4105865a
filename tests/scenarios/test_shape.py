"""What a person asks for one table: names, columns, rows, expressions, masks, modes, queries."""

from __future__ import annotations

import re
from decimal import Decimal

import psycopg
import pytest

from oraferry.errors import RequestError
from oraferry.model import MigrationStatus

DONE = (MigrationStatus.COMPLETED, True)


@pytest.fixture
def yard(oracle, make_yard):
    """People and their towns, and settings that make several chunks."""
    oracle.run(
        "CREATE TABLE town (id NUMBER(4) CONSTRAINT town_pk PRIMARY KEY, name VARCHAR2(30))",
        """CREATE TABLE person (
          id NUMBER(9) CONSTRAINT person_pk PRIMARY KEY,
          first_name VARCHAR2(20 CHAR), last_name VARCHAR2(30 CHAR) NOT NULL,
          email VARCHAR2(60) CONSTRAINT person_uk UNIQUE, salary NUMBER(8,2), born DATE,
          town NUMBER(4) CONSTRAINT person_town_fk REFERENCES town (id), badge RAW(16),
          CONSTRAINT person_ck CHECK (salary > 0))""",
        "INSERT INTO town VALUES (1, 'Delft')",
        "INSERT INTO town VALUES (2, 'Gouda')",
        "INSERT INTO person VALUES (1, 'Ada', 'Byron', 'ada@x.nl', 10.5, DATE '1980-02-29', 1, HEXTORAW('0A'))",
        "INSERT INTO person VALUES (2, NULL, 'Byron', 'b@x.nl', 20, DATE '1990-01-01', 2, NULL)",
        "INSERT INTO person VALUES (3, 'Cy', 'Cole', NULL, NULL, NULL, NULL, HEXTORAW('0C'))",
        "INSERT INTO person VALUES (4, 'Di', 'Day', 'd@x.nl', 7, DATE '1970-12-31', 2, NULL)",
    )
    return make_yard()


def options(yard, **wishes):
    """table_options for PERSON."""
    return {f"{yard.schema}.PERSON": wishes}


def ended(job):
    """How a job ended, for an assertion that shows why."""
    return (job.status, job.verified), job.error


def test_names_columns_rows_and_expressions(yard):
    """
    Tables and columns get other names, foreign keys follow; some columns and rows stay
    behind; an expression stands for a column or is a new one with the type that Oracle says.
    """
    job = yard.move(
        "PERSON",
        "TOWN",
        table_options={
            f"{yard.schema}.person": {
                "target": 'crm."Client"',
                "exclude_columns": ["BADGE", "email"],
                "rename": {"LAST_NAME": "surname", "TOWN": "town_id"},
                "where": "id <> 4 -- who left (",
                "expressions": {
                    "first_name": "NVL(first_name, '?')",
                    "full_name": {
                        "sql": "first_name || ' ' || last_name",
                        "type": "VARCHAR2(60)",
                    },
                },
            },
            f"{yard.schema}.TOWN": {"target": "crm.place", "rename": {"id": "number"}},
        },
    )

    assert (DONE, None) == ended(job)
    assert [
        (1, "Ada", "Byron", Decimal("10.50"), 1, "Ada Byron"),
        (2, "?", "Byron", Decimal("20.00"), 2, " Byron"),
        (3, "Cy", "Cole", None, None, "Cy Cole"),
    ] == yard.rows(
        'SELECT id, first_name, surname, salary, town_id, full_name FROM crm."Client" ORDER BY id'
    )
    assert [("FOREIGN KEY (town_id) REFERENCES crm.place(number)",)] == yard.rows(
        "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE contype = 'f' "
        "AND connamespace <> 'oraferry'::regnamespace"
    )
    (length,) = yard.rows(
        "SELECT character_maximum_length FROM information_schema.columns "
        "WHERE table_name = 'Client' AND column_name = 'full_name'"
    )
    assert (60,) == length


def test_masked_values_never_arrive(yard):
    """
    Each mask changes what is loaded and verification agrees; the same key masks alike in
    another job, another key does not; keys that cannot hold are left out with a note.
    """
    masks = {
        "FIRST_NAME": "null",
        "LAST_NAME": "hash",
        "EMAIL": {"kind": "partial", "keep_end": 5},
        "SALARY": {"kind": "random", "low": "1", "high": "5"},
        "BORN": {"kind": "random", "days": 10},
        "BADGE": {"kind": "hash"},
    }
    wishes = {"mask": masks}
    job = yard.move(
        "PERSON",
        table_options=options(yard, **wishes),
        mask_key="pepper",
        target_schema="a",
    )
    again = yard.move(
        "PERSON", table_options=options(yard, **wishes), mask_key="pepper", target_schema="b"
    )
    other = yard.move(
        "PERSON", table_options=options(yard, **wishes), mask_key="salt", target_schema="c"
    )

    assert [(DONE, None)] * 3 == [ended(job), ended(again), ended(other)]
    a, b, c = (yard.rows(f"SELECT * FROM {schema}.person ORDER BY id") for schema in "abc")
    assert a == b
    assert a != c
    names, emails = [row[2] for row in a], [row[3] for row in a]
    assert all(re.fullmatch("[0-9a-f]{30}", name) for name in names)
    assert names[0] == names[1] != names[2]
    assert ["***@x.nl"[: len("ada@x.nl")], "*@x.nl", None, "*@x.nl"] == emails
    assert [None] * 4 == [row[1] for row in a]
    assert all(row[4] is None or 1 <= row[4] <= 5 for row in a)
    assert 0 < abs(a[0][5].toordinal() - 722874) <= 10  # 1980-02-29
    assert [None, None] == [a[2][4], a[2][5]]
    assert any("unique key PERSON_UK is left out" in note for note in job.notes)
    assert any("check PERSON_CK is left out" in note for note in job.notes)
    shown = str(yard.services.store.get_migration_job(job.id).request)
    assert "pepper" not in shown


def test_a_query_and_a_view_move_as_tables(oracle, yard):
    """
    A query that says AS OF SCN :scn is counted and verified at the job's SCN; one that does
    not, moves with a note that says so.
    """
    job = yard.carry_out(
        yard.submit_request(
            queries=[
                {
                    "name": "rich",
                    "sql": f'SELECT p.id, p.last_name AS who, t.name AS "Town" '
                    f"FROM {yard.schema}.person AS OF SCN :scn p "
                    f"JOIN {yard.schema}.town AS OF SCN :scn t ON t.id = p.town WHERE p.salary > 8",
                    "target": "app.rich",
                    "mask": {"WHO": {"kind": "constant", "value": "n.n."}},
                },
                {"name": "towns", "sql": f"SELECT name, id * 2 AS twice FROM {yard.schema}.town"},
            ],
            target_schema="app",
        )
    )

    assert (DONE, None) == ended(job)
    assert [(1, "n.n.", "Delft"), (2, "n.n.", "Gouda")] == yard.rows(
        'SELECT id, who, "Town" FROM app.rich ORDER BY id'
    )
    assert [("Delft", 2), ("Gouda", 4)] == yard.rows("SELECT * FROM app.towns ORDER BY 2")
    assert ["TOWNS"] == [
        note.split(":")[0].split(".")[1] for note in job.notes if "moment of reading" in note
    ]


@pytest.mark.parametrize("key", [None, ["EMAIL"]])
def test_upsert_replaces_and_adds(oracle, yard, key):
    """
    Rows with the same key are replaced, others added, and those that Oracle lacks stay;
    verification reads back every row of the source. A second run changes nothing.
    """
    oracle.run("DELETE FROM person WHERE email IS NULL")
    with psycopg.connect(yard.target_dsn) as connection:
        connection.execute(
            "CREATE SCHEMA crm; CREATE TABLE crm.person (id integer, last_name varchar(30), "
            "email varchar(60), note text DEFAULT 'kept', seen integer NOT NULL DEFAULT 0, "
            "PRIMARY KEY (id), UNIQUE (email));"
            "INSERT INTO crm.person VALUES (1, 'old', 'ada@x.nl', 'mine', 7), (99, 'there', 'z', 'kept', 0)"
        )
    wishes = options(
        yard,
        target="crm.person",
        columns=["ID", "LAST_NAME", "EMAIL"],
        **({"key": key} if key else {}),
    )

    jobs = [
        yard.move("PERSON", mode="upsert", table_options=wishes, accept_differences=True)
        for _ in range(2)
    ]

    assert [(DONE, None)] * 2 == [ended(job) for job in jobs]
    assert [
        (1, "Byron", "ada@x.nl", "mine", 7),
        (2, "Byron", "b@x.nl", "kept", 0),
        (4, "Day", "d@x.nl", "kept", 0),
        (99, "there", "z", "kept", 0),
    ] == yard.rows("SELECT * FROM crm.person ORDER BY id")


def test_an_upsert_by_what_is_no_key_fails_before_it_changes_anything(oracle, yard):
    """
    Two rows of the source with one key: neither wins, nothing is in.
    """
    with psycopg.connect(yard.target_dsn) as connection:
        connection.execute("CREATE SCHEMA crm; CREATE TABLE crm.person (last_name text UNIQUE)")
    job = yard.move(
        "PERSON",
        mode="upsert",
        table_options=options(yard, target="crm.person", columns=["LAST_NAME"]),
        accept_differences=True,
    )

    assert job.error is not None
    assert ("CopyRejected", True) == (job.error.code, "same key" in job.error.message)
    assert [(0,)] == yard.rows("SELECT count(*) FROM crm.person")


@pytest.mark.parametrize(
    ("wishes", "says"),
    [
        ({"where": "salry > 1"}, "SALRY"),
        ({"expressions": {"X": "NO_SUCH(id)"}}, "expression for X"),
        ({"columns": ["ID", "NOPE"]}, "no column NOPE"),
        ({"mask": {"ID": "partial"}}, "does not fit NUMBER"),
        ({"mask": {"SALARY": {"kind": "constant", "value": "1.234"}}}, "is none that NUMBER"),
        ({"rename": {"ID": "born"}, "expressions": {"born": "1"}}, None),
        ({"rename": {"ID": "x", "BORN": "x"}}, "same name"),
        ({"mode": "upsert", "target": "crm.loose"}, "no unique key"),
        ({"chunk": {"by": "key", "column": "NOPE"}}, "no column NOPE"),
    ],
)
def test_what_cannot_be_is_refused_before_anything_is_made(yard, wishes, says):
    """
    A wrong wish is an error in a person's words, and no job, schema or table exists after it.
    """
    with psycopg.connect(yard.target_dsn) as connection:
        connection.execute("CREATE SCHEMA crm; CREATE TABLE crm.loose (id integer)")
    if says is None:
        assert yard.submit("PERSON", table_options=options(yard, **wishes))
        return

    with pytest.raises(RequestError) as refused:
        yard.submit("PERSON", table_options=options(yard, **wishes), accept_differences=True)

    assert says in refused.value.message
    assert [] == yard.services.store.list_migration_jobs()
    assert [] == yard.rows("SELECT 1 FROM pg_namespace WHERE nspname = 'ferry'")


def test_a_table_that_is_not_selected_has_no_options(yard):
    """
    A misspelt name in table_options is an error, not a wish that is forgotten.
    """
    with pytest.raises(RequestError, match="none of the tables"):
        yard.submit("PERSON", table_options={f"{yard.schema}.PERSONS": {"where": "1 = 1"}})


def test_a_row_that_is_set_aside_is_masked_too(oracle, yard):
    """
    The quarantine keeps what was refused, and of a masked column only its mask.
    """
    oracle.run("UPDATE person SET last_name = 'By' || CHR(0), first_name = 'secret' WHERE id = 2")
    job = yard.move(
        "PERSON",
        table_options=options(yard, mask={"FIRST_NAME": "hash", "EMAIL": "null"}),
        mask_key="pepper",
        max_bad_rows=1,
    )

    assert (DONE[0], None) == (job.status, job.error)
    ((kept,),) = yard.rows("SELECT content::text FROM oraferry.quarantine")
    assert "427900" in kept  # By and NUL
    assert "secret" not in kept
    assert "b@x.nl" not in kept
    assert [(3,)] == yard.rows(f"SELECT count(*) FROM {yard.schema.lower()}.person")
