"""The part of SQL/JSON path expressions that is known: members, elements, wildcards."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from orasim.engine import OracleError, not_supported

_STEP = re.compile(
    r"""\.(?P<name>[A-Za-z_][\w$]*)(?!\w*\() | \."(?P<quoted>[^"]+)" | (?P<all>\.\*)
    | \[\s*(?P<any>\*)\s*\] | \[(?P<range>[\d\s,to]+)\]""",
    re.VERBOSE,
)


@dataclass(frozen=True, slots=True)
class Step:
    """A member by name (None: all), or elements by their numbers (None: all)."""

    is_member: bool
    name: str | None = None
    places: tuple[tuple[int, int], ...] | None = None


@lru_cache(maxsize=256)
def parse_path(text: str) -> tuple[Step, ...]:
    """``$.a.b[0].c[*]``; ORA-40442 for what is no path, ORA-03001 for what is not known."""
    text = text.strip()
    head = re.match(r"(?:lax\s+|strict\s+)?\$", text)
    if head is None:
        raise OracleError(40442, "JSON path expression syntax error")
    if text.startswith("strict"):
        raise not_supported("strict JSON paths")
    steps, at = [], head.end()
    while at < len(text):
        found = _STEP.match(text, at)
        if found is None:
            raise not_supported(f"JSON path {text}")
        at = found.end()
        if found["any"]:
            steps.append(Step(False))
        elif found["range"]:
            steps.append(Step(False, places=_places(found["range"])))
        else:
            steps.append(Step(True, None if found["all"] else found["name"] or found["quoted"]))
    return tuple(steps)


def _places(text: str) -> tuple[tuple[int, int], ...]:
    found = []
    for part in text.split(","):
        low, _, high = part.partition("to")
        found.append((int(low), int(high or low)))
    return tuple(found)


def select(value: Any, steps: tuple[Step, ...]) -> Iterator[Any]:
    """
    What a path names, in order: member steps look into arrays, element steps take a lone
    value for an array of one.

    >>> list(select({"a": [{"b": 1}, {"b": 2}]}, parse_path("$.a.b")))
    [1, 2]
    """
    if not steps:
        yield value
        return
    step, rest = steps[0], steps[1:]
    if step.is_member:
        for item in value if isinstance(value, list) else [value]:
            if isinstance(item, dict):
                names = item if step.name is None else [step.name] if step.name in item else []
                for name in names:
                    yield from select(item[name], rest)
        return
    elements = value if isinstance(value, list) else [value]
    if step.places is None:
        chosen = elements
    else:
        chosen = [e for low, high in step.places for e in elements[low : high + 1]]
    for element in chosen:
        yield from select(element, rest)
