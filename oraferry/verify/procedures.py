"""Verifying converted code: it is really created in PostgreSQL, and nothing of it stays or runs.

The text is read by PostgreSQL's own parser, only definitions are taken from it
(``code/allowed.py``), each is created in a transaction that is always rolled back, and
plpgsql_check then looks at every statement of the bodies, where the server has it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass

from oraferry.config import Secret
from oraferry.errors import RequestError
from oraferry.ports import Scratch, TargetEndpoint
from oraferry.verify.code.creation import Creation
from oraferry.verify.code.report import SOURCE_CODE, CodeReport
from oraferry.verify.code.statements import check_text, require_parser

OpenScratch = Callable[..., AbstractContextManager[Scratch]]


@dataclass(frozen=True)
class Credentials:
    """Where a PostgreSQL is and who asks; it never prints the password."""

    host: str
    user: str
    password: Secret
    database: str
    port: int = 5432
    sslmode: str | None = None

    def endpoint(self) -> TargetEndpoint:
        """As a libpq text, each value quoted."""
        parts = {
            "host": self.host,
            "port": str(self.port),
            "dbname": self.database,
            "user": self.user,
            "password": self.password.reveal(),
            **({"sslmode": self.sslmode} if self.sslmode else {}),
        }
        return TargetEndpoint(Secret(" ".join(f"{k}={_quote(v)}" for k, v in parts.items())))


def _quote(value: str) -> str:
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"


def verify_procedure_with_creds(
    source_code: str,
    credentials: Credentials | TargetEndpoint,
    *,
    open_scratch: OpenScratch,
    depends_on: Sequence[str] = (),
    search_path: Sequence[str] = ("public",),
    kind: str | None = None,
    check_bodies: bool = True,
) -> CodeReport:
    """
    ``verify_procedure`` in a session of its own, which is closed at the end. The credentials
    are kept nowhere and told to nobody.
    """
    _check_texts(source_code, depends_on)
    endpoint = credentials.endpoint() if isinstance(credentials, Credentials) else credentials
    with open_scratch(endpoint, search_path=search_path) as scratch:
        return verify_procedure(
            source_code, scratch, depends_on=depends_on, kind=kind, check_bodies=check_bodies
        )


def verify_procedure(
    source_code: str,
    scratch: Scratch,
    *,
    depends_on: Sequence[str] = (),
    kind: str | None = None,
    check_bodies: bool = True,
) -> CodeReport:
    """
    Create everything that *source_code* defines, after *depends_on*, and say what is wrong.

    *scratch* is fresh, and nothing of it stays. *kind* ("function", "view", …) is what the
    text is expected to define. Without *check_bodies* plpgsql_check is not asked.
    RequestError for texts that are none; ConfigError without pglast.
    """
    parser = _check_texts(source_code, depends_on)
    about = scratch.describe()
    run = Creation(scratch)
    for number, text in enumerate(depends_on):
        run.read(text, f"depends_on[{number}]")
    run.read(source_code, SOURCE_CODE)
    if check_bodies:
        run.check_bodies()
        run.notes += about.notes
    else:
        run.notes += ("bodies were checked for syntax only, as it was asked for",)
    run.expect(kind)
    return CodeReport(
        objects=tuple(
            item.object for item in run.items if item.text == SOURCE_CODE and item.object
        ),
        errors=tuple(f for f in run.findings if f.level == "error"),
        warnings=tuple(f for f in run.findings if f.level == "warning"),
        checked_by=(f"pglast {parser}", *scratch.checkers()),
        server_version=about.version,
        notes=tuple(dict.fromkeys(run.notes)),
    )


def _check_texts(source_code: str, depends_on: Sequence[str]) -> str:
    parser = require_parser()
    check_text(source_code, SOURCE_CODE)
    if not source_code.strip():
        raise RequestError("source_code is empty", hint="give the CREATE statements to verify")
    for number, text in enumerate(depends_on):
        check_text(text, f"depends_on[{number}]")
    return parser
