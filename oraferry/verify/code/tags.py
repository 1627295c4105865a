"""How statements are called that are not carried out, and what to do instead."""

from __future__ import annotations

import re
from typing import Any

_DEFINITIONS = "only definitions are created here; leave this statement out for the verification"
# By pglast's class: what to call it, and what to do instead.
_KNOWN: dict[str, tuple[str, str]] = {
    "AlterSystemStmt": ("ALTER SYSTEM", _DEFINITIONS),
    "CallStmt": ("CALL", "nothing is run here: only the definition is verified"),
    "CopyStmt": ("COPY", "nothing is read or written here"),
    "CreateExtensionStmt": (
        "CREATE EXTENSION",
        "create the extension in the database first, as somebody who may",
    ),
    "CreateTrigStmt": ("CREATE TRIGGER", _DEFINITIONS),
    "DeleteStmt": ("DELETE", "nothing is run here: only definitions are verified"),
    "DoStmt": ("DO", "write the block as a function or procedure: it is then checked, and not run"),
    "DropStmt": (
        "DROP of what this text does not create behind it",
        "leave it out: the verification begins without the text's objects",
    ),
    "DropdbStmt": ("DROP DATABASE", _DEFINITIONS),
    "GrantStmt": (
        "GRANT or REVOKE on what this text does not create",
        "leave it out: rights do not change whether code is valid",
    ),
    "GrantRoleStmt": ("GRANT or REVOKE of a role", _DEFINITIONS),
    "InsertStmt": ("INSERT", "nothing is run here: only definitions are verified"),
    "MergeStmt": ("MERGE", "nothing is run here: only definitions are verified"),
    "RuleStmt": ("CREATE RULE", "write an INSTEAD OF trigger, which can be verified"),
    "SelectStmt": (
        "SELECT",
        "nothing is run here: CREATE VIEW … AS SELECT … verifies a query, and PERFORM stands for "
        "SELECT in a body",
    ),
    "TransactionStmt": (
        "BEGIN, COMMIT, ROLLBACK or SAVEPOINT",
        "leave it out: everything is created in one transaction, which is rolled back",
    ),
    "UpdateStmt": ("UPDATE", "nothing is run here: only definitions are verified"),
    "VariableSetStmt": (
        "SET or RESET of this setting",
        "leave it out: only settings that dumps begin with are passed over",
    ),
}


def describe_refused(tree: Any) -> tuple[str, str]:
    """Message and hint for a statement that is on no list."""
    name, hint = _KNOWN.get(type(tree).__name__, (None, _DEFINITIONS))
    if name is None:
        words = re.findall("[A-Z][a-z]*", type(tree).__name__.removesuffix("Stmt"))
        name = " ".join(words).upper()
    return f"{name} is not carried out here", hint
