"""What dumps contain beside definitions, and what may be left out without a word being wrong.

None of it is carried out. Where it could not change what a definition means (settings of dumps,
rights and owners of what the text creates, DROP of what it creates afterwards), that is said in
a note; everything else is refused as before.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from oraferry.verify.code.allowed import Definition, Refusal
from oraferry.verify.code.statements import Statement

Family = Literal["relation", "routine", "type", "schema", "trigger", "operator"]
# Settings that pg_dump, ora2pg and other writers of scripts begin with. None of them changes how
# a definition is read, or its effect is none here: everything is created and rolled back.
_SETTINGS = frozenset(
    [
        "bytea_output",
        "check_function_bodies",  # they are checked all the same
        "client_encoding",  # the text was decoded before
        "client_min_messages",
        "default_table_access_method",
        "default_tablespace",
        "default_with_oids",
        "escape_string_warning",
        "extra_float_digits",
        "idle_in_transaction_session_timeout",
        "lock_timeout",
        "quote_all_identifiers",
        "row_security",
        "search_path",
        "standard_conforming_strings",
        "statement_timeout",
        "synchronize_seqscans",
        "transaction_timeout",
        "xmloption",
    ]
)
_LISTED = 4  # lines, in the note
# The other value changes how strings are read.
_ONLY = {"standard_conforming_strings": ("on", "true", "1")}
_KINDS: dict[str, Family] = {
    "aggregate": "routine",
    "domain": "type",
    "function": "routine",
    "index": "relation",
    "materialized view": "relation",
    "operator": "operator",
    "procedure": "routine",
    "schema": "schema",
    "sequence": "relation",
    "table": "relation",
    "trigger": "trigger",
    "type": "type",
    "view": "relation",
}
# What ALTER TABLE may do to a table of the text without a word of a definition being changed.
_ALTERED = {
    "AT_ChangeOwner": "OWNER TO",
    "AT_ClusterOn": "CLUSTER ON",
    "AT_DisableTrig": "DISABLE TRIGGER",
    "AT_DropConstraint": "DROP CONSTRAINT",
    "AT_EnableTrig": "ENABLE TRIGGER",
    "AT_ReplicaIdentity": "REPLICA IDENTITY",
    "AT_SetRelOptions": "SET (…)",
    "AT_SetStatistics": "SET STATISTICS",
    "AT_SetStorage": "SET STORAGE",
    "AT_SetTableSpace": "SET TABLESPACE",
}
_OBJECTS: dict[str, Family] = {
    "AGGREGATE": "routine",
    "DOMAIN": "type",
    "FUNCTION": "routine",
    "INDEX": "relation",
    "MATVIEW": "relation",
    "OPERATOR": "operator",
    "PROCEDURE": "routine",
    "ROUTINE": "routine",
    "SCHEMA": "schema",
    "SEQUENCE": "relation",
    "TABLE": "relation",
    "TRIGGER": "trigger",
    "TYPE": "type",
    "VIEW": "relation",
}


@dataclass(frozen=True, slots=True)
class Named:
    """An object as a statement names it."""

    family: Family
    schema: str | None
    name: str


@dataclass(frozen=True, slots=True)
class Passed:
    """A statement that may be left out, if *about* are what the text itself creates."""

    what: str  # SET, GRANT, …
    about: tuple[Named, ...] = ()
    is_before: bool = False  # it must be created behind the statement, and not before it
    search_path: tuple[str, ...] = ()  # where names are looked up from here on


class Dump:
    """One text with what may be left out of it, and what was."""

    def __init__(
        self,
        before: Sequence[Definition],
        judged: Mapping[int, Definition | Refusal],
        broken: Container[str] = (),
    ) -> None:
        """
        *before* are definitions of earlier texts; *judged* are the statements of this one, by
        where they start; *broken* are the names, in lower case, that it would define if it were
        understood.
        """
        self._own = [(at, one) for at, one in judged.items() if isinstance(one, Definition)]
        self._before = before
        self._broken = broken
        self._left_out: dict[str, list[int]] = {}

    @property
    def definitions(self) -> tuple[Definition, ...]:
        """What the text defines."""
        return tuple(one for _, one in self._own)

    def find_passed(self, statement: Statement) -> Passed | None:
        """What *statement* is about, if it may be left out of this text."""
        passed = find_passed(statement.tree)
        if passed and all(self._allows(n, passed, statement.start) for n in passed.about):
            return passed
        return None

    def _allows(self, named: Named, passed: Passed, at: int) -> bool:
        earlier = [(-1, one) for one in self._before]
        places = [place for place, one in (*earlier, *self._own) if _creates(one, named)]
        if places:
            return not passed.is_before or min(places) > at
        return named.name.lower() in self._broken

    def leave_out(self, what: str, line: int) -> None:
        """Remember it for the note."""
        self._left_out.setdefault(what, []).append(line)

    def describe(self, text: str) -> tuple[str, ...]:
        """A note that names all that was left out of *text*."""
        if not self._left_out:
            return ()
        what = ", ".join(f"{what} ({_lines(at)})" for what, at in self._left_out.items())
        return (f"left out of {text}, since it changes nothing that is verified: {what}",)


def _lines(numbers: Sequence[int]) -> str:
    """
    >>> _lines([1]), _lines([2, 5, 5]), _lines([1, 2, 3, 4, 5, 6])
    ('line 1', 'lines 2, 5', 'lines 1, 2, 3, 4 and 2 more')
    """
    lines = list(dict.fromkeys(numbers))
    more = f" and {len(lines) - _LISTED} more" if len(lines) > _LISTED else ""
    listed = ", ".join(map(str, lines[:_LISTED]))
    return f"line{'s' if len(lines) > 1 else ''} {listed}{more}"


def _creates(one: Definition, named: Named) -> bool:
    if named.family == "schema":
        return one.schema == named.name or (one.kind == "schema" and one.name == named.name)
    is_kind = _KINDS.get(one.kind) == named.family
    if not is_kind and (one.kind, named.family) != ("table", "type"):
        return False
    return one.name == named.name and (
        not (one.schema and named.schema) or one.schema == named.schema
    )


def find_passed(tree: Any) -> Passed | None:
    """What *tree* is about, if it is a statement that may be left out."""
    rule = _RULES.get(type(tree).__name__)
    return rule(tree) if rule else None


def _set(tree: Any) -> Passed | None:
    if tree.kind.name not in ("VAR_SET_VALUE", "VAR_SET_DEFAULT", "VAR_RESET"):
        return None
    name = (tree.name or "").lower()
    values = tuple(_value(argument) for argument in tree.args or ())
    return _setting(name, values)


def _setting(name: str, values: Sequence[str]) -> Passed | None:
    if name not in _SETTINGS or any(v.lower() not in _ONLY.get(name, (v.lower(),)) for v in values):
        return None
    path = values if name == "search_path" else ()
    return Passed(f"SET {name}", search_path=tuple(n for n in path if _is_schema(n)))


def _is_schema(name: str) -> bool:
    return bool(name) and name != "$user" and not name.startswith("pg_")


def _value(argument: Any) -> str:
    """A constant of SET or of a call as text."""
    value = getattr(argument, "val", argument)
    for part in ("sval", "ival", "fval", "boolval"):
        if hasattr(value, part):
            return str(getattr(value, part))
    return ""


def _set_config(tree: Any) -> Passed | None:
    """SELECT pg_catalog.set_config('search_path', '', false), as pg_dump writes it."""
    call = _only_call(tree)
    if call is None:
        return None
    names = [part.sval for part in call.funcname]
    arguments = call.args or ()
    is_plain = all(type(a).__name__ in ("A_Const", "TypeCast") for a in arguments)
    if names not in (["pg_catalog", "set_config"], ["set_config"]) or len(arguments) != 3:
        return None
    if not is_plain or any(type(a).__name__ != "A_Const" for a in arguments[:2]):
        return None
    name, value = (_value(argument) for argument in arguments[:2])
    values = [part.strip().strip('"') for part in value.split(",")] if value else []
    return _setting(name.lower(), values)


def _only_call(tree: Any) -> Any:
    """The call of a SELECT that is nothing but one."""
    parts = {part for part in tree if getattr(tree, part, None)}
    targets = tree.targetList or ()
    # limitOption and op are there always.
    if parts - {"targetList", "limitOption", "op"} or not targets or len(targets) > 1:
        return None
    call = next(iter(targets)).val
    return call if type(call).__name__ == "FuncCall" else None


def _drop(tree: Any) -> Passed | None:
    kind = tree.removeType.name.removeprefix("OBJECT_")
    about = _list_named(kind, tree.objects)
    if about is None or tree.concurrent:
        return None
    return Passed(f"DROP {_word(kind)}", about, is_before=True)


def _grant(tree: Any) -> Passed | None:
    what = "GRANT" if tree.is_grant else "REVOKE"
    if tree.targtype.name == "ACL_TARGET_DEFAULTS":
        return None
    is_schema = tree.targtype.name == "ACL_TARGET_ALL_IN_SCHEMA"
    kind = "SCHEMA" if is_schema else tree.objtype.name.removeprefix("OBJECT_")
    about = _list_named(kind, tree.objects or ())
    return Passed(what, about) if about else None


def _owner(tree: Any) -> Passed | None:
    about = _list_named(tree.objectType.name.removeprefix("OBJECT_"), (tree.object,))
    return Passed("ALTER … OWNER TO", about) if about else None


def _alter_table(tree: Any) -> Passed | None:
    kinds = [command.subtype.name for command in tree.cmds]
    about = _list_named("TABLE", (tree.relation,))
    if about is None or any(kind not in _ALTERED for kind in kinds):
        return None
    # pg_dump --clean drops constraints before it drops and creates their tables.
    is_before = "AT_DropConstraint" in kinds
    return Passed(f"ALTER TABLE … {_ALTERED[kinds[0]]}", about, is_before=is_before)


def _list_named(kind: str, objects: Sequence[Any]) -> tuple[Named, ...] | None:
    family = _OBJECTS.get(kind)
    if family is None:
        return None
    return tuple(_name(family, parts) for parts in map(_parts, objects))


def _name(family: Family, parts: Sequence[str]) -> Named:
    if family == "trigger":  # schema, table, trigger
        return Named(family, None, parts[-1])
    return Named(family, parts[-2] if len(parts) > 1 else None, parts[-1])


def _parts(named: Any) -> list[str]:
    """The parts of a name, whichever way the grammar has it."""
    return list(_walk(named))


def _walk(named: Any) -> Iterator[str]:
    kind = type(named).__name__
    if kind == "String":
        yield named.sval
    elif kind == "RangeVar":
        yield from filter(None, (named.schemaname, named.relname))
    elif kind == "ObjectWithArgs":
        yield from (part.sval for part in named.objname)
    elif kind == "TypeName":
        yield from (part.sval for part in named.names)
    else:
        yield from (part.sval for part in named)


def _word(kind: str) -> str:
    return "MATERIALIZED VIEW" if kind == "MATVIEW" else kind


_RULES: dict[str, Callable[[Any], Passed | None]] = {
    "AlterOwnerStmt": _owner,
    "AlterTableStmt": _alter_table,
    "DropStmt": _drop,
    "GrantStmt": _grant,
    "SelectStmt": _set_config,
    "VariableSetStmt": _set,
}
