"""One verification on its way: every statement is tried, every finding gets its place."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from oraferry.ports import (
    BodyFinding,
    NamePlace,
    Scratch,
    ScratchFailure,
    ScratchRoutine,
    ScratchStatement,
)
from oraferry.verify.code.allowed import Definition, Refusal, Relation, judge
from oraferry.verify.code.mistakes import find_hint
from oraferry.verify.code.passed import Dump
from oraferry.verify.code.report import SOURCE_CODE, CodeFinding, CodeObject
from oraferry.verify.code.statements import (
    NotUnderstood,
    Statement,
    Token,
    blank_psql,
    list_tokens,
    read_statements,
)
from oraferry.verify.code.text import Body, Places

# What a statement says when something that it needs is not there.
_MISSING = ("42P01", "42883", "42704", "42703", "3F000", "42P02")
# Of PostgreSQL's messages about names, in English.
_COMMON_WORDS = frozenset(
    ["a", "column", "does", "exist", "function", "not", "of", "relation", "schema", "type"]
)
_SYNTAX = "42601"
# Only to tell consequences apart; what is carried out is decided by pglast's tree.
_CREATES = re.compile(
    r"create\s+(?:or\s+replace\s+)?(?:materialized\s+|editionable\s+|force\s+)*"
    r"(?:function|procedure|package|view|table|type|trigger|sequence)\s+(?:body\s+)?"
    r'(?:[\w$"]+\s*\.\s*)?"?([\w$]+)',
    re.I,
)
# Bodies, and texts for EXECUTE, that create a table which later statements use.
_MAKES = re.compile(
    r"create\s+(?:(?:global|local|temp|temporary|unlogged)\s+)*(?:table|sequence|view)\s+"
    r'(?:if\s+not\s+exists\s+)?(?:[\w$"]+\s*\.\s*)?"?([\w$]+)',
    re.I,
)
# A record without a known structure; a view that cannot be changed has a hint.
_UNASSIGNED = "55000"
_INTERNAL = "XX"
# BEGIN and END open and close transactions in SQL, and blocks in PL/SQL.
_BLOCK = re.compile(r"(?:begin|end)\b", re.I)
_UNNAMED = ("change", "comment")  # create nothing that has a name of its own


@dataclass
class _Item:
    """A statement that was created."""

    text: str
    place: _Place
    object: CodeObject | None
    routines: tuple[ScratchRoutine, ...] = ()
    body: Body | None = None


@dataclass(frozen=True)
class _Place:
    """Where a statement stands, and how its findings are told."""

    places: Places
    text: str
    start: int
    end: int
    object: str | None = None

    def find_named(self, message: str, start: int | None = None) -> int | None:
        """Where the statement, from *start*, has the name that *message* is about."""
        quoted = re.findall(r'"([^"]+)"', message)
        plain = [word for word in re.findall(r"[\w$]+", message) if word not in _COMMON_WORDS]
        first = self.start if start is None else start
        for name in (*reversed(quoted), *plain):
            pattern = rf"(?<![\w$]){re.escape(name)}(?![\w$])"
            if found := re.compile(pattern, re.I).search(self.places.text, first, self.end):
                return found.start()
        return None

    def finding(
        self,
        message: str,
        *,
        level: str = "error",
        sqlstate: str | None = None,
        offset: int | None = None,
        decided_by: str = "oraferry",
        hint: str | None = None,
        detail: str | None = None,
    ) -> CodeFinding:
        at = self.start if offset is None else offset
        line, column = self.places.of(at)
        text = self.places.text
        # To the end of the line: some mistakes are known by what follows, (+) by what precedes.
        near = text[max(at - 2, 0) : at].split("\n")[-1] + text[at : at + 60].split("\n")[0]
        return CodeFinding(
            level="warning" if level == "warning" else "error",
            message=message,
            sqlstate=sqlstate,
            line=line,
            column=column,
            statement=text[self.start : self.end].split("\n")[0].strip()[:200],
            object=self.object,
            decided_by=decided_by,
            detail=detail,
            hint=find_hint(sqlstate, message, near, own=hint),
            text=self.text,
        )


@dataclass
class Creation:
    """What was created of all texts so far, and what was found."""

    scratch: Scratch
    items: list[_Item] = field(default_factory=list)
    findings: list[CodeFinding] = field(default_factory=list)
    notes: tuple[str, ...] = ()
    lost: set[str] = field(default_factory=set)  # names whose creation failed
    definitions: tuple[Definition, ...] = ()  # what the texts so far define
    made_later: set[str] = field(default_factory=set)  # tables that bodies create

    def read(self, text: str, name: str) -> None:
        """Create what *text* defines."""
        self.made_later.update(word.lower() for word in _MAKES.findall(text))
        text, commands = blank_psql(text)
        places = Places(text)
        statements = read_statements(text)
        tokens = list_tokens(text) if any(isinstance(s, Statement) for s in statements) else []
        broken = (s.start for s in statements if isinstance(s, NotUnderstood))
        creates = filter(None, (_CREATES.match(text, start) for start in broken))
        judged = {s.start: judge(s.tree) for s in statements if isinstance(s, Statement)}
        dump = Dump(self.definitions, judged, {one[1].lower() for one in creates})
        for at, command in commands:
            dump.leave_out(command, places.of(at)[0])
        is_lost = False  # behind a syntax error, parts of the same statement may follow
        for statement in statements:
            if isinstance(statement, NotUnderstood):
                self._add_syntax_error(statement, places, name, is_lost=is_lost)
                is_lost = True
                continue
            passed = dump.find_passed(statement)
            if passed is not None:
                self.scratch.look_in(passed.search_path)
                dump.leave_out(passed.what, places.of(statement.start)[0])
                is_lost = False
                continue
            found = judged[statement.start]
            place = _Place(places, name, statement.start, statement.end)
            if isinstance(found, Refusal):
                if is_lost and _BLOCK.match(text, statement.start):
                    self._count_part()
                    continue
                refused = place.finding(found.message, hint=found.hint)
                self.findings.append(replace(refused, is_consequence=is_lost))
                continue
            is_lost = False
            self._create(found, replace(place, object=_name(found)), tokens, statement.origin)
        self.definitions += dump.definitions
        self.notes += dump.describe(name)

    def _add_syntax_error(
        self, part: NotUnderstood, places: Places, name: str, *, is_lost: bool
    ) -> None:
        """
        One finding for what was meant as one statement: the parts of a PL/SQL body between
        its semicolons are only counted.
        """
        text = places.text
        creates = _CREATES.match(text, part.start)
        if is_lost and creates is None:
            self._count_part()
            return
        end = text.find(";", part.offset)
        place = _Place(places, name, part.start, end if end >= 0 else len(text))
        found = place.finding(
            part.message, sqlstate=_SYNTAX, offset=part.offset, decided_by="pglast"
        )
        hint = found.hint or find_hint(_SYNTAX, text[part.start : part.offset])
        self.findings.append(replace(found, hint=hint))
        if creates:  # what it would have created is missed by others
            self.lost.add(creates[1].lower())

    def _count_part(self) -> None:
        last = max(n for n, found in enumerate(self.findings) if found.decided_by == "pglast")
        found = self.findings[last]
        count = int((found.detail or "0").split()[0]) + 1
        detail = f"{count} parts behind it, up to their semicolons, were not understood either"
        self.findings[last] = replace(found, detail=detail)

    def _create(
        self, wanted: Definition, place: _Place, tokens: Sequence[Token], origin: int
    ) -> None:
        text = place.places.text
        start = place.start

        def at(relation: Relation) -> NamePlace:
            if relation.location is None:
                return NamePlace(relation.schema, relation.name, 0, 0)
            first, last = _span(tokens, relation.location + origin)
            return NamePlace(relation.schema, relation.name, first - start, last - start)

        outcome = self.scratch.define(
            ScratchStatement(
                text=text[start : place.end],
                kind=wanted.kind,
                schema=wanted.schema,
                name=wanted.name,
                locked=tuple(map(at, wanted.locked)),
                own=tuple(map(at, wanted.own)),
                replaces=at(wanted.replaces) if wanted.replaces else None,
                evaluated=wanted.evaluated,
                is_bound=wanted.is_bound,
                without_data=wanted.without_data,
            )
        )
        body = None
        if wanted.body is not None:
            body = _find_body(text, tokens, wanted.body + origin)
        if outcome.failure is not None:
            self._add_failure(outcome.failure, wanted, place, body)
            return
        self.notes += outcome.notes
        self.items.append(
            _Item(place.text, place, _object(wanted, outcome.routines), outcome.routines, body)
        )

    def _add_failure(
        self, failure: ScratchFailure, wanted: Definition, place: _Place, body: Body | None
    ) -> None:
        offset = None
        if failure.offset is not None:
            offset = place.start + failure.offset
        elif failure.body_line and body:
            offset = body.find(failure.body_line, None, None)
        elif failure.sqlstate in _MISSING:
            offset = place.find_named(failure.message)
        found = place.finding(
            failure.message,
            sqlstate=failure.sqlstate,
            offset=offset,
            decided_by="postgresql" if failure.sqlstate else "oraferry",
            hint=failure.hint,
            detail=failure.detail,
        )
        self.findings.append(replace(found, is_consequence=self._follows(failure)))
        if wanted.name:
            self.lost.add(wanted.name.lower())

    def _follows(self, failure: ScratchFailure | BodyFinding) -> bool:
        """True when the message names something whose creation failed before."""
        words = set(re.findall(r"[\w$]+", failure.message.lower()))
        return failure.sqlstate in _MISSING and bool(words & self.lost)

    def check_bodies(self) -> None:
        """Let plpgsql_check look at every routine; the last definition of each counts."""
        last = {routine.oid: item for item in self.items for routine in item.routines}
        for item in self.items:
            for routine in item.routines:
                if last[routine.oid] is item and routine.language == "plpgsql":
                    self._check_body(item, routine)

    def _check_body(self, item: _Item, routine: ScratchRoutine) -> None:
        found = self.scratch.check_body(routine)
        if found is None:
            self._note_unchecked(routine)
            return
        for one in _without_repetitions(found):
            self._add_body_finding(item, one)
        could_look = not any(one.sqlstate.startswith(_INTERNAL) for one in found)
        if item.object and could_look:
            item.object = replace(item.object, is_checked=True)

    def _add_body_finding(self, item: _Item, one: BodyFinding) -> None:
        doubt = self._find_doubt(one)
        offset = None
        if item.body and one.line:
            offset = item.body.find(one.line, one.query, one.position)
            if one.position is None and one.sqlstate in _MISSING:
                offset = item.place.find_named(one.message, offset) or offset
        told = item.place.finding(
            one.message,
            level="error" if one.is_error and not doubt else "warning",
            sqlstate=one.sqlstate,
            offset=offset,
            decided_by="plpgsql_check",
            hint=one.hint,
            detail=one.detail,
        )
        follows = one.is_error and self._follows(one)
        self.findings.append(
            replace(told, hint=doubt or told.hint, is_consequence=follows and not doubt)
        )

    def _find_doubt(self, one: BodyFinding) -> str | None:
        """Why an error of plpgsql_check may be none when the code runs."""
        if one.sqlstate == _UNASSIGNED and one.hint is None:
            return "what a record holds that dynamic SQL fills is known only when the code runs"
        if one.sqlstate.startswith(_INTERNAL):
            return "plpgsql_check could not look at this statement"
        words = set(re.findall(r"[\w$]+", one.message.lower()))
        if one.sqlstate == "42P01" and words & (self.made_later - self.lost):
            return "the code creates it when it runs: what uses it was not looked at"
        return None

    def _note_unchecked(self, routine: ScratchRoutine) -> None:
        why = None
        if routine.is_polymorphic:
            why = "it takes arguments of any type"
        elif routine.is_trigger:
            why = "no trigger of this text or of the database uses it"
        if why:
            self.notes += (f"{routine.name}: its body was checked for syntax only: {why}",)

    def expect(self, kind: str | None) -> None:
        """An error when nothing, or nothing of that *kind*, is defined by the text."""
        kinds = [i.object.kind for i in self.items if i.text == SOURCE_CODE and i.object]
        errors = [f for f in self.findings if f.level == "error"]
        if errors or (kinds and (kind is None or kind in kinds)):
            return
        what = f"no {kind}" if kind else "nothing"
        self.findings.append(
            CodeFinding(
                "error",
                f"the text defines {what}",
                None,
                None,
                None,
                "",
                None,
                "oraferry",
                hint="give the whole CREATE statement",
            )
        )


def _without_repetitions(found: Sequence[BodyFinding]) -> list[BodyFinding]:
    """The first of those that say the same of a body; errors of different places stay."""
    first: dict[tuple[str, str, int | None], BodyFinding] = {}
    for one in found:
        is_place = one.is_error and one.sqlstate != _UNASSIGNED
        first.setdefault((one.sqlstate, one.message, one.line if is_place else None), one)
    return list(first.values())


def _name(wanted: Definition) -> str | None:
    if wanted.kind in _UNNAMED:
        return None
    return f"{wanted.kind} {wanted.schema + '.' if wanted.schema else ''}{wanted.name}"


def _object(wanted: Definition, routines: Sequence[ScratchRoutine]) -> CodeObject | None:
    if wanted.kind in _UNNAMED:
        return None
    name = f"{wanted.schema}.{wanted.name}" if wanted.schema else wanted.name
    return CodeObject(wanted.kind, routines[0].name if routines else name)


def _span(tokens: Sequence[Token], location: int) -> tuple[int, int]:
    """From the first to the last character of a relation's name, with all its dots."""
    first = next(n for n, token in enumerate(tokens) if token.start == location)
    last = first
    while last + 2 < len(tokens) and tokens[last + 1].name == "ASCII_46":
        last += 2
    return tokens[first].start, tokens[last].end


def _find_body(text: str, tokens: Sequence[Token], location: int) -> Body | None:
    """The literal behind a routine's AS."""
    for token in tokens:
        if token.name in ("SCONST", "USCONST") and token.start >= location:
            return Body(text, token.start, token.end)
    return None
