"""Rows of ALL_ views that depend on what is behind a name."""

from __future__ import annotations


def test_synonyms_are_shown_with_their_object(shop):
    """A private synonym of another user shows when its object does, and not before."""
    shop.run("CREATE TABLE p (a NUMBER)", "CREATE SYNONYM sy FOR p", "CREATE SYNONYM lost FOR gone")
    guest = shop.other("GUEST", "none")
    query = "SELECT synonym_name FROM all_synonyms WHERE owner = 'SHOP' ORDER BY 1"
    assert [] == guest.column(query)
    shop.run("GRANT SELECT ON p TO guest")
    assert ["SY"] == guest.column(query)
    assert ["LOST", "SY"] == shop.column(query)
