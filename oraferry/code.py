"""For Python: verify PostgreSQL code, as the command line and HTTP do."""

from __future__ import annotations

from collections.abc import Sequence

from oraferry.config import Secret, Settings, load_settings
from oraferry.errors import ConfigError
from oraferry.ports import TargetEndpoint
from oraferry.verify import procedures
from oraferry.verify.code.report import CodeFinding, CodeObject, CodeReport
from oraferry.verify.procedures import Credentials
from oraferry.wiring import get_target_endpoint, open_scratch

__all__ = [
    "CodeFinding",
    "CodeObject",
    "CodeReport",
    "Credentials",
    "verify_procedure",
    "verify_procedure_with_creds",
]


def verify_procedure(
    source_code: str,
    *,
    settings: Settings | None = None,
    depends_on: Sequence[str] = (),
    search_path: Sequence[str] = ("public",),
    kind: str | None = None,
    check_bodies: bool = True,
) -> CodeReport:
    """
    Create what *source_code* defines in the target of the settings, in a transaction that is
    rolled back, and say what is wrong with it. Nothing of it is run.
    """
    endpoint = get_target_endpoint(settings or load_settings())
    with open_scratch(endpoint, search_path=search_path) as scratch:
        return procedures.verify_procedure(
            source_code, scratch, depends_on=depends_on, kind=kind, check_bodies=check_bodies
        )


def verify_procedure_with_creds(
    source_code: str,
    *,
    dsn: Secret | None = None,
    credentials: Credentials | None = None,
    depends_on: Sequence[str] = (),
    search_path: Sequence[str] = ("public",),
    kind: str | None = None,
    check_bodies: bool = True,
) -> CodeReport:
    """
    The same in the PostgreSQL behind *dsn* or *credentials*, in a session of its own. They are
    kept nowhere and told to nobody.
    """
    if (dsn is None) == (credentials is None):
        raise ConfigError("give a dsn or credentials, one of the two")
    return procedures.verify_procedure_with_creds(
        source_code,
        credentials or TargetEndpoint(dsn or Secret("")),
        open_scratch=open_scratch,
        depends_on=depends_on,
        search_path=search_path,
        kind=kind,
        check_bodies=check_bodies,
    )
