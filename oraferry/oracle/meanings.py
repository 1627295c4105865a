"""What Oracle's and the driver's error codes mean here: by number, never by their text.

Texts change with version and language; codes do not (facts §5). A class decides what happens:
unavailable is tried again for as long as an outage may last, busy a few times, the rest is
for a person, with what to do.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from oraferry.errors import (
    RequestError,
    SnapshotLost,
    SnapshotTooOld,
    SourceBusy,
    SourceDataError,
    SourceError,
    SourceRefused,
    SourceUnavailable,
    TableChanged,
    TableNotFound,
)


@dataclass(frozen=True, slots=True)
class Meaning:
    """Our class for a code, what to say and what to do."""

    kind: type[SourceError] | type[RequestError]
    says: str
    hint: str


AGAIN = "it is tried again"
_GROUPS: tuple[tuple[str, type[SourceError] | type[RequestError], str, str], ...] = (
    # -- who may come in
    (
        "ORA-01017 ORA-01005",
        SourceRefused,
        "Oracle refused the user name or password",
        "check user, password (it is case-sensitive) and that the service is the right database",
    ),
    ("ORA-28000", SourceRefused, "the Oracle account is locked", "ask the DBA to unlock it"),
    (
        "ORA-28001",
        SourceRefused,
        "the password of the Oracle account has expired",
        "set a new password",
    ),
    (
        "ORA-01045",
        SourceRefused,
        "the Oracle user may not log in",
        "GRANT CREATE SESSION to the user",
    ),
    (
        "ORA-01031",
        SourceRefused,
        "a privilege is missing in Oracle",
        "reading at one SCN needs SELECT and FLASHBACK on each table, "
        "or SELECT ANY TABLE and FLASHBACK ANY TABLE",
    ),
    (
        "ORA-41900",
        SourceRefused,
        "a privilege is missing in Oracle",
        "grant what the message names on the table",
    ),
    (
        "ORA-28365 ORA-28368 ORA-28374",
        SourceRefused,
        "the table is encrypted and Oracle's keystore is closed",
        "ask the DBA to open the keystore",
    ),
    (
        "DPY-3015 ORA-28040",
        SourceRefused,
        "the account has only an old password verifier, which the thin driver does not take",
        "set the account's password again on the server",
    ),
    (
        "DPY-3001 ORA-12660",
        SourceError,
        "the server demands native network encryption, which the thin driver does not speak",
        "connect with TLS (tcps), or allow unencrypted sessions for this client",
    ),
    (
        "DPY-6002 ORA-28860 ORA-29024",
        SourceError,
        "TLS with the Oracle server could not be agreed",
        "check the wallet, the certificate's name and the port (tcps)",
    ),
    (
        "DPY-3010",
        SourceError,
        "the Oracle server is older than 12.1, which the thin driver does not take",
        "migrate from a copy on a newer server",
    ),
    (
        "DPY-4027",
        SourceError,
        "the DSN is an alias, and there is no tnsnames.ora",
        "write host:port/service",
    ),
    (
        "DPY-4000 ORA-12154",
        SourceError,
        "the DSN's alias is not in tnsnames.ora",
        "write host:port/service",
    ),
    # -- outages: the same may work in a moment, on a new session
    (
        "DPY-6001 ORA-12514",
        SourceUnavailable,
        "the listener does not know the service",
        "check the service name; the database may be closed, or the name may be a SID",
    ),
    (
        "DPY-6003 ORA-12505",
        SourceUnavailable,
        "the listener does not know the SID",
        "use the service name: host:port/service",
    ),
    (
        "DPY-6005 ORA-12541 ORA-12170 ORA-12535 ORA-12543",
        SourceUnavailable,
        "Oracle cannot be reached",
        "check host and port, the listener and the firewall between",
    ),
    (
        "DPY-6000 ORA-12526 ORA-12527 ORA-12528",
        SourceUnavailable,
        "the listener refused the connection",
        "look at the listener's log",
    ),
    (
        "DPY-4011 DPY-1001 DPY-4033 ORA-03113 ORA-03114 ORA-03135 ORA-12537 ORA-12547 "
        "ORA-12570 ORA-12571 ORA-12583 ORA-12757 ORA-12153 ORA-25408",
        SourceUnavailable,
        "the Oracle session was lost",
        AGAIN,
    ),
    ("ORA-00028 ORA-00031", SourceUnavailable, "the Oracle session was killed", AGAIN),
    ("ORA-01012 ORA-00022", SourceUnavailable, "the Oracle session has ended", AGAIN),
    ("ORA-00603 ORA-01092", SourceUnavailable, "Oracle ended its server process", AGAIN),
    ("ORA-02396", SourceUnavailable, "Oracle ended the idle session", AGAIN),
    ("ORA-02399", SourceUnavailable, "Oracle ended the session after its time", AGAIN),
    ("ORA-01033 ORA-01089 ORA-01090", SourceUnavailable, "Oracle is starting or stopping", AGAIN),
    ("ORA-01034 ORA-27101", SourceUnavailable, "Oracle is not running", AGAIN),
    ("ORA-00376 ORA-01115", SourceUnavailable, "a file of the database is not readable now", AGAIN),
    (
        "ORA-12516 ORA-12518 ORA-12519 ORA-12520 ORA-00018 ORA-00020",
        SourceUnavailable,
        "Oracle has no room for the session",
        "it is tried again; use fewer workers if it stays so",
    ),
    (
        "ORA-02391",
        SourceUnavailable,
        "the user's profile allows no more sessions",
        "use fewer workers, or raise SESSIONS_PER_USER",
    ),
    # -- busy: worth a few tries, not many
    ("ORA-01013", SourceBusy, "the call was cancelled", AGAIN),
    ("DPY-4024", SourceBusy, "the call took too long", AGAIN),
    (
        "ORA-02393 ORA-02394 ORA-02395 ORA-00040",
        SourceBusy,
        "the call used more than the user's profile or resource plan allows",
        "use smaller chunks, or ask the DBA for another profile",
    ),
    (
        "ORA-04030 ORA-04031",
        SourceBusy,
        "Oracle is out of memory",
        "it is tried again; use fewer workers if it stays so",
    ),
    (
        "ORA-01652 ORA-01653",
        SourceBusy,
        "Oracle is out of temporary space",
        "it is tried again; use fewer workers, or ask the DBA for TEMP space",
    ),
    ("ORA-00054 ORA-00060 ORA-04020 ORA-08177", SourceBusy, "Oracle could not get a lock", AGAIN),
    ("ORA-01000", SourceBusy, "the session has too many open cursors", AGAIN),
    (
        "ORA-00600 ORA-07445",
        SourceBusy,
        "Oracle met an internal error",
        "it is tried a few times; if it stays so, the DBA finds the cause in the alert log",
    ),
    # -- the snapshot
    (
        "ORA-01555 ORA-22922 ORA-22923 ORA-22924",
        SnapshotTooOld,
        "Oracle no longer holds the undo for the job's SCN",
        "raise UNDO_RETENTION (for LOBs: their RETENTION) and use smaller chunks",
    ),
    ("ORA-08180", SnapshotLost, "Oracle has no snapshot that old", ""),
    ("ORA-08181", SnapshotLost, "the SCN is not one of this database", ""),
    (
        "ORA-01466",
        TableChanged,
        "the table was changed by DDL after the job's SCN",
        "wait until nobody changes the table's definition",
    ),
    (
        "ORA-08103 ORA-01410",
        TableChanged,
        "the table was truncated, moved or rebuilt while it was read",
        "wait until nobody rebuilds the table",
    ),
    # -- what is asked for is not there, or cannot be read
    (
        "ORA-00942",
        TableNotFound,
        "the table does not exist, or this user may not read it",
        "check the name; GRANT SELECT (and FLASHBACK) on it to the user",
    ),
    (
        "ORA-00904",
        SourceError,
        "a column does not exist",
        "if the table was changed after the plan was made, start a new job",
    ),
    (
        "ORA-01722 ORA-01843 ORA-01858 ORA-01861 ORA-01830 ORA-01841 ORA-01847 ORA-06502 "
        "ORA-01426 ORA-01428 ORA-01476 ORA-01489 ORA-31011 ORA-19202 ORA-40441 ORA-40478",
        SourceDataError,
        "a value could not be converted in Oracle",
        "use explicit TO_NUMBER, TO_DATE and masks in the request's SQL expressions",
    ),
    (
        "ORA-00900 ORA-00907 ORA-00911 ORA-00920 ORA-00932 ORA-00933 ORA-00936 ORA-00997 "
        "ORA-01756 ORA-01795 ORA-03048",
        SourceError,
        "Oracle does not understand the statement",
        "check the SQL expressions in the request; without any, report it as a bug",
    ),
    ("ORA-25191 ORA-22812", SourceError, "the table is part of another", "name that other table"),
    (
        "ORA-04063 ORA-00980",
        SourceError,
        "the object is not valid",
        "recompile it, or leave it out",
    ),
    (
        "ORA-08188 ORA-29913 ORA-29400 ORA-30653",
        SourceError,
        "the external table cannot be read",
        "check its file and directory, or leave the table out",
    ),
    (
        "ORA-22285 ORA-22286 ORA-22288",
        SourceDataError,
        "a BFILE's file cannot be read",
        "check its directory and privilege, or leave the column out",
    ),
    (
        "ORA-16000",
        SourceError,
        "the database is read-only",
        "report it: nothing is written",
    ),
    (
        "ORA-01578 ORA-08102",
        SourceDataError,
        "a block of the table is corrupt",
        "ask the DBA to repair it; the other chunks can go on by resuming the job",
    ),
    (
        "DPY-4036 DPY-4037 DPY-4038 DPY-4039 DPY-4040 DPY-4042",
        SourceDataError,
        "a number is none that its column's type allows",
        "look for values written around the type's checks, and correct them in the source",
    ),
    ("ORA-01406", SourceDataError, "a value is too long for its buffer", "report it as a bug"),
    ("ORA-22835", SourceDataError, "a LOB is too long for text", "report it as a bug"),
    (
        "ORA-29275 DPY-3012 DPY-3040 ORA-12704",
        SourceDataError,
        "a text holds bytes that are not valid in its character set",
        "find and correct them in the source",
    ),
    (
        "DPY-3022 ORA-01882 ORA-01805",
        SourceDataError,
        "a time zone region is not known",
        "compare the time zone file versions of the server",
    ),
)
MEANINGS: dict[str, Meaning] = {
    code: Meaning(kind, says, hint) for codes, kind, says, hint in _GROUPS for code in codes.split()
}

_CODE = re.compile(r"\b(?:ORA|DPY)-\d{4,5}\b")
# These stand above the error that matters (facts §5).
_WRAPPERS = {"ORA-00604", "ORA-06512", "ORA-12801", "ORA-02063", "ORA-02091"}
# The driver's words for "no connection"; where the cause is known, it follows them.
_NO_CONNECTION = {"DPY-6005", "DPY-4011"}


def list_codes(text: str) -> list[str]:
    """
    The codes of a stack of errors, without those that only wrap others.

    >>> list_codes("ORA-12801: error in P001" + chr(10) + "ORA-01555: snapshot too old")
    ['ORA-01555']
    """
    return [code for code in _CODE.findall(text) if code not in _WRAPPERS]


def find_meaning(codes: list[str]) -> tuple[str, Meaning] | None:
    """The code that counts, with its meaning; None when none is known."""
    known = [code for code in codes if code in MEANINGS]
    if not known:
        return None
    code = known[-1] if known[0] in _NO_CONNECTION else known[0]
    return code, MEANINGS[code]
