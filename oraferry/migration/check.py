"""What a load would meet: every row is read and judged as for a load, and none is loaded.

The judge is the one that loads (``typemap.find_bad_rows``, ``load_batch``), so that this scan
and a migration cannot disagree.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from pydantic import Field

from oraferry.copying.masked import mask_source
from oraferry.migration.compare import Pair, compare_pairs
from oraferry.migration.plan import MigrationPlan, plan_migration, plan_tables
from oraferry.migration.request import (
    DataMigrationRequest,
    get_mask_key,
    get_source_endpoint,
    get_target_endpoint,
)
from oraferry.migration.tally import DataFinding, TableCheck, Tally
from oraferry.model import TablePlan
from oraferry.ports import CarefulBatch, Services, Source, Target

__all__ = ["DataCheckRequest", "DataFinding", "TableCheck", "check_data"]


class DataCheckRequest(DataMigrationRequest):
    """A migration request, of which the data is to be looked at."""

    sample: float = Field(100.0, gt=0, le=100, description="Percent of the rows to look at")
    examples: int = Field(5, ge=0, le=1_000, description="ROWIDs to name for each finding")
    lanes: int = Field(2, ge=1, le=64, description="Sessions that read at the same time")


def check_data(request: DataCheckRequest, services: Services) -> list[TableCheck]:
    """
    Look at the rows of all tables of *request*, at one SCN, and say what a load would meet.

    Without a target (no DSN in request and settings) the tables are judged as they would be
    created.
    """
    with services.open_source(get_source_endpoint(request, services)) as source:
        scn = source.take_snapshot()
        plan, notes = _plan(request, scn, source, services)
        tallies = {p.number: Tally(p, request.examples) for p in plan.plans}
        for p in plan.plans if request.sample == 100 else ():
            for found in source.find_duplicates(p, scn, request.examples):
                tallies[p.number].add_duplicates(found)
    _read_all(request, scn, plan, tallies, services)
    return [
        tallies[p.number].result(plan.totals.get(p.number), tuple(notes.get(p.number, ())))
        for p in plan.plans
    ]


def _plan(
    request: DataCheckRequest, scn: int, source: Source, services: Services
) -> tuple[MigrationPlan, dict[int, list[str]]]:
    without_advice = request.model_copy(update={"ai": "off"})
    with _open_target(request, services) as target:
        pairs = compare_pairs(without_advice, source, target, services)
    existing = [pair.actual.ref for pair in pairs if pair.actual]
    plans, _ = plan_tables(pairs, request, existing)
    chunk_rows = request.chunk_rows or services.settings.chunk_rows
    plan = plan_migration(plans, source, scn, chunk_rows, [], [])
    notes = {
        p.number: [*_describe_unread(pair), *_describe_sample(p, request, source)]
        for p, pair in zip(plans, pairs, strict=True)
    }
    return plan, notes


def _describe_unread(pair: Pair) -> list[str]:
    """Columns that no rule carries: nothing was learnt of their values."""
    unmapped = (d for d in pair.translation.differences if d.kind == "type")
    return [f"not looked at: {difference.message}" for difference in unmapped]


def _describe_sample(plan: TablePlan, request: DataCheckRequest, source: Source) -> list[str]:
    if request.sample == 100:
        return []
    notes = []
    if source.sample_rows(plan, request.sample) is None:
        notes.append("its rows have no ROWIDs to sample by: all were looked at")
    if not plan.created and (plan.target.primary_key or plan.target.unique_keys):
        notes.append("repeated keys were not looked for: that takes all rows")
    return notes


@contextmanager
def _open_target(request: DataCheckRequest, services: Services) -> Iterator[Target | None]:
    if request.target.dsn is None and services.settings.target_dsn is None:
        yield None
        return
    with services.open_target(get_target_endpoint(request, services)) as target:
        yield target


def _read_all(
    request: DataCheckRequest,
    scn: int,
    plan: MigrationPlan,
    tallies: dict[int, Tally],
    services: Services,
) -> None:
    """All chunks, by as many lanes as were asked for; each has a session of its own."""
    plans = {p.number: p for p in plan.plans}
    work = [
        (plans[t.table_number], t.chunk)
        for t in reversed(plan.tasks)
        if t.chunk is not None and t.table_number is not None
    ]
    stop = threading.Event()
    endpoint = get_source_endpoint(request, services)
    key = get_mask_key(request, services)

    def lane() -> None:
        with services.open_source(endpoint) as source:
            while not stop.is_set():
                try:
                    table, chunk = work.pop()
                except IndexError:
                    return
                sampled = None
                if request.sample < 100:
                    sampled = source.sample_rows(table, request.sample)
                rows = mask_source(source, key).read_carefully(sampled or table, chunk, scn)
                _judge(rows, tallies[table.number], stop)

    _run_lanes(lane, min(request.lanes, len(work)), stop)


def _run_lanes(lane: Callable[[], None], count: int, stop: threading.Event) -> None:
    """Until all have ended; what ends one of them ends the others."""
    with ThreadPoolExecutor(max(count, 1), thread_name_prefix="check") as pool:
        lanes = [pool.submit(lane) for _ in range(count)]
        try:
            for future in lanes:
                future.result()
        finally:
            stop.set()


def _judge(batches: Iterable[CarefulBatch], tally: Tally, stop: threading.Event) -> None:
    for batch in batches:
        tally.add(batch)
        if stop.is_set() or tally.has_seen_enough:
            return
