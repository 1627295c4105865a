"""Checks of a client program: each prints a line that the frame counts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def check(name: str, run: Callable[[], Any], expected: Any = True) -> Any:
    """``ok`` when *run* gives what is *expected*, ``not ok`` with the reason otherwise."""
    try:
        found = run()
    except Exception as error:
        text = " | ".join(str(error).splitlines())[:500]
        print(f"not ok {name}: {type(error).__name__}: {text}", flush=True)
        return None
    if found == expected:
        print(f"ok {name}", flush=True)
    else:
        print(f"not ok {name}: {found!r} where {expected!r} was expected", flush=True)
    return found


def raises(run: Callable[[], Any]) -> str:
    """The first line of the error that *run* ends in."""
    try:
        run()
    except Exception as error:
        return str(error).splitlines()[0]
    return "no error"
