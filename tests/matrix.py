"""Which method saw which damage, by families of types, as a table for the terminal."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

from tests.planting import Planting


class Matrix:
    """Damages down, methods across; where a method saw one in some families only, they are named."""

    def __init__(self, methods: Iterable[str]) -> None:
        """*methods* in their order."""
        self._methods = list(methods)
        self._seen: dict[tuple[str, str], dict[str, list[bool]]] = defaultdict(
            lambda: defaultdict(list)
        )
        self.damages: dict[str, int] = defaultdict(int)

    def add(self, planting: Planting, seen: Mapping[str, bool]) -> None:
        """What each method saw of one planting."""
        self.damages[planting.damage] += 1
        for method in self._methods:
            families = self._seen[planting.damage, method]
            families[planting.bed.column.family].append(seen.get(method, False))

    def __str__(self) -> str:
        lines = [("damage", "types", *self._methods)]
        for damage, count in self.damages.items():
            cells = [self._cell(damage, method) for method in self._methods]
            lines.append((damage, str(count), *cells))
        widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
        return "\n".join(
            "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
            for line in lines
        )

    def _cell(self, damage: str, method: str) -> str:
        families = self._seen[damage, method]
        if all(all(found) for found in families.values()):
            return "seen"
        parts = [
            name if all(found) else f"some {name}"
            for name, found in sorted(families.items())
            if any(found)
        ]
        return ", ".join(parts) or "-"
