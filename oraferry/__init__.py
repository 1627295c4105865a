"""Moves an Oracle database to PostgreSQL and proves that nothing was lost."""

from typing import Any

_LAZY = ("Credentials", "verify_procedure", "verify_procedure_with_creds")
__all__ = [*_LAZY]


def __getattr__(name: str) -> Any:
    """What is meant for others, from ``oraferry.code``; nothing is imported before it is asked."""
    if name in _LAZY:
        from importlib import import_module

        return getattr(import_module("oraferry.code"), name)
    raise AttributeError(f"module 'oraferry' has no attribute {name!r}")
