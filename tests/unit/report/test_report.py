"""A verification in its forms: what anybody may have in a database does no harm there."""

import io
import json
import re
from dataclasses import replace
from datetime import UTC, datetime
from html.parser import HTMLParser
from xml.etree import ElementTree as ET

import pytest
from rich.console import Console

from oraferry.cli.render_verification import describe_verification, print_verification
from oraferry.migration.report import Report
from oraferry.model import (
    Finding,
    JobError,
    MigrationStatus,
    StoredReject,
    TableProgress,
    TableRef,
)
from oraferry.ports import MigrationJob
from oraferry.report import hide_values, render_html, render_junit
from oraferry.report.of_job import report_job
from oraferry.report.summary import describe_verdict, list_advice
from oraferry.report.texts import excerpt_pair, make_visible
from oraferry.verify.outcome import (
    MethodOutcome,
    RowDifference,
    TableOutcome,
    ValueDifference,
    VerificationReport,
)

AT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
HOSTILE = "\x00</style><script>alert(1)</script>]]>&amp;\"'\ud800\u202e\ufffe[red]\r\n"

GOOD = TableOutcome(
    source=TableRef("S", "GOOD"),
    target=TableRef("s", "good"),
    scn=7,
    source_rows=5,
    target_rows=5,
    outcomes=(MethodOutcome("counts", True, seconds=0.5), MethodOutcome("rows", None, note="why")),
    altered={"NOTE: NUL removed": 3},
    seconds=1.25,
)
BAD = TableOutcome(
    source=TableRef("S", HOSTILE),
    target=TableRef("s", HOSTILE),
    scn=8,
    source_rows=5,
    target_rows=4,
    outcomes=(
        MethodOutcome("counts", False, (Finding("t", "rows", "5 here, 4 there"),)),
        MethodOutcome("aggregates", False, (Finding("t", "max", HOSTILE, "1", "8531", "8532"),)),
        MethodOutcome("rows", False),
    ),
    rows=(
        RowDifference("missing", {"ID": "815"}, rowid="AAA"),
        RowDifference(
            "changed",
            {"ID": None},
            "AAB",
            "(0,1)",
            (
                ValueDifference(HOSTILE, HOSTILE, None, "cut"),
                ValueDifference("B", "x" * 500 + "1" + "y" * 500, "x" * 500 + "2" + "y" * 500),
            ),
        ),
    ),
    reasons={"WORD: trailing blanks": 3},
    differing_rows=17,
    is_complete=False,
    set_aside={HOSTILE: 1},
    rejects=(StoredReject(1, 1, 1, "S.T", "AAC", HOSTILE, "22P05", HOSTILE, {"A": "s3cret"}),),
    notes=(HOSTILE,),
)
REPORT = VerificationReport(AT, "h:1521/x", "h:5432/y", (GOOD, BAD), notes=(HOSTILE,))
NOTHING = VerificationReport(AT, "h:1521/x", "h:5432/y", ())
OPEN = replace(NOTHING, tables=(replace(GOOD, outcomes=GOOD.outcomes[1:]),))


class Tags(HTMLParser):
    """Which elements and addresses a page has."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.names: set[str] = set()
        self.addresses: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.names.add(tag)
        self.addresses += [value for name, value in attrs if name in ("src", "href")]


def print_all(report: VerificationReport) -> str:
    console = Console(file=io.StringIO(), width=1000, soft_wrap=True, highlight=False)
    print_verification(report, console)
    return console.file.getvalue()


FORMS = {
    "html": render_html,
    "junit": render_junit,
    "terminal": print_all,
    "json": lambda report: json.dumps(describe_verification(report), ensure_ascii=False),
}


def test_the_page_holds_no_foreign_markup_and_no_outside_address():
    """
    Names and values with markup stay text; nothing is loaded, and links stay in the page.
    """
    page = render_html(REPORT)
    found = Tags(page)

    assert "script" not in found.names
    assert {"html", "style", "table", "mark"} <= found.names
    assert ["#table-1", "#table-2"] == found.addresses
    assert not re.search(r"url\(|@import|https?:", page)
    assert "\x00" not in page and "\u202e" not in page
    page.encode("utf-8")


def test_the_page_says_everything_that_is_known():
    """
    Verdict, SCN, methods, altered and set-aside counts, rows with their places, what to do.
    """
    page = render_html(REPORT)
    words = ["1 of 2 tables differs", "trailing blanks", "NUL removed", "22P05", "AAC", "ROWID AAB; ctid (0,1)",
             "at least 17", "ID=815", "could not look", "oraferry repair --table", "--dry-run"]  # fmt: skip

    assert [] == [word for word in words if word not in page]
    assert f"{'x' * 50}<mark>1</mark>{'y' * 40}" in page


def test_a_note_of_many_tables_is_one_line():
    """
    What is the same everywhere does not bury what one table alone has.
    """
    other = replace(GOOD, source=TableRef("S", "OTHER"), notes=("alone",))
    lines = print_all(replace(REPORT, tables=(GOOD, other), notes=())).splitlines()

    assert ["  2 tables: rows: why", "  S.OTHER: alone"] == sorted(
        line for line in lines if line.endswith((": why", ": alone"))
    )


@pytest.mark.parametrize("form", FORMS)
def test_what_was_kept_of_rows_set_aside_is_in_no_form(form):
    """
    The content of the quarantine is shown on request only, and a report is no such request.
    """
    assert "s3cret" not in FORMS[form](REPORT)


@pytest.mark.parametrize("form", FORMS)
def test_hidden_values_are_in_no_form(form):
    """
    Without values a report names tables, columns, reasons and addresses, and nothing of a row.
    """
    shown = FORMS[form](hide_values(REPORT))

    assert "AAB" in shown and "cut" in shown
    assert "ID" in FORMS[form](REPORT) and "815" in FORMS[form](REPORT)
    assert [] == [text for text in ("815", "xxx", "8531", "8532") if text in shown]


# --- JUnit ----------------------------------------------------------------------------------

ATTRIBUTES = {
    "testsuites": {"tests", "failures", "errors", "time"},
    "testsuite": {"name", "tests", "failures", "errors", "skipped", "time", "timestamp"},
    "property": {"name", "value"},
    "testcase": {"classname", "name", "time"},
    "failure": {"message", "type"},
    "error": {"message", "type"},
    "skipped": {"message"},
}
CHILDREN = {
    "testsuites": {"testsuite"},
    "testsuite": {"properties", "testcase", "system-out"},
    "properties": {"property"},
    "testcase": {"skipped", "error", "failure", "system-out"},
}


def check_shape(element: ET.Element) -> None:
    """The elements and attributes that the schema of Jenkins and Ant's JUnit tasks allow."""
    assert set(element.attrib) <= ATTRIBUTES.get(element.tag, set()), element.tag
    for child in element:
        assert child.tag in CHILDREN[element.tag], child.tag
        check_shape(child)


@pytest.mark.parametrize("report", [REPORT, NOTHING, OPEN])
def test_junit_has_the_common_shape_and_true_counts(report):
    """
    Any character gives well-formed XML; the counts are those of the cases.
    """
    root = ET.fromstring(render_junit(report).encode("utf-8"))
    check_shape(root)
    (suite,) = root
    cases = suite.findall("testcase")

    assert ["properties", *["testcase"] * len(cases)] == [x.tag for x in suite][: len(cases) + 1]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", suite.get("timestamp"))
    for kind, name in {"failure": "failures", "error": "errors", "skipped": "skipped"}.items():
        assert len(suite.findall(f"testcase/{kind}")) == int(suite.get(name))
    assert len(cases) == int(suite.get("tests")) == int(root.get("tests"))


def test_junit_tells_tables_and_methods_apart():
    """
    A case per table and method; differing rows stand in the failure of the method that saw them.
    """
    root = ET.fromstring(render_junit(REPORT).encode("utf-8"))
    cases = {(c.get("classname"), c.get("name")): c for c in root.iter("testcase")}
    bad = f"S.{make_visible(HOSTILE)}".replace("\n", "\n")
    failed = {name: case.find("failure") for (table, name), case in cases.items() if table == bad}

    assert ["counts", "aggregates", "rows"] == list(failed)
    assert "5 here, 4 there" == failed["counts"].get("message")
    assert "missing: ID=815; ROWID AAA" in failed["rows"].text
    assert "why" == cases["S.GOOD", "rows"].find("skipped").get("message")


@pytest.mark.parametrize(("report", "is_green"), [(REPORT, False), (NOTHING, False), (OPEN, False)])
def test_junit_is_red_where_nothing_is_proven(report, is_green):
    """
    A report without a table, or whose methods could not look, is no success.
    """
    root = ET.fromstring(render_junit(report).encode("utf-8"))

    assert is_green is (root.get("failures") == root.get("errors") == "0")


def test_a_clean_report_is_green():
    """
    Where all agree there is neither failure nor error, and the page says so.
    """
    clean = replace(REPORT, tables=(GOOD,), notes=())
    root = ET.fromstring(render_junit(clean))

    assert clean.agrees
    assert ("0", "0") == (root.get("failures"), root.get("errors"))
    assert "1 table agrees" == describe_verdict(clean)
    assert 'class="verdict agrees"' in render_html(clean)


# --- texts ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "target", "shown"),
    [
        ("abc", "abd", ("abc", "abd")),
        ("abc ", "abc", ("abc ", "abc")),
        (None, "", (None, "")),
        ("", "", ("", "")),
        ("aa", "aaa", ("aa", "aaa")),
        ("é" * 300, "é" * 299, ("…" + "é" * 51, "…" + "é" * 50)),
    ],
)
def test_values_are_cut_around_what_differs(source, target, shown):
    """
    The part that differs is there however long the values are; equal text around it is cut.
    """
    sides = excerpt_pair(source, target)
    found = tuple(None if side is None else str(side) for side in sides)

    assert (shown[0] is None) == (found[0] is None)
    assert source == target or found[0] != found[1]
    assert shown == found or max(map(len, filter(None, found))) <= 200


# --- jobs -----------------------------------------------------------------------------------

PROGRESS = TableProgress(
    number=1, source="S.A.B", target="s.a.b", phase="done", rows_done=5, rows_total=5,
    bytes_done=0, chunks_done=1, chunks_total=1, verified=True, source_rows=5, target_rows=5,
)  # fmt: skip
JOB = MigrationJob(
    "job-1", MigrationStatus.COMPLETED, {}, AT, AT, scn=9, verified=True, finished_at=AT
)


def test_a_verified_job_is_a_report_that_agrees():
    """
    Each method of the job looked at each table; a name with a dot stays whole.
    """
    found = report_job(Report(JOB, (PROGRESS,), ()))

    assert found.agrees
    assert "S.A.B" == str(found.tables[0].source)
    assert {"counts": True, "checksums": True, "set-aside": True} == {
        o.method: o.agrees for o in found.tables[0].outcomes
    }


@pytest.mark.parametrize(
    "table",
    [
        replace(PROGRESS, verified=None, phase="copying"),
        replace(PROGRESS, verified=False),
        replace(PROGRESS, verified=False, findings=(Finding("S.T", "digest", "differ"),)),
        replace(PROGRESS, verified=False, findings=(Finding("S.T", "new kind", "differ"),)),
        replace(
            PROGRESS, verified=False, set_aside=2, findings=(Finding("S.T", "set-aside", "2 rows"),)
        ),
    ],
)
def test_a_job_without_proof_never_looks_proven(table):
    """
    Not looked at, differing, or with rows set aside: red in every form, and never silently so.
    """
    job = replace(JOB, verified=False, error=JobError("Broken", "it broke", "mend it"))
    found = report_job(Report(job, (table,), ()))
    root = ET.fromstring(render_junit(found))

    assert not found.agrees
    assert "0" != root.get("failures") or "0" != root.get("errors")
    assert "Broken: it broke (mend it)" in render_html(found)
    assert table.set_aside == sum(found.tables[0].set_aside.values())


def test_a_job_names_every_row_that_was_set_aside():
    """
    Where the target could be read, each row stands there with its reason, and reasons are counted.
    """
    table = replace(PROGRESS, verified=False, set_aside=2)
    rejects = [
        StoredReject(2, n, 1, "S.A.B", f"AA{n}", "C", "nul", "a NUL", {"C": "x"}) for n in (1, 2)
    ]
    found = report_job(Report(JOB, (table,), ()), rejects)

    assert {"C: a NUL": 2} == found.tables[0].set_aside
    page = render_html(found)
    assert "AA1" in page and "AA2" in page


def find_advice(*tables: TableOutcome, **report) -> list[str]:
    """What to do about these tables, without what is about their notes."""
    return list(list_advice(replace(NOTHING, tables=tables, **report)))


def test_advice_names_the_same_target():
    """
    What is copied from it repairs the table that was compared, not another one; where flags
    cannot say it all, dots do. A look for rows is advised only where nobody looked.
    """
    bad = replace(BAD, source=TableRef("S", "T"), target=TableRef("o", "t"), differing_rows=2)
    bad = replace(bad, set_aside={}, rejects=())
    home = replace(bad, target=TableRef("s", "t"))
    counted = replace(bad, differing_rows=0, rows=(), outcomes=bad.outcomes[:1])
    blind = replace(counted, outcomes=(*counted.outcomes, MethodOutcome("rows", None, note="why")))
    absent = replace(counted, outcomes=(MethodOutcome("columns", False),))

    repair = "look at what would be repaired: oraferry repair --table S.T"
    assert [f"{repair} --dry-run"] == find_advice(home)
    assert [f"{repair} --target-schema o --dry-run"] == find_advice(bad)
    renamed = replace(bad, target=TableRef("o", "other"))
    assert [f"{repair} --target-schema o … --dry-run"] == find_advice(renamed)
    look = "find the differing rows: oraferry verify data --table S.T --target-schema o"
    assert [look] == find_advice(counted)
    assert [] == find_advice(blind)
    assert [] == find_advice(absent)
