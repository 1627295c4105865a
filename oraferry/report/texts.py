"""Somebody's text as it can be shown: invisible characters seen, long values cut, or none."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from oraferry.model import Finding
from oraferry.verify.outcome import (
    MethodOutcome,
    RowDifference,
    TableOutcome,
    ValueDifference,
    VerificationReport,
)
from oraferry.verify.repairs import RepairReport

HIDDEN = "•••"
# Kinds of findings whose two sides are counts or digests; others may show what a row holds.
_WITHOUT_VALUES = {"rows", "digest", "set-aside"}

# Of a value that differs: so many characters before, in and after the part that does.
BEFORE, WITHIN, AFTER = 50, 110, 40

# What nobody sees, what turns the reading direction, what XML cannot hold, halves of pairs.
_UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f"
    "\ud800-\udfff\ufeff\ufff9-\ufffb\ufffe\uffff]"
)


def make_visible(text: str) -> str:
    r"""
    *text* with characters that do not show, or that no document may hold, as escapes.

    >>> make_visible("a\x00b\u202ec")
    'a\\x00b\\u202ec'
    """
    return _UNSEEN.sub(lambda found: _escape(ord(found[0])), text)


def _escape(code: int) -> str:
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"


@dataclass(frozen=True, slots=True)
class Excerpt:
    """A value as it is shown: the part that differs stands in the middle."""

    before: str
    differing: str
    after: str

    def __str__(self) -> str:
        return self.before + self.differing + self.after


def excerpt_pair(source: str | None, target: str | None) -> tuple[Excerpt | None, Excerpt | None]:
    """
    The two values around the place where they part; None stays NULL.

    >>> [str(e) for e in excerpt_pair("a" * 400 + "b", "a" * 400 + "c")] == [
    ...     "…" + "a" * 50 + "b", "…" + "a" * 50 + "c"]
    True
    """
    if source is None or target is None:
        return _cut_alone(source), _cut_alone(target)
    start = _count_equal(source, target)
    end = _count_equal(source[start:][::-1], target[start:][::-1])
    return _cut(source, start, len(source) - end), _cut(target, start, len(target) - end)


def _count_equal(one: str, other: str) -> int:
    """How many characters both begin with."""
    pairs = enumerate(zip(one, other, strict=False))
    shorter = min(len(one), len(other))
    return next((place for place, (a, b) in pairs if a != b), shorter)


def _cut_alone(text: str | None) -> Excerpt | None:
    return None if text is None else _cut(text, 0, len(text))


def _cut(text: str, start: int, end: int) -> Excerpt:
    before, differing, after = text[:start], text[start:end], text[end:]
    if len(before) > BEFORE:
        before = "…" + before[-BEFORE:]
    if len(differing) > WITHIN:
        differing = f"{differing[:WITHIN]}… ({len(differing):,} characters)"
    if len(after) > AFTER:
        after = after[:AFTER] + "…"
    return Excerpt(make_visible(before), make_visible(differing), make_visible(after))


def hide_values(report: VerificationReport) -> VerificationReport:
    """The same report without anything that a row holds: only where it differs stays."""
    return replace(report, tables=tuple(_hide_table(table) for table in report.tables))


def hide_repaired(report: RepairReport) -> RepairReport:
    """The same of a repair."""
    tables = (replace(t, rows=tuple(hide_row(row) for row in t.rows)) for t in report.tables)
    return replace(report, tables=tuple(tables))


def _hide_table(table: TableOutcome) -> TableOutcome:
    return replace(
        table,
        outcomes=tuple(_hide_outcome(outcome) for outcome in table.outcomes),
        rows=tuple(hide_row(row) for row in table.rows),
        rejects=tuple(replace(reject, content={}) for reject in table.rejects),
    )


def _hide_outcome(outcome: MethodOutcome) -> MethodOutcome:
    return replace(outcome, findings=tuple(_hide_finding(found) for found in outcome.findings))


def _hide_finding(found: Finding) -> Finding:
    if found.kind in _WITHOUT_VALUES:
        return found
    hidden = [None if text is None else HIDDEN for text in (found.source, found.target)]
    return replace(found, source=hidden[0], target=hidden[1])


def hide_row(row: RowDifference) -> RowDifference:
    """The row by its addresses, and the names of the columns that differ."""
    values = tuple(ValueDifference(v.column, HIDDEN, HIDDEN, v.reason) for v in row.values)
    return replace(row, key=dict.fromkeys(row.key, HIDDEN), values=values)
