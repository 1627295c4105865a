"""What was measured, as a table for people and as JSON for machines."""

from __future__ import annotations

import json
import os
import platform
import statistics
from collections.abc import Sequence
from pathlib import Path
from typing import Any


def median(values: Sequence[float]) -> float:
    """Of at least one value."""
    return float(statistics.median(values))


class Report:
    """Lines by data set; ratios beside absolute figures."""

    def __init__(self, share: float, repeats: int) -> None:
        self.data: dict[str, Any] = {
            "cpus": os.cpu_count(),
            "machine": platform.machine(),
            "python": platform.python_version(),
            "share_of_full_size": share,
            "repeats": repeats,
            "counted_as_cpu": "user and system time of every process named in the line, with its "
            "children; oraferry: its lanes and PostgreSQL with the job store; orasim apart",
            "lines": [],
            "floors": [],
        }

    def line(self, data_set: str, what: str, **figures: Any) -> None:
        """One measured thing; printed at once."""
        self.data["lines"].append({"set": data_set, "what": what, **figures})
        shown = "  ".join(f"{name} {_shown(value)}" for name, value in figures.items())
        print(f"{data_set:9} {what:34} {shown}", flush=True)

    def floor(self, name: str, found: float, wanted: float, *, at_most: bool = False) -> None:
        """A floor and whether it was reached."""
        reached = found <= wanted if at_most else found >= wanted
        self.data["floors"].append(
            {"name": name, "found": found, "wanted": wanted, "reached": reached}
        )

    def print_floors(self) -> None:
        """All floors at the end."""
        print("\nFloors")
        for floor in self.data["floors"]:
            mark = "reached" if floor["reached"] else "MISSED "
            print(f"  {mark}  {floor['name']:58} {floor['found']:9.2f}  (wanted {floor['wanted']})")

    def write(self, path: str | None) -> None:
        """As JSON, where a path is given."""
        if path:
            Path(path).write_text(json.dumps(self.data, indent=2) + "\n", encoding="utf-8")
            print(f"\nwritten to {path}")


def _shown(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{k} {_shown(v)}" for k, v in value.items())
    if isinstance(value, float):
        return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.2f}"
    return f"{value:,}" if isinstance(value, int) else str(value)
