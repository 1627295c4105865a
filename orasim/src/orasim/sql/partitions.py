"""Which partition a row belongs to: RANGE, LIST, HASH, interval and composite."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from orasim.dictionary import model
from orasim.engine import OracleError, not_supported
from orasim.sql.context import Context
from orasim.sql.convert import converter
from orasim.sql.functions.packages import hash_bytes
from orasim.sql.parse import parse_expression
from orasim.sql.scan import scan, significant
from orasim.sql.scope import Row, Scope
from orasim.storage.codec import encode
from orasim.storage.segment import Segment

MAXVALUE = object()
DEFAULT = object()


@dataclass(slots=True)
class Router:
    """Finds, and for INTERVAL tables makes, the segment of a row."""

    table: model.Table
    context: Context
    _bounds: list[tuple[int, list[Any]]] = field(default_factory=list)

    def segment(self, row: Row) -> Segment:
        """The segment for a row given in the table's column order."""
        table = self.table
        assert table.partitioning is not None
        by_name = {column.name: number for number, column in enumerate(table.columns)}
        values = [row[by_name[name]] for name in table.partitioning.columns]
        partition = self._partition(values)
        if partition.subpartitions:
            sub_values = [row[by_name[name]] for name in table.partitioning.sub_columns]
            partition = (
                self._choose(
                    str(table.partitioning.sub_method),
                    partition.subpartitions,
                    table.partitioning.sub_columns,
                    sub_values,
                )
                or _unmapped()
            )
        return table.store.segment(partition.name)

    def named(self, keys: list[Any], sub_keys: list[Any] | None) -> str | None:
        """The (sub)partition that exists for a key; None when there is none yet."""
        partitioning = self.table.partitioning
        assert partitioning is not None
        found = self._existing(keys)
        if found is not None and sub_keys is not None:
            method, columns = str(partitioning.sub_method), partitioning.sub_columns
            found = self._choose(method, found.subpartitions, columns, sub_keys)
        return None if found is None else found.name

    def _partition(self, values: list[Any]) -> model.Partition:
        partitioning = self.table.partitioning
        assert partitioning is not None
        found = self._existing(values)
        if found is not None:
            return found
        if partitioning.interval is not None and values[0] is not None:
            return self._new_interval(values[0])
        return _unmapped()

    def _existing(self, values: list[Any]) -> model.Partition | None:
        """The partition that is there for a key; between intervals there may be none."""
        partitioning = self.table.partitioning
        assert partitioning is not None
        found = self._choose(
            partitioning.method, partitioning.partitions, partitioning.columns, values
        )
        if found is None or not found.interval:
            return found
        bound = self._literals(found, partitioning.columns)[0]
        return found if self._interval_end(values[0]) == bound else None

    def _interval_end(self, value: Any) -> Any:
        """Where the interval that *value* belongs to ends."""
        partitioning = self.table.partitioning
        assert partitioning is not None
        highest = max(
            self._literals(partition, partitioning.columns)[0]
            for partition in partitioning.partitions
            if not partition.interval
        )
        return _interval_around(value, highest, self._step())[1]

    def _step(self) -> Any:
        from orasim.sql.expressions import Compiler

        partitioning = self.table.partitioning
        assert partitioning is not None and partitioning.interval is not None
        return Compiler(Scope(self.context)).value(parse_expression(partitioning.interval)).run(())

    def _choose(
        self,
        method: str,
        partitions: list[model.Partition],
        columns: list[str],
        values: list[Any],
    ) -> model.Partition | None:
        if method == "HASH":
            data = b"".join(
                self._encoded(name, value) for name, value in zip(columns, values, strict=True)
            )
            return partitions[hash_bytes(data) % len(partitions)]
        if method == "RANGE":
            for partition in partitions:
                if _below(values, self._literals(partition, columns)):
                    return partition
            return None
        if method == "LIST":
            fallback = None
            for partition in partitions:
                known = self._literals(partition, columns)
                if DEFAULT in known:
                    fallback = partition
                elif _listed(values, known):
                    return partition
            return fallback
        raise not_supported(f"{method} partitioning")

    def _encoded(self, name: str, value: Any) -> bytes:
        column = self.table.find_column(name)
        assert column is not None
        return encode(value, column.type) or b""

    def _literals(self, partition: model.Partition, columns: list[str]) -> list[Any]:
        """The values of a partition's bound as Python values."""
        return bound_values(self.table, partition.high_value or "", columns, self.context)

    def _new_interval(self, value: Any) -> model.Partition:
        from orasim.values import IntervalDS, IntervalYM

        table, partitioning = self.table, self.table.partitioning
        assert partitioning is not None and partitioning.interval is not None
        step, high = self._step(), self._interval_end(value)
        kind = self.table.find_column(partitioning.columns[0])
        assert kind is not None
        if isinstance(step, IntervalDS | IntervalYM):
            from orasim.sql.datemasks import format_date

            text = format_date(high, "SYYYY-MM-DD HH24:MI:SS")
            bound = (
                f"TO_DATE('{text}', 'SYYYY-MM-DD HH24:MI:SS', 'NLS_CALENDAR=GREGORIAN')"
                if kind.type.name == "DATE"
                else f"TIMESTAMP'{text}'"
            )
        else:
            bound = str(high)
        session = self.context.session
        partition = model.Partition(session.database.partition_name(), bound, interval=True)
        at = len(partitioning.partitions)
        for number, known in enumerate(partitioning.partitions):
            if known.interval and self._literals(known, partitioning.columns)[0] > high:
                at = number
                break
        partitioning.partitions.insert(at, partition)
        segment = table.store.add_segment(partition.name)
        table.store.segments.remove(segment)
        table.store.segments.insert(at, segment)
        return partition


def _unmapped() -> model.Partition:
    raise OracleError(14400, "inserted partition key does not map to any partition")


def _interval_around(value: Any, start: Any, step: Any) -> tuple[Any, Any]:
    """The interval [low, high) that holds *value*, counted from *start*."""
    from orasim.sql.datearithmetic import add_months_exact
    from orasim.values import NANOSECONDS, IntervalDS, IntervalYM, OraDate

    if isinstance(step, IntervalYM):
        passed = (value.year - start.year) * 12 + value.month - start.month
        count = passed // step.months
        low = add_months_exact(start, count * step.months)
        while low > value:
            count -= 1
            low = add_months_exact(start, count * step.months)
        while add_months_exact(start, (count + 1) * step.months) <= value:
            count += 1
        return low, add_months_exact(start, (count + 1) * step.months)
    if isinstance(step, IntervalDS):
        count = (value.nanoseconds - start.nanoseconds) // step.nanoseconds
        base = start.nanoseconds + count * step.nanoseconds
        assert step.nanoseconds % NANOSECONDS == 0
        return OraDate.of_nanoseconds(base), OraDate.of_nanoseconds(base + step.nanoseconds)
    count = (value - start) // step
    return start + count * step, start + (count + 1) * step


_KNOWN_BOUNDS: dict[tuple[str, str, tuple[str, ...]], list[Any]] = {}


def bound_values(table: model.Table, text: str, columns: list[str], context: Context) -> list[Any]:
    """
    The literals of VALUES LESS THAN (…) or VALUES (…), converted to the key's types.

    For a LIST over several columns every element is a tuple.
    """
    kinds = []
    for name in columns:
        column = table.find_column(name)
        assert column is not None
        kinds.append(column.type)
    cache_key = (text, ",".join(kind.data_type for kind in kinds), tuple(columns))
    known = _KNOWN_BOUNDS.get(cache_key)
    if known is None:
        parts = _split(text)
        known = []
        for number, part in enumerate(parts):
            if part.startswith("(") and len(columns) > 1:
                inner = _split(part[1:-1])
                known.append(
                    tuple(_literal(item, kinds[i], context) for i, item in enumerate(inner))
                )
            else:
                known.append(_literal(part, kinds[number if len(kinds) > 1 else 0], context))
        _KNOWN_BOUNDS[cache_key] = known
    return known


def _literal(text: str, kind: Any, context: Context) -> Any:
    from orasim.sql.expressions import Compiler

    word = text.strip().upper()
    if word == "MAXVALUE":
        return MAXVALUE
    if word == "DEFAULT":
        return DEFAULT
    # Bounds carry NLS_CALENDAR=GREGORIAN, which says nothing new.
    cleaned = text.replace(", 'NLS_CALENDAR=GREGORIAN'", "")
    expr = Compiler(Scope(context)).value(parse_expression(cleaned))
    value = expr.run(())
    if value is None:
        return None
    value = converter(expr.type, kind, context.nls)(value)
    if kind.name == "CHAR":
        value = value.ljust(kind.length or 1)
    return value


def _split(text: str) -> list[str]:
    parts, depth, current = [], 0, ""
    for token in significant(scan(text)):
        if token.text == "(":
            depth += 1
        elif token.text == ")":
            depth -= 1
        if token.text == "," and depth == 0:
            parts.append(current.strip())
            current = ""
        else:
            space = " " if token.kind in ("word", "number") else ""
            current += space + token.text
    parts.append(current.strip())
    return parts


def _below(values: list[Any], bound: list[Any]) -> bool:
    """values < bound, key column by key column; NULL sorts last."""
    for value, limit in zip(values, bound, strict=False):
        if limit is MAXVALUE:
            return True
        if value is None or value > limit:
            return False
        if value < limit:
            return True
    return False


def _listed(values: list[Any], known: list[Any]) -> bool:
    wanted = values[0] if len(values) == 1 else tuple(values)
    return any(item is not MAXVALUE and item == wanted for item in known) or (
        wanted is None and None in known
    )
