"""The dictionary views, computed from the model at each query.

A family (TABLES, TAB_COLS, …) is described once, as its DBA_ shape; ALL_ filters rows by
what the user may see, USER_ by ownership, and USER_ drops the owner columns that its real
counterpart lacks. Columns newer than the server's version are not there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from orasim.values import OraType, number, varchar2

VERSIONS = ("12.1", "12.2", "18", "19", "21", "23")
LONG = OraType("LONG")
DATE = OraType("DATE")
NUMBER = OraType("NUMBER")

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class ColumnSpec:
    """A view's column; *since* is the first version that has it."""

    name: str
    type: OraType
    since: str = "12.1"
    scopes: str = "DAU"  # DBA, ALL, USER


@dataclass(frozen=True, slots=True)
class Family:
    """One description for up to three views. *rows* yields (owner, name, row)."""

    name: str
    columns: tuple[ColumnSpec, ...]
    rows: Callable[[Any], Iterable[tuple[str, str, Row]]]
    dropped_in_user: tuple[str, ...] = ("OWNER",)
    scopes: str = "DAU"
    owner_column: str = "OWNER"  # whose rows USER_ shows; without it, of whom *rows* says
    since: str = "12.1"


FAMILIES: dict[str, Family] = {}
FIXED: dict[str, Family] = {}  # V$ and other views without a prefix


def version_of(session: Any) -> int:
    """The position of the server's version in VERSIONS."""
    major, minor = session.database.identity.version[:2]
    shown = f"{major}.{minor}" if major < 18 else str(major)
    return VERSIONS.index(shown)


class View:
    """A view as one session sees it."""

    def __init__(self, family: Family, scope: str, session: Any) -> None:
        self._family = family
        self._scope = scope
        limit = version_of(session)
        dropped = family.dropped_in_user if scope == "U" else ()
        self._specs = [
            c
            for c in family.columns
            if VERSIONS.index(c.since) <= limit and scope in c.scopes and c.name not in dropped
        ]
        self.columns: list[tuple[str, OraType]] = [(c.name, c.type) for c in self._specs]
        # CHAR columns are padded: a VARCHAR2 bind of the bare text does not match them.
        self._padded = [(i, c.type.length) for i, c in enumerate(self._specs) if _is_char(c)]

    def rows(self, session: Any) -> Iterable[tuple[Any, ...]]:
        """The rows this session may see."""
        names = [c.name for c in self._specs]
        catalog = session.database.catalog
        user = catalog.users[session.user]
        seen: dict[tuple[str, str], bool] = {}
        own = self._family.owner_column
        for owner, name, row in self._family.rows(session):
            if self._scope == "U" and row.get(own, owner) != session.user:
                continue
            if self._scope == "A":
                key = (owner, name)
                if key not in seen:
                    seen[key] = owner in ("PUBLIC", "SYS") or catalog.may_see(user, owner, name)
                if not seen[key]:
                    continue
            if self._padded:
                row = {**row, **self._blank_padded(row)}
            yield tuple(row.get(n) for n in names)

    def _blank_padded(self, row: Row) -> Row:
        found = ((self._specs[i].name, length or 1) for i, length in self._padded)
        return {n: row[n].ljust(length) for n, length in found if row.get(n) is not None}


def _is_char(column: ColumnSpec) -> bool:
    return column.type.name == "CHAR"


def find_view(name: str, session: Any) -> View | None:
    """The dictionary view of that name for this session; None when there is none, or none for it."""
    catalog = session.database.catalog
    user = catalog.users.get(session.user)
    if name.startswith("V_$"):
        name = "V$" + name[3:]
    name = ALIASES.get(name, name)
    if name in FIXED:
        family = FIXED[name]
        is_closed = name.startswith("V$") or name in CLOSED_FIXED
        if is_closed and name not in PUBLIC_FIXED and not _may_see(catalog, user, name):
            return None
        if VERSIONS.index(family.since) > version_of(session):
            return None
        return View(family, "D", session)
    prefix, _, rest = name.partition("_")
    scope = {"DBA": "D", "ALL": "A", "USER": "U"}.get(prefix)
    if scope is None or rest not in FAMILIES:
        return None
    family = FAMILIES[rest]
    if scope not in family.scopes:
        return None
    if scope == "D" and not _may_see(catalog, user, name):
        return None
    if VERSIONS.index(family.since) > version_of(session):
        return None
    return View(family, scope, session)


def _may_see(catalog: Any, user: Any, name: str) -> bool:
    """DBA_ and V$ views: by role or system privilege, or by a grant on the very view."""
    granted = "V_$" + name[2:] if name.startswith("V$") else name
    return bool(
        catalog.sees_dba_views(user) or catalog.has_grant(user, "SYS", granted, "SELECT", "READ")
    )


PUBLIC_FIXED = {"V$VERSION", "V$NLS_PARAMETERS", "V$NLS_VALID_VALUES"}
CLOSED_FIXED = {"REDACTION_COLUMNS", "REDACTION_POLICIES"}
# Public synonyms of views.
ALIASES = {
    "CAT": "USER_CATALOG", "TABS": "USER_TABLES", "COLS": "USER_TAB_COLUMNS", "IND": "USER_INDEXES",
    "OBJ": "USER_OBJECTS", "SEQ": "USER_SEQUENCES", "SYN": "USER_SYNONYMS", "DICT": "DICTIONARY",
    "RECYCLEBIN": "USER_RECYCLEBIN",
}  # fmt: skip


def v2(length: int) -> OraType:
    """VARCHAR2."""
    return varchar2(length)


def specs(text: str) -> tuple[ColumnSpec, ...]:
    """
    Columns from a compact text: ``NAME type[@since][/scopes]`` separated by commas.

    Types: vN, n (NUMBER), d (DATE), l (LONG), c (CLOB), cN (CHAR), rN (RAW), t (TIMESTAMP).
    """
    found = []
    for part in text.split(","):
        name, _, kind = part.strip().partition(" ")
        kind, _, scopes = kind.partition("/")
        kind, _, since = kind.partition("@")
        found.append(
            ColumnSpec(name, _type(kind.strip()), since.strip() or "12.1", scopes.strip() or "DAU")
        )
    return tuple(found)


def _type(kind: str) -> OraType:
    if kind.startswith("v"):
        return v2(int(kind[1:]))
    if kind.startswith("c") and len(kind) > 1:
        return OraType("CHAR", length=int(kind[1:]))
    if kind.startswith("r"):
        return OraType("RAW", length=int(kind[1:] or 16))
    return {
        "n": NUMBER,
        "d": DATE,
        "l": LONG,
        "c": OraType("CLOB"),
        "t": OraType("TIMESTAMP", scale=6),
        "i": number(38),
    }[kind]


def family(
    name: str,
    columns: str,
    *,
    dropped: tuple[str, ...] = ("OWNER",),
    scopes: str = "DAU",
    owner_column: str = "OWNER",
    since: str = "12.1",
) -> Callable[[Callable[[Any], Iterable[tuple[str, str, Row]]]], Any]:
    """Register a family with its rows."""

    def register(rows: Callable[[Any], Iterable[tuple[str, str, Row]]]) -> Any:
        FAMILIES[name] = Family(name, specs(columns), rows, dropped, scopes, owner_column, since)
        return rows

    return register


def fixed(name: str, columns: str) -> Callable[[Callable[[Any], Iterable[Row]]], Any]:
    """Register a view without a prefix."""

    def register(rows: Callable[[Any], Iterable[Row]]) -> Any:
        def owned(session: Any) -> Iterable[tuple[str, str, Row]]:
            return (("SYS", name, row) for row in rows(session))

        FIXED[name] = Family(name, specs(columns), owned, ())
        return rows

    return register
