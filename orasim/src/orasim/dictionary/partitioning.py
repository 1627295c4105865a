"""PARTITION BY: methods, bounds, templates."""

from __future__ import annotations

import re

from orasim.dictionary.model import Partition, Partitioning
from orasim.dictionary.properties import skip_property
from orasim.dictionary.tokens import Parser


def parse_partitioning(parser: Parser) -> Partitioning:
    """PARTITION BY, after these words."""
    method = parser.name()
    if method == "REFERENCE":
        reference = parser.skip_parentheses()[1:-1].strip().upper()
        made = Partitioning(method, [], [], reference=reference)
    elif method == "SYSTEM":
        made = Partitioning(method, [], [])
    elif method in ("RANGE", "LIST", "HASH"):
        made = Partitioning(method, parser.names(), [])
    else:
        raise parser.unknown()
    if parser.take("AUTOMATIC"):
        made.automatic = True
    if parser.take("INTERVAL"):
        made.interval = parser.skip_parentheses()[1:-1].strip()
        if parser.take("STORE", "IN"):
            parser.skip_parentheses()
    if parser.take("SUBPARTITION", "BY"):
        made.sub_method = parser.name()
        made.sub_columns = parser.names()
        if parser.take("SUBPARTITION", "TEMPLATE"):
            made.template = _partition_list(parser, made, "SUBPARTITION")
        elif parser.take("SUBPARTITIONS"):
            made.template = [Partition(f"SYS_SUBP{i + 1}", None) for i in range(parser.integer())]
            _store_in(parser)
    if parser.take("PARTITIONS"):
        count = parser.integer()
        _store_in(parser)
        made.partitions = [Partition(f"SYS_P{i + 1}", None) for i in range(count)]
        for partition in made.partitions:
            partition.subpartitions = _from_template(partition, made)
    elif parser.peek("("):
        made.partitions = _partition_list(parser, made, "PARTITION")
    return made


def _store_in(parser: Parser) -> None:
    if parser.take("STORE", "IN"):
        parser.skip_parentheses()


def _from_template(partition: Partition, made: Partitioning) -> list[Partition]:
    """The subpartitions of a partition that names none: one for everything without a template."""
    if made.sub_method is None:
        return []
    everything = {"RANGE": "MAXVALUE", "LIST": "DEFAULT"}.get(made.sub_method)
    template = made.template or [Partition("SYS_SUBP1", everything)]
    return [Partition(f"{partition.name}_{t.name}", t.high_value) for t in template]


def _partition_list(parser: Parser, made: Partitioning, keyword: str) -> list[Partition]:
    parser.expect("(")
    found: list[Partition] = []
    while True:
        parser.expect(keyword)
        token = parser.token
        is_named = token.kind == "quoted" or (
            token.kind == "name" and token.value not in ("VALUES", "TABLESPACE")
        )
        name = parser.name() if is_named else f"SYS_P{100 + len(found)}"
        found.append(parse_partition(parser, name, made, is_leaf=keyword == "SUBPARTITION"))
        if not parser.take(","):
            break
    parser.expect(")")
    return found


def parse_partition(
    parser: Parser, name: str, made: Partitioning, *, is_leaf: bool = False
) -> Partition:
    """A partition's bound, properties and subpartitions, after its name."""
    high = None
    if parser.take("VALUES"):
        parser.take("LESS", "THAN")
        high = shown_bound(parser.skip_parentheses()[1:-1].strip())
    partition = Partition(name, high)
    while not (parser.peek(",") or parser.peek(")") or parser.at_end):
        if parser.peek("(", "SUBPARTITION"):
            partition.subpartitions = _partition_list(parser, made, "SUBPARTITION")
        elif parser.take("SUBPARTITIONS"):
            count = parser.integer()
            partition.subpartitions = [Partition(f"{name}_SUBP{i + 1}", None) for i in range(count)]
            _store_in(parser)
        else:
            skip_property(parser)
    if not partition.subpartitions and not is_leaf:
        partition.subpartitions = _from_template(partition, made)
    return partition


_TO_DATE = re.compile(r"TO_DATE\s*\(\s*'([^']*)'\s*(?:,\s*'([^']*)')?[^)]*\)", re.IGNORECASE)
_MONTHS = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"]


def shown_bound(text: str) -> str:
    """A bound as the dictionary shows it: dates in full, spaces after commas."""

    def date(found: re.Match[str]) -> str:
        moment = _moment(found.group(1), found.group(2))
        if moment is None:
            return found.group()
        return f"TO_DATE(' {moment}', 'SYYYY-MM-DD HH24:MI:SS', 'NLS_CALENDAR=GREGORIAN')"

    text = _TO_DATE.sub(date, text)
    text = re.sub(
        r"\bDATE\s*'(\d{4}-\d\d-\d\d)'",
        r"TO_DATE(' \1 00:00:00', 'SYYYY-MM-DD HH24:MI:SS', 'NLS_CALENDAR=GREGORIAN')",
        text,
        flags=re.IGNORECASE,
    )
    text = re.sub(r"\bTIMESTAMP\s*'(\S[^']*)'", r"TIMESTAMP' \1'", text, flags=re.IGNORECASE)
    return re.sub(r"\b(maxvalue|default|null)\b", lambda f: f.group().upper(), text, flags=re.I)


def _moment(text: str, mask: str | None) -> str | None:
    """A date text as ``YYYY-MM-DD HH:MI:SS``; None when the mask is not one of the usual."""
    numbers = re.findall(r"\d+|[A-Za-z]{3,}", text)
    parts = re.findall(
        r"S?YYYY|RRRR|RR|YY|MONTH|MON|MM|DD|HH24|MI|SS", (mask or "DD-MON-RR").upper()
    )
    if len(numbers) < 3 or len(numbers) > len(parts):
        return None
    found = {"HH24": 0, "MI": 0, "SS": 0}
    for part, number in zip(parts, numbers, strict=False):
        if part in ("MON", "MONTH"):
            found["MM"] = _MONTHS.index(number[:3].upper()) + 1
        elif part in ("RR", "YY"):
            found["YYYY"] = (2000 if int(number) < 50 or part == "YY" else 1900) + int(number)
        else:
            found[part.replace("SYYYY", "YYYY").replace("RRRR", "YYYY")] = int(number)
    if not {"YYYY", "MM", "DD"} <= set(found):
        return None
    return (
        f"{found['YYYY']:04d}-{found['MM']:02d}-{found['DD']:02d} "
        f"{found['HH24']:02d}:{found['MI']:02d}:{found['SS']:02d}"
    )
