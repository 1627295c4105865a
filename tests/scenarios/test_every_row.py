"""Every differing row goes into a file, however few the report shows and memory holds."""

from __future__ import annotations

import json

import pytest

from oraferry.report.texts import HIDDEN
from tests.scenarios.conftest import change
from tests.scenarios.test_bad_rows import call
from tests.scenarios.test_repair import DAMAGES, hold_little

KEY = "ALTER TABLE {schema}.facts ADD PRIMARY KEY (id)"


def list_all(yard, path, *wishes):
    """The lines of the file, and what the verb said."""
    said = call(
        "verify", "data", "--table", f"{yard.schema}.FACTS", "--all-rows", str(path), *wishes,
        yard=yard,
    )  # fmt: skip
    return [json.loads(line) for line in path.read_text().splitlines()], said


@pytest.mark.parametrize("key", [None, KEY])
def test_every_row_is_written_and_few_are_shown(facts, tmp_path, monkeypatch, key):
    """
    Given hundreds of changed rows and room for few, then the file has each once, as a change where
    a key tells, and the report counts them exactly.
    """
    change(
        facts,
        "UPDATE {schema}.facts SET amount = amount + 1 WHERE id BETWEEN 100 AND 399",
        "DELETE FROM {schema}.facts WHERE id = 7",
        *([key] if key else []),
    )
    hold_little(monkeypatch)

    rows, said = list_all(facts, tmp_path / "rows.jsonl", "--examples", "3", "--json")

    (table,) = json.loads(said.stdout)["tables"]
    changed = {str(id) for id in range(100, 400)}
    faults = ["changed", "missing"] if key else ["missing", "extra"]
    found = {fault: sorted(r["key"]["ID"] for r in rows if r["fault"] == fault) for fault in faults}
    lost = sorted({"7"} if key else changed | {"7"})
    assert {"missing": lost, faults[0] if key else "extra": sorted(changed)} == found
    assert (3, len(rows)) == (len(table["rows"]), table["differing_rows"])
    assert {f"{facts.schema}.FACTS"} == {row["table"] for row in rows}
    assert all(row["rowid"] for row in rows if row["fault"] != "extra")
    assert all(row["ctid"] for row in rows if row["fault"] != "missing")


def test_rows_without_their_values(facts, tmp_path):
    """
    Values may be hidden in the file as everywhere; a file that cannot be written is a usage error.
    """
    change(facts, *DAMAGES)

    rows, said = list_all(facts, tmp_path / "rows.jsonl", "--hide-values")
    with pytest.raises(FileNotFoundError):
        list_all(facts, tmp_path / "no" / "rows.jsonl")
    refused = call(
        "verify", "data", "--table", "X.Y", "--all-rows", str(tmp_path / "no" / "r"), yard=facts
    )
    table = f"{facts.schema}.FACTS"
    full = call("verify", "data", "--table", table, "--all-rows", "/dev/full", yard=facts)

    assert 3 == said.exit_code
    shown = {row["fault"]: row for row in rows}
    assert {"changed", "missing", "extra"} == set(shown) and 6 == len(rows)
    assert {HIDDEN} == {value for row in rows for value in row["key"].values()}
    assert {HIDDEN} == {value["source"] for value in shown["changed"]["values"]}
    assert 2 == refused.exit_code and "cannot be written" in refused.stderr
    assert (2, "/dev/full cannot be written: No space left on device\n") == (
        full.exit_code, full.stderr
    )  # fmt: skip
