"""Install each client and run its checks: ``python -m clients [NAME …]`` in ``orasim/``."""

from __future__ import annotations

import importlib
import pkgutil
import sys
import time
import traceback
from pathlib import Path
from types import ModuleType

import clients
from clients.frame import Outcome, Place

FOLDER = Path(__file__).resolve().parents[2] / ".run" / "clients"


def main(names: list[str]) -> int:
    """Run the named clients, or all; 0 all passed, 1 something failed, 2 no such client."""
    known = {module.NAME: module for module in _modules()}
    if unknown := [name for name in names if name not in known]:
        print(f"no such client: {', '.join(unknown)}; known: {', '.join(sorted(known))}")
        return 2
    chosen = names or sorted(known)
    outcomes = [_run(known[name]) for name in chosen]
    return 1 if any(outcome.failed or not outcome.passed for outcome in outcomes) else 0


def _modules() -> list[ModuleType]:
    """One module per client; what has no NAME serves others."""
    found = [
        importlib.import_module(f"clients.{module.name}")
        for module in pkgutil.iter_modules(clients.__path__)
        if module.name != "__main__"
    ]
    return [module for module in found if hasattr(module, "NAME")]


def _run(module: ModuleType) -> Outcome:
    folder = FOLDER / module.NAME
    folder.mkdir(parents=True, exist_ok=True)
    path = FOLDER / f"{module.NAME}.log"
    started = time.monotonic()
    with path.open("w") as log:
        try:
            module.install(folder)
            outcome: Outcome = module.check(Place(folder, log))
        except Exception:
            log.write(traceback.format_exc())
            outcome = Outcome(0, 1, 0)
    seconds = time.monotonic() - started
    where = path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path
    print(f"{module.NAME}: {outcome} ({seconds:.0f} s, {where})", flush=True)
    return outcome


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
