"""JUnit XML, for pipelines: a suite per run, a case per table and method.

A method that could not look is ``skipped``. A report that does not agree always has at least
one failure or error, also when it has no table: a pipeline must not take it for green.
"""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree as ET

from oraferry.logs import redact
from oraferry.report.summary import (
    NOT_COMPARED,
    describe_finding,
    describe_place,
    get_verdict,
)
from oraferry.report.texts import excerpt_pair, make_visible
from oraferry.verify.outcome import MethodOutcome, RowDifference, TableOutcome, VerificationReport

SUITE = "oraferry"
MOST_ROWS = 20  # of one table, in a failure's text


def write_junit(report: VerificationReport, path: Path) -> None:
    """Write *report* to *path*."""
    path.write_text(render_junit(report), encoding="utf-8")


def render_junit(report: VerificationReport) -> str:
    """The XML document."""
    suites = ET.Element("testsuites")
    suite = ET.SubElement(suites, "testsuite")
    _add_properties(suite, report)
    for table in report.tables:
        _add_table(suite, table)
    if not report.agrees and not suite.findall("testcase/failure"):
        _add_unproven(suite, report)
    _complete(suite, report)
    suites.attrib.update({k: suite.get(k, "0") for k in ("tests", "failures", "errors", "time")})
    ET.indent(suites)
    body = ET.tostring(suites, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{body}\n'


def _complete(suite: ET.Element, report: VerificationReport) -> None:
    cases = suite.findall("testcase")
    seconds = sum(table.seconds or 0 for table in report.tables)
    suite.attrib.update(
        {
            "name": SUITE,
            "tests": str(len(cases)),
            "failures": str(len(suite.findall("testcase/failure"))),
            "errors": str(len(suite.findall("testcase/error"))),
            "skipped": str(len(suite.findall("testcase/skipped"))),
            "time": f"{seconds:.3f}",
            # The schema knows no zone.
            "timestamp": report.at.strftime("%Y-%m-%dT%H:%M:%S"),
        }
    )
    if report.notes:
        ET.SubElement(suite, "system-out").text = _text("\n".join(report.notes))


def _add_properties(suite: ET.Element, report: VerificationReport) -> None:
    known = {
        "source": report.source,
        "target": report.target,
        "job": report.job_id,
        "scn": ", ".join(str(scn) for scn in sorted({table.scn for table in report.tables})),
    }
    properties = ET.SubElement(suite, "properties")
    for name, value in known.items():
        if value:
            ET.SubElement(properties, "property", name=name, value=_text(value))


def _add_table(suite: ET.Element, table: TableOutcome) -> None:
    cases = [(outcome, _add_case(suite, table, outcome)) for outcome in table.outcomes]
    failed = [(outcome, case) for outcome, case in cases if outcome.agrees is False]
    if table.differing_rows and not failed:
        case = ET.SubElement(suite, "testcase", classname=_text(str(table.source)), name="rows")
        failed = [(MethodOutcome("rows", False), case)]
    # The rows are told once, by the method that is named for them if it is there.
    teller = next((o for o, _ in failed if o.method == "rows"), failed[0][0] if failed else None)
    for outcome, case in failed:
        rows = table.rows if outcome is teller else ()
        _add_failure(case, table, outcome, rows)


def _add_case(suite: ET.Element, table: TableOutcome, outcome: MethodOutcome) -> ET.Element:
    case = ET.SubElement(
        suite,
        "testcase",
        classname=_text(str(table.source)),
        name=_text(outcome.method),
        time=f"{outcome.seconds or 0:.3f}",
    )
    if outcome.agrees is None:
        ET.SubElement(case, "skipped", message=_text(outcome.note or "it could not look"))
    elif outcome.agrees and outcome.note:
        ET.SubElement(case, "system-out").text = _text(outcome.note)
    return case


def _add_failure(
    case: ET.Element, table: TableOutcome, outcome: MethodOutcome, rows: tuple[RowDifference, ...]
) -> None:
    lines = [describe_finding(found) for found in outcome.findings]
    lines += [_text(outcome.note)] if outcome.note else []
    message = lines[0] if lines else "the two sides differ"
    if rows or (table.differing_rows and outcome.method == "rows"):
        least = "" if table.is_complete else "at least "
        lines.append(f"{least}{table.differing_rows:,} rows differ")
        lines += [f"{_text(why)}: {count:,}" for why, count in table.reasons.items()]
        lines += [_describe_row(row) for row in rows[:MOST_ROWS]]
    failure = ET.SubElement(case, "failure", message=message, type="Difference")
    failure.text = "\n".join(lines)


def _describe_row(row: RowDifference) -> str:
    line = f"{row.fault}: {describe_place(row)}"
    for value in row.values:
        source, target = excerpt_pair(value.source, value.target)
        why = f" ({value.reason})" if value.reason else ""
        line += f"\n  {make_visible(value.column)}: {_quoted(source)} → {_quoted(target)}{why}"
    return line


def _quoted(value: object | None) -> str:
    return "NULL" if value is None else f"'{value}'"


def _add_unproven(suite: ET.Element, report: VerificationReport) -> None:
    """Nothing failed, and yet nothing is proven."""
    case = ET.SubElement(suite, "testcase", classname=SUITE, name="verification")
    open_tables = [str(t.source) for t in report.tables if get_verdict(t) == NOT_COMPARED]
    message = f"not compared: {', '.join(open_tables)}" if open_tables else "no table was compared"
    error = ET.SubElement(case, "error", message=_text(message), type="NotCompared")
    error.text = _text("\n".join(report.notes))


def _text(text: str) -> str:
    return make_visible(redact(text))
