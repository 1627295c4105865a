"""What is kept of a bad row is JSON that PostgreSQL takes, whatever the row held."""

import json
import random

import pyarrow as pa
import pytest

from oraferry.model import Column, ColumnPlan, DataType
from oraferry.typemap.rejects import KEPT_BYTES, ROW_BYTES, keep_bytes, keep_row


@pytest.mark.parametrize("seed", range(5))
def test_any_bytes_are_kept_as_clean_text_or_as_hex(seed):
    """
    Random bytes, cut or not: text is without NUL and exact; anything else is exact hex.
    """
    random.seed(seed)
    alphabet = ["a", "é", "日", "😀", "\0"]
    for _ in range(300):
        text = "".join(random.choices(alphabet[: random.choice([1, 4, 5])], k=random.randint(0, 9)))
        data = text.encode()
        if random.random() < 0.3:
            data = random.randbytes(random.randint(0, 20))
        most = random.randint(0, 12)

        kept = keep_bytes(data, most, is_text=True)

        whole = kept if isinstance(kept, dict) else {"text": kept}
        part = bytes.fromhex(whole["hex"]) if "hex" in whole else whole["text"].encode()
        assert "\\u0000" not in json.dumps(kept)
        assert data.startswith(part) and len(part) <= most
        assert part == data or (
            whole["bytes"] == len(data) and len(part) > min(most, len(data)) - 4
        )


def test_a_wide_row_keeps_what_there_is_room_for():
    """
    Each value and the whole row have a limit; every column is named.
    """
    columns = [
        ColumnPlan(
            Column(f"C{i}", DataType("CLOB"), i), Column(f"c{i}", DataType("text"), i), "clob"
        )
        for i in range(60)
    ]
    batch = pa.RecordBatch.from_arrays(
        [pa.array(["x" * 10_000], pa.large_string()) for _ in columns],
        names=[c.source.name for c in columns],
    )

    kept = keep_row(batch, 0, columns)

    assert [c.source.name for c in columns] == list(kept)
    assert {"text": "x" * KEPT_BYTES, "bytes": 10_000} == kept["C0"]
    assert {"text": "", "bytes": 10_000} == kept["C59"]
    assert len(json.dumps(kept)) < 2 * ROW_BYTES
