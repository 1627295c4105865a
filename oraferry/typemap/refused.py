"""Oracle types that no rule carries: each by name, with what a person can do instead.

Their values have no text or binary form of their own in SQL. An SQL expression for the column
(``table_options``) gives one, and what it gives is carried like any other column.
"""

from __future__ import annotations

from collections.abc import Mapping

from oraferry.model import DataType

_EXPRESSION = "give the column an SQL expression in table_options"
_LOCATOR = (
    f"{_EXPRESSION}: TO_BLOB({{c}}) reads the file (Oracle 12.2 and newer), a function of "
    "your own around DBMS_LOB.FILEGETNAME gives its name; or exclude the column"
)
_ANY = (
    f"{_EXPRESSION}: CASE SYS.ANYDATA.GETTYPENAME({{c}}) WHEN 'SYS.VARCHAR2' THEN "
    "SYS.ANYDATA.ACCESSVARCHAR2({c}) … END; or exclude the column"
)
_URI = f"{_EXPRESSION}: {{c}}.GETURL(); or exclude the column"

HINTS: Mapping[str, str] = {
    "BFILE": _LOCATOR,
    "SDO_GEOMETRY": f"{_EXPRESSION}: SDO_UTIL.TO_WKTGEOMETRY({{c}}) or "
    "SDO_UTIL.TO_WKBGEOMETRY({c}), and {c}.SDO_SRID as a column of its own; or exclude the column",
    "REF": "exclude the column: a REF means nothing outside its database",
    "ANYDATA": _ANY,
    "ANYTYPE": "exclude the column",
    "ANYDATASET": "exclude the column",
    "URITYPE": _URI,
    "HTTPURITYPE": _URI,
    "DBURITYPE": _URI,
    "XDBURITYPE": _URI,
}
USER_TYPE = (
    "it is not read as JSON before Oracle 18c, with attributes other than numbers, texts, dates, "
    "intervals and RAWs, as a collection of objects, or where it has subtypes; "
    f"{_EXPRESSION}, with the policy to: jsonb: JSON_OBJECT('NAME' VALUE {{c}}.NAME, …) for an "
    "object, CASE WHEN {c} IS NOT NULL THEN NVL((SELECT JSON_ARRAYAGG(COLUMN_VALUE) FROM "
    "TABLE({c})), '[]') END for a collection (Oracle 12.2 and newer); or exclude the column"
)


def get_hint(type: DataType, column: str) -> str:
    """What to do about a column of a type that nothing carries."""
    hint = HINTS.get(type.name)
    if hint is None:
        hint = USER_TYPE if type.schema else "exclude the column, or move it by hand"
    return hint.replace("{c}", f't."{column}"')
