"""The SCN that all reads of a job use: the only way to give many sessions one point in time."""

from __future__ import annotations

import oracledb

from oraferry.oracle.session import Session, translated

# Most exact first; the last needs no privilege and may lie up to 3 seconds back.
WAYS = (
    "SELECT current_scn FROM v$database",
    "SELECT DBMS_FLASHBACK.GET_SYSTEM_CHANGE_NUMBER FROM dual",
    "SELECT TIMESTAMP_TO_SCN(SYSTIMESTAMP) FROM dual",
)


def take_snapshot(session: Session) -> int:
    """The current SCN, by the best way this user may use."""
    with translated("taking the SCN"):
        for way in WAYS[:-1]:
            try:
                return int(session.query(way)[0][0])
            except oracledb.DatabaseError as error:
                if getattr(error.args[0], "isrecoverable", False):
                    raise
        return int(session.query(WAYS[-1])[0][0])
