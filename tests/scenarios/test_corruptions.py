"""Every damage is planted in every type's column; each method sees exactly what it declares.

``make corruptions`` does it in all types, ``make test`` in one of each kind.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import psycopg
import pytest

from oraferry.config import Secret
from oraferry.migration.verify import DataVerificationRequest, verify_data
from oraferry.model import Policy
from oraferry.ports import Services, TargetEndpoint
from oraferry.postgres.target import PostgresTarget
from oraferry.verify.damages import CHANGED, COUNTED
from oraferry.verify.data.methods import METHODS as ALONE
from oraferry.verify.method import METHODS as OF_A_JOB
from oraferry.verify.method import gather_evidence
from oraferry.verify.outcome import TableOutcome
from tests.corruptions import FORMS, HARMLESS, NOT_KEPT, PLANS, PLANTED, find_statement
from tests.fix_moving import make_mover, open_alone
from tests.matrix import Matrix
from tests.planting import OTHER_TYPES, Bed, Garden, Planting
from tests.specimens import SPECIMENS, TYPICAL

IS_WHOLE = os.environ.get("ORAFERRY_CORRUPTIONS") == "all"
CHOSEN = SPECIMENS if IS_WHOLE else TYPICAL
SOME = ("null for value", "changed digit", "exchanged values", "one second", "rewritten rows")
Seen = dict[str, bool]  # by method


@contextmanager
def open_garden(oracle, newest_oracle, dsn, *, by_hash=True, specimens=CHOSEN) -> Iterator[Garden]:
    """The specimens in Oracle, and loaded into the database *dsn*."""
    movers = [make_mover(o, dsn, by_hash=by_hash) for o in (oracle, newest_oracle)]
    moves = [next(mover) for mover in movers]
    moved = []
    for specimen in specimens:
        specimen.create(newest_oracle if specimen.is_newest else oracle)
        made = moves[specimen.is_newest](specimen.table, *specimen.policies)
        assert made.verdict.is_verified, specimen.name
        moved.append((specimen, made))
    for mover in movers:
        next(mover, None)
    garden = Garden(dsn, moved)
    yield garden
    garden.close()


@contextmanager
def open_both(oracle, newest_oracle, dsn) -> Iterator[dict[bool, Services]]:
    """Two connections and nothing else, by whether the newest Oracle is asked."""
    with open_alone(oracle, dsn) as older, open_alone(newest_oracle, dsn) as newest:
        yield {False: older, True: newest}


def look_as_a_job(garden: Garden, beds: list[Bed], target: PostgresTarget) -> dict[str, Seen]:
    """What a job's methods see, by the specimen's name."""
    there = target.read_tables([bed.plan for bed in beds], garden.job)
    seen = {}
    for bed in beds:
        evidence = gather_evidence(bed.plan, there[bed.plan.number], len(bed.specimen.values))
        seen[bed.specimen.name] = {
            name: bool(list(method.check(evidence))) for name, method in OF_A_JOB.items()
        }
    return seen


def look_alone(beds: Iterable[Bed], services: dict[bool, Services]) -> dict[str, TableOutcome]:
    """What is seen over two connections, by the specimen's name."""
    found = {}
    for is_newest in (False, True):
        chosen = {b.specimen.table: b for b in beds if b.specimen.is_newest is is_newest}
        if not chosen:
            continue
        request = DataVerificationRequest(
            tables=[str(bed.plan.source.ref) for bed in chosen.values()],
            policies=[policy for bed in chosen.values() for policy in bed.specimen.policies],
            methods=list(ALONE),
        )
        for outcome in verify_data(request, services[is_newest]).tables:
            found[chosen[outcome.source.name].specimen.name] = outcome
    return found


def read_charset(oracle) -> str:
    """The database's character set."""
    with oracle.connect() as connection:
        cursor = connection.cursor()
        cursor.execute(
            "SELECT value FROM nls_database_parameters WHERE parameter = 'NLS_CHARACTERSET'"
        )
        return cursor.fetchone()[0]


def judge(planting: Planting, seen: Seen, claiming: set[str]) -> Iterator[str]:
    """A line for each method that did not see what it claims, or saw what it does not."""
    for name, is_seen in seen.items():
        is_claimed = planting.damage not in HARMLESS and name in claiming
        if is_seen is not is_claimed:
            said = "saw" if is_seen else "did not see"
            yield f"{name} {said} {planting.damage} in {planting.bed}"


def judge_rows(planting: Planting, outcome: TableOutcome, ids: dict[str, str]) -> Iterator[str]:
    """A line where the drill-down names other rows or columns than those that were damaged."""
    if planting.damage in HARMLESS or planting.damage == "shifted column":
        return  # without a key nothing says which row of the column's values is whose
    named = {ids.get(str(row.rowid)) or row.key.get("ID") for row in outcome.rows}
    if named != planting.rows:
        yield f"{planting.damage} in {planting.bed}: rows {named}, not {set(planting.rows)}"
    if planting.damage in CHANGED:
        columns = {value.column for row in outcome.rows for value in row.values}
        if {"V"} != columns or {"changed"} != {row.fault for row in outcome.rows}:
            yield f"{planting.damage} in {planting.bed}: columns {columns}"


def thin_out(plantings: list[Planting]) -> list[Planting]:
    """One of two families, now these, now those."""
    if IS_WHOLE or not plantings:
        return plantings
    start = len(plantings[0].damage) % len(plantings)
    turned = plantings[start:] + plantings[:start]
    return list({planting.bed.column.family: planting for planting in turned}.values())[:2]


def test_every_damage_has_a_plan():
    """
    The list that methods declare from and the catalogue are one.
    """
    assert PLANTED.keys() == PLANS.keys()
    assert FORMS.keys() == HARMLESS.keys()


@pytest.mark.parametrize(("damage", "type"), NOT_KEPT)
def test_what_a_type_does_not_keep_cannot_be_planted(postgres_dsn, damage, type):
    """
    Two ways to write a value are stored as the same bytes.
    """
    one, two = NOT_KEPT[damage, type]
    with psycopg.connect(postgres_dsn) as connection:
        same = connection.execute(f"SELECT record_image_eq(ROW({one}), ROW({two}))").fetchone()

    assert (True,) == same


@pytest.mark.parametrize("by_hash", [True, False], ids=["hash", "text"])
def test_a_job_sees_what_its_methods_declare(oracle, newest_oracle, postgres_dsn, by_hash):
    """
    Damage that the loader itself does, planted after the load and before its verification,
    with digests by the server's hashes and by text.
    """
    wrong, matrix, planted, plantable = [], Matrix(OF_A_JOB), set(), set()
    target = PostgresTarget(TargetEndpoint(Secret(postgres_dsn)))
    target._hashes = by_hash
    with open_garden(oracle, newest_oracle, postgres_dsn, by_hash=by_hash) as garden:
        for damage in [*PLANTED, *HARMLESS]:
            plantings = garden.plant(damage)
            planted |= {(damage, planting.bed.column.type) for planting in plantings}
            plantable |= {
                (damage, bed.column.type)
                for bed in garden.beds
                if find_statement(damage, bed.column)
            }
            seen = look_as_a_job(garden, [planting.bed for planting in plantings], target)
            claiming = {name for name, method in OF_A_JOB.items() if damage in method.detects}
            for planting in plantings:
                found = seen[planting.bed.specimen.name]
                matrix.add(planting, found)
                wrong += judge(planting, found, claiming)
    target.close()
    if IS_WHOLE:
        print(f"\n\nThe methods of a job, digests by {'hash' if by_hash else 'text'}\n\n{matrix}")

    assert not wrong, "\n".join(wrong)
    assert not IS_WHOLE or plantable == planted


def test_a_verification_alone_sees_what_its_methods_declare(oracle, newest_oracle, postgres_dsn):
    """
    Over two connections, as after any tool's load: the damage, the row and the column. What is
    the same in another form is no difference.
    """
    wrong, matrix = [], Matrix(ALONE)
    charset = read_charset(oracle)
    with (
        open_garden(oracle, newest_oracle, postgres_dsn) as garden,
        open_both(oracle, newest_oracle, postgres_dsn) as services,
    ):
        ids = {
            b.specimen.name: b.specimen.read_ids(newest_oracle if b.specimen.is_newest else oracle)
            for b in garden.beds
        }
        for damage in [*PLANTED, *HARMLESS]:
            plantings = thin_out(garden.plant(damage))
            outcomes = look_alone([planting.bed for planting in plantings], services)
            for planting in plantings:
                bed, outcome = planting.bed, outcomes[planting.bed.specimen.name]
                seen = {seen.method: seen.agrees is False for seen in outcome.outcomes}
                matrix.add(planting, seen)
                claiming = {n for n, m in ALONE.items() if m.claims(damage, bed.value, charset)}
                wrong += judge(planting, seen, claiming)
                wrong += judge_rows(planting, outcome, ids[bed.specimen.name])
    if IS_WHOLE:
        print(f"\n\nThe methods of a verification over two connections\n\n{matrix}")

    assert not wrong, "\n".join(wrong)
    assert COUNTED.keys() <= matrix.damages.keys()


def test_a_table_with_another_tools_types_is_seen_through(oracle, newest_oracle, postgres_dsn):
    """
    Values in types that we would not have chosen agree, and damages among them are seen.
    """
    wrong = []
    with (
        open_garden(oracle, newest_oracle, postgres_dsn) as garden,
        open_both(oracle, newest_oracle, postgres_dsn) as services,
    ):
        plain = [bed for bed in garden.beds if bed.value.policy == Policy()]
        for choice in range(max(map(len, OTHER_TYPES.values())) if IS_WHOLE else 1):
            beds = [
                garden.retype(bed, types[choice])
                for bed in plain
                if len(types := OTHER_TYPES.get(bed.column.type, ())) > choice
            ]
            for name, outcome in look_alone(beds, services).items():
                wrong += [] if outcome.agrees else [f"{name}: {outcome.findings}"]
            for damage in [*PLANTED, *HARMLESS] if IS_WHOLE else SOME:
                plantings = garden.plant(damage, beds)
                outcomes = look_alone([planting.bed for planting in plantings], services)
                for planting in plantings:
                    outcome = outcomes[planting.bed.specimen.name]
                    if outcome.agrees is not (damage in HARMLESS):
                        wrong.append(f"{damage} in {planting.bed}: {outcome.agrees}")

    assert not wrong, "\n".join(wrong)


def test_maintenance_is_no_damage(oracle, newest_oracle, postgres_dsn):
    """
    Rows that VACUUM FULL and CLUSTER moved, frozen rows, and columns in another order.
    """
    some = [specimen for specimen in TYPICAL if specimen.name in ("n18", "clob", "days")]
    target = PostgresTarget(TargetEndpoint(Secret(postgres_dsn)))
    with (
        open_garden(oracle, newest_oracle, postgres_dsn, specimens=some) as garden,
        open_both(oracle, newest_oracle, postgres_dsn) as services,
        psycopg.connect(postgres_dsn, autocommit=True) as connection,
    ):
        tables = [bed.column.table for bed in garden.beds]
        for table in tables:
            connection.execute(f"CREATE INDEX ON {table} (reverse(id))")
            index = connection.execute(
                "SELECT indexrelid::regclass::text FROM pg_index WHERE indrelid = %s::regclass",
                [table],
            ).fetchone()[0]
            connection.execute(f"CLUSTER {table} USING {index.rpartition('.')[2]}")
            connection.execute(f"VACUUM (FULL, FREEZE) {table}")
        seen = look_as_a_job(garden, garden.beds, target)
        for table in tables:
            connection.execute(f"CREATE TABLE other AS SELECT w, v, id FROM {table}")
            connection.execute(f"DROP TABLE {table}")
            connection.execute(f"ALTER TABLE other RENAME TO {table.rpartition('.')[2]}")
            schema = table.rpartition(".")[0]
            connection.execute(f"ALTER TABLE {table.rpartition('.')[2]} SET SCHEMA {schema}")
        outcomes = look_alone(garden.beds, services)
    target.close()

    assert {False} == {found for methods in seen.values() for found in methods.values()}
    assert {True} == {outcome.agrees for outcome in outcomes.values()}
