"""Runs a SQL*Loader control file: records cut into fields, fields into rows."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from orasim.engine import OracleError
from orasim.script.control import DEFAULT_LENGTH, Control, ControlField, parse_control
from orasim.script.rows import Field, Loaded, RowWriter


class _Rejected(Exception):
    """A record that does not give what its fields need."""


def load_control(session: Any, path: Path, data: Path | None = None) -> Loaded:
    """Load what the control file at *path* says; *data* goes before its INFILE."""
    control = parse_control(path.read_text(encoding="utf-8-sig"))
    lines = _lines(control, path, data)
    _prepare(session, control)
    writer = RowWriter(session, control.table, [_target(f) for f in control.fields if not f.filler])
    loaded = Loaded()
    for number, record in enumerate(_records(control, lines), 1):
        if number <= control.skip:
            continue
        try:
            row = _row(control, record, number - control.skip, path.parent)
            if _wanted(control, row):
                writer.insert(row)
                loaded.rows += 1
        except (_Rejected, OracleError) as error:
            if isinstance(error, OracleError) and error.code == 3001:
                raise
            loaded.reject(number, str(error))
        if loaded.rejected > control.most_errors:
            loaded.errors.append(f"given up after {control.most_errors} errors")
            break
    session.commit()
    return loaded


def _lines(control: Control, path: Path, data: Path | None) -> list[str]:
    if data is None and control.data is not None and not control.files:
        return control.data.splitlines()
    names = [str(data)] if data is not None else control.files or [f"{path.stem}.dat"]
    lines: list[str] = []
    for name in names:
        found = next((p for p in (Path(name), path.parent / name) if p.is_file()), None)
        if found is None:
            raise FileNotFoundError(f"SQL*Loader-500: Unable to open file ({name})")
        lines += found.read_text(encoding=control.charset).splitlines()
    return lines


def _prepare(session: Any, control: Control) -> None:
    """Empty the table, or see that it is empty, as the mode says."""
    if control.mode in ("REPLACE", "TRUNCATE"):
        session.run_nested(f"DELETE FROM {control.table}")
    elif control.mode == "INSERT":
        plan, context, _ = session._plan(f"SELECT 1 FROM {control.table} WHERE ROWNUM = 1", [])
        context.begin_execution()
        if list(plan.rows()):
            raise OracleError(
                601, "SQL*Loader-601: for INSERT option, table must be empty"
            )  # no ORA- number of its own


def _target(item: ControlField) -> Field:
    """How a field becomes its column's value."""
    bind = f':"{item.name}"'
    if item.special == "SYSDATE":
        return Field(item.name, "SYSDATE")
    if item.special == "EXPRESSION":
        return Field(item.name, item.expression)
    if item.expression is not None:
        return Field(item.name, item.expression)
    if item.mask is not None:
        function = "TO_DATE" if item.kind == "DATE" else "TO_TIMESTAMP"
        quoted = item.mask.replace("'", "''")
        return Field(item.name, f"{function}({bind}, '{quoted}')")
    return Field(item.name)


def _records(control: Control, lines: list[str]) -> Iterator[str]:
    """Logical records: CONTINUEIF NEXT joins lines that begin with its mark."""
    mark = control.continue_next
    if mark is None:
        yield from (line for line in lines if line.strip())
        return
    start, end, text = mark
    record: str | None = None
    for line in lines:
        if record is not None and line[start - 1 : end] == text:
            record += line[: start - 1] + line[end:]
            continue
        if record is not None:
            yield record
        # The mark's place is taken out of every line, the first one too.
        record = line[: start - 1] + line[end:]
    if record is not None and record.strip():
        yield record


def _row(control: Control, record: str, number: int, folder: Path) -> dict[str, Any]:
    row: dict[str, Any] = {}
    at: int | None = 0
    for item in control.fields:
        if item.constant is not None:
            row[item.name] = item.constant
        elif item.special == "RECNUM":
            row[item.name] = str(number)
        elif item.special == "SEQUENCE":
            row[item.name] = str(item.start + (number - 1) * item.step)
        elif item.lob_file is not None:
            row[item.name] = _file(row.get(item.lob_file), item, folder)
        elif item.special is None:
            value, at = _cut(control, item, record, at)
            row[item.name] = _checked(item, value)
    return row


def _cut(
    control: Control, item: ControlField, record: str, at: int | None
) -> tuple[str | None, int | None]:
    """A field's text, and where the next one begins; None past the record's end."""
    if item.position is not None:
        start, end = item.position
        if end is not None:
            text = record[start - 1 : end].rstrip(" ")
            return text or None, end
        at = start - 1
    if item.length is not None and item.terminator is None:
        place = at or 0
        return record[place : place + item.length].rstrip(" ") or None, place + item.length
    if at is None or at > len(record):
        if not control.trailing_nulls:
            raise _Rejected("Column not found before end of logical record (use TRAILING NULLCOLS)")
        return None, None
    return _delimited(item, record, at)


def _delimited(item: ControlField, record: str, at: int) -> tuple[str | None, int | None]:
    terminator, enclosure = item.terminator, item.enclosure
    if terminator == " ":
        while record[at : at + 1].isspace():
            at += 1
    if enclosure is not None:
        start = at + len(record[at:]) - len(record[at:].lstrip(" "))
        if record.startswith(enclosure, start):
            return _enclosed(item, record, start + len(enclosure))
        if not item.optional:
            raise _Rejected("initial enclosing character not found")
        at = start
    if terminator is None:
        return record[at:] or None, None
    if terminator == " ":
        end = next((p for p in range(at, len(record)) if record[p].isspace()), -1)
    else:
        end = record.find(terminator, at)
    if end < 0:
        return record[at:] or None, None
    return record[at:end] or None, end + len(terminator)


def _enclosed(item: ControlField, record: str, at: int) -> tuple[str | None, int | None]:
    mark, parts = item.enclosure or "", []
    while True:
        end = record.find(mark, at)
        if end < 0:
            raise _Rejected("second enclosure string not present")
        parts.append(record[at:end])
        at = end + len(mark)
        if not record.startswith(mark, at):
            break
        parts.append(mark)  # doubled: the mark itself
        at += len(mark)
    value = "".join(parts) or None
    if item.terminator is None:
        return value, at
    after = record.find(item.terminator, at)
    return value, None if after < 0 else after + len(item.terminator)


def _checked(item: ControlField, value: str | None) -> str | None:
    if value is None:
        return None
    if item.null_if is not None and (
        value == item.null_if or (item.null_if == "" and not value.strip())
    ):
        return None
    if item.position is None and len(value) > (item.length or DEFAULT_LENGTH):
        raise _Rejected(f"column {item.name}: field in data file exceeds maximum length")
    return value


def _file(name: str | None, item: ControlField, folder: Path) -> str | bytes | None:
    if not name:
        return None
    found = next((p for p in (Path(name), folder / name) if p.is_file()), None)
    if found is None:
        raise _Rejected(f"SQL*Loader-502: unable to open data file '{name}' for field {item.name}")
    return found.read_bytes() if item.kind == "RAW" else found.read_text(encoding="utf-8")


def _wanted(control: Control, row: dict[str, Any]) -> bool:
    for name, sign, text in control.when:
        value = row.get(name) or ""
        if (value == text) != (sign == "="):
            return False
    return True
