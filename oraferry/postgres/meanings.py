"""What PostgreSQL's SQLSTATEs mean here: the whole code first, then its class.

Unavailable is tried again for as long as an outage may last, busy a few times, the rest is
for a person, with what to do.
"""

from __future__ import annotations

from dataclasses import dataclass

from oraferry.errors import TargetBusy, TargetError, TargetRefused, TargetUnavailable


@dataclass(frozen=True, slots=True)
class Meaning:
    """Our class for a state, what to say and what to do."""

    kind: type[TargetError]
    says: str
    hint: str


AGAIN = "it is tried again"
_GROUPS: tuple[tuple[str, type[TargetError], str, str], ...] = (
    (
        "28",
        TargetRefused,
        "PostgreSQL refused the user name or password",
        "check the user, the password and pg_hba.conf",
    ),
    (
        "3D000",
        TargetRefused,
        "the database does not exist",
        "create it, or correct its name in the DSN",
    ),
    (
        "42501",
        TargetRefused,
        "a privilege is missing in PostgreSQL",
        "grant CREATE on the database and INSERT on the table to the user",
    ),
    ("08 57P01 57P02 57P03 57P05", TargetUnavailable, "PostgreSQL ended the session", AGAIN),
    (
        "57P04",
        TargetError,
        "the database was dropped",
        "create it again, and start a new job",
    ),
    (
        "25006",
        TargetUnavailable,
        "PostgreSQL is read-only: a standby, or one that is not promoted yet",
        "it is tried again; check that the DSN names the primary",
    ),
    (
        "53300",
        TargetUnavailable,
        "PostgreSQL has no room for another session",
        "it is tried again; use fewer workers, or raise max_connections",
    ),
    (
        "53100",
        TargetError,
        "PostgreSQL is out of disk space",
        "free disk on the target, then resume the job",
    ),
    (
        "53200 53000 53400",
        TargetBusy,
        "PostgreSQL is out of memory or another resource",
        "it is tried again; use fewer workers if it stays so",
    ),
    ("40 55P03 55006", TargetBusy, "PostgreSQL could not get a lock", AGAIN),
    (
        "57014 25P03 25P04",
        TargetBusy,
        "PostgreSQL cancelled the statement",
        "it is tried again; raise statement_timeout for this user if it stays so",
    ),
    ("58", TargetBusy, "PostgreSQL met an error of its system", "look at the server's log"),
    ("XX", TargetBusy, "PostgreSQL met an internal error", "look at the server's log"),
    (
        "42P01 3F000",
        TargetError,
        "a table or schema is gone from the target",
        "start a new job, which creates it",
    ),
    (
        "42703 42804",
        TargetError,
        "the target table was changed after the plan was made",
        "start a new job",
    ),
    (
        "23",
        TargetError,
        "a row violates a constraint of the target table",
        "drop the constraint for the load, correct the row in the source, or use mode truncate",
    ),
    ("0A", TargetError, "PostgreSQL does not support this", "look at the message; it names what"),
)
MEANINGS: dict[str, Meaning] = {
    state: Meaning(kind, says, hint)
    for states, kind, says, hint in _GROUPS
    for state in states.split()
}


def find_meaning(state: str) -> Meaning | None:
    """
    What a SQLSTATE means; None when neither it nor its class is known.

    >>> find_meaning("57P01").kind.__name__, find_meaning("40P01").kind.__name__
    ('TargetUnavailable', 'TargetBusy')
    """
    return MEANINGS.get(state) or MEANINGS.get(state[:2])
