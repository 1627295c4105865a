"""Read both sides, translate, compare, ask for advice: what would happen on loading.

The rules compare our translation of the source with the target. A mistake in the translation
is invisible to them, so the adviser is shown the two raw DDL texts.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

from oraferry.errors import AdvisorError, ConfigError
from oraferry.migration.options import TableOptions
from oraferry.migration.request import (
    DataMigrationRequest,
    get_source_endpoint,
    get_target_endpoint,
)
from oraferry.migration.selection import select_tables
from oraferry.migration.shape import shape_tables
from oraferry.model import Comparison, Difference, Severity, Table
from oraferry.ports import Advice, Purpose, Services, Source, Target
from oraferry.schema.compare import compare_tables
from oraferry.schema.translate import Translation, translate_tables


@dataclass(frozen=True, slots=True)
class Pair:
    """One table on its way: what it is, what we expect, what is there, what differs."""

    translation: Translation
    actual: Table | None
    comparison: Comparison
    options: TableOptions


def compare_schemas(request: DataMigrationRequest, services: Services) -> list[Comparison]:
    """What differs between the tables of *request* and their targets; moves nothing."""
    with open_both(request, services) as (source, target):
        return [pair.comparison for pair in compare_pairs(request, source, target, services)]


@contextmanager
def open_both(request: DataMigrationRequest, services: Services) -> Iterator[tuple[Source, Target]]:
    """Sessions on both sides of *request*."""
    source_endpoint = get_source_endpoint(request, services)
    target_endpoint = get_target_endpoint(request, services)
    with (
        services.open_source(source_endpoint) as source,
        services.open_target(target_endpoint) as target,
    ):
        yield source, target


def compare_pairs(
    request: DataMigrationRequest, source: Source, target: Target | None, services: Services
) -> list[Pair]:
    """
    The same over open sessions, with all that planning needs; sorted by source.

    Without a *target* every table is one that is not there yet.
    """
    translations = translate_selection(request, source)
    actual = target.find_tables([t.table.ref for t, _ in translations]) if target else {}
    pairs = [
        _pair(t, actual.get(t.table.ref), get_purpose(request), options)
        for t, options in translations
    ]
    if target is None or request.ai == "off":
        return pairs
    return [_advised(pair, request, source, target, services) for pair in pairs]


def translate_selection(
    request: DataMigrationRequest, source: Source
) -> list[tuple[Translation, TableOptions]]:
    """The selected tables, shaped as the request says, and what each becomes, with its wishes."""
    user = source.describe().user
    refs = select_tables(request.tables, request.exclude, source, user) if request.tables else []
    tables = source.get_tables(refs)
    shaped = shape_tables(request, [tables[ref] for ref in refs], source, user)
    policies = [policy.to_rule() for policy in request.policies]
    found = translate_tables([s.table for s in shaped], request.target_schema, policies)
    return [
        (replace(t, notes=(*s.notes, *t.notes)), s.options)
        for s, t in zip(shaped, found, strict=True)
    ]


def get_purpose(request: DataMigrationRequest) -> Purpose:
    """``data_migration_mode`` is read here and nowhere else."""
    return "data" if request.data_migration_mode else "schema"


def _pair(
    translation: Translation, actual: Table | None, purpose: Purpose, options: TableOptions
) -> Pair:
    differences = list(translation.differences)
    if actual is not None:
        differences += compare_tables(
            translation.table, actual, translation.source, purpose, translation.columns
        )
    comparison = Comparison(
        source=translation.source.ref,
        target=translation.table.ref,
        target_exists=actual is not None,
        differences=tuple(differences),
        notes=translation.notes,
    )
    return Pair(translation, actual, comparison, options)


# --- advice ---------------------------------------------------------------------------------


def _advised(
    pair: Pair,
    request: DataMigrationRequest,
    source: Source,
    target: Target,
    services: Services,
) -> Pair:
    """The model may add doubts; a table that is not there yet is no question for it."""
    if services.advisor is None:
        if request.ai == "required":
            raise ConfigError("a model's opinion is required, but ai_url is not set")
        return _with_notes(pair, ["no model was asked: ai_url is not set"])
    if pair.actual is None:
        return pair
    try:
        source_ddl = source.get_table_ddl(pair.translation.source.ref)
        target_ddl = target.get_table_ddl(pair.actual.ref)
        advice = services.advisor.compare_ddl(source_ddl, target_ddl, get_purpose(request))
    except AdvisorError as error:
        if request.ai == "required":
            raise
        return _with_notes(pair, [f"the model gave no opinion: {error.message}"])
    return _with_differences(pair, _doubts(pair, advice))


def _doubts(pair: Pair, advice: Advice) -> list[Difference]:
    issues = list(advice.issues)
    if not advice.is_compatible and not issues:
        issues = ["the model holds the two for incompatible and names no reason"]
    return [
        Difference(
            table=str(pair.translation.source.ref),
            column=None,
            kind="advice",
            severity=Severity.NOTE if advice.is_compatible else Severity.WARNING,
            message=issue,
            decided_by=f"ai:{advice.model}@{advice.prompt}",
        )
        for issue in issues
    ]


def _with_notes(pair: Pair, notes: Sequence[str]) -> Pair:
    found = replace(pair.comparison, notes=(*pair.comparison.notes, *notes))
    return replace(pair, comparison=found)


def _with_differences(pair: Pair, differences: Sequence[Difference]) -> Pair:
    found = replace(pair.comparison, differences=(*pair.comparison.differences, *differences))
    return replace(pair, comparison=found)
