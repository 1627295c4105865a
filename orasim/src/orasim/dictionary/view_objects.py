"""SEQUENCES, VIEWS, OBJECTS, USERS, grants, synonyms and the families that stay empty here."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from orasim.dictionary.model import Sequence, Synonym, Table, View
from orasim.dictionary.view_tables import moment, yes
from orasim.dictionary.views import Row, family, fixed


@family(
    "SEQUENCES",
    "SEQUENCE_OWNER v128, SEQUENCE_NAME v128, MIN_VALUE n, MAX_VALUE n, INCREMENT_BY n, CYCLE_FLAG v1,"
    "ORDER_FLAG v1, CACHE_SIZE n, LAST_NUMBER n, SCALE_FLAG v1@12.2, EXTEND_FLAG v1@12.2,"
    "SHARDED_FLAG v1@18, SESSION_FLAG v1, KEEP_VALUE v1",
    dropped=("SEQUENCE_OWNER",),
)
def sequences(session: Any) -> Iterator[tuple[str, str, Row]]:
    """Sequences, those of identity columns included."""
    for s in session.database.catalog.of_type(Sequence):
        yield (
            s.schema,
            s.name,
            {
                "SEQUENCE_OWNER": s.schema,
                "SEQUENCE_NAME": s.name,
                "MIN_VALUE": s.minimum,
                "MAX_VALUE": s.maximum,
                "INCREMENT_BY": s.increment,
                "CYCLE_FLAG": "Y" if s.cycle else "N",
                "ORDER_FLAG": "Y" if s.order else "N",
                "CACHE_SIZE": s.cache,
                "LAST_NUMBER": s.last_number,
                "SCALE_FLAG": "N",
                "EXTEND_FLAG": "N",
                "SHARDED_FLAG": "N",
                "SESSION_FLAG": "N",
                "KEEP_VALUE": "N",
            },
        )


@family(
    "VIEWS",
    "OWNER v128, VIEW_NAME v128, TEXT_LENGTH n, TEXT l, TEXT_VC v4000, TYPE_TEXT_LENGTH n, TYPE_TEXT v4000,"
    "OID_TEXT_LENGTH n, OID_TEXT v4000, VIEW_TYPE_OWNER v128, VIEW_TYPE v128, SUPERVIEW_NAME v128,"
    "EDITIONING_VIEW v1, READ_ONLY v1, CONTAINER_DATA v1, BEQUEATH v12, ORIGIN_CON_ID v256,"
    "DEFAULT_COLLATION v100@12.2, CONTAINERS_DEFAULT v3@12.2, CONTAINER_MAP v3@12.2,"
    "EXTENDED_DATA_LINK v3@12.2, EXTENDED_DATA_LINK_MAP v3@12.2, HAS_SENSITIVE_COLUMN v3@18, ADMIT_NULL v3@19, PDB_LOCAL_ONLY v3@19",
)
def views(session: Any) -> Iterator[tuple[str, str, Row]]:
    """Views; TEXT is the query without the column list."""
    for v in session.database.catalog.of_type(View):
        yield (
            v.schema,
            v.name,
            {
                "OWNER": v.schema,
                "VIEW_NAME": v.name,
                "TEXT_LENGTH": len(v.text),
                "TEXT": v.text,
                "TEXT_VC": v.text[:4000],
                "EDITIONING_VIEW": "N",
                "READ_ONLY": "Y" if v.read_only else "N",
                "CONTAINER_DATA": "N",
                "BEQUEATH": "DEFINER",
                "ORIGIN_CON_ID": "0",
                "DEFAULT_COLLATION": "USING_NLS_COMP",
                "HAS_SENSITIVE_COLUMN": "NO",
            },
        )


@family(
    "MVIEWS",
    "OWNER v128, MVIEW_NAME v128, CONTAINER_NAME v128, QUERY l, QUERY_LEN n, UPDATABLE v1, UPDATE_LOG v128,"
    "MASTER_ROLLBACK_SEG v128, MASTER_LINK v128, REWRITE_ENABLED v1, REWRITE_CAPABILITY v9,"
    "REFRESH_MODE v6, REFRESH_METHOD v8, BUILD_MODE v9, FAST_REFRESHABLE v18, LAST_REFRESH_TYPE v8,"
    "LAST_REFRESH_DATE d, LAST_REFRESH_END_TIME d, STALENESS v19, AFTER_FAST_REFRESH v19,"
    "UNKNOWN_PREBUILT v1, UNKNOWN_PLSQL_FUNC v1, UNKNOWN_EXTERNAL_TABLE v1, UNKNOWN_CONSIDER_FRESH v1,"
    "UNKNOWN_IMPORT v1, UNKNOWN_TRUSTED_FD v1, COMPILE_STATE v19, USE_NO_INDEX v1, STALE_SINCE d,"
    "NUM_PCT_TABLES n, NUM_FRESH_PCT_REGIONS n, NUM_STALE_PCT_REGIONS n, SEGMENT_CREATED v3,"
    "EVALUATION_EDITION v128, UNUSABLE_BEFORE v128, UNUSABLE_BEGINNING v128,"
    "DEFAULT_COLLATION v100@12.2, ON_QUERY_COMPUTATION v1@12.2, AUTO v3@21",
    dropped=(),
)
def mviews(session: Any) -> Iterator[tuple[str, str, Row]]:
    """Materialized views."""
    for v in session.database.catalog.materialized_views.values():
        yield (
            v.schema,
            v.name,
            {
                "OWNER": v.schema,
                "MVIEW_NAME": v.name,
                "CONTAINER_NAME": v.name,
                "QUERY": v.query,
                "QUERY_LEN": len(v.query),
                "UPDATABLE": "N",
                "REWRITE_ENABLED": "Y" if v.query_rewrite else "N",
                "REWRITE_CAPABILITY": "GENERAL",
                "REFRESH_MODE": v.refresh_mode,
                "REFRESH_METHOD": v.refresh_method,
                "BUILD_MODE": v.build_mode,
                "FAST_REFRESHABLE": "NO",
                "STALENESS": "FRESH",
                "COMPILE_STATE": "VALID",
                "SEGMENT_CREATED": "YES",
                "USE_NO_INDEX": "N",
            },
        )


_OBJECTS = (
    "OWNER v128, OBJECT_NAME v128, SUBOBJECT_NAME v128, OBJECT_ID n, DATA_OBJECT_ID n, OBJECT_TYPE v23,"
    "CREATED d, LAST_DDL_TIME d, TIMESTAMP v19, STATUS v7, TEMPORARY v1, GENERATED v1, SECONDARY v1,"
    "NAMESPACE n, EDITION_NAME v128, SHARING v13, EDITIONABLE v1, ORACLE_MAINTAINED v1,"
    "APPLICATION v1@12.2, DEFAULT_COLLATION v100@12.2, DUPLICATED v1@12.2, SHARDED v1@12.2,"
    "CREATED_APPID n@12.2, CREATED_VSNID n@12.2, MODIFIED_APPID n@12.2, MODIFIED_VSNID n@12.2"
)


def _object(
    owner: str, name: str, kind: str, number: int, created: float, **extra: Any
) -> tuple[str, str, Row]:
    stamp = moment(created)
    shown = (
        f"{stamp.year:04d}-{stamp.month:02d}-{stamp.day:02d}:"
        f"{stamp.hour:02d}:{stamp.minute:02d}:{stamp.second:02d}"
        if stamp
        else None
    )
    row: Row = {
        "OWNER": owner,
        "OBJECT_NAME": name,
        "OBJECT_ID": number,
        "OBJECT_TYPE": kind,
        "CREATED": stamp,
        "LAST_DDL_TIME": stamp,
        "TIMESTAMP": shown,
        "STATUS": "VALID",
        "TEMPORARY": "N",
        "GENERATED": "N",
        "SECONDARY": "N",
        "NAMESPACE": 1,
        "SHARING": "NONE",
        "EDITIONABLE": None,
        "ORACLE_MAINTAINED": "N",
        "APPLICATION": "N",
        "DUPLICATED": "N",
        "SHARDED": "N",
    }
    row.update(extra)
    return owner, name, row


@family("OBJECTS", _OBJECTS)
def objects(session: Any) -> Iterator[tuple[str, str, Row]]:
    """Tables with their partitions, views, sequences, indexes, code, synonyms."""
    catalog = session.database.catalog
    for table in catalog.of_type(Table):
        whole = None
        if not (table.partitioning or table.index_organized or table.external):
            whole = table.store.segments[0].data_object_id if table.store.segments else None
        extra = {
            "DATA_OBJECT_ID": whole,
            "LAST_DDL_TIME": moment(table.last_ddl),
            "TEMPORARY": "Y" if table.temporary else "N",
        }
        yield _object(table.schema, table.name, "TABLE", table.object_id, table.created, **extra)
        if table.partitioning is None:
            continue
        number = table.object_id * 1000
        for part in table.partitioning.partitions:
            number += 1
            leaf = None if part.subpartitions else table.store.segment(part.name).data_object_id
            yield _object(
                table.schema,
                table.name,
                "TABLE PARTITION",
                number,
                table.created,
                SUBOBJECT_NAME=part.name,
                DATA_OBJECT_ID=leaf,
            )
            for sub in part.subpartitions:
                number += 1
                yield _object(
                    table.schema,
                    table.name,
                    "TABLE SUBPARTITION",
                    number,
                    table.created,
                    SUBOBJECT_NAME=sub.name,
                    DATA_OBJECT_ID=table.store.segment(sub.name).data_object_id,
                )
    for kind, word in ((View, "VIEW"), (Sequence, "SEQUENCE"), (Synonym, "SYNONYM")):
        for item in catalog.of_type(kind):
            status = "INVALID" if isinstance(item, View) and not item.valid else "VALID"
            yield _object(item.schema, item.name, word, item.object_id, item.created, STATUS=status)
    for view in catalog.materialized_views.values():
        yield _object(view.schema, view.name, "MATERIALIZED VIEW", view.object_id, view.created)
    for index in catalog.indexes.values():
        owner, _, row = _object(
            index.schema,
            index.name,
            "INDEX",
            index.object_id,
            index.created,
            NAMESPACE=4,
            DATA_OBJECT_ID=index.object_id,
        )
        yield owner, index.table, row
    for source in catalog.sources.values():
        yield _object(
            source.schema,
            source.name,
            source.type,
            source.object_id,
            source.created,
            STATUS="VALID" if source.valid else "INVALID",
        )


@family(
    "SYNONYMS",
    "OWNER v128, SYNONYM_NAME v128, TABLE_OWNER v128, TABLE_NAME v128, DB_LINK v128, ORIGIN_CON_ID v256",
)
def synonyms(session: Any) -> Iterator[tuple[str, str, Row]]:
    """Private and public synonyms."""
    for s in session.database.catalog.of_type(Synonym):
        yield (
            s.schema,
            s.name,
            {
                "OWNER": s.schema,
                "SYNONYM_NAME": s.name,
                "TABLE_OWNER": s.target_schema,
                "TABLE_NAME": s.target,
                "ORIGIN_CON_ID": "0",
            },
        )


@family(
    "TAB_PRIVS",
    "GRANTEE v128, OWNER v128/DU, TABLE_SCHEMA v128/A, TABLE_NAME v128, GRANTOR v128, PRIVILEGE v40,"
    "GRANTABLE v3, HIERARCHY v3, COMMON v3, TYPE v24, INHERITED v3@12.2",
    dropped=(),
)
def tab_privs(session: Any) -> Iterator[tuple[str, str, Row]]:
    """Object grants."""
    for g in session.database.catalog.grants:
        yield (
            g.schema,
            g.name,
            {
                "GRANTEE": g.grantee,
                "OWNER": g.schema,
                "TABLE_SCHEMA": g.schema,
                "TABLE_NAME": g.name,
                "GRANTOR": g.grantor,
                "PRIVILEGE": g.privilege,
                "GRANTABLE": yes(g.grantable),
                "HIERARCHY": "NO",
                "COMMON": "NO",
                "TYPE": "TABLE",
                "INHERITED": "NO",
            },
        )


@family(
    "USERS",
    "USERNAME v128, USER_ID n, CREATED d, COMMON v3, ORACLE_MAINTAINED v1, INHERITED v3@12.2,"
    "DEFAULT_COLLATION v100@12.2, IMPLICIT v3@18, ALL_SHARD v3@18, ACCOUNT_STATUS v32/DU,"
    "DEFAULT_TABLESPACE v30/DU, TEMPORARY_TABLESPACE v30/DU",
    dropped=(),
)
def users(session: Any) -> Iterator[tuple[str, str, Row]]:
    """Users; everybody sees everybody."""
    for u in session.database.catalog.users.values():
        # The second name is PUBLIC's so that ALL_USERS shows every row.
        owner = u.name if u.name == session.user else "PUBLIC"
        yield (
            owner,
            u.name,
            {
                "USERNAME": u.name,
                "USER_ID": u.user_id,
                "CREATED": moment(u.created),
                "COMMON": yes(u.oracle_maintained),
                "ORACLE_MAINTAINED": "Y" if u.oracle_maintained else "N",
                "INHERITED": "NO",
                "DEFAULT_COLLATION": "USING_NLS_COMP",
                "IMPLICIT": "NO",
                "ALL_SHARD": "NO",
                "ACCOUNT_STATUS": "OPEN",
                "DEFAULT_TABLESPACE": "USERS",
                "TEMPORARY_TABLESPACE": "TEMP",
            },
        )


@family(
    "DIRECTORIES",
    "OWNER v128, DIRECTORY_NAME v128, DIRECTORY_PATH v4000, ORIGIN_CON_ID v256",
    scopes="DA",
)
def directories(session: Any) -> Iterator[tuple[str, str, Row]]:
    """Directories belong to SYS."""
    for name, path in session.database.catalog.directories.items():
        yield (
            "SYS",
            name,
            {
                "OWNER": "SYS",
                "DIRECTORY_NAME": name,
                "DIRECTORY_PATH": path,
                "ORIGIN_CON_ID": "0",
            },
        )


@family(
    "EXTERNAL_TABLES",
    "OWNER v128, TABLE_NAME v128, TYPE_OWNER c3, TYPE_NAME v128, DEFAULT_DIRECTORY_OWNER c3,"
    "DEFAULT_DIRECTORY_NAME v128, REJECT_LIMIT v40, ACCESS_TYPE v7, PROPERTY v10",
)
def external_tables(session: Any) -> Iterator[tuple[str, str, Row]]:
    """External tables."""
    for t in session.database.catalog.of_type(Table):
        if t.external:
            yield (
                t.schema,
                t.name,
                {
                    "OWNER": t.schema,
                    "TABLE_NAME": t.name,
                    "TYPE_OWNER": "SYS",
                    "TYPE_NAME": "ORACLE_LOADER",
                    "REJECT_LIMIT": "0",
                    "ACCESS_TYPE": "CLOB",
                    "PROPERTY": "ALL",
                },
            )


def _nothing(session: Any) -> Iterator[tuple[str, str, Row]]:
    """A family of which orasim can hold nothing: what would be in it is refused by DDL."""
    return iter(())


for _name, _columns, _dropped in (
    ("JSON_COLUMNS", "OWNER v128, TABLE_NAME v128, COLUMN_NAME v128, FORMAT v9, DATA_TYPE v13", ("OWNER",)),
    ("DB_LINKS", "OWNER v128, DB_LINK v128, USERNAME v128, HOST v2000, CREATED d, HIDDEN v3@12.2, SHARD_INTERNAL v3@12.2, VALID v3@12.2, INTRA_CDB v3@12.2", ("OWNER",)),
    ("POLICIES", "OBJECT_OWNER v128, OBJECT_NAME v128, POLICY_GROUP v128, POLICY_NAME v128, PF_OWNER v128, PACKAGE v128, FUNCTION v128, SEL v3, INS v3, UPD v3, DEL v3, IDX v3, ENABLE v3", ("OBJECT_OWNER",)),
    ("ENCRYPTED_COLUMNS", "OWNER v128, TABLE_NAME v128, COLUMN_NAME v128, ENCRYPTION_ALG v29, SALT v3", ("OWNER",)),
    ("MVIEW_LOGS", "LOG_OWNER v128, MASTER v128, LOG_TABLE v128, ROWIDS v3, PRIMARY_KEY v3, OBJECT_ID v3", ()),
    ("QUEUES", "OWNER v128, NAME v128, QUEUE_TABLE v128, QID n, QUEUE_TYPE v20", ("OWNER",)),
    ("CLUSTERS", "OWNER v128, CLUSTER_NAME v128, TABLESPACE_NAME v30, CLUSTER_TYPE v5", ("OWNER",)),
    ("UNUSED_COL_TABS", "OWNER v128, TABLE_NAME v128, COUNT n", ("OWNER",)),
    ("SCHEDULER_JOBS", "OWNER v128, JOB_NAME v128, JOB_TYPE v16, STATE v20, ENABLED v5", ("OWNER",)),
    ("SUBPARTITION_TEMPLATES", "USER_NAME v128, TABLE_NAME v128, SUBPARTITION_NAME v132, SUBPARTITION_POSITION n, TABLESPACE_NAME v30, HIGH_BOUND l", ("USER_NAME",)),
    ("RECYCLEBIN", "OWNER v128, OBJECT_NAME v128, ORIGINAL_NAME v128, OPERATION v9, TYPE v25, CREATETIME v19, DROPTIME v19, SPACE n", ("OWNER",)),
):  # fmt: skip
    family(_name, _columns, dropped=_dropped)(_nothing)


@fixed("SESSION_PRIVS", "PRIVILEGE v40")
def session_privs(session: Any) -> Iterator[Row]:
    """What the user may do."""
    for name in sorted(session.database.catalog.users[session.user].privileges):
        yield {"PRIVILEGE": name}


@fixed("SESSION_ROLES", "ROLE v128")
def session_roles(session: Any) -> Iterator[Row]:
    """The user's roles."""
    for name in sorted(session.database.catalog.users[session.user].roles):
        yield {"ROLE": name}
