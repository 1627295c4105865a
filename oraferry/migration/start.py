"""From a request to a job that workers will find, or to a refusal that leaves nothing."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

from pydantic import TypeAdapter

from oraferry.errors import BrokerUnavailable, SchemaIncompatible, TargetNotEmpty
from oraferry.migration.compare import compare_pairs, open_both
from oraferry.migration.plan import plan_tables
from oraferry.migration.request import DataMigrationRequest, store_request
from oraferry.model import Comparison, Severity, TablePlan
from oraferry.ports import Broker, JobStore, MigrationJob, Services, Target
from oraferry.typemap import Fitness, fit

logger = logging.getLogger(__name__)

_COMPARISONS = TypeAdapter(list[Comparison])


def start_migration(
    request: DataMigrationRequest, services: Services, idempotency_key: str | None = None
) -> MigrationJob:
    """
    Store the job and announce it.

    What cannot work is refused before anything is stored: TableNotFound, SchemaIncompatible
    (with the differences), TargetNotEmpty, TargetRefused for rights that are missing, and
    whatever connecting to either side says. A broker that is down is no error: the announcement
    waits in the store.
    """
    with open_both(request, services) as (source, target):
        pairs = compare_pairs(request, source, target, services)
        if not request.accept_differences:
            _refuse_incompatible([pair.comparison for pair in pairs])
        plans, _ = plan_tables(pairs, request, [p.actual.ref for p in pairs if p.actual])
        _refuse_impossible(plans)
        target.refuse_obstacles(plans)
        _refuse_filled(plans, target)
    job = services.store.create_migration_job(
        store_request(request, services),
        comparison=_describe([pair.comparison for pair in pairs]),
        idempotency_key=idempotency_key,
    )
    logger.info("job %s is stored", job.id, extra={"action": "job.stored", "job": job.id})
    _announce(services.store, services.broker)
    return services.store.get_migration_job(job.id)


def resume_migration(
    job_id: str,
    store: JobStore,
    broker: Broker,
    *,
    snapshot_lost: str | None = None,
    max_bad_rows: int | None = None,
    max_bad_rows_per_job: int | None = None,
) -> MigrationJob:
    """
    Let a job that failed or was cancelled go on, and announce it; JobStateConflict.

    The wishes replace what the request said.
    """
    wishes = {
        "snapshot_lost": snapshot_lost,
        "max_bad_rows": max_bad_rows,
        "max_bad_rows_per_job": max_bad_rows_per_job,
    }
    job = store.resume_job(job_id, {k: v for k, v in wishes.items() if v is not None})
    logger.info("job %s goes on", job.id, extra={"action": "job.resumed", "job": job.id})
    _announce(store, broker)
    return store.get_migration_job(job.id)


def _describe(comparisons: Sequence[Comparison]) -> list[dict[str, Any]]:
    described: list[dict[str, Any]] = _COMPARISONS.dump_python(list(comparisons), mode="json")
    return described


def _refuse_incompatible(comparisons: Sequence[Comparison]) -> None:
    blocked = [c for c in comparisons if not c.is_compatible]
    if not blocked:
        return
    first = next(d for d in blocked[0].differences if d.severity is Severity.BLOCKING)
    where = f"{first.table}.{first.column}" if first.column else first.table
    names = ", ".join(str(c.source) for c in blocked[:5]) + (" …" if len(blocked) > 5 else "")
    raise SchemaIncompatible(
        f"{names}: the load would fail or change values; {where}: {first.message}",
        hint=first.hint
        or "change the target, leave the table out, or set accept_differences to load regardless",
        context={"comparisons": _describe(blocked)},
    )


def _refuse_impossible(plans: Sequence[TablePlan]) -> None:
    """What nothing can carry is no difference that a person may accept."""
    for plan in plans:
        for column in plan.columns:
            found = fit(column.source.type, column.target.type, column.policy)
            if found.fitness is Fitness.IMPOSSIBLE:
                raise SchemaIncompatible(
                    f"{plan.source.ref}.{column.source.name}: {found.reason}",
                    hint="change the type of the target's column, or exclude the column",
                )


def _refuse_filled(plans: Sequence[TablePlan], target: Target) -> None:
    empty = [p.target.ref for p in plans if p.mode == "create" and not p.created]
    filled = [str(ref) for ref in empty if target.has_rows(ref)]
    if filled:
        raise TargetNotEmpty(
            f"mode create needs empty tables, and these hold rows: {', '.join(filled)}",
            hint="use mode append to add to them, or mode truncate to replace their rows",
            context={"tables": filled},
        )


def _announce(store: JobStore, broker: Broker) -> None:
    try:
        store.relay_outbox(broker.announce)
    except BrokerUnavailable as error:
        logger.warning(
            "the broker cannot be reached; workers will find the job in the store: %s",
            error.message,
            extra={"action": "job.unannounced"},
        )
