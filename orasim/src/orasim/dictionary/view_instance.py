"""V$ views, NLS parameters, versions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from orasim.dictionary.view_tables import moment
from orasim.dictionary.views import FAMILIES, FIXED, Row, fixed, version_of

NLS = {
    "NLS_LANGUAGE": "AMERICAN",
    "NLS_TERRITORY": "AMERICA",
    "NLS_CURRENCY": "$",
    "NLS_ISO_CURRENCY": "AMERICA",
    "NLS_NUMERIC_CHARACTERS": ".,",
    "NLS_CALENDAR": "GREGORIAN",
    "NLS_DATE_FORMAT": "DD-MON-RR",
    "NLS_DATE_LANGUAGE": "AMERICAN",
    "NLS_SORT": "BINARY",
    "NLS_TIME_FORMAT": "HH.MI.SSXFF AM",
    "NLS_TIMESTAMP_FORMAT": "DD-MON-RR HH.MI.SSXFF AM",
    "NLS_TIME_TZ_FORMAT": "HH.MI.SSXFF AM TZR",
    "NLS_TIMESTAMP_TZ_FORMAT": "DD-MON-RR HH.MI.SSXFF AM TZR",
    "NLS_DUAL_CURRENCY": "$",
    "NLS_COMP": "BINARY",
    "NLS_LENGTH_SEMANTICS": "BYTE",
    "NLS_NCHAR_CONV_EXCP": "FALSE",
}


def full_version(session: Any) -> str:
    """The dotted version."""
    return ".".join(str(part) for part in session.database.identity.version)


@fixed("NLS_DATABASE_PARAMETERS", "PARAMETER v128, VALUE v64")
def nls_database(session: Any) -> Iterator[Row]:
    """The database's own settings, character sets included."""
    values = {
        **NLS,
        "NLS_CHARACTERSET": session.database.characters.name,
        "NLS_NCHAR_CHARACTERSET": "AL16UTF16",
        "NLS_RDBMS_VERSION": full_version(session),
    }
    for name, value in values.items():
        yield {"PARAMETER": name, "VALUE": value}


@fixed("NLS_SESSION_PARAMETERS", "PARAMETER v128, VALUE v64")
def nls_session(session: Any) -> Iterator[Row]:
    """The session's settings."""
    for name, value in {**NLS, **session.nls.parameters}.items():
        yield {"PARAMETER": name, "VALUE": value}


@fixed("NLS_INSTANCE_PARAMETERS", "PARAMETER v128, VALUE v64")
def nls_instance(session: Any) -> Iterator[Row]:
    """The instance's settings."""
    for name, value in NLS.items():
        yield {"PARAMETER": name, "VALUE": value}


@fixed("V$NLS_PARAMETERS", "PARAMETER v64, VALUE v64, CON_ID n")
def v_nls_parameters(session: Any) -> Iterator[Row]:
    """Session settings and character sets."""
    for row in [*nls_session(session), *list(nls_database(session))[-3:-1]]:
        yield {**row, "CON_ID": 0}


@fixed("V$VERSION", "BANNER v80, BANNER_FULL v160@18, BANNER_LEGACY v80@18, CON_ID n")
def v_version(session: Any) -> Iterator[Row]:
    """One row from 18c on, five before."""
    banner = session.database.identity.banner
    full = f"{banner}\nVersion {full_version(session)}"
    yield {"BANNER": banner, "BANNER_FULL": full, "BANNER_LEGACY": banner, "CON_ID": 0}
    if version_of(session) < 2:
        version = full_version(session)
        for text in (
            f"PL/SQL Release {version} - Production",
            f"CORE\t{version}\tProduction",
            f"TNS for Linux: Version {version} - Production",
            f"NLSRTL Version {version} - Production",
        ):
            yield {"BANNER": text, "CON_ID": 0}


@fixed("PRODUCT_COMPONENT_VERSION", "PRODUCT v80, VERSION v80, VERSION_FULL v80@18, STATUS v80")
def product_component_version(session: Any) -> Iterator[Row]:
    """What everybody may read of the version."""
    major = session.database.identity.version[0]
    version = full_version(session)
    shown = f"{major}.0.0.0.0" if major >= 18 else version
    yield {
        "PRODUCT": session.database.identity.banner.split(" Release")[0] + " ",
        "VERSION": shown,
        "VERSION_FULL": version,
        "STATUS": "Production",
    }


@fixed(
    "V$DATABASE",
    "DBID n, NAME v9, CREATED d, LOG_MODE v12, OPEN_MODE v20, DATABASE_ROLE v16, PLATFORM_NAME v101,"
    "CURRENT_SCN n, SUPPLEMENTAL_LOG_DATA_MIN v8, FORCE_LOGGING v39, FLASHBACK_ON v18, DB_UNIQUE_NAME v30,"
    "CDB v3, CON_ID n",
)
def v_database(session: Any) -> Iterator[Row]:
    """Reading CURRENT_SCN exposes it: rows are kept readable as of it from now on."""
    database = session.database
    yield {
        "DBID": 1,
        "NAME": database.identity.database_name[:9],
        "CREATED": moment(1_600_000_000),
        "LOG_MODE": "ARCHIVELOG",
        "OPEN_MODE": "READ WRITE",
        "DATABASE_ROLE": "PRIMARY",
        "PLATFORM_NAME": "orasim",
        "CURRENT_SCN": database.catalog.storage.expose_scn(),
        "SUPPLEMENTAL_LOG_DATA_MIN": "YES" if database.supplemental_logging else "NO",
        "FORCE_LOGGING": "NO",
        "FLASHBACK_ON": "NO",
        "DB_UNIQUE_NAME": database.identity.database_name,
        "CDB": "NO",
        "CON_ID": 0,
    }


@fixed(
    "V$SYSMETRIC",
    "BEGIN_TIME d, END_TIME d, INTSIZE_CSEC n, GROUP_ID n, METRIC_ID n, METRIC_NAME v64, VALUE n,"
    "METRIC_UNIT v64, CON_ID n",
)
def v_sysmetric(session: Any) -> Iterator[Row]:
    """The host's load, which is what a test says; other metrics are none of ours."""
    for group, centiseconds in ((2, 6000), (3, 1500)):
        yield {
            "BEGIN_TIME": moment(1_600_000_000),
            "END_TIME": moment(1_600_000_000 + centiseconds // 100),
            "INTSIZE_CSEC": centiseconds,
            "GROUP_ID": group,
            "METRIC_ID": 2057,
            "METRIC_NAME": "Host CPU Utilization (%)",
            "VALUE": session.database.host_load,
            "METRIC_UNIT": "% Busy/(Idle+Busy)",
            "CON_ID": 0,
        }


@fixed(
    "V$INSTANCE",
    "INSTANCE_NUMBER n, INSTANCE_NAME v16, HOST_NAME v64, VERSION v17, VERSION_LEGACY v17@18,"
    "VERSION_FULL v17@18, STARTUP_TIME d, STATUS v12, PARALLEL v3, THREAD# n, ARCHIVER v7, LOGINS v10,"
    "DATABASE_STATUS v17, INSTANCE_ROLE v18, EDITION v7, CON_ID n",
)
def v_instance(session: Any) -> Iterator[Row]:
    """One instance, not a cluster."""
    yield {
        "INSTANCE_NUMBER": 1,
        "INSTANCE_NAME": session.database.identity.instance_name,
        "HOST_NAME": "orasim",
        "VERSION": full_version(session),
        "VERSION_LEGACY": full_version(session),
        "VERSION_FULL": full_version(session),
        "STATUS": "OPEN",
        "PARALLEL": "NO",
        "THREAD#": 1,
        "DATABASE_STATUS": "ACTIVE",
        "INSTANCE_ROLE": "PRIMARY_INSTANCE",
        "EDITION": "EE",
        "CON_ID": 0,
    }


@fixed(
    "V$PARAMETER",
    "NUM n, NAME v80, TYPE n, VALUE v4000, DISPLAY_VALUE v4000, ISDEFAULT v9, CON_ID n",
)
def v_parameter(session: Any) -> Iterator[Row]:
    """The few parameters that migration tools ask for."""
    version = full_version(session)
    for number, (name, value) in enumerate(
        {
            "compatible": version,
            "db_block_size": "8192",
            "undo_retention": "900",
            "open_cursors": "1000",
            "db_domain": None,
            "max_string_size": "STANDARD",
            "db_name": session.database.identity.database_name,
            "service_names": session.database.identity.service_name,
        }.items(),
        1,
    ):
        yield {"NUM": number, "NAME": name, "TYPE": 2, "VALUE": value, "DISPLAY_VALUE": value}


# Bits of V$TRANSACTION.FLAG: what a plain transaction shows, and SERIALIZABLE, which SQLAlchemy reads.
_PLAIN_FLAG, _SERIALIZABLE_FLAG = 3587, 1 << 28


@fixed(
    "V$TRANSACTION",
    "ADDR r8, XIDUSN n, XIDSLOT n, XIDSQN n, STATUS v16, START_TIME v20, FLAG n, SES_ADDR r8,"
    "USED_UBLK n, USED_UREC n, CON_ID n",
)
def v_transaction(session: Any) -> Iterator[Row]:
    """Transactions that changed or locked something."""
    for one in list(session.database.sessions):
        identifier = one.transaction.identifier
        if identifier is not None:
            is_serializable = one.snapshot_scn is not None and not one.is_read_only
            yield {
                "ADDR": identifier[2].to_bytes(8, "big"),
                **dict(zip(("XIDUSN", "XIDSLOT", "XIDSQN"), identifier, strict=True)),
                "STATUS": "ACTIVE",
                "FLAG": _PLAIN_FLAG | (_SERIALIZABLE_FLAG if is_serializable else 0),
                "SES_ADDR": one.session_id.to_bytes(8, "big"),
                "USED_UBLK": 1,
                "USED_UREC": one.transaction.mark(),
                "CON_ID": 0,
            }


@fixed(
    "V$SESSION",
    "SADDR r8, SID n, SERIAL# n, AUDSID n, USER# n, TADDR v16, USERNAME v128, STATUS v8, SCHEMANAME v128, OSUSER v128,"
    "PROCESS v24, MACHINE v64, TERMINAL v30, PROGRAM v48, TYPE v10, MODULE v64, ACTION v64,"
    "CLIENT_INFO v64, CLIENT_IDENTIFIER v64, LOGON_TIME d, SERVICE_NAME v64, CON_ID n",
)
def v_session(session: Any) -> Iterator[Row]:
    """Who is connected."""
    for one in list(session.database.sessions):
        transaction = one.transaction.identifier
        yield {
            "SADDR": one.session_id.to_bytes(8, "big"),
            "TADDR": f"{transaction[2]:016X}" if transaction else None,
            "SID": one.session_id,
            "SERIAL#": one.serial,
            "AUDSID": one.session_id,
            "USER#": session.database.user_number(one.user),
            "USERNAME": one.user,
            "STATUS": _status(one, session),
            "SCHEMANAME": one.current_schema,
            "PROGRAM": one.program[:48],
            "OSUSER": one.client_info.get("osuser"),
            "PROCESS": one.client_info.get("process"),
            "MACHINE": one.client_info.get("machine"),
            "TERMINAL": one.client_info.get("terminal"),
            "TYPE": "USER",
            "MODULE": one.client_info.get("module"),
            "ACTION": one.client_info.get("action"),
            "CLIENT_INFO": one.client_info.get("client_info"),
            "CLIENT_IDENTIFIER": one.client_info.get("client_identifier"),
            "LOGON_TIME": moment(one.logon_time),
            "SERVICE_NAME": session.database.identity.service_name,
            "CON_ID": 0,
        }


_STATISTICS = (
    "logons cumulative", "user commits", "user rollbacks", "user calls", "parse count (total)",
    "parse count (hard)", "execute count", "SQL*Net roundtrips to/from client",
    "bytes sent via SQL*Net to client", "bytes received via SQL*Net from client",
)  # fmt: skip
# What is counted; the others are known by name and have no value.
_COUNTED = ("parse count (total)", "SQL*Net roundtrips to/from client")


@fixed("V$STATNAME", "STATISTIC# n, NAME v64, CLASS n, STAT_ID n, DISPLAY_NAME v64@18, CON_ID n")
def v_statname(session: Any) -> Iterator[Row]:
    """The statistics that are counted."""
    for number, name in enumerate(_STATISTICS):
        if name in _COUNTED:
            yield {"STATISTIC#": number, "NAME": name, "DISPLAY_NAME": name, "CON_ID": 0}


@fixed("V$SESSTAT", "SID n, STATISTIC# n, VALUE n, CON_ID n")
def v_sesstat(session: Any) -> Iterator[Row]:
    """Round trips and parses of every session."""
    for one in list(session.database.sessions):
        for name in _COUNTED:
            yield {
                "SID": one.session_id,
                "STATISTIC#": _STATISTICS.index(name),
                "VALUE": one.statistics[name],
                "CON_ID": 0,
            }


@fixed("V$MYSTAT", "SID n, STATISTIC# n, VALUE n, CON_ID n")
def v_mystat(session: Any) -> Iterator[Row]:
    """The same of the session that asks."""
    yield from (row for row in v_sesstat(session) if row["SID"] == session.session_id)


@fixed(
    "V$SESSION_CONNECT_INFO",
    "SID n, AUTHENTICATION_TYPE v26, OSUSER v128, NETWORK_SERVICE_BANNER v4000,"
    "CLIENT_CHARSET v40, CLIENT_CONNECTION v13, CLIENT_OCI_LIBRARY v13, CLIENT_VERSION v40,"
    "CLIENT_DRIVER v30, CLIENT_LOBATTR v34, CLIENT_REGID n, CON_ID n, SERIAL# n",
)
def v_session_connect_info(session: Any) -> Iterator[Row]:
    """The clients' drivers."""
    for one in list(session.database.sessions):
        yield {
            "SID": one.session_id,
            "AUTHENTICATION_TYPE": "DATABASE",
            "OSUSER": one.client_info.get("osuser"),
            "CLIENT_DRIVER": (one.client_info.get("client_driver") or "")[:30] or None,
            "SERIAL#": one.serial,
            "CON_ID": 0,
        }


def _status(one: Any, session: Any) -> str:
    if one.is_killed:
        return "KILLED"
    return "ACTIVE" if one is session else "INACTIVE"


@fixed("GLOBAL_NAME", "GLOBAL_NAME v4000")
def global_name(session: Any) -> Iterator[Row]:
    """The database's name."""
    yield {"GLOBAL_NAME": session.database.identity.database_name}


@fixed("DATABASE_PROPERTIES", "PROPERTY_NAME v128, PROPERTY_VALUE v4000, DESCRIPTION v4000")
def database_properties(session: Any) -> Iterator[Row]:
    """Character sets, time zone, default tablespaces."""
    values = {row["PARAMETER"]: row["VALUE"] for row in nls_database(session)}
    values |= {
        "DBTIMEZONE": "+00:00",
        "GLOBAL_DB_NAME": session.database.identity.database_name,
        "DEFAULT_PERMANENT_TABLESPACE": "USERS",
        "DEFAULT_TEMP_TABLESPACE": "TEMP",
        "DEFAULT_EDITION": "ORA$BASE",
    }
    for name, value in values.items():
        yield {"PROPERTY_NAME": name, "PROPERTY_VALUE": value}


_PREFIXES = {"D": "DBA_", "A": "ALL_", "U": "USER_"}


@fixed("DICTIONARY", "TABLE_NAME v128, COMMENTS v4000")
def dictionary(session: Any) -> Iterator[Row]:
    """The views that orasim has for this session."""
    from orasim.dictionary.views import find_view

    names = [_PREFIXES[scope] + name for name, one in FAMILIES.items() for scope in one.scopes]
    for name in sorted([*names, *FIXED]):
        if find_view(name, session) is not None:
            yield {"TABLE_NAME": name}
