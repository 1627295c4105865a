"""Sling, whose Oracle driver is go-ora: streams out of orasim, and rows loaded into it."""

from __future__ import annotations

import csv
import io
import os
import re
import subprocess
from pathlib import Path

from clients.frame import Outcome, Place, Served, install_python, run, serving

NAME = "sling"
PACKAGE = "sling-linux-amd64==1.4.11"
VERSIONS = ("12.1", "19c", "23ai")
HERE = Path(__file__).parent
RUN_SECONDS = 120
_COLOUR = re.compile("\x1b\\[[0-9;]*m")
TABLES = {
    "BASKET", "BASKET_KEPT", "BOOK", "BOOK_VIEW", "BRANCH", "BRANCH_MV", "KEYWORD", "LOAN",
    "Mixed Case", "Mixed View", "READER", "REGION", "SHELF", "lower",
}  # fmt: skip
BRANCHES = [["1", "MAIN", "Main library", "Köln"], ["2", "SIDE", "unnamed", ""]]
BOOK = {
    "BOOK_ID": "100", "TITLE": "First", "WEIGHT": "0.5", "RATING": "1.25",
    "SUMMARY": "Once upon a time", "NOTES": "Ærlig talt", "PLACE": "", "ORIGIN": "",
    "ADDED": "2024-02-29 12:34:56.789 +00",
}  # fmt: skip


def install(folder: Path) -> None:
    """The wheel with the binary inside."""
    python = install_python(folder, [PACKAGE])
    place = python.parent.parent / "lib" / f"python{_version(python)}" / "site-packages"
    binary = place / "sling_linux_amd64" / "bin" / "sling-linux-amd64"
    binary.chmod(0o755)
    link = folder / "sling"
    link.unlink(missing_ok=True)
    link.symlink_to(binary)


def _version(python: Path) -> str:
    ask = "import sys; print('%d.%d' % sys.version_info[:2])"
    return subprocess.run(
        [python, "-c", ask], capture_output=True, text=True, check=True
    ).stdout.strip()


def check(place: Place) -> Outcome:
    """Discovery, streams to CSV, loads in both modes, against each personality."""
    total = Outcome(0, 0, 0)
    for version in VERSIONS:
        users = (("LIB", "tiger", "owner"), ("GUEST", "tiger", "none"))
        with serving(version, users, [HERE / "schema.sql"]) as served:
            total += _Sling(place, served).check_all()
    return total


class _Sling:
    """The command with a connection to one server."""

    def __init__(self, place: Place, served: Served) -> None:
        self.place = place
        self.outcome = Outcome(0, 0, 0)
        self.environment = {
            **os.environ,
            "HOME": str(place.folder),
            "NO_COLOR": "1",
            "SLING_DISABLE_TELEMETRY": "true",
            "ORA": f"oracle://lib:tiger@{served.dsn}",
        }

    def check_all(self) -> Outcome:
        self.expect("connects", "success!" in self("conns", "test", "ORA"))
        found = self("conns", "discover", "ORA")
        self.expect("discovers", all(f" {name} " in found for name in TABLES))
        columns = self("conns", "discover", "ORA", "--pattern", "lib.book", "--columns")
        self.expect("columns", "INTERVAL YEAR(4) TO MONTH" in columns and "| 23 |" in columns)
        rows = self.rows("select branch_id, code, name, town from lib.branch order by 1")
        self.expect("streams rows", rows[1:] == BRANCHES)
        head, book, *others = self.rows("lib.book")
        shown = {name: dict(zip(head, book, strict=True))[name] for name in BOOK}
        self.expect(f"streams every type: {shown}", shown == BOOK and len(others) == 1)
        many = self.rows("select level n from dual connect by level <= 5000")
        self.expect("streams many rows", many[1:] == [[str(n)] for n in range(1, 5001)])
        self.expect("quoted names", self.rows('lib."Mixed Case"')[1][0] == "1")
        wrong = self("run", "--src-conn", "ORA", "--src-stream", "lib.nosuch", "--stdout")
        self.expect("unknown table", "ORA-00942" in wrong or "does not exist" in wrong)
        self.loads()
        return self.outcome

    def loads(self) -> None:
        """Full refresh, then an incremental load by key: one row changes, one is new."""
        self.load("id,name,price,day\n1,Größe,1.25,2024-02-29\n2,,3,2024-01-01\n", "full-refresh")
        query = "select id, name, price, to_char(day, 'YYYY-MM-DD') d from lib.loaded order by id"
        first = [["1", "Größe", "1.25", "2024-02-29"], ["2", "", "3", "2024-01-01"]]
        self.expect("full refresh", self.numbers(query) == first)
        self.load("id,name,price,day\n2,two,4.5,2024-01-02\n3,three,5,2024-01-03\n", "incremental")
        then = [first[0], ["2", "two", "4.5", "2024-01-02"], ["3", "three", "5", "2024-01-03"]]
        self.expect("incremental", self.numbers(query) == then)

    def load(self, text: str, mode: str) -> None:
        source = self.place.folder / "in.csv"
        source.write_text(text)
        to = ("--tgt-conn", "ORA", "--tgt-object", "lib.loaded", "--mode", mode)
        self("run", "--src-stream", f"file://{source}", *to, "--primary-key", "id")

    def numbers(self, query: str) -> list[list[str]]:
        """Rows without the noughts that Sling puts behind a number."""
        return [
            [f"{float(v):g}" if v.replace(".", "").isdigit() else v for v in row]
            for row in self.rows(query)[1:]
        ]

    def rows(self, stream: str) -> list[list[str]]:
        """A stream as CSV, its head first."""
        printed = self("run", "--src-conn", "ORA", "--src-stream", stream, "--stdout")
        lines = [line for line in printed.splitlines() if " INF " not in line]
        return list(csv.reader(io.StringIO("\n".join(lines)))) or [[]]

    def expect(self, name: str, holds: bool) -> None:
        self.place.say(f"{'ok' if holds else 'not ok'} {name}")
        self.outcome += Outcome(int(holds), int(not holds), 0)

    def __call__(self, *arguments: str) -> str:
        command = [self.place.folder / "sling", *arguments]
        done = run(self.place, command, environment=self.environment, seconds=RUN_SECONDS)
        return _COLOUR.sub("", done.stdout)
