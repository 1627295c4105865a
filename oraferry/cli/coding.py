"""`oraferry verify procedure`: is converted code what PostgreSQL takes?"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from oraferry.cli import exits
from oraferry.cli.options import TARGET, Invocation, takes

if TYPE_CHECKING:
    from oraferry.verify.code.report import CodeFinding, CodeReport

PROCEDURE_EXAMPLES = """\b
Examples:
  oraferry verify procedure billing.sql
  oraferry verify procedure body.sql --depends-on tables.sql --search-path billing,public
  ora2pg -t FUNCTION -o - | oraferry verify procedure - --json
"""


@takes(*TARGET)
def procedure(
    invocation: Invocation,
    file: Annotated[
        str, typer.Argument(metavar="FILE", help="PostgreSQL's CREATE statements; - for stdin")
    ],
    depends_on: Annotated[
        list[Path] | None,
        typer.Option(
            "--depends-on",
            metavar="FILE",
            help="create this first, for the code to use; repeatable",
        ),
    ] = None,
    search_path: Annotated[
        str,
        typer.Option(
            "--search-path", metavar="NAMES", help="schemas to look names up in, by commas"
        ),
    ] = "public",
    kind: Annotated[
        str | None,
        typer.Option("--kind", metavar="KIND", help="expect it to define a function, view, …"),
    ] = None,
    syntax_only: Annotated[
        bool, typer.Option("--syntax-only", help="do not let plpgsql_check look at bodies")
    ] = False,
) -> int:
    """
    Create functions, views, triggers or a whole package in PostgreSQL, and say what is wrong.

    Everything happens in a transaction that is rolled back; nothing of the code is run, and
    statements that do more than define something are refused. plpgsql_check looks at every
    statement of the bodies where the database has it. Exit code 3 when the code is not valid.
    """
    from oraferry.cli import writing
    from oraferry.verify.procedures import verify_procedure
    from oraferry.wiring import get_target_endpoint, open_scratch

    source_code = _read(file)
    needed = [_read(str(path)) for path in depends_on or ()]
    path = [name.strip() for name in search_path.split(",") if name.strip()]
    endpoint = get_target_endpoint(invocation.settings)
    with open_scratch(endpoint, search_path=path) as scratch:
        report = verify_procedure(
            source_code, scratch, depends_on=needed, kind=kind, check_bodies=not syntax_only
        )
    if invocation.wants_json:
        writing.write_json(invocation.out, _describe(report))
    else:
        _print(report, file, invocation)
    return exits.DONE if report.is_valid else exits.DIFFERENCES


def _read(file: str) -> str:
    try:
        data = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
        return data.decode("utf-8-sig")
    except OSError as error:
        raise typer.BadParameter(f"{file}: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise typer.BadParameter(f"{file} is not UTF-8 (byte {error.start})") from None


def _describe(report: CodeReport) -> object:
    from oraferry.api.procedures import CodeReportView

    return CodeReportView.of(report).model_dump(mode="json")


def _print(report: CodeReport, file: str, invocation: Invocation) -> None:
    """Findings as compilers write them, then what was created, then the verdict."""
    from oraferry.cli.writing import add_row, make_table, print_text

    out = invocation.out
    for finding in (*report.errors, *report.warnings):
        for line in _lines(finding, file):
            print_text(out, line)
    if report.objects:
        table = make_table("kind", "name", "body")
        for item in report.objects:
            add_row(table, item.kind, item.name, "checked" if item.is_checked else "–")
        out.print(table)
        out.print()
    for note in report.notes:
        print_text(out, note)
    verdict = "valid" if report.is_valid else "NOT valid"
    counts = f"{len(report.errors)} errors, {len(report.warnings)} warnings"
    print_text(out, f"{verdict}: {counts}; checked by {', '.join(report.checked_by)}")


def _lines(finding: CodeFinding, file: str) -> list[str]:
    name = file if finding.text == "source_code" else finding.text
    where = f"{name}:{finding.line}:{finding.column}" if finding.line else name
    state = f" [{finding.sqlstate}]" if finding.sqlstate not in (None, "00000") else ""
    follows = " (follows from an error before it)" if finding.is_consequence else ""
    about = f" in {finding.object}" if finding.object else ""
    lines = [f"{where}: {finding.level}:{state} {finding.message}{about}{follows}"]
    lines += [f"    {finding.detail}"] if finding.detail else []
    return lines + ([f"    hint: {finding.hint}"] if finding.hint else [])
