"""What a person reads while a job runs."""

import io
import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from rich.console import Console

from oraferry.cli.progress import Follower, Pace, TableLine, _JsonLines, _Lines, format_seconds
from oraferry.cli.render import COMPARISONS, print_job_tables
from oraferry.cli.render_checks import print_checks
from oraferry.migration.tally import ALTERED, NOTED, DataFinding, TableCheck
from oraferry.model import Comparison, MigrationStatus, TableProgress, TableRef
from oraferry.ports import MigrationJob

NOW = datetime(2026, 1, 1, tzinfo=UTC)
TABLE = TableProgress(
    number=1,
    source="SALES.ORDERS",
    target="sales.orders",
    phase="copying",
    rows_done=0,
    rows_total=1000,
    bytes_done=0,
    chunks_done=0,
    chunks_total=4,
    verified=None,
)
JOB = MigrationJob(
    id="job-1", status=MigrationStatus.IN_PROGRESS, request={}, created_at=NOW, updated_at=NOW
)


def console() -> Console:
    return Console(file=io.StringIO(), width=200)


def written(to: Console) -> list[str]:
    return to.file.getvalue().splitlines()


def test_pace_forgets_what_is_long_ago():
    """
    The rate is that of the last seconds, not of the whole time.
    """
    pace = Pace()
    rates = [pace.see(float(t), rows) for t, rows in [(0, 0), (1, 1000), (20, 1000), (30, 2000)]]

    assert [None, 1000.0, 0.0, 100.0] == [r if r is None else round(r, 1) for r in rates]


@pytest.mark.parametrize(
    ("done", "total", "phase", "percent"),
    [
        (0, 1000, "copying", 0),
        (505, 1000, "copying", 50),
        (1000, 1000, "copying", 99),  # the last chunk's commit is still to come
        (2000, 1000, "copying", 99),  # the total was an estimate
        (7, None, "copying", None),
        (0, 0, "waiting", 0),
        (0, 0, "done", 100),
    ],
)
def test_percent_is_honest(done, total, phase, percent):
    """
    Only a table that is done shows 100 %, and an unknown total shows nothing.
    """
    table = replace(TABLE, rows_done=done, rows_total=total, phase=phase)

    assert percent == TableLine(table, None).percent


def test_a_line_tells_rows_percent_rate_and_eta():
    """
    A copying table's line holds all that a person asks for.
    """
    follower = Follower()
    follower.see([TABLE], 0.0)
    (line,) = follower.see([replace(TABLE, rows_done=250)], 5.0)

    assert line.words() == (
        "SALES.ORDERS",
        "copying",
        "250 / 1,000",
        "25 %",
        "50 rows/s",
        "ETA 15 s",
    )


def test_a_done_table_shows_its_verdict_and_overall_rate():
    """
    After the load the rate is rows over the load's seconds, and the verdict stands there.
    """
    done = replace(TABLE, phase="done", rows_done=1000, seconds=4.0, verified=False)
    (line,) = Follower().see([done], 0.0)

    assert ("100 %", "250 rows/s", "DIFFERS") == line.words()[3:]


def test_without_a_terminal_there_is_a_line_per_change():
    """
    The same state twice prints once; waiting tables are not worth a line.
    """
    to = console()
    lines = _Lines(to)
    waiting = replace(TABLE, number=2, source="SALES.OTHER", phase="waiting")
    for rows in (0, 0, 10, 120, 130):
        lines.show(JOB, [TableLine(replace(TABLE, rows_done=rows), None), TableLine(waiting, None)])
    done = replace(TABLE, phase="done", rows_done=1000, verified=True)
    lines.show(
        replace(JOB, status=MigrationStatus.COMPLETED),
        [TableLine(done, None), TableLine(waiting, None)],
    )

    assert written(to) == [
        "SALES.ORDERS  copying  0 / 1,000  0 %",
        "IN_PROGRESS: 0 of 2 tables done, 0 rows",
        "SALES.ORDERS  copying  120 / 1,000  12 %",
        "SALES.ORDERS  done  1,000 / 1,000  100 %  verified",
        "COMPLETED: 1 of 2 tables done, 1,000 rows",
    ]


def test_json_lines_are_one_object_per_change_without_secrets():
    """
    Every line parses by itself, repeats nothing and shows no password.
    """
    to = console()
    lines = _JsonLines(to)
    bad = replace(TABLE, target="postgresql://u:hunter2@h/x")
    for _ in range(2):
        lines.show(JOB, [TableLine(bad, None)])

    (line,) = written(to)
    assert "hunter2" not in line
    assert ("job-1", "IN_PROGRESS") == (json.loads(line)["job_id"], json.loads(line)["status"])


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.2, "0 s"), (59, "59 s"), (60, "1 min 0 s"), (3661, "1 h 1 min")]
)
def test_durations_are_short(seconds, text):
    """
    The two largest units are enough.
    """
    assert text == format_seconds(seconds)


def test_a_jobs_notes_are_told_once():
    """
    What the comparison said already is not said again below the tables.
    """
    to = console()
    compared = Comparison(TableRef("S", "T"), TableRef("s", "t"), False, notes=("S.T: known",))
    described = COMPARISONS.dump_python([compared], mode="json")
    job = replace(JOB, comparison=described, notes=["S.T: known", "S.T: new"])
    print_job_tables(job, [TABLE], to)

    assert ["  doubt     S.T: known", "  S.T: new"] == [
        line for line in written(to) if "S.T: " in line
    ]


def test_many_columns_with_the_same_note_are_one_line():
    """
    A table of hundreds of CHAR columns has one line; what changes values has a line per column.
    """
    to = console()
    findings = [
        DataFinding(f"C{n}", effect, "code", "what", 2, ("AAA",))
        for n in range(5)
        for effect in (NOTED, ALTERED)
    ]
    print_checks([TableCheck("S.T", "s.t", 9, 9, tuple(findings))], to)

    lines = [line.split() for line in written(to) if line.startswith("S.T")]
    assert ["C0", "C1", "C2", "C3", "C4", "C0,"] == [words[1] for words in lines]
    assert ["C0,", "C1,", "C2", "and", "2", "more", "noted", "10"] == lines[-1][1:9]
