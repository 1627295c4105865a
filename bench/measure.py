"""CPU and memory of processes with all their children, from /proc."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

_TICK = os.sysconf("SC_CLK_TCK")
SAMPLE_SECONDS = 0.05


def _stat(pid: int) -> list[str] | None:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None


def processes_of(root: int) -> list[int]:
    """*root* and everything that descends from it."""
    parents = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and (fields := _stat(int(entry.name))):
            parents[int(entry.name)] = int(fields[1])
    found, grown = {root}, True
    while grown:
        more = {pid for pid, parent in parents.items() if parent in found} - found
        found |= more
        grown = bool(more)
    return sorted(found)


def cpu_seconds(*roots: int) -> float:
    """User and system time of the trees so far, ended and waited-for children included."""
    total = 0
    for root in roots:
        for pid in processes_of(root):
            if fields := _stat(pid):
                total += sum(int(ticks) for ticks in fields[11:15])
    return total / _TICK


def peak_mib(pid: int) -> float:
    """The most memory that a process ever had resident."""
    try:
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmHWM"):
                return int(line.split()[1]) / 1024
    except OSError:
        pass
    return 0.0


@dataclass
class Peaks:
    """Peak memory by role: the largest single process of each."""

    roots: dict[str, int]
    mib: dict[str, float] = field(default_factory=dict)

    def sample(self) -> None:
        """Look once."""
        for role, root in self.roots.items():
            for pid in processes_of(root):
                self.mib[role] = max(self.mib.get(role, 0.0), peak_mib(pid))


@contextmanager
def watched(peaks: Peaks) -> Iterator[Peaks]:
    """Sample while the block runs."""
    ended = threading.Event()

    def watch() -> None:
        while not ended.wait(SAMPLE_SECONDS * 5):
            peaks.sample()

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield peaks
    finally:
        peaks.sample()
        ended.set()
        thread.join()
