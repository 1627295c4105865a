"""DBMS_METADATA.GET_DDL: texts in the shape that the real package writes."""

from __future__ import annotations

from typing import Any

from orasim.dictionary.model import (
    MAX_SEQUENCE,
    Catalog,
    Column,
    Constraint,
    Index,
    Partition,
    Sequence,
    Table,
    View,
)
from orasim.engine import OracleError, not_supported
from orasim.values import OraType

_DEFAULTS: dict[str, Any] = {
    "PRETTY": True,
    "SQLTERMINATOR": False,
    "EMIT_SCHEMA": True,
    "SEGMENT_ATTRIBUTES": True,
    "STORAGE": True,
    "TABLESPACE": True,
    "CONSTRAINTS": True,
    "REF_CONSTRAINTS": True,
    "CONSTRAINTS_AS_ALTER": False,
    "PARTITIONING": True,
    "SIZE_BYTE_KEYWORD": False,
    "FORCE": True,
    "SEGMENT_CREATION": True,
    "COLLATION_CLAUSE": "NON_DEFAULT",
    "OID": False,
    "SPECIFICATION": True,
    "BODY": True,
}


def set_transform_param(session: Any, name: str, value: Any) -> None:
    """SET_TRANSFORM_PARAM on the session's transform; DEFAULT resets; ORA-31604 if unknown."""
    params = _params(session)
    if name == "DEFAULT":
        params.clear()
    elif name not in _DEFAULTS:
        raise OracleError(31604, f'invalid transform NAME parameter "{name}" for object type')
    else:
        params[name] = value


def _params(session: Any) -> dict[str, Any]:
    if not hasattr(session, "transform_params"):
        session.transform_params = {}
    found: dict[str, Any] = session.transform_params
    return found


def get_ddl(session: Any, object_type: str, name: str, schema: str | None = None) -> str:
    """The DDL of one object; ORA-31603 when it is not there or not for this user."""
    catalog: Catalog = session.database.catalog
    owner = schema or session.current_schema
    user = catalog.users[session.user]
    missing = OracleError(
        31603, f'object "{name}" of type {object_type} not found in schema "{owner}"'
    )
    if owner != session.user and not catalog.sees_dba_views(user):
        raise missing
    params = {**_DEFAULTS, **_params(session)}
    text = _render(catalog, object_type, owner, name, params)
    if text is None:
        raise missing
    return (
        text
        + ("/" if params["SQLTERMINATOR"] and object_type in _CODE else "")
        + (";" if params["SQLTERMINATOR"] and object_type not in _CODE else "")
    )


_CODE = {"PROCEDURE", "FUNCTION", "PACKAGE", "PACKAGE_SPEC", "PACKAGE_BODY", "TRIGGER", "TYPE"}


def _render(
    catalog: Catalog, object_type: str, owner: str, name: str, params: dict[str, Any]
) -> str | None:
    item = catalog.find(owner, name)
    if object_type == "TABLE":
        return _table(catalog, item, params) if isinstance(item, Table) else None
    if object_type == "VIEW":
        return _view(item, params) if isinstance(item, View) else None
    if object_type == "SEQUENCE":
        return _sequence(item, params) if isinstance(item, Sequence) and not item.identity else None
    if object_type == "INDEX":
        index = catalog.indexes.get((owner, name))
        return None if index is None else _index(index, params)
    if object_type in ("CONSTRAINT", "REF_CONSTRAINT"):
        found = catalog.find_constraint(owner, name)
        if found is None or (found[1].kind == "R") != (object_type == "REF_CONSTRAINT"):
            return None
        table, constraint = found
        return (
            f"\n  ALTER TABLE {_name(table.schema, table.name, params)} ADD "
            f"{_constraint(catalog, table, constraint, params).strip()}"
        )
    if object_type in _CODE:
        kinds = {"PACKAGE_SPEC": ["PACKAGE"], "PACKAGE_BODY": ["PACKAGE BODY"]}.get(
            object_type,
            ["PACKAGE", "PACKAGE BODY"] if object_type == "PACKAGE" else [object_type],
        )
        texts = [s.text for k in kinds if (s := catalog.sources.get((owner, name, k)))]
        return "\n".join(f"\n  CREATE OR REPLACE EDITIONABLE {t}" for t in texts) or None
    raise not_supported(f"GET_DDL of object type {object_type}")


def quoted_name(session: Any, schema: str, name: str) -> str:
    """A name as the session's transform writes it."""
    return _name(schema, name, {**_DEFAULTS, **_params(session)})


def _name(schema: str, name: str, params: dict[str, Any]) -> str:
    return f'"{schema}"."{name}"' if params["EMIT_SCHEMA"] else f'"{name}"'


def type_text(kind: OraType, *, byte_keyword: bool = False) -> str:
    """A type as GET_DDL spells it."""
    name = kind.name
    if name in ("VARCHAR2", "CHAR"):
        unit = " CHAR" if kind.char_semantics else " BYTE" if byte_keyword else ""
        return f"{name}({kind.length}{unit})"
    if name in ("NVARCHAR2", "NCHAR", "RAW", "UROWID"):
        return f"{name}({kind.length})"
    if name == "NUMBER":
        if kind.precision is None:
            return "NUMBER" if kind.scale is None else f"NUMBER(*,{kind.scale})"
        return f"NUMBER({kind.precision},{kind.scale or 0})"
    if name == "FLOAT":
        return f"FLOAT({kind.precision})"
    if name.startswith("TIMESTAMP"):
        return f"TIMESTAMP ({6 if kind.scale is None else kind.scale}){name[9:]}"
    if name == "INTERVAL YEAR TO MONTH":
        return f"INTERVAL YEAR ({kind.precision}) TO MONTH"
    if name == "INTERVAL DAY TO SECOND":
        return f"INTERVAL DAY ({kind.precision}) TO SECOND ({kind.scale})"
    if name == "XMLTYPE":
        return '"SYS"."XMLTYPE"'
    if name == "OBJECT":
        return f'"{kind.type_schema}"."{kind.type_name}"'
    return name


def _column(table: Table, column: Column, params: dict[str, Any]) -> str:
    text = f'"{column.name}" {type_text(column.type, byte_keyword=params["SIZE_BYTE_KEYWORD"])}'
    if column.invisible:
        text += " INVISIBLE"
    if column.virtual is not None:
        text += f" GENERATED ALWAYS AS ({column.virtual}) VIRTUAL "
    elif column.identity is not None:
        s = column.identity.sequence
        how = "ALWAYS" if column.identity.always else "BY DEFAULT"
        how += " ON NULL" if column.identity.on_null else ""
        text += (
            f" GENERATED {how} AS IDENTITY MINVALUE {s.minimum} MAXVALUE {s.maximum} "
            f"INCREMENT BY {s.increment} START WITH {s.next_value} {_cache(s)} "
            f"{'ORDER' if s.order else 'NOORDER'}  {'CYCLE' if s.cycle else 'NOCYCLE'}  NOKEEP  NOSCALE "
        )
    elif column.default is not None:
        on_null = " ON NULL" if column.default_on_null else ""
        text += f" DEFAULT{on_null} {column.default}"
    for constraint in table.constraints:
        if constraint.is_not_null and constraint.columns == [column.name] and params["CONSTRAINTS"]:
            named = "" if constraint.generated else f' CONSTRAINT "{constraint.name}"'
            text += f"{named} NOT NULL {_state(constraint)}"
    return text


def _cache(sequence: Sequence) -> str:
    return f"CACHE {sequence.cache}" if sequence.cache else "NOCACHE"


def _state(constraint: Constraint) -> str:
    text = ""
    if constraint.deferrable:
        text += " DEFERRABLE INITIALLY " + (
            "DEFERRED" if constraint.initially_deferred else "IMMEDIATE"
        )
    text += " ENABLE" if constraint.enabled else " DISABLE"
    if constraint.enabled and not constraint.validated:
        text += " NOVALIDATE"
    return text.strip()


def _list(names: list[str]) -> str:
    return ", ".join(f'"{n}"' for n in names)


def _constraint(
    catalog: Catalog, table: Table, constraint: Constraint, params: dict[str, Any]
) -> str:
    named = "" if constraint.generated else f'CONSTRAINT "{constraint.name}" '
    if constraint.kind == "C":
        return f" {named}CHECK ({constraint.condition}) {_state(constraint)}"
    if constraint.kind in ("P", "U"):
        word = "PRIMARY KEY" if constraint.kind == "P" else "UNIQUE"
        using = "\n  USING INDEX " if constraint.enabled else ""
        if using and params["SEGMENT_ATTRIBUTES"]:
            using += 'PCTFREE 10 INITRANS 2 MAXTRANS 255 \n  TABLESPACE "USERS" '
        return f" {named}{word} ({_list(constraint.columns)}){using} {_state(constraint)}"
    schema, parent = constraint.parent_schema or table.schema, constraint.parent_table or ""
    key = next(
        (
            c.columns
            for t in catalog.of_type(Table)
            if (t.schema, t.name) == (schema, parent)
            for c in t.constraints
            if c.name == constraint.parent_constraint
        ),
        [],
    )
    rule = {"CASCADE": " ON DELETE CASCADE", "SET NULL": " ON DELETE SET NULL"}
    return (
        f" {named}FOREIGN KEY ({_list(constraint.columns)})\n\t  REFERENCES "
        f"{_name(schema, parent, params)} ({_list(key)})"
        f"{rule.get(constraint.delete_rule or '', '')} {_state(constraint)}"
    )


def _table(catalog: Catalog, table: Table, params: dict[str, Any]) -> str:
    lines = [_column(table, c, params) for c in table.columns if not c.hidden]
    for constraint in table.constraints:
        wanted = params["REF_CONSTRAINTS"] if constraint.kind == "R" else params["CONSTRAINTS"]
        if wanted and not constraint.is_not_null:
            lines.append(_constraint(catalog, table, constraint, params))
    temporary = "GLOBAL TEMPORARY " if table.temporary else ""
    text = f"\n  CREATE {temporary}TABLE {_name(table.schema, table.name, params)} \n   (\t"
    text += ", \n\t".join(lines) + "\n   ) "
    if table.temporary:
        kept = "PRESERVE" if table.temporary == "SYS$SESSION" else "DELETE"
        text += f"ON COMMIT {kept} ROWS "
    elif table.index_organized:
        text += "ORGANIZATION INDEX "
    elif params["SEGMENT_ATTRIBUTES"]:
        if params["SEGMENT_CREATION"] and not table.partitioning:
            text += "SEGMENT CREATION IMMEDIATE \n  "
        text += "PCTFREE 10 PCTUSED 40 INITRANS 1 MAXTRANS 255 \n NOCOMPRESS LOGGING\n"
        text += '  TABLESPACE "USERS" '
    if table.partitioning and params["PARTITIONING"]:
        text += _partitioning(table)
    return text


def _partitioning(table: Table) -> str:
    p = table.partitioning
    assert p is not None
    if p.method == "REFERENCE":
        text = f'\n  PARTITION BY REFERENCE ("{p.reference}") '
    else:
        text = f"\n  PARTITION BY {p.method} ({_list(p.columns)}) "
    if p.interval:
        text += f"INTERVAL ({p.interval}) "
    if p.sub_method:
        text += f"\n  SUBPARTITION BY {p.sub_method} ({_list(p.sub_columns)}) "
    parts = ", \n ".join(
        _partition(part, p.method, "PARTITION", p.sub_method) for part in p.partitions
    )
    return f"{text}\n ({parts}) "


def _partition(part: Partition, method: str, word: str, sub_method: str | None) -> str:
    text = f'{word} "{part.name}" '
    if part.high_value is not None:
        text += f" VALUES {'LESS THAN ' if method == 'RANGE' else ''}({part.high_value}) "
    if part.subpartitions and sub_method:
        inner = ", \n   ".join(
            _partition(s, sub_method, "SUBPARTITION", None) for s in part.subpartitions
        )
        text += f"\n ( {inner}) "
    return text


def _view(view: View, params: dict[str, Any]) -> str:
    columns = _list([c.name for c in view.columns] or (view.aliases or []))
    force = "FORCE " if params["FORCE"] else ""
    tail = "" if not view.read_only else " WITH READ ONLY"
    tail = " WITH CHECK OPTION" if view.check_option else tail
    listed = f" ({columns})" if columns else ""
    return (
        f"\n  CREATE OR REPLACE {force}EDITIONABLE VIEW {_name(view.schema, view.name, params)}"
        f"{listed} AS \n  {view.text}{tail}"
    )


def _sequence(s: Sequence, params: dict[str, Any]) -> str:
    return (
        f"\n   CREATE SEQUENCE  {_name(s.schema, s.name, params)}  MINVALUE {s.minimum} "
        f"MAXVALUE {min(s.maximum, MAX_SEQUENCE)} INCREMENT BY {s.increment} "
        f"START WITH {s.last_number} {_cache(s)} {'ORDER' if s.order else 'NOORDER'}  "
        f"{'CYCLE' if s.cycle else 'NOCYCLE'}  NOKEEP  NOSCALE  GLOBAL "
    )


def _index(index: Index, params: dict[str, Any]) -> str:
    parts = []
    for part in index.parts:
        text = part.expression if part.expression is not None else f'"{part.column}"'
        parts.append(text + (" DESC" if part.descending else ""))
    kind = "UNIQUE " if index.unique else "BITMAP " if index.bitmap else ""
    tail = " REVERSE" if index.reverse else ""
    if params["SEGMENT_ATTRIBUTES"]:
        tail += '\n  PCTFREE 10 INITRANS 2 MAXTRANS 255 \n  TABLESPACE "USERS" '
    local = "  LOCAL" if index.local else ""
    return (
        f"\n  CREATE {kind}INDEX {_name(index.schema, index.name, params)} ON "
        f"{_name(index.table_schema, index.table, params)} ({', '.join(parts)}) {tail}{local}"
    )
