"""Which missing and which extra row are one row that was changed."""

from __future__ import annotations

from oraferry.verify.data.pairing import HeldRow, pair_rows


def row(*texts):
    """A row that lies at its first text."""
    return HeldRow(texts, texts[0])


def shown(pairs):
    """The addresses of both sides."""
    return {(p.source and p.source.address, p.target and p.target.address) for p in pairs}


def test_a_key_pairs_rows_whatever_else_differs():
    """
    NULL in a key is no key.
    """
    source = [row("1", "a", "b"), row("2", "c", "d"), HeldRow((None, "x", "y"), "n")]
    target = [row("2", "p", "q"), HeldRow((None, "x", "z"), "m")]

    assert {("1", None), ("2", "2"), ("n", None), (None, "m")} == shown(
        pair_rows(source, target, (0,))
    )


def test_without_a_key_likeness_decides():
    """
    One other value first, then most values in common; less than half is no likeness.
    """
    source = [row("1", "a", "b", "c"), row("2", "d", "e", "f"), row("3", "g", "h", "i")]
    target = [row("9", "a", "b", "c"), row("2", "d", "x", "y"), row("7", "g", "k", "l")]

    assert {("1", "9"), ("2", "2"), ("3", None), (None, "7")} == shown(
        pair_rows(source, target, ())
    )


def test_rows_whose_values_are_the_same_are_no_difference():
    """
    Copies are taken away one by one.
    """
    source = [row("1", "a"), row("1", "a"), row("2", "b")]

    assert {("1", None)} == shown(pair_rows(source, [row("1", "a"), row("2", "b")], ()))


def test_a_single_column_has_nothing_to_be_alike_in():
    """
    Another value is one missing and one extra row.
    """
    assert {("1", None), (None, "2")} == shown(pair_rows([row("1")], [row("2")], ()))
