"""Every damage is planted in every type's column; each method sees exactly what it declares."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import pytest

from oraferry.config import Secret
from oraferry.ports import TargetEndpoint
from oraferry.postgres.target import PostgresTarget
from oraferry.verify.damages import claims
from oraferry.verify.method import METHODS as OF_A_JOB
from oraferry.verify.method import gather_evidence
from tests.corruptions import HARMLESS, PLANTED, find_statement
from tests.fix_moving import make_mover
from tests.planting import Bed, Garden, Planting
from tests.specimens import SPECIMENS, TYPICAL

IS_WHOLE = os.environ.get("ORAFERRY_CORRUPTIONS") == "all"


@contextmanager
def open_garden(oracle, newest_oracle, dsn, specimens, *, by_hash=True) -> Iterator[Garden]:
    """*specimens* in Oracle, and loaded into the database *dsn*."""
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


def look_as_a_job(garden: Garden, beds: Iterable[Bed], target: PostgresTarget):
    """What each method of a job sees of each bed: method -> True, by the specimen's name."""
    beds = list(beds)
    there = target.read_tables([bed.plan for bed in beds], garden.job)
    seen = {}
    for bed in beds:
        counted = len(bed.specimen.values)
        evidence = gather_evidence(bed.plan, there[bed.plan.number], counted)
        seen[bed.specimen.name] = {
            name: bool(list(method.check(evidence))) for name, method in OF_A_JOB.items()
        }
    return seen


def compare_claims(planting: Planting, seen, methods):
    """A line for each method that did not see what it claims, or saw what it does not."""
    family = planting.bed.column.family
    for name, is_seen in seen.items():
        is_claimed = planting.damage not in HARMLESS and claims(
            methods[name].detects, planting.damage, family
        )
        if is_seen is not is_claimed:
            said = "saw" if is_seen else "did not see"
            column = f"{planting.bed.specimen.type} as {planting.bed.column.full_type}"
            yield f"{name} {said} {planting.damage} in {column}"


def list_plantable(beds: Iterable[Bed]) -> set[tuple[str, str]]:
    """Damages and the stored types that can have them, as the catalogue says."""
    return {
        (damage, bed.column.type)
        for bed in beds
        for damage in PLANTED
        if find_statement(damage, bed.column, is_alone=bed.specimen.is_alone)
    }


@pytest.mark.parametrize("by_hash", [True, False], ids=["hash", "text"])
def test_a_job_sees_what_its_methods_declare(oracle, newest_oracle, postgres_dsn, by_hash):
    """
    Damage that the loader itself does, planted after the load and before its verification.
    """
    wrong, planted = [], set()
    target = PostgresTarget(TargetEndpoint(Secret(postgres_dsn)))
    target._hashes = by_hash
    specimens = SPECIMENS if by_hash or IS_WHOLE else TYPICAL
    with open_garden(oracle, newest_oracle, postgres_dsn, specimens, by_hash=by_hash) as garden:
        plantable = list_plantable(garden.beds)
        for damage in [*PLANTED, *HARMLESS]:
            plantings = garden.plant(damage)
            seen = look_as_a_job(garden, [p.bed for p in plantings], target)
            for planting in plantings:
                planted.add((damage, planting.bed.column.type))
                wrong += compare_claims(planting, seen[planting.bed.specimen.name], OF_A_JOB)
    target.close()

    assert [] == wrong
    assert not by_hash or plantable <= planted
