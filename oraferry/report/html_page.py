"""One HTML file without outside assets or scripts, readable on paper.

The page is built as a tree, so nothing that stands in a database can become markup.
"""

from __future__ import annotations

import base64
import functools
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

from oraferry.logs import redact
from oraferry.report.summary import (
    AGREES,
    DIFFERS,
    NOT_COMPARED,
    Totals,
    count,
    describe_differing,
    describe_finding,
    describe_place,
    describe_verdict,
    get_verdict,
    list_advice,
)
from oraferry.report.texts import Excerpt, excerpt_pair, make_visible
from oraferry.verify.outcome import MethodOutcome, RowDifference, TableOutcome, VerificationReport

_CLASSES = {AGREES: "agrees", DIFFERS: "differs", NOT_COMPARED: "open"}
_WORDS = {True: "agrees", False: "DIFFERS", None: "could not look"}

Part = ET.Element | str


def write_html(report: VerificationReport, path: Path) -> None:
    """Write *report* to *path*."""
    path.write_text(render_html(report), encoding="utf-8")


def render_html(report: VerificationReport) -> str:
    """The whole document."""
    style = _css()
    head = _tag(
        "head",
        _tag("meta", charset="utf-8"),
        _tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        _tag("meta", **{"http-equiv": "Content-Security-Policy", "content": content_policy()}),
        _tag("title", f"oraferry: {describe_verdict(report)}"),
    )
    # Not by _tag: the style is ours, and its hash must stay what the policy says.
    ET.SubElement(head, "style").text = style
    document = _tag("html", head, _tag("body", *_list_sections(report)), lang="en")
    return f"<!doctype html>\n{ET.tostring(document, encoding='unicode', method='html')}\n"


@functools.cache
def _css() -> str:
    return files("oraferry.report").joinpath("report.css").read_text(encoding="utf-8")


@functools.cache
def content_policy() -> str:
    """What the page may load: its own style, nothing else."""
    digest = base64.b64encode(hashlib.sha256(_css().encode()).digest()).decode()
    return f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"


def _tag(name: str, /, *parts: Part, **attributes: str) -> ET.Element:
    """An element with text and elements in it; ``kind`` is its class."""
    kind = attributes.pop("kind", None)
    made = ET.Element(name, {**attributes, **({"class": kind} if kind else {})})
    last: ET.Element | None = None
    for part in parts:
        if isinstance(part, str):
            text = make_visible(part)
            if last is None:
                made.text = (made.text or "") + text
            else:
                last.tail = (last.tail or "") + text
        else:
            made.append(part)
            last = part
    return made


# --- the whole ------------------------------------------------------------------------------


def _list_sections(report: VerificationReport) -> Iterable[ET.Element]:
    yield _tag("h1", "Verification report")
    yield _tag("p", describe_verdict(report), kind=f"verdict {_class_of(report)}")
    yield _facts(report)
    advice = list(list_advice(report))
    if advice:
        yield _tag("h2", "What to do next")
        yield _bullets(advice)
    if report.notes:
        yield _tag("h2", "Notes")
        yield _bullets(redact(note) for note in report.notes)
    if report.tables:
        yield _tag("h2", "Tables")
        yield _overview(report.tables)
    for number, table in enumerate(report.tables, start=1):
        yield from _details(number, table)
    yield _tag("footer", "Written by oraferry. Values longer than 200 characters are cut.")


def _class_of(report: VerificationReport) -> str:
    if report.agrees:
        return "agrees"
    return "differs" if Totals.of(report).differing else "open"


def _facts(report: VerificationReport) -> ET.Element:
    totals = Totals.of(report)
    least = "" if totals.is_complete else "at least "
    scns = sorted({table.scn for table in report.tables})
    known = {
        "When": report.at.strftime("%Y-%m-%d %H:%M:%S %Z").strip(),
        "Source": redact(report.source),
        "Target": redact(report.target),
        "Job": report.job_id or "",
        "SCN": ", ".join(str(scn) for scn in scns[:10]) + (" …" if len(scns) > 10 else ""),
        "Rows in the source": f"{totals.rows:,}",
        "Rows that differ": f"{least}{totals.differing_rows:,}",
        "Values altered on purpose": f"{totals.altered:,}",
        "Rows set aside": f"{totals.set_aside:,}",
    }
    pairs = [(_tag("dt", name), _tag("dd", text)) for name, text in known.items() if text]
    return _tag("dl", *(part for pair in pairs for part in pair))


def _overview(tables: Sequence[TableOutcome]) -> ET.Element:
    titles = ("table", "#SCN", "#source rows", "#target rows", "#rows that differ", "#altered",
              "#set aside", "methods", "verdict")  # fmt: skip
    lines = []
    for number, table in enumerate(tables, start=1):
        name: Part = f"{table.source} → {table.target}"
        if _has_details(table):
            name = _tag("a", name, href=f"#table-{number}")
        verdict = get_verdict(table)
        lines.append(
            [
                name,
                str(table.scn),
                _count(table.source_rows),
                _count(table.target_rows),
                describe_differing(table),
                _count(sum(table.altered.values())),
                _count(sum(table.set_aside.values())),
                ", ".join(outcome.method for outcome in table.outcomes) or "–",
                _tag("span", verdict, kind=_CLASSES[verdict]),
            ]
        )
    return _table(titles, lines)


def _count(number: int | None) -> str:
    return "–" if number is None else f"{number:,}"


# --- one table ------------------------------------------------------------------------------


def _has_details(table: TableOutcome) -> bool:
    says = table.findings or any(outcome.note for outcome in table.outcomes)
    return bool(
        says
        or table.rows
        or table.reasons
        or table.altered
        or table.set_aside
        or table.rejects
        or table.notes
    )


def _details(number: int, table: TableOutcome) -> Iterable[ET.Element]:
    if not _has_details(table):
        return
    yield _tag("h2", f"{table.source} → {table.target}", id=f"table-{number}")
    if table.notes:
        yield _bullets(redact(note) for note in table.notes)
    yield from _section("Methods", [_methods(table.outcomes)] if table.outcomes else [])
    yield from _section(_title_of_rows(table), [_rows(table.rows)] if table.rows else [])
    yield from _section("Values that differ, by reason", _counts(table.reasons, "#values"))
    yield from _section("Values altered on purpose", _counts(table.altered, "#values"))
    yield from _section("Rows set aside, by reason", _counts(table.set_aside, "#rows"))
    lines = [[r.rowid or "–", r.column or "–", r.code, redact(r.reason)] for r in table.rejects]
    titles = ("ROWID", "column", "code", "reason")
    yield from _section("Rows set aside", [_table(titles, lines)] if lines else [])


def _section(title: str, parts: Sequence[ET.Element]) -> Iterable[ET.Element]:
    if parts:
        yield _tag("h3", title)
        yield from parts


def _methods(outcomes: Sequence[MethodOutcome]) -> ET.Element:
    lines: list[list[Part]] = []
    for outcome in outcomes:
        said = [redact(outcome.note)] if outcome.note else []
        said += [describe_finding(found) for found in outcome.findings]
        kind = {True: "agrees", False: "differs", None: "open"}[outcome.agrees]
        seconds = "" if outcome.seconds is None else f"{outcome.seconds:,.1f}"
        verdict = _tag("span", _WORDS[outcome.agrees], kind=kind)
        lines.append([outcome.method, verdict, seconds, _bullets(said) if said else ""])
    return _table(("method", "verdict", "#seconds", "what it saw"), lines)


def _counts(counts: Mapping[str, int], unit: str) -> list[ET.Element]:
    lines = [[reason, _count(number)] for reason, number in counts.items()]
    return [_table(("column: reason", unit), lines)] if lines else []


# --- rows side by side ----------------------------------------------------------------------


def _title_of_rows(table: TableOutcome) -> str:
    shown, found = len(table.rows), describe_differing(table)
    return (
        f"Rows that differ ({shown:,} of {found})"
        if str(shown) != found
        else (f"Rows that differ ({count(shown, 'row')})")
    )


def _rows(rows: Sequence[RowDifference]) -> ET.Element:
    lines: list[list[Part]] = []
    for row in rows:
        place: list[Part] = [row.fault, _tag("code", describe_place(row))]
        if not row.values:
            lines.append([*place, "", "", "", ""])
        for value in row.values:
            source, target = excerpt_pair(value.source, value.target)
            sides = [_value(source, value.target), _value(target, value.source)]
            lines.append([*place, value.column, *sides, value.reason or ""])
            place = ["", ""]
    return _table(("fault", "where", "column", "in the source", "in the target", "reason"), lines)


def _value(excerpt: Excerpt | None, other: str | None) -> ET.Element:
    if excerpt is None:
        return _tag("span", "NULL", kind="value null")
    # Beside a NULL the whole value differs: nothing stands out.
    differing: Part = excerpt.differing
    if excerpt.differing and other is not None:
        differing = _tag("mark", excerpt.differing)
    return _tag("span", excerpt.before, differing, excerpt.after, kind="value")


# --- pieces ---------------------------------------------------------------------------------


def _bullets(lines: Iterable[str]) -> ET.Element:
    return _tag("ul", *(_tag("li", line) for line in lines))


def _table(titles: Sequence[str], lines: Iterable[Sequence[Part]]) -> ET.Element:
    """A table; a title that begins with # is that of numbers."""
    kinds: list[Any] = [{"kind": "number"} if title.startswith("#") else {} for title in titles]
    heads = [
        _tag("th", title.removeprefix("#"), **kind)
        for title, kind in zip(titles, kinds, strict=True)
    ]
    body = [
        _tag("tr", *(_tag("td", cell, **kind) for cell, kind in zip(line, kinds, strict=True)))
        for line in lines
    ]
    made = _tag("table", _tag("thead", _tag("tr", *heads)), _tag("tbody", *body))
    return _tag("div", made, kind="wide")
