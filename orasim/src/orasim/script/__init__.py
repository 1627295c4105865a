"""SQL*Plus scripts: cut into statements, substitute variables, run."""

from __future__ import annotations

from orasim.script.loader import Report, ScriptError, load, load_text
from orasim.script.split import Item, split

__all__ = ["Item", "Report", "ScriptError", "load", "load_text", "split"]
