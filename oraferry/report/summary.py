"""What every form says of a verification in the same words: verdicts, totals, what to do next."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from dataclasses import dataclass

from oraferry.logs import redact
from oraferry.model import Finding
from oraferry.report.texts import excerpt_pair, make_visible
from oraferry.schema.names import fold_name
from oraferry.verify.outcome import RowDifference, TableOutcome, VerificationReport

MOST_NAMED = 3  # tables of a command that is proposed
AGREES, DIFFERS, NOT_COMPARED = "agrees", "differs", "not compared"


def get_verdict(table: TableOutcome) -> str:
    """``agrees``, ``differs``, or ``not compared``: where nothing looked, nothing is the same."""
    if table.agrees:
        return AGREES
    looked = any(outcome.agrees is not None for outcome in table.outcomes)
    return DIFFERS if looked or table.differing_rows else NOT_COMPARED


@dataclass(frozen=True, slots=True)
class Totals:
    """A verification in numbers."""

    tables: int
    agreeing: int
    differing: int
    rows: int  # of the source, as far as they were counted
    differing_rows: int
    is_complete: bool  # differing_rows is not only "at least"
    altered: int  # values
    set_aside: int  # rows

    @classmethod
    def of(cls, report: VerificationReport) -> Totals:
        """The sums over all tables."""
        verdicts = [get_verdict(table) for table in report.tables]
        return cls(
            tables=len(verdicts),
            agreeing=verdicts.count(AGREES),
            differing=verdicts.count(DIFFERS),
            rows=sum(table.source_rows or 0 for table in report.tables),
            differing_rows=sum(table.differing_rows for table in report.tables),
            is_complete=all(table.is_complete for table in report.tables),
            altered=sum(sum(table.altered.values()) for table in report.tables),
            set_aside=sum(sum(table.set_aside.values()) for table in report.tables),
        )


def describe_verdict(report: VerificationReport) -> str:
    """The verification in one line."""
    totals = Totals.of(report)
    rest = totals.tables - totals.agreeing - totals.differing
    if report.agrees:
        return f"{count(totals.tables, 'table')} agree{'s' if totals.tables == 1 else ''}"
    verb = "differs" if totals.differing == 1 else "differ"
    parts = [f"{totals.differing} of {count(totals.tables, 'table')} {verb}"]
    parts += [f"{rest} not compared"] if rest else []
    return ", ".join(parts)


def describe_differing(table: TableOutcome) -> str:
    """How many rows differ, as far as that is known."""
    if not table.differing_rows:
        return "0" if table.agrees else "–"
    return f"{'' if table.is_complete else 'at least '}{table.differing_rows:,}"


def describe_finding(found: Finding) -> str:
    """A finding as a line; what each side has stands behind it, unless the sentence says it."""
    sides = [f"source {found.source}"] if found.source is not None else []
    sides += [f"target {found.target}"] if found.target is not None else []
    where = f" (chunk {found.chunk})" if found.chunk else ""
    both = f" [{', '.join(sides)}]" if len(sides) == 2 else ""
    return make_visible(redact(f"{found.message}{where}")) + make_visible(both)


def describe_place(row: RowDifference) -> str:
    """Where a differing row is found: by key, ROWID, ctid."""
    key = [f"{name}={excerpt_pair(text, None)[0] or 'NULL'}" for name, text in row.key.items()]
    parts = [", ".join(key)] if key else []
    parts += [f"ROWID {row.rowid}"] if row.rowid else []
    parts += [f"ctid {row.ctid}"] if row.ctid else []
    return make_visible("; ".join(parts)) or "–"


def list_advice(report: VerificationReport) -> Iterator[str]:
    """What to do next, most urgent first."""
    totals = Totals.of(report)
    meant = _name_differing(report)
    if totals.differing and totals.differing_rows:
        yield f"look at what would be repaired: oraferry repair {meant} --dry-run"
    elif any(map(_could_be_looked_into, report.tables)):
        yield f"find the differing rows: oraferry verify data {meant}"
    if totals.differing_rows > sum(len(table.rows) for table in report.tables):
        yield "see more of the differing rows: --examples N, or each by --all-rows FILE"
    if totals.set_aside:
        listed = (
            f"oraferry jobs rejects {report.job_id}" if report.job_id else "oraferry.quarantine"
        )
        yield f"see the rows set aside: {listed} (docs/howto/bad-rows.md)"
    if any(get_verdict(table) == NOT_COMPARED for table in report.tables):
        yield "read the notes of the tables that were not compared"


def _name_differing(report: VerificationReport) -> str:
    """
    The flags that mean the tables that differ on the same target, or their job; … stands for
    more tables, and for what only the flags of this verification say.
    """
    if report.job_id:
        return f"--job {report.job_id}"
    tables = [table for table in report.tables if get_verdict(table) == DIFFERS]
    names = [make_visible(str(table.source)) for table in tables]
    flags = [f"--table {shlex.quote(name)}" for name in names[:MOST_NAMED]]
    schemas = {table.target.schema for table in tables}
    if any(fold_name(make_visible(t.source.schema)) != t.target.schema for t in tables):
        flags += [f"--target-schema {shlex.quote(make_visible(n))}" for n in sorted(schemas)[:1]]
    is_more = len(names) > MOST_NAMED or len(schemas) > 1 or any(map(_is_renamed, tables))
    return " ".join(flags) + (" …" if is_more else "")


def _is_renamed(table: TableOutcome) -> bool:
    """The target is not what its source's name and a schema lead to."""
    name, there = make_visible(table.source.name), make_visible(table.target.name)
    return there.casefold() not in (name.casefold(), fold_name(name))


def _could_be_looked_into(table: TableOutcome) -> bool:
    """It differs, and nobody has looked for its rows yet."""
    looked = {outcome.method for outcome in table.outcomes}
    is_there = bool(looked - {"columns"})
    return get_verdict(table) == DIFFERS and is_there and "rows" not in looked


def count(number: int, noun: str) -> str:
    """
    A number with its noun.

    >>> count(1, "row"), count(1200, "row")
    ('1 row', '1,200 rows')
    """
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
