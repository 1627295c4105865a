"""Values of object types and collections: framed, read, and the lookup of their types."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from orasim.engine import (
    TYPE_NUMBER,
    TYPE_RAW,
    TYPE_VARCHAR,
    Bind,
    ColumnInfo,
    LobValue,
    OracleError,
    Outcome,
    Session,
    not_supported,
)
from orasim.storage.codec import encode_number
from orasim.storage.objects import (
    Shape,
    attribute_rows,
    descriptor,
    map_lobs,
    type_oid,
    xmltype_text,
)
from orasim.values import OraType
from orasim.wire.lobs import Lobs
from orasim.wire.primitives import Reader, clr, dalc, ub
from orasim.wire.xmltype import XMLTYPE_SHAPE, is_xmltype, xmltype_field

_TOP_LEVEL = 1
_UNKNOWN_TYPE = 1  # what the lookup returns then; the driver says DPY-2035


class Objects:
    """One session's object values; *session* is asked for the shapes of types."""

    def __init__(self, lobs: Lobs, session: Callable[[], Session]) -> None:
        self._lobs = lobs
        self._session = session

    # -- to the client ---------------------------------------------------------------------

    def writer(self, column: ColumnInfo) -> Callable[[bytes | None], bytes]:
        """How values of *column* are framed."""
        if is_xmltype(column):
            return xmltype_field
        oid = type_oid(column.type_schema or "", column.type_name or "")
        shape = self._session().find_type(oid=oid)
        if shape is None:
            raise not_supported(f"fetching the type {column.type_schema}.{column.type_name}")
        return lambda image: self._framed(shape, image)

    def _framed(self, shape: Shape, image: bytes | None) -> bytes:
        head = dalc(shape.toid) + dalc(b"") + dalc(b"") + ub(0)
        if image is None:
            return head + ub(0) + ub(0)
        sent = map_lobs(shape, image, self._locator)
        return head + ub(len(sent)) + ub(_TOP_LEVEL) + clr(sent)

    def _locator(self, data: bytes, kind: OraType) -> bytes:
        value = LobValue(kind.name != "BLOB", data, kind.name == "NCLOB")
        return self._lobs.locator(value)[0]

    # -- from the client -------------------------------------------------------------------

    def read(self, reader: Reader, oid: bytes) -> bytes | None:
        """A bound value as the engine keeps it: its image with LOBs in place of locators."""
        head = [reader.dalc(), reader.dalc(), reader.dalc()]
        reader.ub()
        size = reader.ub()
        reader.ub()
        if not size and not any(head):
            return None
        image = reader.clr() or b""
        if oid == XMLTYPE_SHAPE.oid:
            return xmltype_text(image)
        shape = self.shape(oid)
        return map_lobs(shape, image, self._lob_data)

    def _lob_data(self, locator: bytes, kind: OraType) -> bytes:
        value = self._lobs.value_of(locator)
        return value if isinstance(value, bytes) else value.data

    def shape(self, oid: bytes) -> Shape:
        """The type that a bind's descriptor names."""
        shape = XMLTYPE_SHAPE if oid == XMLTYPE_SHAPE.oid else self._session().find_type(oid=oid)
        if shape is None:
            raise OracleError(22303, "type not found")
        return shape

    # -- lookup ----------------------------------------------------------------------------

    def answer_type(self, binds: Sequence[Bind]) -> Outcome:
        """The OUT values of the driver's own block that looks a type up."""
        by_name = {bind.name.lower(): bind for bind in binds}
        asked = by_name["full_name"].values
        name = (asked[0] or b"").decode("utf-8", "replace") if asked else ""
        shape = self._find(name)
        known = shape or XMLTYPE_SHAPE
        answers: dict[str, Any] = {
            "ret_val": encode_number(0 if shape else _UNKNOWN_TYPE),
            "oid": known.oid,
            "version": encode_number(1),
            "tds": descriptor(known),
            "attrs_rc": _Attributes(known),
            "package_name": known.package.encode() if known.package else None,
            "schema": known.schema.encode(),
            "name": known.name.encode(),
        }
        for key, value in answers.items():
            by_name[key].direction = "out"
            by_name[key].values = [value]
        return Outcome("plsql", out_binds=list(binds))

    def _find(self, name: str) -> Shape | None:
        if name.upper().replace('"', "") in ("SYS.XMLTYPE", "XMLTYPE"):
            return XMLTYPE_SHAPE
        return self._session().find_type(name)


def asks_for_type(sql: str) -> bool:
    """True for python-oracledb's own block that looks a type up."""
    return "dbms_pickler.get_type_shape" in sql.lower()


class _Attributes:
    """The cursor over a type's attributes."""

    columns: Sequence[ColumnInfo] = tuple(
        ColumnInfo(name, kind, buffer_size=128)
        for name, kind in (
            ("VERSION", TYPE_NUMBER),
            ("ATTR_NAME", TYPE_VARCHAR),
            ("ATTR_NUM", TYPE_NUMBER),
            ("ATTR_TYPE_NAME", TYPE_VARCHAR),
            ("ATTR_TYPE_OWNER", TYPE_VARCHAR),
            ("ATTR_TYPE_PACKAGE", TYPE_VARCHAR),
            ("ATTR_TYPE_OID", TYPE_RAW),
            ("ATTR_INSTANTIABLE", TYPE_VARCHAR),
            ("SUPER_TYPE_OWNER", TYPE_VARCHAR),
            ("SUPER_TYPE_NAME", TYPE_VARCHAR),
        )
    )

    def __init__(self, shape: Shape) -> None:
        self._rows = [
            [
                encode_number(1),
                name.encode(),
                encode_number(number),
                kind.encode(),
                owner and owner.encode(),
                package and package.encode(),
                oid,
                b"YES",
                None,
                None,
            ]
            for number, (name, kind, owner, package, oid) in enumerate(attribute_rows(shape), 1)
        ]

    def fetch(self, rows: int) -> list[Sequence[bytes | None]]:
        """The next attributes."""
        part, self._rows = self._rows[:rows], self._rows[rows:]
        return part  # type: ignore[return-value]

    def close(self) -> None:
        """Nothing is held."""
