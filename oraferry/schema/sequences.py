"""Oracle sequences as PostgreSQL's, whose values are 64 bits wide."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from oraferry.model import Sequence, TableRef
from oraferry.schema.names import fold_name, fold_schema

LARGEST = 2**63 - 1
SMALLEST = -(2**63)


def translate_sequences(
    sequences: Iterable[Sequence], target_schema: str | Mapping[str, str] | None
) -> tuple[list[Sequence], list[str]]:
    """The sequences under their target names, and a note per one that cannot be made."""
    translated, notes = [], []
    for sequence in sequences:
        ref = sequence.ref
        if not SMALLEST <= sequence.next_value <= LARGEST:
            notes.append(f"sequence {ref} is left out: its next value needs more than 64 bits")
            continue
        schema = fold_schema(ref.schema, target_schema)
        translated.append(
            replace(clamp_sequence(sequence), ref=TableRef(schema, fold_name(ref.name)))
        )
    return translated, notes


def clamp_sequence(sequence: Sequence) -> Sequence:
    """*sequence* with bounds that bigint can hold; Oracle's default bound has 28 nines."""
    return replace(
        sequence,
        minimum=None if sequence.minimum is None else max(sequence.minimum, SMALLEST),
        maximum=None if sequence.maximum is None else min(sequence.maximum, LARGEST),
        cache=max(sequence.cache, 1),
    )
