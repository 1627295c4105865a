"""Masks: deterministic, fitting, and nothing of a value shows through."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from oraferry.errors import RequestError
from oraferry.model import Column, ColumnPlan, DataType, Mask, MaskKind
from oraferry.typemap import choose
from oraferry.typemap.mask import check_mask, keeps_unique, mask_batch

KEY = b"pepper"


def masked(values, type, mask, key=KEY):
    """The values of one column after its mask, as they were fetched."""
    column = Column("C", type, 1, mask=mask)
    check_mask(column)
    rule = choose(column)
    batch = pa.RecordBatch.from_arrays([pa.array(values, rule.fetch(type))], names=["C"])
    return mask_batch(batch, [ColumnPlan(column, column, rule.name)], key).column(0).to_pylist()


TEXT = DataType("VARCHAR2", length=40)


@pytest.mark.parametrize(
    ("type", "mask", "values", "expected"),
    [
        (TEXT, Mask(MaskKind.NULL), ["a", None], [None, None]),
        (TEXT, Mask(MaskKind.CONSTANT, "x"), ["a", None], ["x", "x"]),
        (DataType("NUMBER", precision=9), Mask(MaskKind.CONSTANT, "-7"), [1, None], [-7, -7]),
        (DataType("NUMBER"), Mask(MaskKind.CONSTANT, "1E3"), ["1", "2"], ["1000", "1000"]),
        (DataType("BINARY_FLOAT"), Mask(MaskKind.CONSTANT, "0.5"), [1.0], [0.5]),
        (
            DataType("DATE"),
            Mask(MaskKind.CONSTANT, "1900-01-01"),
            [datetime(2024, 1, 1)],
            [datetime(1900, 1, 1)],
        ),
        (
            DataType("TIMESTAMP", scale=9),
            Mask(MaskKind.CONSTANT, "1900-01-01"),
            [" 2024-01-01 00:00:00.000000001"],
            ["1900-01-01 00:00:00"],
        ),
        (TEXT, Mask(MaskKind.PARTIAL, keep_start=1, keep_end=2), ["secret", "abc", ""], ["s***et", "***", ""]),
        (DataType("CHAR", length=6), Mask(MaskKind.PARTIAL, keep_end=1), ["ab    "], ["*b"]),
    ],
)  # fmt: skip
def test_masks_give_what_they_say(type, mask, values, expected):
    """
    Null and constant fill every row; partial never leaves a whole text standing.
    """
    assert expected == masked(values, type, mask)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.one_of(st.none(), st.text(max_size=40)), max_size=20), st.binary(min_size=1))
def test_text_is_masked_alike_and_keeps_its_shape(values, key):
    """
    Equal values have equal masks, different ones different hashes; random keeps length and
    kinds of characters; NULL stays NULL.
    """
    hashed = masked(values, TEXT, Mask(MaskKind.HASH), key)
    random = masked(values, TEXT, Mask(MaskKind.RANDOM), key)

    assert hashed == masked(values, TEXT, Mask(MaskKind.HASH), key)
    assert len({*zip(values, hashed, strict=True)}) == len({*values}) == len({*hashed})
    for value, other in zip(values, random, strict=True):
        assert (value is None) == (other is None)
        if value is not None:
            assert [c.isdigit() for c in value] == [c.isdigit() for c in other]
            assert len(value) == len(other)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(st.decimals(-(10**7), 10**7, places=2), max_size=20),
    st.sampled_from(["number", "decimal", "whole"]),
)
def test_numbers_stay_in_their_type(values, kind):
    """
    A masked number fits the column's precision and scale, and is drawn from the value, not
    from how it was written.
    """
    type = {
        "number": DataType("NUMBER"),
        "decimal": DataType("NUMBER", precision=12, scale=2),
        "whole": DataType("NUMBER", precision=9, scale=0),
    }[kind]
    if kind == "whole":
        values = [int(v) for v in values]
    fetched = [format(v, "f") for v in values] if kind == "number" else values

    for mask in (Mask(MaskKind.HASH), Mask(MaskKind.RANDOM), Mask(MaskKind.RANDOM, low="-5", high="5")):  # fmt: skip
        drawn = [Decimal(v) for v in masked(fetched, type, mask)]
        limit = Decimal(10) ** ((type.precision or 15) - (type.scale or 0))
        assert all(abs(v) < limit for v in drawn)
        if mask.low:
            assert all(-5 <= v <= 5 for v in drawn)
    assert masked(["1", "1.0", "1.00"], DataType("NUMBER"), Mask(MaskKind.HASH))[0:1] * 3 == masked(
        ["1", "1.0", "1.00"], DataType("NUMBER"), Mask(MaskKind.HASH)
    )


@pytest.mark.parametrize(
    ("type", "mask"),
    [
        (DataType("BLOB"), Mask(MaskKind.RANDOM)),
        (DataType("DATE"), Mask(MaskKind.HASH)),
        (DataType("NUMBER"), Mask(MaskKind.PARTIAL)),
        (DataType("NUMBER", precision=2), Mask(MaskKind.CONSTANT, "100")),
        (DataType("NUMBER", precision=2), Mask(MaskKind.RANDOM, low="5", high="1")),
        (DataType("VARCHAR2", length=2), Mask(MaskKind.CONSTANT, "abc")),
        (DataType("DATE"), Mask(MaskKind.CONSTANT, "yesterday")),
        (TEXT, Mask(MaskKind.RANDOM, low="1", high="2")),
    ],
)
def test_a_mask_that_does_not_fit_is_refused(type, mask):
    """
    Before the job, not in its middle.
    """
    with pytest.raises(RequestError):
        check_mask(Column("C", type, 1, mask=mask))


def test_a_short_hash_is_no_key():
    """
    Only a hash of 64 bits or more keeps different values apart well enough for a key.
    """
    assert [True, False, True, False] == [
        keeps_unique(Column("C", type, 1, mask=Mask(MaskKind.HASH)))
        for type in (
            DataType("VARCHAR2", length=16),
            DataType("VARCHAR2", length=15),
            DataType("NUMBER", precision=20),
            DataType("NUMBER", precision=9),
        )
    ]
