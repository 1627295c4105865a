"""XMLTYPE: its object image, and the type lookup that drivers run before they fetch one."""

from __future__ import annotations

from collections.abc import Sequence

from orasim.engine import TYPE_NUMBER, TYPE_OBJECT, TYPE_VARCHAR, Bind, ColumnInfo, Outcome
from orasim.wire.primitives import clr, ub

_IMAGE = b"\x84\x01\xfe"  # flags, version, "a long length follows"
_AS_TEXT = b"\x01" + (4).to_bytes(4, "big")  # XML version 1, flag 4: a string
_OID = b"SYS.XMLTYPE".ljust(16, b"\0")
_NOTHING_INSIDE = bytes(18)  # a type descriptor without attributes
_ZERO, _ONE = b"\x80", b"\xc1\x02"
_NAMES = {'"SYS"."XMLTYPE"', "SYS.XMLTYPE", "XMLTYPE"}


def is_xmltype(column: ColumnInfo) -> bool:
    """True for the one object type whose values are sent."""
    return column.type == TYPE_OBJECT and column.type_name == "XMLTYPE"


def xmltype_field(value: bytes | None) -> bytes:
    """An XMLTYPE column: no identifiers, then an image around UTF-8 text."""
    head = b"\x00\x00\x00" + ub(0)
    if not value:
        return head + ub(0) + ub(0)
    length = len(_IMAGE) + 4 + len(_AS_TEXT) + len(value)
    image = _IMAGE + length.to_bytes(4, "big") + _AS_TEXT + value
    return head + ub(len(image)) + ub(0) + clr(image)


class _NoAttributes:
    """The attribute cursor of a type that shows none."""

    columns: Sequence[ColumnInfo] = tuple(
        ColumnInfo(name, kind, buffer_size=128)
        for name, kind in (
            ("VERSION", TYPE_NUMBER),
            ("ATTR_NAME", TYPE_VARCHAR),
            ("ATTR_NUM", TYPE_NUMBER),
            ("ATTR_TYPE_NAME", TYPE_VARCHAR),
            ("ATTR_TYPE_OWNER", TYPE_VARCHAR),
            ("ATTR_TYPE_PACKAGE", TYPE_VARCHAR),
            ("ATTR_TYPE_OID", TYPE_VARCHAR),
            ("ATTR_INSTANTIABLE", TYPE_VARCHAR),
            ("SUPER_TYPE_OWNER", TYPE_VARCHAR),
            ("SUPER_TYPE_NAME", TYPE_VARCHAR),
        )
    )

    def fetch(self, rows: int) -> list[Sequence[bytes | None]]:
        """None at all."""
        return []

    def close(self) -> None:
        """Nothing is held."""


def asks_for_type(sql: str) -> bool:
    """True for python-oracledb's own block that looks a type up."""
    return "dbms_pickler.get_type_shape" in sql.lower()


def answer_type(binds: Sequence[Bind]) -> Outcome:
    """
    The block's OUT values for SYS.XMLTYPE; for any other type its "not found".

    Other object types are not modelled: the driver then says DPY-2035.
    """
    by_name = {bind.name.lower(): bind for bind in binds}
    asked = by_name["full_name"].values
    is_known = bool(asked) and (asked[0] or b"").decode("utf-8", "replace").upper() in _NAMES
    answers = {
        "ret_val": _ZERO if is_known else _ONE,
        "oid": _OID,
        "version": _ONE,
        "tds": _NOTHING_INSIDE,
        "attrs_rc": _NoAttributes(),
        "package_name": None,
        "schema": b"SYS",
        "name": b"XMLTYPE",
    }
    for name, value in answers.items():
        by_name[name].direction = "out"
        by_name[name].values = [value]
    return Outcome("plsql", out_binds=list(binds))
