"""Which tables a request means: ``HR.EMPLOYEES``, ``HR.EMP%``, ``HR."Price List"``."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from oraferry.errors import RequestError
from oraferry.model import TableRef
from oraferry.ports import Source

_PART = r'(?:"((?:[^"]|"")+)"|([^".]+))'
_PATTERN = re.compile(rf"^\s*(?:{_PART}\.)?{_PART}\s*$")
_WILD = re.compile(r"[*%?]")


@dataclass(frozen=True, slots=True)
class Part:
    """A schema or table as it was written; *is_quoted* takes away all magic."""

    text: str
    is_quoted: bool

    @property
    def is_pattern(self) -> bool:
        """True when it may mean several names."""
        return not self.is_quoted and bool(_WILD.search(self.text))

    def find(self, names: Iterable[str]) -> list[str]:
        """Those of *names* that are meant: exactly written, else folded as Oracle folds."""
        known = list(names)
        if self.is_pattern:
            return self._match(known, self.text) or self._match(known, self.text.upper())
        for text in [self.text] if self.is_quoted else [self.text, self.text.upper()]:
            if text in known:
                return [text]
        return []

    @staticmethod
    def _match(names: list[str], pattern: str) -> list[str]:
        # No character classes, and `_` is a letter of names here, not a wildcard.
        wild = {"*": ".*", "%": ".*", "?": "."}
        regex = re.compile("".join(wild.get(c, re.escape(c)) for c in pattern), re.DOTALL)
        return [name for name in names if regex.fullmatch(name)]


def parse_pattern(text: str) -> tuple[Part | None, Part]:
    """
    Schema (None: the user's own) and table of *text*; RequestError when it is no name.

    >>> parse_pattern('HR."a.b"')[1]
    Part(text='a.b', is_quoted=True)
    """
    found = _PATTERN.match(text)
    if not found:
        raise RequestError(
            f"{text!r} is no table name or pattern",
            hint='write SCHEMA.TABLE, SCHEMA.EMP%, SCHEMA.* or SCHEMA."Mixed Case"',
        )
    quoted_schema, schema, quoted_name, name = found.groups()
    table = _part(quoted_name, name)
    if quoted_schema is None and schema is None:
        return None, table
    owner = _part(quoted_schema, schema)
    if owner.is_pattern:
        raise RequestError(
            f"{text!r}: the schema cannot be a pattern",
            hint="name each schema: A.*, B.*",
        )
    return owner, table


def _part(quoted: str | None, plain: str | None) -> Part:
    if quoted is not None:
        return Part(quoted.replace('""', '"'), is_quoted=True)
    return Part((plain or "").strip(), is_quoted=False)


def select_tables(
    tables: Iterable[str], exclude: Iterable[str], source: Source, user: str
) -> list[TableRef]:
    """
    The tables that are meant, sorted. A plain name that the schema does not list is kept, so
    that asking for it names it as missing; RequestError when nothing is selected.
    """
    catalog = _Catalog(source, user)
    wanted = {ref for text in tables for ref in catalog.find(text, keeps_unknown=True)}
    unwanted = {ref for text in exclude for ref in catalog.find(text, keeps_unknown=False)}
    selected = sorted(wanted - unwanted)
    if not selected:
        raise RequestError(
            "no table matches: " + ", ".join(tables),
            hint="names are compared as Oracle stores them, mostly in capitals; "
            "* and % stand for any text",
        )
    return selected


def choose_refs(texts: Iterable[str], refs: Sequence[TableRef]) -> list[TableRef]:
    """Those of *refs* that a name or pattern of *texts* means; without a schema in any."""
    return [ref for text in texts for ref in _meant(text, refs)]


def _meant(text: str, refs: Sequence[TableRef]) -> list[TableRef]:
    owner, part = parse_pattern(text)
    names = set(part.find(ref.name for ref in refs))
    schemas = {ref.schema for ref in refs}
    if owner is not None:
        schemas = set(owner.find(schemas))
    return [ref for ref in refs if ref.name in names and ref.schema in schemas]


class _Catalog:
    """The tables of each schema, asked for once."""

    def __init__(self, source: Source, user: str) -> None:
        self._source = source
        self._user = user
        self._tables: dict[str, list[str]] = {}

    def find(self, text: str, *, keeps_unknown: bool) -> list[TableRef]:
        owner, part = parse_pattern(text)
        schema = self._get_schema(owner)
        found = part.find(self._tables[schema])
        if not found and not part.is_pattern and keeps_unknown:
            found = [part.text if part.is_quoted else part.text.upper()]
        return [TableRef(schema, name) for name in found]

    def _get_schema(self, owner: Part | None) -> str:
        if owner is None:
            owner = Part(self._user, is_quoted=True)
        names = [owner.text] if owner.is_quoted else [owner.text.upper(), owner.text]
        for name in names:
            if name in self._tables:
                return name
        for name in dict.fromkeys(names):
            try:
                self._tables[name] = [ref.name for ref in self._source.list_tables(name)]
            except RequestError:
                if name == names[-1]:
                    raise
            else:
                return name
        raise AssertionError("list_tables raised or returned")
