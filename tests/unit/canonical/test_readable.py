"""What is shown of moments and intervals is what they are."""

import random

import pyarrow as pa

from oraferry.canonical.moments import interval_text, moment_text
from oraferry.canonical.readable import readable
from oraferry.model import DataType

DAY = 86_400_000_000


def test_shown_moments_are_the_same_moments():
    """
    From 4713 BC to 294276, with and without fractions, reading what is shown gives it again.
    """
    draw = random.Random(7)
    texts = [str(draw.randrange(-2_440_000 * DAY, 106_000_000 * DAY)) for _ in range(2000)]
    texts += [str(draw.randrange(-40_000, 40_000) * DAY) for _ in range(2000)]

    shown = [readable(text, DataType("TIMESTAMP")) for text in texts]

    assert texts == moment_text(pa.array(shown)).to_pylist()


def test_shown_intervals_are_the_same_intervals():
    """
    Of both signs, and of hundreds of millions of days.
    """
    draw = random.Random(8)
    days = [f"0/{draw.randrange(-(10**9), 10**9)}/{draw.randrange(DAY)}" for _ in range(1000)]
    months = [f"{draw.randrange(-(10**6), 10**6)}/0/0" for _ in range(1000)]
    for texts, name in ((days, "INTERVAL DAY TO SECOND"), (months, "INTERVAL YEAR TO MONTH")):
        shown = [readable(text, DataType(name)) for text in texts]

        assert texts == interval_text(pa.array(shown)).to_pylist()
