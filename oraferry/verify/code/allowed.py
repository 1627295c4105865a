"""What a text may ask for: a list of statements that only define things, and of their parts.

Everything that is not on the list is refused. PostgreSQL evaluates a few things while it
defines them, and some definitions lock a table that others use; those parts are refused here,
or named in the Definition for the scratch transaction to take care of.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from oraferry.ports import Evaluated
from oraferry.verify.code.evaluated import (
    list_added,
    list_evaluated,
    list_folded,
    list_literals,
    split,
)
from oraferry.verify.code.tags import describe_refused

LANGUAGES = ("sql", "plpgsql")
# Parts of CREATE FUNCTION that let C code, or another role, take part when code is planned.
_REFUSED_OPTIONS = {
    "support": "a planner support function",
    "transform": "a transform of types",
    "window": "a window function",
}
_REFUSED_SETTINGS = ("role", "session_authorization")
_COMMENTED = {
    "OBJECT_AGGREGATE",
    "OBJECT_ATTRIBUTE",
    "OBJECT_COLUMN",
    "OBJECT_DOMAIN",
    "OBJECT_DOMCONSTRAINT",
    "OBJECT_FUNCTION",
    "OBJECT_INDEX",
    "OBJECT_MATVIEW",
    "OBJECT_OPERATOR",
    "OBJECT_PROCEDURE",
    "OBJECT_ROUTINE",
    "OBJECT_SCHEMA",
    "OBJECT_SEQUENCE",
    "OBJECT_TABCONSTRAINT",
    "OBJECT_TABLE",
    "OBJECT_TRIGGER",
    "OBJECT_TYPE",
    "OBJECT_VIEW",
}
_COMMENTED_RELATIONS = {
    "OBJECT_COLUMN",
    "OBJECT_INDEX",
    "OBJECT_MATVIEW",
    "OBJECT_SEQUENCE",
    "OBJECT_TABCONSTRAINT",
    "OBJECT_TABLE",
    "OBJECT_TRIGGER",
    "OBJECT_VIEW",
}
_ALTERED = {
    "OBJECT_INDEX": {"AT_AttachPartition"},
    "OBJECT_TABLE": {
        "AT_AddConstraint",
        "AT_AddIdentity",
        "AT_AttachPartition",
        "AT_ColumnDefault",
        "AT_DropNotNull",
        "AT_SetNotNull",
    },
}


@dataclass(frozen=True, slots=True)
class Relation:
    """A relation that a statement names, and where in the text."""

    schema: str | None
    name: str
    location: int | None  # None where the parser does not tell


@dataclass(frozen=True, slots=True)
class Definition:
    """A statement that may be carried out, and what has to be taken care of."""

    kind: str  # function, view, …
    schema: str | None
    name: str
    body: int | None = None  # where the AS of a routine stands
    # Would be locked against others' work if it existed before: a copy takes its place.
    locked: tuple[Relation, ...] = ()
    # Must have been created by this text.
    own: tuple[Relation, ...] = ()
    # What PostgreSQL may evaluate while it defines this.
    evaluated: tuple[Evaluated, ...] = ()
    is_bound: bool = False  # so are the keys and checks of its *own* relations
    replaces: Relation | None = None  # the view itself, which may exist
    without_data: bool = False  # WITH NO DATA must stand at its end, and does not


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a statement may not be carried out."""

    message: str
    hint: str
    location: int | None = None


class _Refused(Exception):
    def __init__(self, message: str, hint: str) -> None:
        self.refusal = Refusal(message, hint)


def judge(tree: Any) -> Definition | Refusal:
    """Whether the statement *tree* only defines something."""
    rule = _RULES.get(type(tree).__name__)
    if rule is None:
        return Refusal(*describe_refused(tree))
    try:
        found = rule(tree)
    except _Refused as refused:
        return refused.refusal
    evaluated = dict.fromkeys((*found.evaluated, *list_literals(tree)))
    return replace(found, evaluated=tuple(evaluated))


def _routine(tree: Any) -> Definition:
    options = {option.defname: option for option in tree.options or ()}
    language = options["language"].arg.sval.lower() if "language" in options else None
    if language is not None and language not in LANGUAGES:
        raise _Refused(
            f"routines in the language {language} are not created here",
            "only SQL and PL/pgSQL can be verified without running anything",
        )
    for name, what in _REFUSED_OPTIONS.items():
        if name in options:
            raise _Refused(f"{what} is not created here", f"leave {name.upper()} out")
    for option in tree.options or ():
        # PostgreSQL takes names of settings in any case.
        setting = (option.arg.name or "").lower() if option.defname == "set" else None
        if setting in _REFUSED_SETTINGS:
            raise _Refused(
                f"SET {setting} in a routine is not carried out here",
                "SECURITY DEFINER runs a routine with its owner's rights",
            )
    body = options["as"].location if "as" in options else None
    kind = "procedure" if tree.is_procedure else "function"
    return Definition(kind, *split(tree.funcname), body=body)


def _view(tree: Any) -> Definition:
    relation = _relation(tree.view)
    return Definition("view", relation.schema, relation.name, replaces=relation)


def _trigger(tree: Any) -> Definition:
    tables = [_relation(tree.relation)]
    if tree.constrrel:
        tables.append(_relation(tree.constrrel))
    return Definition("trigger", None, tree.trigname, locked=tuple(tables))


def _table(tree: Any) -> Definition:
    relation = _relation(tree.relation)
    if tree.partbound:
        _check_bound(tree.partbound)
    locked = tuple(
        found
        for found in map(_relation, _referenced(tree.tableElts or ()))
        if (found.schema, found.name) != (relation.schema, relation.name)
    )
    return Definition(
        "table",
        relation.schema,
        relation.name,
        locked=locked,
        own=tuple(map(_relation, tree.inhRelations or ())),
        evaluated=(*list_folded(tree), *list_evaluated(tree.partspec)),
        is_bound=tree.partbound is not None,
    )


def _referenced(elements: Sequence[Any]) -> Iterator[Any]:
    """The tables that foreign keys among *elements* refer to."""
    for element in elements:
        kind = type(element).__name__
        if kind == "ColumnDef":
            yield from _referenced(element.constraints or ())
        elif kind == "Constraint" and element.pktable is not None:
            yield element.pktable


def _check_bound(bound: Any) -> None:
    """PostgreSQL evaluates the bounds of a partition, whatever they call."""
    data = [*(bound.listdatums or ()), *(bound.lowerdatums or ()), *(bound.upperdatums or ())]
    for datum in data:
        plain = datum.arg if type(datum).__name__ == "TypeCast" else datum
        names = [getattr(part, "sval", "") for part in getattr(plain, "fields", None) or ()]
        is_edge = names in (["minvalue"], ["maxvalue"])
        if type(plain).__name__ != "A_Const" and not is_edge:
            raise _Refused(
                "a partition's bound that is no constant would be evaluated here",
                "write the value itself, as in FROM ('2024-01-01') TO ('2025-01-01')",
            )


def _index(tree: Any) -> Definition:
    if tree.concurrent:
        raise _Refused(
            "CONCURRENTLY needs to commit, and nothing is committed here",
            "leave CONCURRENTLY out for the verification",
        )
    table = _relation(tree.relation)
    return Definition(
        "index",
        table.schema,
        tree.idxname or f"on {table.name}",
        locked=(table,),
        evaluated=tuple(list_evaluated((tree.indexParams, tree.whereClause))),
    )


def _sequence(tree: Any) -> Definition:
    relation = _relation(tree.sequence)
    return Definition("sequence", relation.schema, relation.name)


def _alter_sequence(tree: Any) -> Definition:
    relation = _relation(tree.sequence)
    return Definition("change", relation.schema, relation.name, own=(relation,))


def _composite(tree: Any) -> Definition:
    relation = _relation(tree.typevar)
    return Definition("type", relation.schema, relation.name)


def _type(tree: Any) -> Definition:
    return Definition("type", *split(tree.typeName))


def _domain(tree: Any) -> Definition:
    return Definition("domain", *split(tree.domainname))


def _schema(tree: Any) -> Definition:
    if tree.authrole:
        raise _Refused("CREATE SCHEMA … AUTHORIZATION is not carried out here", "leave it out")
    if tree.schemaElts:
        raise _Refused(
            "objects inside CREATE SCHEMA are not looked at here",
            "end CREATE SCHEMA with a semicolon, and qualify the objects with its name",
        )
    return Definition("schema", None, tree.schemaname)


def _comment(tree: Any) -> Definition:
    if tree.objtype.name not in _COMMENTED:
        what = tree.objtype.name.removeprefix("OBJECT_").replace("_", " ").lower()
        raise _Refused(f"COMMENT ON a {what} is not carried out here", "leave it out")
    # A comment locks a relation against changes by others.
    return Definition("comment", None, "", own=_commented_relation(tree))


def _commented_relation(tree: Any) -> tuple[Relation, ...]:
    kind = tree.objtype.name
    if kind not in _COMMENTED_RELATIONS:
        return ()
    parts = [part.sval for part in tree.object]
    if kind in ("OBJECT_COLUMN", "OBJECT_TABCONSTRAINT", "OBJECT_TRIGGER"):
        parts.pop()  # the column's, the constraint's or the trigger's name
    return (Relation(parts[-2] if len(parts) > 1 else None, parts[-1], None),)


def _no_data(tree: Any) -> Definition:
    if type(tree.query).__name__ != "SelectStmt":
        raise _Refused("CREATE TABLE AS EXECUTE would run a statement", "write the query itself")
    relation = _relation(tree.into.rel)
    is_view = tree.objtype.name == "OBJECT_MATVIEW"
    return Definition(
        "materialized view" if is_view else "table",
        relation.schema,
        relation.name,
        without_data=not tree.into.skipData,
    )


def _define(tree: Any) -> Definition:
    kinds = {"OBJECT_AGGREGATE": "aggregate", "OBJECT_OPERATOR": "operator"}
    if tree.kind.name not in kinds:
        raise _Refused(*describe_refused(tree))
    return Definition(kinds[tree.kind.name], *split(tree.defnames))


def _alter_table(tree: Any) -> Definition:
    allowed = _ALTERED.get(tree.objtype.name, set())
    if any(command.subtype.name not in allowed for command in tree.cmds):
        raise _Refused(
            "of ALTER TABLE only ADD CONSTRAINT, ATTACH PARTITION, and a column's DEFAULT, NOT "
            "NULL and identity are carried out here",
            "put the rest into CREATE TABLE, or leave it out for the verification",
        )
    relation = _relation(tree.relation)
    changes = [command.def_ for command in tree.cmds if command.def_]
    partitions = [change for change in changes if type(change).__name__ == "PartitionCmd"]
    for partition in partitions:
        if partition.bound:
            _check_bound(partition.bound)
    return Definition(
        "change",
        relation.schema,
        relation.name,
        locked=tuple(map(_relation, _referenced(changes))),
        own=(relation, *(_relation(partition.name) for partition in partitions)),
        evaluated=(*list_folded(tree), *list_added(tree)),
        is_bound=bool(partitions) or any(c.subtype.name == "AT_SetNotNull" for c in tree.cmds),
    )


_RULES: dict[str, Callable[[Any], Definition]] = {
    "AlterSeqStmt": _alter_sequence,
    "AlterTableStmt": _alter_table,
    "CommentStmt": _comment,
    "CompositeTypeStmt": _composite,
    "CreateDomainStmt": _domain,
    "CreateEnumStmt": _type,
    "CreateFunctionStmt": _routine,
    "CreateRangeStmt": _type,
    "CreateSchemaStmt": _schema,
    "CreateSeqStmt": _sequence,
    "CreateStmt": _table,
    "CreateTableAsStmt": _no_data,
    "CreateTrigStmt": _trigger,
    "DefineStmt": _define,
    "IndexStmt": _index,
    "ViewStmt": _view,
}


def _relation(range_var: Any) -> Relation:
    return Relation(range_var.schemaname, range_var.relname, range_var.location)
