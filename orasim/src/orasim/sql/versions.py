"""VERSIONS BETWEEN: the versions that committed changes gave a table's rows; and SAMPLE."""

from __future__ import annotations

import random
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from orasim.engine import OracleError, not_supported
from orasim.sql.scope import ResultColumn, Row
from orasim.sql.sources import TableSource
from orasim.storage.segment import Change, Segment, chunk_of_rows
from orasim.values import NUMBER, raw, timestamp, varchar2

PSEUDO = [
    ResultColumn("VERSIONS_STARTSCN", NUMBER, True, True),
    ResultColumn("VERSIONS_ENDSCN", NUMBER, True, True),
    ResultColumn("VERSIONS_OPERATION", varchar2(1), True, True),
    ResultColumn("VERSIONS_XID", raw(8), True, True),
    ResultColumn("VERSIONS_STARTTIME", timestamp(0), True, True),
    ResultColumn("VERSIONS_ENDTIME", timestamp(0), True, True),
]
Bound = Callable[[], int | None]


@dataclass(slots=True)
class _Version:
    """A row's image from *start* on; *start* is None for what was there before the log."""

    change: Change | None
    image: Any
    start: int | None
    operation: str | None
    end: int | None = None


@dataclass(slots=True)
class VersionsSource:
    """The versions of a table's rows between two SCNs; None means MINVALUE or MAXVALUE."""

    source: TableSource
    low: Bound
    high: Bound

    def rows(self, used: set[int]) -> Iterator[Row]:
        first = len(self.source.columns)
        if used & {first + 4, first + 5}:
            raise not_supported("VERSIONS_STARTTIME and VERSIONS_ENDTIME")
        storage = self.source.store.storage
        high = self.high()
        high = storage.scn if high is None else high
        for segment in self.source.segments():
            known_from = max(segment.logged_from, storage.oldest_scn)
            low = self.low()
            if low is None:
                low = known_from
            elif low < known_from:
                raise OracleError(30052, "invalid lower limit snapshot expression")
            if low > high:
                raise OracleError(30053, "invalid upper limit snapshot expression")
            yield from self._segment_rows(segment, low, high, {n for n in used if n < first})

    def _segment_rows(self, segment: Segment, low: int, high: int, used: set[int]) -> Iterator[Row]:
        changed: dict[int, list[Change]] = {}
        for change in segment.log:
            if change.scn > low:
                changed.setdefault(change.ordinal, []).append(change)
        yield from self._unchanged(segment, changed, low, high, used)
        for ordinal, changes in sorted(changed.items()):
            for version in reversed(_versions(changes)):
                shown = _shown(version, low, high)
                if shown is not None and version.change is not None:
                    yield self._row(segment, ordinal, version, used) + shown

    def _unchanged(
        self, segment: Segment, changed: dict[int, list[Change]], low: int, high: int,
        used: set[int],
    ) -> Iterator[Row]:  # fmt: skip
        """Rows that no logged change touched: of before, or brought in bulk."""
        from dataclasses import replace

        for chunk in segment.state.chunks:
            live = np.ones(chunk.rows, dtype=bool) if chunk.live is None else chunk.live.copy()
            for ordinal in changed:
                if chunk.first <= ordinal < chunk.first + chunk.rows:
                    live[ordinal - chunk.first] = False
            scns = chunk.scns()[live].tolist()
            rows = self.source.decoded_rows(segment, replace(chunk, live=live), used)
            for scn, row in zip(scns, rows, strict=True):
                if scn > high:
                    continue
                yield (*row, *_fresh(scn if scn > low else None))

    def _row(self, segment: Segment, ordinal: int, version: _Version, used: set[int]) -> Row:
        assert version.change is not None
        chunk = chunk_of_rows(
            ordinal, {ordinal: version.image}, version.change.columns, version.start or 0
        )
        (row,) = self.source.decoded_rows(segment, chunk, used)
        return row


def _versions(changes: list[Change]) -> list[_Version]:
    """A row's versions, oldest first."""
    found: list[_Version] = []
    first = changes[0]
    if first.before is not None:
        found.append(_Version(first, first.before, None, None))
    for change in changes:
        if found:
            found[-1].end = change.scn
        image = change.after if change.after is not None else change.before
        operation = "D" if change.after is None else "I" if change.before is None else "U"
        found.append(_Version(change, image, change.scn, operation))
    return found


def _shown(version: _Version, low: int, high: int) -> Row | None:
    """The pseudo-columns of a version; None when it does not touch the interval."""
    start, end = version.start, version.end
    if start is not None and start > high:
        return None
    if version.operation == "D":
        end = None
    shown_end = end if end is not None and end <= high else None
    xid = None if start is None else _xid(start)
    return start, shown_end, version.operation, xid, None, None


def _fresh(scn: int | None) -> Row:
    """The pseudo-columns of a row that no logged change touched; None: older than the bound."""
    if scn is None:
        return (None,) * len(PSEUDO)
    return scn, None, "I", _xid(scn), None, None


def _xid(scn: int) -> bytes:
    # ASSUMPTION(oracle): any eight bytes that tell transactions apart; here made from the SCN.
    return b"\x00\x01" + (scn & 0xFFFFFFFFFFFF).to_bytes(6, "big")


@dataclass(slots=True)
class SampleSource:
    """
    SAMPLE [BLOCK] (percent) [SEED (n)]: each row, or each block's rows, with that chance.

    ASSUMPTION(oracle): which rows a seed chooses is Oracle's secret; here the same seed
    chooses the same rows of the same table.
    """

    source: Any
    rowid_at: int
    percent: float
    by_block: bool
    seed: int | None

    def rows(self, used: set[int]) -> Iterable[Row]:
        seed = random.getrandbits(32) if self.seed is None else self.seed
        limit = self.percent / 100 * 0x100000000
        at, salt = self.rowid_at, str(seed).encode()
        length = 15 if self.by_block else 18  # the last three letters are the row in its block
        for row in self.source.rows(used | {at}):
            digest = zlib.crc32(row[at][:length].encode(), zlib.crc32(salt))
            if (digest * 2654435761) & 0xFFFFFFFF < limit:
                yield row
