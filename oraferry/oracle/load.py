"""How busy the source's host is, where its views may be read."""

from __future__ import annotations

import contextlib

import oracledb

from oraferry.oracle.session import Session

# Computed by Oracle every 15 and every 60 seconds: the shortest interval first.
METRIC = (
    "SELECT value FROM v$sysmetric WHERE metric_name = 'Host CPU Utilization (%)' "
    "ORDER BY intsize_csec"
)
# Running and waiting processes, and how many can run: right now.
STATISTICS = "SELECT stat_name, value FROM v$osstat WHERE stat_name IN ('LOAD', 'NUM_CPUS')"


def read_load(session: Session) -> float | None:
    """Per cent of the host's CPU that are busy, by the first way that this user may use."""
    with contextlib.suppress(oracledb.DatabaseError):
        found = session.query(METRIC)
        if found:
            return float(found[0][0])
    with contextlib.suppress(oracledb.DatabaseError):
        values = {name: float(value) for name, value in session.query(STATISTICS)}
        if values.get("NUM_CPUS") and "LOAD" in values:
            return 100.0 * values["LOAD"] / values["NUM_CPUS"]
    return None
