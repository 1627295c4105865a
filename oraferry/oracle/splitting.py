"""Making a chunk smaller, and finding rows that no chunk of an older plan holds.

The parts hold exactly the chunk's rows, whatever the table holds today: ranges are cut
between blocks or key values, never by what is found in them.
"""

from __future__ import annotations

from dataclasses import replace

from oraferry.model import Chunk, ChunkKind, Table, TableKind, TablePlan
from oraferry.oracle.keys import find_cuts, list_keys
from oraferry.oracle.rowids import Run, by_rowid, cut_runs, list_runs, read_runs
from oraferry.oracle.session import Session, translated


def split_chunk(
    session: Session, plan: TablePlan, chunk: Chunk, parts: int, *, has_dba_views: bool
) -> list[Chunk]:
    """*parts* smaller chunks, or fewer; none where the chunk cannot be cut."""
    with translated(f"splitting a chunk of {plan.source.ref}"):
        if chunk.kind is ChunkKind.ROWID:
            return _split_blocks(chunk, parts)
        if chunk.kind is ChunkKind.WHOLE and _has_extents(plan.source) and has_dba_views:
            found = by_rowid(session, plan.source, chunk.estimated_rows, parts)
            if len(found) > 1:
                return found
        if chunk.kind in (ChunkKind.KEY, ChunkKind.WHOLE) and plan.source.query is None:
            return _split_keys(session, plan, chunk, parts)
    return []


def find_uncovered(
    session: Session, table: Table, chunks: list[Chunk], *, partitions: list[str]
) -> list[Chunk]:
    """
    Chunks for what came to the table after *chunks* were planned: new extents, partitions.

    Chunks by key, and the whole table, have room for every row that may come.
    """
    if any(chunk.kind is ChunkKind.ROWID for chunk in chunks):
        covered = [run for chunk in chunks for run in list_runs(chunk)]
        with translated(f"looking for new extents of {table.ref}"):
            missing = subtract_runs(read_runs(session, table), covered)
        total = sum(run[3] for run in missing)
        return cut_runs(missing, total, 0, total) if missing else []
    named = {chunk.partition for chunk in chunks if chunk.kind is ChunkKind.PARTITION}
    if not named:
        return []
    return [Chunk(ChunkKind.PARTITION, partition=p) for p in partitions if p not in named]


def _has_extents(table: Table) -> bool:
    return table.kind is TableKind.HEAP and table.query is None


# -- blocks ------------------------------------------------------------------------------------


def _split_blocks(chunk: Chunk, parts: int) -> list[Chunk]:
    runs = list_runs(chunk)
    total = sum(run[3] for run in runs)
    if total < 2:
        return []
    return cut_runs(runs, -(-total // min(parts, total)), chunk.estimated_rows, total)


def subtract_runs(runs: list[Run], covered: list[Run]) -> list[Run]:
    """
    The blocks of *runs* that are in none of *covered*.

    >>> subtract_runs([(7, 4, 100, 16)], [(7, 4, 100, 8), (7, 4, 112, 2), (9, 4, 108, 4)])
    [(7, 4, 108, 4), (7, 4, 114, 2)]
    """
    left = []
    for segment, file, start, blocks in runs:
        end = start + blocks
        taken = sorted((s, s + n) for o, f, s, n in covered if (o, f) == (segment, file))
        for low, high in taken:
            if high <= start or low >= end:
                continue
            if low > start:
                left.append((segment, file, start, low - start))
            start = max(start, high)
        if start < end:
            left.append((segment, file, start, end - start))
    return left


# -- keys --------------------------------------------------------------------------------------


def _split_keys(session: Session, plan: TablePlan, chunk: Chunk, parts: int) -> list[Chunk]:
    # As the table is today: the undo that would show it as it was is what is missing. Any
    # cut is right, and one between today's keys is nearly even.
    today = replace(plan, source=replace(plan.source, has_past=False))
    if chunk.key_column is not None:
        columns, within = [plan.source.column(chunk.key_column)], chunk
    else:
        columns, within = list_keys(plan.source)[:1], None
    for column in columns:
        cuts = find_cuts(session, today, 0, parts, column, within)
        if cuts:
            share = chunk.estimated_rows // (len(cuts) + 1)
            return [
                Chunk(ChunkKind.KEY, key_column=column.name, lower=low, upper=high,
                      estimated_rows=share)
                for low, high in zip([chunk.lower, *cuts], [*cuts, chunk.upper], strict=True)
            ]  # fmt: skip
    return []
