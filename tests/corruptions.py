"""How every damage of oraferry/verify/damages.py is planted in PostgreSQL, type by type.

A value's damage is an SQL expression over the column, by the stored type. It is planted in
the first row where what would be stored then is not, byte for byte, what is stored now; a
column without such a row cannot have the damage. What a type does not tell apart, or what
two ways to write one value are, is HARMLESS: no method may see it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from oraferry.verify.damages import CHANGED, MOVED, ROWS, Family

INTEGER = "smallint, integer, bigint"
NUMBER = f"{INTEGER}, numeric"
FLOAT = "real, double precision"
TEXT = "text, character varying"
WORDS = f"{TEXT}, character"
BYTES = "bytea"
STAMP = "timestamp without time zone, timestamp with time zone"
SPAN = f"{STAMP}, interval"
MOMENT = f"{STAMP}, date"
SORTED = f"{NUMBER}, {FLOAT}, {WORDS}, {MOMENT}, interval"
JSON = "json, jsonb"
DOCUMENT = f"{JSON}, xml"
EVERY = f"{NUMBER}, {FLOAT}, {WORDS}, bytea, uuid, {MOMENT}, interval, {DOCUMENT}, boolean"


@dataclass(frozen=True)
class Column:
    """Where to plant: quoted names, the type as the server writes it and without its sizes."""

    table: str
    name: str
    full_type: str
    type: str
    family: Family
    scale: int | None = None
    is_alone: bool = False  # the table has no second column of the type

    @property
    def ulp(self) -> str:
        """The last digit that the type keeps, or that the value has."""
        if self.scale is None:
            return f"('1e-' || scale({self.name}))::numeric"
        return f"1e{-self.scale}::numeric"

    @property
    def step(self) -> str:
        """A little, as much in every row."""
        return "1" if self.scale is None else self.ulp

    def is_extreme(self, value: str, new: str | None = None) -> str:
        """True for the least and the greatest value, or where *new* would be it."""
        known = [name.strip() for name in SORTED.split(",")]
        if self.type not in known:
            return "(1 = 0)"
        sort = ' COLLATE "C"' if self.type in ("text", "character varying", "character") else ""
        least, greatest = (
            f"(SELECT {name}({self.name}{sort}) FROM {self.table})" for name in ("min", "max")
        )
        return " AND ".join(
            f"{one}{sort} > {least} AND {one}{sort} < {greatest}" for one in (value, new) if one
        ).join(("coalesce(NOT (", "), true)"))

    def size(self, value: str) -> str:
        """How long *value* is, where that is summed."""
        if self.type == "bytea":
            return f"octet_length({value})"
        return f"octet_length({value}::text)" if self.type in ("text", "character varying") else "0"

    @property
    def infinity(self) -> str:
        """What a numeric can hold only without a precision."""
        return "'Infinity'" if self.scale is None or self.type != "numeric" else "NULL"


@dataclass(frozen=True)
class Value:
    """One value is another one."""

    by_type: Mapping[str, str]  # stored types -> the value that is stored instead of {v}
    where: str = "{v} IS NOT NULL AND ({x}) IS NOT NULL"
    is_harmless: bool = False

    def statement(self, column: Column) -> str | None:
        """Plants it; None where the type cannot have it."""
        expression = self._find(column)
        if expression is None:
            return None
        sizes = {"v": column.name, "t": column.full_type, "ulp": column.ulp,
                 "infinity": column.infinity, "table": column.table}  # fmt: skip
        expression = f"({_fill(expression, sizes)})::{column.full_type}"
        where = _fill(self.where, sizes | {"x": expression})
        victim = (
            f"SELECT ctid FROM {column.table} WHERE {where} "
            f"AND {self._differ(column, expression)} "
            f"ORDER BY {column.is_extreme(column.name, expression)}, id LIMIT 1"
        )
        return f"UPDATE {column.table} SET {column.name} = {expression} WHERE ctid = ({victim})"

    def _differ(self, column: Column, expression: str) -> str:
        if column.type == "numeric" and not self.is_harmless:
            return f"{expression} IS DISTINCT FROM {column.name}"  # whatever the zeros
        return f"record_image_ne(ROW({expression}), ROW({column.name}))"

    def _find(self, column: Column) -> str | None:
        for types, expression in self.by_type.items():
            if column.type in [name.strip() for name in types.split(",")]:
                return expression
        return None


@dataclass(frozen=True)
class Statement:
    """
    SQL over {table}, {v} and the second column {w}, for columns of some types; {a.v} is true
    for a value of the row a that should rather be left alone, {a.size} its length.
    """

    sql: str
    types: str = EVERY
    needs_second: bool = False

    def statement(self, column: Column) -> str | None:
        """Plants it."""
        known = [name.strip() for name in self.types.split(",")]
        sizes = {"table": column.table, "v": column.name, "w": "w", "t": column.full_type,
                 "step": column.step}  # fmt: skip
        for row in "ab":
            for name in (column.name, "w"):
                place = name.strip('"')
                sizes[f"{row}.{place}"] = column.is_extreme(f"{row}.{name}")
                sizes[f"{row}.{place} size"] = column.size(f"{row}.{name}")
        return _fill(self.sql, sizes) if column.type in known else None


Plan = Value | Statement


def _fill(template: str, names: Mapping[str, str]) -> str:
    for name, value in names.items():
        template = template.replace("{" + name + "}", value)
    return template


_UUID = "uuid_send({v})"


def _flip(place: str) -> dict[str, str]:
    """The lowest bit of the byte or character at *place*, of {n}."""
    byte = place.replace("{n}", "length({v})")
    character = f"({byte}) + 1"
    of_uuid = place.replace("{n}", "16")
    code = f"ascii(substr({{v}}, {character}, 1))"
    return {
        BYTES: f"CASE WHEN length({{v}}) > 0 THEN set_byte({{v}}, {byte}, get_byte({{v}}, {byte}) # 1) ELSE {{v}} END",
        WORDS: f"CASE WHEN length({{v}}) > 0 AND {code} > 1 THEN overlay({{v}}::text placing chr({code} # 1) from {character} for 1) ELSE {{v}} END",
        "uuid": f"encode(set_byte({_UUID}, {of_uuid}, get_byte({_UUID}, {of_uuid}) # 1), 'hex')::uuid",
    }


def _more(interval: str, types: str = MOMENT) -> dict[str, str]:
    """A moment, or a span, that much later."""
    return {types: f"{{v}} + interval '{interval}'"}


def _of_documents(pattern: str, replacement: str) -> dict[str, str]:
    return {JSON: f"regexp_replace({{v}}::text, '{pattern}', '{replacement}')"}


_FIRST_OTHER = "SELECT o.{v} FROM {table} o WHERE o.{v} IS NOT NULL ORDER BY id LIMIT 1"
_SWAP = (
    "WITH pair AS (SELECT a.ctid AS one, b.ctid AS two, a.{v} AS first, b.{v} AS second "
    "FROM {table} a JOIN {table} b ON a.id < b.id WHERE record_image_ne(ROW(a.{v}), ROW(b.{v})) "
    "ORDER BY num_nulls(a.{v}, b.{v}), a.id, b.id LIMIT 1) "
    "UPDATE {table} t SET {v} = CASE WHEN t.ctid = one THEN second ELSE first END "
    "FROM pair WHERE t.ctid IN (one, two)"
)
_SECOND = ", {a.w size} <> {b.w size}, {a.w} OR {b.w}"
_REPLACE = (
    "WITH pair AS (SELECT a.ctid AS one, b.ctid AS two FROM {table} a JOIN {table} b "
    "ON a.id <> b.id AND record_image_ne(ROW(a.{v}), ROW(b.{v})) "
    "AND a.id NOT IN ((SELECT min(id) FROM {table}), (SELECT max(id) FROM {table})) "
    "ORDER BY num_nulls({both}), {a.v size} <> {b.v size}, {a.v} OR {b.v}"
    + _SECOND
    + ", a.id, b.id LIMIT 1), "
    "gone AS (DELETE FROM {table} WHERE ctid = (SELECT one FROM pair)) "
    "INSERT INTO {table} SELECT * FROM {table} WHERE ctid = (SELECT two FROM pair)"
)
# The two rows in the middle: neither is the least or the greatest, before or after.
_CANCEL = (
    "WITH pair AS (SELECT array_agg(ctid ORDER BY id) AS rows FROM (SELECT ctid, id FROM {table} "
    "WHERE {v} IS NOT NULL AND {v} > (SELECT min({v}) + {d} FROM {table}) "
    "AND {v} < (SELECT max({v}) - {d} FROM {table}) ORDER BY id LIMIT 2) s HAVING count(*) = 2) "
    "UPDATE {table} t SET {v} = CASE WHEN t.ctid = rows[1] THEN {v} + {d} ELSE {v} - {d} END "
    "FROM pair WHERE t.ctid = ANY (rows)"
)

PLANS: dict[str, tuple[Plan, ...]] = {
    # the number of rows
    "lost row": (Statement("DELETE FROM {table} WHERE id = '1003'"),),
    "doubled row": (Statement("INSERT INTO {table} SELECT * FROM {table} WHERE id = '1001'"),),
    "foreign row": (Statement("INSERT INTO {table} (id, {v}) SELECT '1999', {v} FROM {table} WHERE id = '1001'"),),
    "lost row, doubled row": (Statement(_REPLACE.replace("{both}", "a.{v}, a.w, b.{v}, b.w"), needs_second=True), Statement(_REPLACE.replace("{both}", "a.{v}, b.{v}").replace(_SECOND, ""))),
    # values that moved
    "exchanged values": (Statement(_SWAP),),
    "exchanged columns": (Statement("UPDATE {table} SET {v} = {w}, {w} = {v} WHERE ctid = (SELECT ctid FROM {table} a WHERE record_image_ne(ROW({v}), ROW({w})) ORDER BY num_nulls({v}, {w}), {a.v size} <> {a.w size}, {a.v} OR {a.w}, id LIMIT 1)", needs_second=True),),
    "shifted column": (Statement("UPDATE {table} t SET {v} = o.{v} FROM {table} o WHERE o.id = CASE WHEN t.id = '1001' THEN (SELECT max(id) FROM {table}) ELSE (t.id::int - 1)::text END"),),
    # NULL and what stands for it
    "null for value": (Value({EVERY: "NULL"}, "{v} IS NOT NULL"),),
    "value for null": (Value({EVERY: _FIRST_OTHER}, "{v} IS NULL"),),
    "empty string for null": (Value({f"{WORDS}, {BYTES}": "''"}, "{v} IS NULL"),),
    "null for empty string": (Value({f"text, {BYTES}": "NULL"}, "{v} = ''"),),
    "zero for null": (Value({f"{NUMBER}, {FLOAT}": "0", "boolean": "false"}, "{v} IS NULL"),),
    # numbers
    "changed digit": (
        Value({
            INTEGER: "CASE WHEN {v} > 0 THEN {v} - 1 ELSE {v} + 1 END",
            "numeric": "{v} - sign({v}) * {ulp}",
            FLOAT: "CASE WHEN abs({v}) < 1e6 THEN {v} + 1 ELSE {v} END",
            WORDS: "regexp_replace({v}::text, '[0-8]', '9')",
            "uuid": "overlay({v}::text placing CASE left({v}::text, 1) WHEN '9' THEN '8' ELSE '9' END from 1 for 1)::uuid",
            DOCUMENT: "regexp_replace({v}::text, '[1-8]', '9')",
        }),
    ),
    "flipped sign": (Value({f"{NUMBER}, {FLOAT}, interval": "- {v}"}),),
    "moved point": (Value({f"{NUMBER}, {FLOAT}": "{v} / 10"}),),
    "cut fraction": (Value({f"numeric, {FLOAT}": "trunc({v})", f"{STAMP}, interval": "date_trunc('second', {v})"}),),
    "rounded to double": (Value({"bigint": "{v}::float8::numeric", "numeric": "{v}::float8::numeric"}),),
    "rounded to real": (Value({"double precision": "{v}::real"}),),
    "wrapped integer": (Value({"bigint": "CASE WHEN {v} < 0 THEN {v} + 4294967296 ELSE {v} END"}),),
    "two bits, 32 apart": (Value({"bigint": "{v} # 4294967297"}),),
    "minus zero": (Value({FLOAT: "CASE WHEN {v} = 0 THEN '-0' ELSE {v} END"}),),
    "NaN for number": (Value({f"numeric, {FLOAT}": "'NaN'"}),),
    "number for NaN": (Value({FLOAT: "0"}, "{v} = 'NaN'"),),
    "null for NaN": (Value({FLOAT: "NULL"}, "{v} = 'NaN'"),),
    "infinity for number": (Value({f"numeric, {FLOAT}, {MOMENT}": "{infinity}"}),),
    "NaN for infinity": (Value({FLOAT: "'NaN'"}, "{v} = 'Infinity'"),),
    "cancelling pair": (
        Statement(_CANCEL.replace("{d}", "1"), INTEGER),
        Statement(_CANCEL.replace("{d}", "{step}"), "numeric"),
        Statement(_CANCEL.replace("{d}", "interval '1 second'"), f"{STAMP}, interval"),
        Statement(_CANCEL.replace("{d}", "1"), "date"),
    ),
    # texts and bytes
    "flipped bit, first": (Value(_flip("0")),),
    "flipped bit, middle": (Value(_flip("{n} / 2")),),
    "flipped bit, last": (Value({**_flip("{n} - 1"), INTEGER: "{v} # 1", "double precision": "{v} * (1 + 2.3e-16)::float8", "real": "({v}::float8 * (1 + 1.2e-7)::float8)::real"}),),
    "cut text": (Value({WORDS: "left({v}::text, length({v}) - 1)", BYTES: "CASE WHEN length({v}) > 0 THEN substring({v} from 1 for length({v}) - 1) ELSE {v} END"}),),
    "cut to 4000": (Value({"text": "left({v}, 4000)", BYTES: "substring({v} from 1 for 4000)"}),),
    "trimmed blank": (Value({TEXT: "rtrim({v}, ' ')"}),),
    "trimmed leading blank": (Value({WORDS: "ltrim({v}::text, ' ')"}),),
    "added blank": (Value({TEXT: "{v} || ' '"}),),
    "changed case": (Value({WORDS: "CASE WHEN upper({v}::text) = {v}::text THEN lower({v}::text) ELSE upper({v}::text) END"}),),
    "look-alike letter": (Value({WORDS: "replace({v}::text, 'a', '\u0430')"}),),
    "decomposed letter": (Value({WORDS: "normalize({v}::text, NFD)"}),),
    "lost accent": (Value({WORDS: "translate({v}::text, 'ÄÖä', 'AOa')"}),),
    "wrong charset": (Value({WORDS: "convert_from(convert_to({v}::text, 'UTF8'), 'LATIN1')"}),),
    "question mark": (Value({WORDS: "regexp_replace({v}::text, '[ÄÖ語]', '?')"}),),
    "changed line end": (Value({TEXT: "replace({v}, chr(10), chr(13) || chr(10))"}),),
    "removed control character": (Value({TEXT: "replace({v}, chr(1), '')"}),),
    "doubled quote": (Value({WORDS: "replace({v}::text, '''', '''''')"}),),
    "hex for bytes": (Value({BYTES: "convert_to(encode({v}, 'hex'), 'UTF8')"}),),
    "base64 for bytes": (Value({BYTES: "convert_to(encode({v}, 'base64'), 'UTF8')"}),),
    "added zero byte": (Value({BYTES: "{v} || '\\x00'"}),),
    "lost zero byte": (Value({BYTES: "CASE WHEN encode({v}, 'hex') ~ '00$' THEN substring({v} from 1 for length({v}) - 1) ELSE {v} END"}),),
    "swapped byte order": (Value({
        BYTES: "substring({v} from 2 for 1) || substring({v} from 1 for 1) || substring({v} from 3)",
        "uuid": "regexp_replace({v}::text, '^(..)(..)(..)(..)', '\\4\\3\\2\\1')::uuid",
    }),),
    # moments and intervals
    "one microsecond": (Value(_more("1 microsecond", SPAN)),),
    "one second": (Value(_more("1 second", SPAN)),),
    "one day": (Value(_more("1 day", f"{MOMENT}, interval")),),
    "shifted zone": (Value({STAMP: "{v} + interval '1 hour'"}),),
    "half day": (Value({STAMP: "{v} + interval '12 hours'"}),),
    "lost time of day": (Value({STAMP: "date_trunc('day', {v})"}),),
    "day for month": (Value({MOMENT: "CASE WHEN extract(day FROM {v}) <= 12 THEN to_timestamp(to_char({v}, 'YYYY-DD-MM HH24:MI:SS.US'), 'YYYY-MM-DD HH24:MI:SS.US') END"}),),
    "century": (Value(_more("-100 years")),),
    "Julian date": (Value(_more("10 days")),),
    "folded moment": (Value({STAMP: "{v} + interval '4294.967297 seconds'"}),),
    "changed month": (Value(_more("1 month", "interval")),),
    "other unit": (Value({"interval": "CASE WHEN extract(month FROM {v}) <> 0 THEN {v} - interval '1 month' + interval '30 days' END"}),),
    # the rest
    "flipped truth": (Value({"boolean": "NOT {v}"}),),
    "lost key": (Value({JSON: "CASE jsonb_typeof({v}::jsonb) WHEN 'object' THEN {v}::jsonb - (SELECT min(k) FROM jsonb_object_keys({v}::jsonb) k) END"}),),
    "text for number": (Value(_of_documents("([\\[:] ?)([0-9][0-9.]*)", '\\1"\\2"')),),
    "JSON null for NULL": (Value({JSON: "'null'"}, "{v} IS NULL"),),
    "changed element": (Value({"xml": "regexp_replace({v}::text, '>([^<]+)<', '>other<')::xml"}),),
    "changed attribute": (Value({"xml": "replace({v}::text, 'k=\"5\"', 'k=\"6\"')::xml"}),),
    "changed instruction": (Value({"xml": "replace({v}::text, 'a1.xsl', 'a2.xsl')::xml"}),),
}  # fmt: skip

# Another form of the same value. Nothing of the target's is another one: it must not be seen.
HARMLESS: dict[str, tuple[Plan, ...]] = {
    "rewritten rows": (Statement("UPDATE {table} SET {v} = {v}"),),
    "other order": (Statement("WITH gone AS (DELETE FROM {table} RETURNING *) INSERT INTO {table} SELECT * FROM gone ORDER BY id DESC"),),
    "zeros at the end": (Value({"numeric": "CASE WHEN scale({v}) > 0 THEN ({v}::text || '00')::numeric ELSE ({v}::text || '.00')::numeric END"}, is_harmless=True),),
    "another NaN": (Value({"double precision": "'Infinity'::float8 - 'Infinity'::float8", "real": "'Infinity'::real - 'Infinity'::real"}, "{v} = 'NaN'"),),
    "hours for days": (Value({"interval": "CASE WHEN extract(day FROM {v}) <> 0 THEN {v} - interval '1 day' + interval '24 hours' END"}),),
    "order of keys, blanks": (Value({"json": "regexp_replace({v}::text, '^\\{(.*?), *(\"a\".*)\\}$', '{ \\2,  \\1 }')::json"}),),
    "XML declaration": (Value({"xml": "('<?xml version=\"1.0\"?>' || {v}::text)::xml"}),),
}  # fmt: skip

FORMS = {
    "rewritten rows": "rows that somebody updated to the values that they had",
    "other order": "rows stored in another order",
    "zeros at the end": "1.50 and 1.5 in a numeric",
    "another NaN": "a NaN of other bits",
    "hours for days": "an interval of 24 hours and one of a day",
    "order of keys, blanks": "a JSON text with its keys in another order, or other blanks",
    "XML declaration": "an XML document with or without its declaration",
}
# What a type cannot store is no damage there: the damage, and two values that are one.
NOT_KEPT = {
    ("trimmed blank", "character"): ("'ab'::character(4)", "'ab  '::character(4)"),
    ("added blank", "character"): ("'ab '::character(4)", "'ab'::character(4)"),
    ("minus zero", "numeric"): ("'-0'::numeric", "'0'::numeric"),
    ("order of keys, blanks", "jsonb"): ("""'{"b": 1, "a":2}'::jsonb""", """'{"a":2,"b":1}'::jsonb"""),
    ("shifted zone", "timestamp with time zone"): (
        "'2024-01-01 12:00+02'::timestamptz", "'2024-01-01 10:00+00'::timestamptz",
    ),
}  # fmt: skip

PLANTED = {**ROWS, **MOVED, **CHANGED}


def find_statement(damage: str, column: Column) -> str | None:
    """The SQL that plants *damage* in *column*; None where its type cannot have it."""
    for plan in (PLANS | HARMLESS)[damage]:
        if isinstance(plan, Statement) and plan.needs_second and column.is_alone:
            continue
        found = plan.statement(column)
        if found is not None:
            return found
    return None
