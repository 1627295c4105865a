"""The damages that methods declare to detect, by the names that tests plant them under.

tests/corruptions.py plants each in a column of every type that can hold it; ``make
corruptions`` says whether every method sees exactly what it declares.
"""

from __future__ import annotations

from typing import Literal

from oraferry.model import DataType

Family = Literal[
    "number", "float", "text", "lob", "bytes", "moment", "interval", "document", "truth"
]

# The number of rows is another one.
COUNTED = {
    "lost row": "a row is not there",
    "doubled row": "a row is there twice",
    "foreign row": "a row that the source does not have",
}
ROWS = {**COUNTED, "lost row, doubled row": "a row is not there, another one is twice"}
# Every value of the column is still there, somewhere.
MOVED = {
    "exchanged values": "two rows have each other's value",
    "exchanged columns": "two columns of a row have each other's value",
    "shifted column": "each row has the value of the row before it",
}
# One value is another one.
CHANGED = {
    "null for value": "NULL instead of a value",
    "value for null": "a value instead of NULL",
    "empty string for null": "'' instead of NULL",
    "null for empty string": "NULL instead of ''",
    "zero for null": "0 instead of NULL",
    "changed digit": "one digit is another one",
    "flipped sign": "the sign is the other one",
    "moved point": "a tenth of the number",
    "cut fraction": "nothing after the point, or after the second",
    "rounded to double": "the nearest double precision number",
    "rounded to real": "the nearest real number",
    "wrapped integer": "2**32 more, as where a sign is lost",
    "two bits, 32 apart": "bits that cancel where 64 bits are folded to 32",
    "minus zero": "-0.0 instead of 0.0",
    "NaN for number": "NaN instead of a number",
    "number for NaN": "0 instead of NaN",
    "null for NaN": "NULL instead of NaN",
    "infinity for number": "infinity instead of a finite value",
    "NaN for infinity": "NaN instead of infinity",
    "cancelling pair": "one row has more, another one as much less: the sum agrees",
    "flipped bit, first": "the lowest bit of the first byte or character",
    "flipped bit, middle": "the lowest bit of the middle byte or character",
    "flipped bit, last": "the lowest bit of the last byte, character or binary digit",
    "cut text": "the last byte or character is not there",
    "cut to 4000": "only the first 4,000 bytes or characters are there",
    "trimmed blank": "a trailing blank is not there",
    "trimmed leading blank": "a leading blank is not there",
    "added blank": "a trailing blank more",
    "changed case": "upper case for lower case",
    "look-alike letter": "a letter of another script that looks the same",
    "decomposed letter": "a letter and its accent as two characters",
    "lost accent": "the letter without its accent",
    "wrong charset": "UTF-8 read as Latin 1",
    "question mark": "? instead of a character",
    "changed line end": "CR LF instead of LF",
    "removed control character": "a control character is not there",
    "doubled quote": "a quote that was escaped once too often",
    "hex for bytes": "the digits of the bytes in hex",
    "base64 for bytes": "the bytes in base64",
    "added zero byte": "a zero byte more at the end",
    "lost zero byte": "a zero byte at the end is not there",
    "swapped byte order": "the first bytes in the opposite order",
    "one microsecond": "a microsecond more",
    "one second": "a second more",
    "one day": "a day more",
    "shifted zone": "an hour more, as from another zone or daylight saving time",
    "half day": "twelve hours more: PM for AM",
    "lost time of day": "midnight of the day",
    "day for month": "day and month exchanged",
    "century": "a hundred years less",
    "Julian date": "ten days more: a day of the other calendar",
    "folded moment": "2**32 + 1 microseconds more",
    "changed month": "a month more in an interval",
    "other unit": "30 days for a month: equal in PostgreSQL, but not the same",
    "flipped truth": "true for false",
    "lost key": "a key of a JSON object is not there",
    "text for number": "a number of a JSON document in quotes",
    "JSON null for NULL": "the JSON value null instead of NULL",
    "changed element": "the text of an XML element is another one",
    "changed attribute": "an XML attribute's value is another one",
    "changed instruction": "an XML processing instruction is another one",
}
# Of a job's chunks, ledger and quarantine table.
OF_JOBS = {
    "lost chunk": "a chunk was never loaded, and the ledger does not miss it",
    "overlapping chunks": "rows were loaded by two chunks",
    "updated row": "somebody wrote to a row during the load",
    "row set aside": "a row is in the quarantine table",
    "lost quarantine row": "a row is neither in the table nor in the quarantine table",
}
IN_TABLES = {**ROWS, **MOVED, **CHANGED}  # whoever loaded them
DAMAGES = {**IN_TABLES, **OF_JOBS}

_NUMBERS = {"smallint", "integer", "bigint", "numeric"}
_FAMILIES: dict[str, Family] = {
    "real": "float",
    "double precision": "float",
    "bytea": "bytes",
    "uuid": "bytes",
    "date": "moment",
    "interval": "interval",
    "json": "document",
    "jsonb": "document",
    "xml": "document",
    "boolean": "truth",
}
_LOBS = {"CLOB", "NCLOB", "BLOB", "LONG", "LONG RAW"}


def get_family(source: DataType, target: DataType) -> Family:
    """
    What a column of these types counts as.

    >>> get_family(DataType("CLOB"), DataType("text"))
    'lob'
    """
    if target.name in _NUMBERS:
        return "number"
    if target.name.startswith("timestamp"):
        return "moment"
    found = _FAMILIES.get(target.name, "text")
    return "lob" if source.name in _LOBS and found in ("text", "bytes") else found
