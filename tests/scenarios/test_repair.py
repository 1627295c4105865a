"""Rows that differ get the source's values: exactly those, in one transaction, or none."""

from __future__ import annotations

import json
import signal
import subprocess
import sys

import psycopg
import pytest
from fastapi.testclient import TestClient

from oraferry.api.app import create_app
from oraferry.errors import TargetRefused
from oraferry.migration.repair import RepairRequest, repair_data
from oraferry.migration.start import resume_migration
from oraferry.model import MigrationStatus
from oraferry.postgres import repairing
from oraferry.verify.data import difference, pairing_large
from oraferry.worker import Worker
from tests.scenarios.conftest import FACTS, change, load_facts
from tests.scenarios.test_bad_rows import call
from tests.scenarios.test_verify_data import verify

DAMAGES = (
    "UPDATE {schema}.facts SET amount = amount + 0.01 WHERE id = 17",
    "UPDATE {schema}.facts SET at = at + interval '1 hour', word = word || ' ' WHERE id = 18",
    "DELETE FROM {schema}.facts WHERE id IN (19, 1019)",
    "INSERT INTO {schema}.facts SELECT * FROM {schema}.facts WHERE id = 20",
    "INSERT INTO {schema}.facts VALUES (9999999, NULL, 'alone', NULL)",
)


def repair(yard, *tables, **wishes):
    """The outcomes by table."""
    names = [f"{yard.schema}.{table}" for table in tables]
    report = repair_data(RepairRequest(tables=names, **wishes), yard.services)
    return {outcome.source.name: outcome for outcome in report.tables}


def read_all(yard, table="facts"):
    """The table with what shows that somebody touched it."""
    return yard.rows(
        f"SELECT xmin::text, ctid::text, t::text FROM {yard.schema.lower()}.{table} t ORDER BY 2"
    )


def list_relations(yard):
    """Everything that the target's database has, temporary things included."""
    return yard.rows("SELECT oid, relname FROM pg_class ORDER BY 1")


def test_every_fault_is_repaired_and_nothing_else_is_touched(facts):
    """
    Given rows without a key that were changed, lost, doubled and added, when the table is
    repaired, then it agrees, rows that were right are the same versions as before, and the ledger
    entry says what was done.
    """
    change(facts, *DAMAGES)
    before = set(read_all(facts))

    outcome = repair(facts, "FACTS")["FACTS"]

    assert ("repaired", 2, 2, 2) == (
        outcome.status,
        outcome.inserted,
        outcome.updated,
        outcome.deleted,
    )
    assert verify(facts, "FACTS")["FACTS"].agrees
    after = set(read_all(facts))
    assert (4, 4) == (len(before - after), len(after - before))
    ((entry, job, inserted, updated, deleted, *digests, xid),) = facts.rows(
        "SELECT id, job_id, rows_inserted, rows_updated, rows_deleted, digest_before, "
        "digest_after, xid::text FROM oraferry.repair"
    )
    assert (outcome.entry, None, 2, 2, 2) == (entry, job, inserted, updated, deleted)
    assert [outcome.digest_before, outcome.digest_after] == digests
    assert xid in {xmin for xmin, _, _ in after - before}
    assert {"AMOUNT: another value": 1, "AT: shifted by 3600 s": 1, "WORD: trailing blanks": 1} == (
        outcome.columns
    )


def test_a_dry_run_says_the_same_and_changes_nothing(facts):
    """
    Given the same damages, when a dry run looks at them, then it counts and shows what a repair
    would do, and the database is what it was: no row version, no relation, no ledger is new.
    """
    change(facts, *DAMAGES)
    before = (read_all(facts), list_relations(facts))

    outcome = repair(facts, "FACTS", dry_run=True)["FACTS"]

    assert before == (read_all(facts), list_relations(facts))
    assert ("planned", 2, 2, 2, None) == (
        outcome.status,
        outcome.inserted,
        outcome.updated,
        outcome.deleted,
        outcome.entry,
    )
    assert 6 == len(outcome.rows)
    repaired = repair(facts, "FACTS")["FACTS"]
    assert outcome.columns == repaired.columns


def test_a_table_that_agrees_is_left_alone(facts):
    """
    Nothing to do is no transaction and no entry.
    """
    before = read_all(facts)

    assert "agrees" == repair(facts, "FACTS")["FACTS"].status
    assert before == read_all(facts)
    assert [(0,)] == facts.rows("SELECT count(*) FROM oraferry.repair")


def test_a_repair_is_one_of_the_verbs_and_routes(facts):
    """
    On the command line a dry run with differences ends with 3 and hides values where asked, the
    repair with 0; POST /repairs answers in the same shape.
    """
    change(facts, *DAMAGES)
    command = ("repair", "--table", f"{facts.schema}.FACTS")

    dry = call(*command, "--dry-run", yard=facts)
    hidden = call(*command, "--dry-run", "--hide-values", "--json", yard=facts)
    with TestClient(create_app(facts.services)) as client:
        body = {"tables": [f"{facts.schema}.FACTS"], "dry_run": True}
        answer = client.post("/repairs", json=body)
    done = call(*command, yard=facts)

    assert (3, 3, 0) == (dry.exit_code, hidden.exit_code, done.exit_code), done.output
    assert "'119'" in dry.stdout and "'119.01'" in dry.stdout and "trailing blanks" in dry.stdout
    assert "Dry run: 6 rows would be repaired, nothing was changed" in dry.stdout
    assert "119.01" not in hidden.stdout and "trailing blanks" in hidden.stdout
    assert json.loads(hidden.stdout)["tables"][0].keys() == answer.json()["tables"][0].keys()
    assert "Total: 6 rows repaired in 1 table" in done.stdout


# --- rows of every kind ---------------------------------------------------------------------


def test_lobs_keys_and_parents_keep_what_leans_on_them(oracle, make_yard):
    """
    Given a keyed table with LOBs that another table's rows lean on, when values of it are changed
    and two rows exchanged a unique value, then the rows are repaired in place: children stay.
    """
    oracle.run(
        "CREATE TABLE parents (id NUMBER(9) PRIMARY KEY, code NUMBER(9) UNIQUE, body CLOB, "
        "raw BLOB)",
        "CREATE TABLE children (id NUMBER(9) PRIMARY KEY, parent NUMBER(9) REFERENCES parents)",
        "INSERT INTO parents SELECT LEVEL, LEVEL * 10, RPAD('x', 3000, 'y') || LEVEL, "
        "UTL_RAW.CAST_TO_RAW('blob ' || LEVEL) FROM dual CONNECT BY LEVEL <= 50",
        "UPDATE parents SET body = EMPTY_CLOB(), raw = NULL WHERE id = 7",
        "INSERT INTO children SELECT LEVEL, LEVEL FROM dual CONNECT BY LEVEL <= 50",
    )
    yard = make_yard(batch_bytes=2_000)  # less than a LOB
    yard.move("PARENTS", "CHILDREN")
    change(
        yard,
        "UPDATE {schema}.parents SET raw = overlay(raw PLACING '\\x21' FROM 2) WHERE id = 3",
        "UPDATE {schema}.parents SET body = NULL, raw = '' WHERE id = 7",
        "UPDATE {schema}.parents SET code = -code WHERE id IN (11, 12)",
        "UPDATE {schema}.parents SET code = CASE id WHEN 11 THEN 120 ELSE 110 END "
        "WHERE id IN (11, 12)",
    )
    children = read_all(yard, "children")

    outcome = repair(yard, "PARENTS")["PARENTS"]

    assert ("repaired", 0, 4, 0) == (
        outcome.status, outcome.inserted, outcome.updated, outcome.deleted
    )  # fmt: skip
    assert verify(yard, "PARENTS")["PARENTS"].agrees
    assert children == read_all(yard, "children")


def test_parents_and_children_are_repaired_in_an_order_that_works(oracle, make_yard):
    """
    Given rows that are missing and rows that are too many in both tables of a foreign key, so
    that neither can be repaired first, when both are repaired, then both agree.
    """
    oracle.run(
        "CREATE TABLE a_parents (id NUMBER(9) PRIMARY KEY, word VARCHAR2(9))",
        "CREATE TABLE b_children (id NUMBER(9) PRIMARY KEY, "
        "parent NUMBER(9) NOT NULL REFERENCES a_parents)",
        "INSERT INTO a_parents SELECT LEVEL, 'w' || LEVEL FROM dual CONNECT BY LEVEL <= 20",
        "INSERT INTO b_children SELECT LEVEL, LEVEL FROM dual CONNECT BY LEVEL <= 20",
    )
    yard = make_yard()
    yard.move("A_PARENTS", "B_CHILDREN")
    change(
        yard,
        "DELETE FROM {schema}.b_children WHERE id = 5",
        "DELETE FROM {schema}.a_parents WHERE id = 5",
        "INSERT INTO {schema}.a_parents VALUES (99, 'extra')",
        "INSERT INTO {schema}.b_children VALUES (99, 99)",
    )

    outcomes = repair(yard, "A_PARENTS", "B_CHILDREN")

    assert {"A_PARENTS": "repaired", "B_CHILDREN": "repaired"} == {
        name: outcome.status for name, outcome in outcomes.items()
    }
    assert all(seen.agrees for seen in verify(yard, "A_PARENTS", "B_CHILDREN").values())


def test_a_cascade_is_refused_before_it_reaches_other_tables(facts, oracle):
    """
    Given an extra row whose deletion would delete rows of another table, when the table is
    repaired, then it is refused with the way out, and nothing is changed.
    """
    change(
        facts,
        "INSERT INTO {schema}.facts VALUES (-1, 1, 'alone', NULL)",
        "ALTER TABLE {schema}.facts ADD PRIMARY KEY (id)",
        "CREATE TABLE {schema}.notes (fact bigint REFERENCES {schema}.facts ON DELETE CASCADE)",
        "INSERT INTO {schema}.notes VALUES (-1)",
    )
    before = read_all(facts)

    outcome = repair(facts, "FACTS")["FACTS"]

    assert "refused" == outcome.status
    assert "notes" in outcome.reason and "repair" in outcome.hint
    assert before == read_all(facts)
    assert [(1,)] == facts.rows(f"SELECT count(*) FROM {facts.schema.lower()}.notes")


def test_partitions_triggers_and_generated_columns(facts):
    """
    Given a partitioned target with triggers, an identity and a generated column, when it is
    repaired, then rows land in their partitions, no trigger of a user fired, all of them are
    enabled as before, and what is generated is generated.
    """
    change(
        facts,
        "ALTER TABLE {schema}.facts RENAME TO plain",
        "CREATE TABLE {schema}.facts (id bigint GENERATED ALWAYS AS IDENTITY, "
        "amount numeric(14,2), word varchar(20), at timestamp(0), "
        "doubled numeric GENERATED ALWAYS AS (amount * 2) STORED) PARTITION BY RANGE (amount)",
        "CREATE TABLE {schema}.low PARTITION OF {schema}.facts FOR VALUES FROM (MINVALUE) TO (9000)",
        "CREATE TABLE {schema}.high PARTITION OF {schema}.facts FOR VALUES FROM (9000) TO (MAXVALUE)",
        "INSERT INTO {schema}.facts (id, amount, word, at) OVERRIDING SYSTEM VALUE "
        "SELECT * FROM {schema}.plain",
        "CREATE FUNCTION {schema}.boom() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE 'fired'; END $$",
        # Moved over the border, lost, added, and an identity that nobody may update.
        "UPDATE {schema}.facts SET amount = 20000 WHERE id = 10",
        "UPDATE {schema}.facts SET amount = 1 WHERE id = 2000",
        "DELETE FROM {schema}.facts WHERE id = 11",
        "INSERT INTO {schema}.facts (amount) VALUES (12)",
        "CREATE TRIGGER a BEFORE INSERT OR UPDATE OR DELETE ON {schema}.facts FOR EACH ROW "
        "EXECUTE FUNCTION {schema}.boom()",
        "CREATE TRIGGER b BEFORE DELETE ON {schema}.low FOR EACH STATEMENT "
        "EXECUTE FUNCTION {schema}.boom()",
        "ALTER TABLE {schema}.low ENABLE ALWAYS TRIGGER b",
    )
    triggers = (
        "SELECT tgrelid, tgname, tgenabled FROM pg_trigger WHERE NOT tgisinternal ORDER BY 1, 2"
    )
    before = facts.rows(triggers)

    outcome = repair(facts, "FACTS")["FACTS"]

    assert "repaired" == outcome.status, outcome.reason
    assert verify(facts, "FACTS")["FACTS"].agrees
    moved = facts.rows(
        f"SELECT id, c.relname, doubled::integer FROM {facts.schema.lower()}.facts f "
        "JOIN pg_class c ON c.oid = f.tableoid WHERE id IN (10, 2000) ORDER BY id"
    )
    assert [(10, "low", 140), (2000, "high", 28000)] == moved
    assert before == facts.rows(triggers)
    assert any("did not fire" in note for note in outcome.notes)


def test_sources_without_rowids_are_repaired_by_values(oracle, make_yard):
    """
    Given an index-organised table and a keyless view, whose rows have no ROWID that stays, when
    their targets are damaged, then they are repaired from one more read.
    """
    oracle.run(
        "CREATE TABLE iot (id NUMBER(9) PRIMARY KEY, word VARCHAR2(20)) ORGANIZATION INDEX",
        "INSERT INTO iot SELECT LEVEL, 'w' || MOD(LEVEL, 7) FROM dual CONNECT BY LEVEL <= 300",
        "CREATE VIEW seven AS SELECT word FROM iot",
    )
    yard = make_yard()
    yard.move("IOT", "SEVEN")
    change(
        yard,
        "UPDATE {schema}.iot SET word = upper(word) WHERE id IN (5, 6)",
        "DELETE FROM {schema}.iot WHERE id = 9",
        "DELETE FROM {schema}.seven WHERE ctid IN (SELECT ctid FROM {schema}.seven "
        "WHERE word = 'w3' LIMIT 2)",
        "INSERT INTO {schema}.seven VALUES ('w4'), ('w4'), (NULL)",
    )

    outcomes = repair(yard, "IOT", "SEVEN")

    assert (1, 2, 0) == tuple(
        getattr(outcomes["IOT"], name) for name in ("inserted", "updated", "deleted")
    )
    assert {"repaired"} == {outcome.status for outcome in outcomes.values()}
    assert all(seen.agrees for seen in verify(yard, "IOT", "SEVEN").values())


def test_names_of_any_kind(oracle, make_yard):
    """
    Tables and columns may be called whatever Oracle allows, also as ours are.
    """
    oracle.run(
        'CREATE TABLE "odd %s {x} \'t" ("number" NUMBER(9) PRIMARY KEY, "at" VARCHAR2(9), '
        '"%(part)s" NUMBER(9), "fault" VARCHAR2(9), "oraferry_number" NUMBER(9), "Grü ße" DATE)',
        "INSERT INTO \"odd %s {x} 't\" SELECT LEVEL, 'a', LEVEL, 'b', LEVEL, "
        "DATE '2024-01-01' FROM dual CONNECT BY LEVEL <= 9",
    )
    yard = make_yard()
    yard.submit("*")
    worker = Worker(yard.services)
    while worker.work_once():
        pass
    name = f'{yard.schema.lower()}."odd %s {{x}} \'t"'
    with psycopg.connect(yard.target_dsn) as connection:
        for statement in (
            f'UPDATE {name} SET "%(part)s" = 0, "at" = NULL WHERE number = 2',
            f'UPDATE {name} SET "oraferry_number" = 0 WHERE number = 3',
            f"DELETE FROM {name} WHERE number = 4",
            f"INSERT INTO {name} VALUES (10)",
        ):
            connection.execute(statement)

    (outcome,) = repair(yard, "*").values()

    assert ("repaired", 1, 2, 1) == (
        outcome.status, outcome.inserted, outcome.updated, outcome.deleted
    ), outcome.reason  # fmt: skip
    (seen,) = verify(yard, "*").values()
    assert seen.agrees


@pytest.mark.parametrize("sets", [1, 50])
def test_large_repairs_keep_what_leans_on_them(oracle, make_yard, monkeypatch, sets):
    """
    Given that every row of a referenced table was changed, and that only a few hashes and rows
    may be held at a time, when it is looked at and repaired, then both count the same, and the
    rows are updated in place, by their key, only in the columns that differ.
    """
    oracle.run(
        "CREATE TABLE trunks (id NUMBER(9) PRIMARY KEY, word VARCHAR2(20), size_cm NUMBER(9))",
        "CREATE TABLE leaves (id NUMBER(9) PRIMARY KEY, trunk NUMBER(9) REFERENCES trunks)",
        "INSERT INTO trunks SELECT LEVEL, 'w' || LEVEL, LEVEL FROM dual CONNECT BY LEVEL <= 600",
        "INSERT INTO leaves SELECT LEVEL, LEVEL FROM dual CONNECT BY LEVEL <= 600",
    )
    yard = make_yard(chunk_rows=150)
    yard.move("TRUNKS", "LEAVES")
    change(
        yard,
        "UPDATE {schema}.trunks SET word = word || ' ' WHERE id % 2 = 0",
        "UPDATE {schema}.trunks SET size_cm = -size_cm WHERE id % 3 = 0 OR id % 2 = 1",
    )
    leaves = read_all(yard, "leaves")
    hold_little(monkeypatch)
    monkeypatch.setattr(repairing, "MOST_SETS", sets)

    dry = repair(yard, "TRUNKS", dry_run=True)["TRUNKS"]
    outcome = repair(yard, "TRUNKS", examples=7)["TRUNKS"]

    assert ("repaired", 0, 600, 0) == (
        outcome.status, outcome.inserted, outcome.updated, outcome.deleted
    ), outcome.reason  # fmt: skip
    assert {"SIZE_CM: sign flipped": 400, "WORD: trailing blanks": 300} == outcome.columns
    assert (outcome.columns, 600) == (dry.columns, dry.updated)
    assert [7, 20] == [len(found.rows) for found in (outcome, dry)]
    assert leaves == read_all(yard, "leaves")
    assert verify(yard, "TRUNKS")["TRUNKS"].agrees


def test_more_rows_than_can_be_paired_without_a_key_are_replaced(facts, monkeypatch):
    """
    Given a keyless table of which more rows differ than may be held, doubled and lost ones among
    them, when it is repaired, then rows that were right are the same versions, the others left
    and came, and the counts are exact; columns that only the target has are not lost silently.
    """
    change(
        facts,
        "UPDATE {schema}.facts SET amount = amount + 1 WHERE id BETWEEN 100 AND 399",
        "INSERT INTO {schema}.facts SELECT * FROM {schema}.facts WHERE id = 20",
        "DELETE FROM {schema}.facts WHERE id = 21",
    )
    before = set(read_all(facts))
    hold_little(monkeypatch)

    dry = repair(facts, "FACTS", dry_run=True)["FACTS"]
    change(facts, "ALTER TABLE {schema}.facts ADD own text")
    refused = repair(facts, "FACTS")["FACTS"]
    change(facts, "ALTER TABLE {schema}.facts DROP own")
    outcome = repair(facts, "FACTS")["FACTS"]

    assert ("planned", 301, 0, 301) == (dry.status, dry.inserted, dry.updated, dry.deleted)
    assert "refused" == refused.status and "own" in refused.reason
    assert ("repaired", 301, 0, 301) == (
        outcome.status, outcome.inserted, outcome.updated, outcome.deleted
    ), outcome.reason  # fmt: skip
    assert any("without a key" in note for note in outcome.notes)
    assert 20 == len(outcome.rows)
    after = set(read_all(facts))
    assert (301, 301) == (len(before - after), len(after - before))
    assert verify(facts, "FACTS")["FACTS"].agrees


def test_an_empty_target_is_filled(facts):
    """
    What is wholly missing comes as a load brings it.
    """
    change(facts, "TRUNCATE {schema}.facts")

    outcome = repair(facts, "FACTS")["FACTS"]

    count = facts.rows(f"SELECT count(*) FROM {facts.schema.lower()}.facts")[0][0]
    assert ("repaired", count, 0, 0) == (
        outcome.status, outcome.inserted, outcome.updated, outcome.deleted
    ), outcome.reason  # fmt: skip
    assert verify(facts, "FACTS")["FACTS"].agrees


def hold_little(monkeypatch):
    """Rows are divided as they are when there are millions."""
    monkeypatch.setattr(difference, "MOST_AT_ONCE", 200)
    monkeypatch.setattr(difference, "MOST_LOOKED_UP", 200)
    monkeypatch.setattr(pairing_large, "BYTES_OF_A_PART", 5_000)
    monkeypatch.setattr(difference, "READ_AT_ONCE", 90)
    monkeypatch.setattr(difference, "MOST_ALIKE", 50)


# --- what others do meanwhile ---------------------------------------------------------------


def test_a_row_changed_meanwhile_is_not_touched(facts, monkeypatch):
    """
    Given a row that somebody changes after it was compared and before the lock, when the repair
    gets there, then it changes nothing and says so; the next run repairs.
    """
    change(facts, *DAMAGES)
    lock = repairing.lock_tables

    def late(*arguments):
        change(facts, "UPDATE {schema}.facts SET word = 'late' WHERE id = 17")
        lock(*arguments)

    with monkeypatch.context() as patched:
        patched.setattr(repairing, "lock_tables", late)
        outcome = repair(facts, "FACTS")["FACTS"]

    assert "refused" == outcome.status
    assert "changed by others" in outcome.reason and "again" in outcome.hint
    assert [("late",)] == facts.rows(f"SELECT word FROM {facts.schema.lower()}.facts WHERE id = 17")
    assert [(0,)] == facts.rows("SELECT count(*) FROM oraferry.repair")
    assert "repaired" == repair(facts, "FACTS")["FACTS"].status
    assert verify(facts, "FACTS")["FACTS"].agrees


def test_a_row_that_came_meanwhile_undoes_the_repair(facts, monkeypatch):
    """
    Given a row that is added after the comparison, elsewhere, then the last look sees that the
    two sides would still differ, and nothing is committed.
    """
    change(facts, *DAMAGES)
    lock = repairing.lock_tables

    def late(*arguments):
        change(facts, "INSERT INTO {schema}.facts VALUES (5, 5, 'new', NULL)")
        lock(*arguments)

    with monkeypatch.context() as patched:
        patched.setattr(repairing, "lock_tables", late)
        outcome = repair(facts, "FACTS")["FACTS"]

    assert "refused" == outcome.status and "would still differ" in outcome.reason
    assert [(0,)] == facts.rows("SELECT count(*) FROM oraferry.repair")


def test_locks_of_others_are_not_waited_for_for_ever(facts):
    """
    A table that another session is writing to is left alone after lock_seconds, with a hint.
    """
    change(facts, *DAMAGES)
    with psycopg.connect(facts.target_dsn) as other:
        other.execute(f"UPDATE {facts.schema.lower()}.facts SET word = word WHERE id = 1")
        outcome = repair(facts, "FACTS", lock_seconds=0.2)["FACTS"]
        other.rollback()

    assert "refused" == outcome.status
    assert "locked" in outcome.reason and "--lock-seconds" in outcome.hint


@pytest.fixture
def repairer(facts):
    """A role that may read the table, and a function that runs a repair as it."""
    schema = facts.schema.lower()
    role = f"repairer_{schema}"
    change(
        facts,
        *DAMAGES,
        f"CREATE ROLE {role} LOGIN PASSWORD 'mending'",
        f"GRANT USAGE ON SCHEMA {schema} TO {role}",
        f"GRANT SELECT ON {schema}.facts TO {role}",
    )
    dsn = psycopg.conninfo.make_conninfo(facts.target_dsn, user=role, password="mending")
    yield role, lambda **wishes: repair(facts, "FACTS", target={"dsn": dsn}, **wishes)["FACTS"]
    change(facts, f"DROP OWNED BY {role}", f"DROP ROLE {role}")


def test_a_missing_right_is_a_clear_error(facts, repairer):
    """
    A role that may only read gets PostgreSQL's refusal, and a dry run; with the rights that the
    docs name, on the table and on the ledger that somebody else made, it repairs.
    """
    role, run = repairer
    schema = facts.schema.lower()

    assert "planned" == run(dry_run=True).status
    with pytest.raises(TargetRefused, match="privilege"):
        run()
    assert "repaired" == repair(facts, "FACTS")["FACTS"].status, "the owner makes the ledger"
    change(facts, "UPDATE {schema}.facts SET word = 'x' WHERE id = 40")
    with pytest.raises(TargetRefused, match="privilege"):
        run()
    change(
        facts,
        f"GRANT INSERT, UPDATE, DELETE ON {schema}.facts TO {role}",
        f"GRANT USAGE ON SCHEMA oraferry TO {role}",
        f"GRANT SELECT, INSERT ON oraferry.repair TO {role}",
    )
    assert "repaired" == run().status
    assert [(role,)] == facts.rows("SELECT repaired_by FROM oraferry.repair WHERE id = 2")


def test_row_level_security_is_refused(facts, repairer):
    """
    Rows that a policy hides would look as if they were missing, and come a second time.
    """
    role, run = repairer
    change(
        facts,
        f"GRANT ALL ON {{schema}}.facts TO {role}",
        "ALTER TABLE {schema}.facts ENABLE ROW LEVEL SECURITY",
        f"CREATE POLICY half ON {{schema}}.facts TO {role} USING (id > 100)",
    )

    outcome = run(dry_run=True)

    assert ("refused", True) == (outcome.status, "row-level security" in outcome.reason)


def test_views_and_rules_are_refused(facts):
    """
    Where there are no rows to change, or other statements would be carried out, nothing is done.
    """
    change(facts, *DAMAGES, "CREATE RULE r AS ON DELETE TO {schema}.facts DO INSTEAD NOTHING")
    ruled = repair(facts, "FACTS")["FACTS"]
    change(
        facts,
        "DROP RULE r ON {schema}.facts",
        "ALTER TABLE {schema}.facts RENAME TO plain",
        "CREATE VIEW {schema}.facts AS SELECT * FROM {schema}.plain",
    )
    viewed = repair(facts, "FACTS")["FACTS"]

    assert ("refused", "refused") == (ruled.status, viewed.status)
    assert "rules" in ruled.reason and "no table" in viewed.reason


def test_what_another_tool_made_of_a_type_is_repaired_as_it_is(oracle, make_yard):
    """
    Given a column of a type that we would never choose, then the row that differs is found and
    repaired.
    """
    oracle.run(
        "CREATE TABLE measures (id NUMBER(4), x BINARY_DOUBLE)",
        "INSERT INTO measures SELECT LEVEL, LEVEL * 7 FROM dual CONNECT BY LEVEL <= 9",
    )
    yard = make_yard()
    change(
        yard,
        "CREATE SCHEMA {schema}",
        "CREATE TABLE {schema}.measures AS SELECT g::smallint AS id, g * 7 AS x "
        "FROM generate_series(1, 9) g",
        "UPDATE {schema}.measures SET x = 8 WHERE id = 3",
    )
    assert 1 == verify(yard, "MEASURES")["MEASURES"].differing_rows

    outcome = repair(yard, "MEASURES")["MEASURES"]
    assert ("repaired", 1) == (outcome.status, outcome.updated), outcome.reason
    assert verify(yard, "MEASURES")["MEASURES"].agrees


@pytest.mark.parametrize("moment", ["staged", "changed"])
def test_killed_at_any_moment_it_is_all_or_nothing(facts, moment):
    """
    Given a repair whose process is killed while it gathers or after it changed every row, then
    the table is as it was, nothing is left behind, and the next repair does it all.
    """
    change(facts, *DAMAGES)
    before = read_all(facts)
    place = {
        "staged": "oraferry.postgres.repairing.lock_tables",
        "changed": "oraferry.postgres.repairing._enter",
    }[moment]
    program = (
        "import importlib, os, signal, sys\n"
        f"module, _, name = {place!r}.rpartition('.')\n"
        "setattr(importlib.import_module(module), name,\n"
        "        lambda *a, **k: os.kill(os.getpid(), signal.SIGKILL))\n"
        "from oraferry.cli.main import main\n"
        f"sys.argv = ['oraferry', 'repair', '--table', {facts.schema + '.FACTS'!r}]\n"
        "main()\n"
    )

    ended = subprocess.run(
        [sys.executable, "-c", program], env=facts.environment, capture_output=True, timeout=60
    )

    assert -signal.SIGKILL == ended.returncode, ended.stderr
    facts.wait_for(
        "the server notices",
        lambda: (
            not facts.rows(
                "SELECT 1 FROM pg_stat_activity WHERE application_name = 'oraferry' "
                "AND datname = current_database() AND state <> 'idle' AND pid <> pg_backend_pid()"
            )
        ),
    )
    assert before == read_all(facts)
    assert [(0,)] == facts.rows("SELECT count(*) FROM oraferry.repair")
    assert "repaired" == repair(facts, "FACTS")["FACTS"].status
    assert verify(facts, "FACTS")["FACTS"].agrees


# --- jobs -----------------------------------------------------------------------------------


def test_a_job_whose_table_was_repaired_goes_on_and_is_verified(oracle, make_yard):
    """
    Given a job that failed because a row was changed before it looked, when its tables are
    repaired at its SCN, though Oracle has moved on, and it is resumed, then it is verified; and
    a row that somebody changes after the repair is found all the same.
    """
    load_facts(oracle, 2_000)
    yard = make_yard(chunk_rows=500)
    damage = "UPDATE {schema}.facts SET amount = amount + 0.01 WHERE id = 17"
    job = yard.submit("FACTS")
    worker = Worker(yard.services)
    while yard.chunks_done(job) < 4:
        worker.work_once()
    change(yard, damage, "DELETE FROM {schema}.facts WHERE id = 700")
    job = yard.carry_out(job)
    oracle.run("UPDATE facts SET word = 'later' WHERE id = 5", "DELETE FROM facts WHERE id = 6")

    outcome = repair(yard, job=job.id)["FACTS"]
    change(yard, damage)
    resume_migration(job.id, yard.services.store, yard.services.broker)
    damaged = yard.carry_out(job)
    again = repair(yard, job=job.id)["FACTS"]
    resume_migration(job.id, yard.services.store, yard.services.broker)
    resumed = yard.carry_out(job)

    assert (MigrationStatus.FAILED, "repaired", job.scn) == (
        job.status, outcome.status, outcome.scn
    )  # fmt: skip
    assert (1, 1, 0) == (outcome.inserted, outcome.updated, outcome.deleted)
    assert MigrationStatus.FAILED is damaged.status
    assert 1 == again.updated
    assert (MigrationStatus.COMPLETED, True) == (resumed.status, resumed.verified)


def test_a_job_s_masks_hold_for_repaired_rows(oracle, make_yard):
    """
    Given a masked column, when rows of the job's table are lost and changed and the job's tables
    are repaired, then the masked values are back, and no clear one came.
    """
    load_facts(oracle, 300)
    yard = make_yard()
    options = {f"{yard.schema}.FACTS": {"mask": {"WORD": {"kind": "hash"}}}}
    job = yard.move("FACTS", table_options=options)
    words = f"SELECT id, word FROM {yard.schema.lower()}.facts ORDER BY 1"
    masked = yard.rows(words)
    change(
        yard,
        "DELETE FROM {schema}.facts WHERE id = 5",
        "UPDATE {schema}.facts SET word = 'word 7' WHERE id = 7",
    )

    outcome = repair(yard, job=job.id)["FACTS"]

    assert ("repaired", 1, 1) == (outcome.status, outcome.inserted, outcome.updated)
    assert masked == yard.rows(words)
    assert [] == [word for _, word in masked if word.startswith("word ")]


def test_rows_of_others_are_not_deleted_for_a_job_that_added_its_own(oracle, make_yard):
    """
    Given a job in mode append beside rows that were there before, when its tables are repaired,
    then the others' rows stay, and the refusal says how to mean the whole table.
    """
    load_facts(oracle, 50)
    yard = make_yard()
    change(yard, FACTS.replace("{rows}", "0"), "INSERT INTO {schema}.facts VALUES (-1)")
    job = yard.move("FACTS", mode="append")

    outcome = repair(yard, job=job.id)["FACTS"]

    assert "refused" == outcome.status
    assert "append" in outcome.reason and "--table" in outcome.hint
    assert [(51,)] == yard.rows(f"SELECT count(*) FROM {yard.schema.lower()}.facts")


def test_rows_that_lean_on_each_other(oracle, make_yard):
    """
    Given a table whose foreign key names itself, with lost and added chains of rows, when it is
    repaired, then it agrees.
    """
    oracle.run(
        "CREATE TABLE staff (id NUMBER(9) PRIMARY KEY, boss NUMBER(9) REFERENCES staff)",
        "INSERT INTO staff SELECT LEVEL, NULLIF(LEVEL - 1, 0) FROM dual CONNECT BY LEVEL <= 30",
    )
    yard = make_yard()
    yard.move("STAFF")
    change(
        yard,
        "DELETE FROM {schema}.staff WHERE id >= 25",
        "UPDATE {schema}.staff SET boss = 1 WHERE id = 20",
        "INSERT INTO {schema}.staff VALUES (90, 20)",
        "INSERT INTO {schema}.staff VALUES (91, 90)",
    )

    outcome = repair(yard, "STAFF")["STAFF"]

    assert ("repaired", 6, 1, 2) == (
        outcome.status, outcome.inserted, outcome.updated, outcome.deleted
    ), outcome.reason  # fmt: skip
    assert verify(yard, "STAFF")["STAFF"].agrees
