"""SEQUENCES, VIEWS, MVIEWS, OBJECTS, SYNONYMS, DIRECTORIES, links and clusters."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from orasim.dictionary.model import Dimension, Sequence, Synonym, Table, View
from orasim.dictionary.view_tables import moment, yes
from orasim.dictionary.views import Row, family


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
    for kind, word in (
        (View, "VIEW"),
        (Sequence, "SEQUENCE"),
        (Synonym, "SYNONYM"),
        (Dimension, "DIMENSION"),
    ):
        for item in catalog.of_type(kind):
            status = "INVALID" if isinstance(item, View) and not item.valid else "VALID"
            yield _object(item.schema, item.name, word, item.object_id, item.created, STATUS=status)
    for view in catalog.materialized_views.values():
        yield _object(view.schema, view.name, "MATERIALIZED VIEW", view.object_id, view.created)
    for cluster in catalog.clusters.values():
        yield _object(cluster.schema, cluster.name, "CLUSTER", cluster.object_id, cluster.created)
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
    "DB_LINKS",
    "OWNER v128, DB_LINK v128, USERNAME v128, PASSWORD v128/U, HOST v2000, CREATED d, HIDDEN v3@12.2,"
    "SHARD_INTERNAL v3@12.2, VALID v3@12.2, INTRA_CDB v3@12.2",
)
def links(session: Any) -> Iterator[tuple[str, str, Row]]:
    """Database links; passwords are never shown."""
    for link in session.database.catalog.links.values():
        yield (
            link.schema,
            link.name,
            {
                "OWNER": link.schema,
                "DB_LINK": link.name,
                "USERNAME": link.user,
                "HOST": link.host,
                "CREATED": moment(link.created),
                "HIDDEN": "NO",
                "SHARD_INTERNAL": "NO",
                "VALID": "YES",
                "INTRA_CDB": "NO",
            },
        )


@family(
    "CLUSTERS",
    "OWNER v128, CLUSTER_NAME v128, TABLESPACE_NAME v30, PCT_FREE n, PCT_USED n, KEY_SIZE n, INI_TRANS n,"
    "MAX_TRANS n, CLUSTER_TYPE v5, FUNCTION v15, HASHKEYS n, DEGREE v10, CACHE v5, SINGLE_TABLE v5",
)
def clusters(session: Any) -> Iterator[tuple[str, str, Row]]:
    """Clusters."""
    for cluster in session.database.catalog.clusters.values():
        yield (
            cluster.schema,
            cluster.name,
            {
                "OWNER": cluster.schema,
                "CLUSTER_NAME": cluster.name,
                "TABLESPACE_NAME": "USERS",
                "CLUSTER_TYPE": "HASH" if cluster.is_hash else "INDEX",
                "SINGLE_TABLE": "    N",
            },
        )


@family(
    "MVIEW_LOGS",
    "LOG_OWNER v128, MASTER v128, LOG_TABLE v128, LOG_TRIGGER v128, ROWIDS v3, PRIMARY_KEY v3, OBJECT_ID v3,"
    "FILTER_COLUMNS v3, SEQUENCE v3, INCLUDE_NEW_VALUES v3, PURGE_ASYNCHRONOUS v3, PURGE_DEFERRED v3,"
    "COMMIT_SCN_BASED v3, STAGING_LOG v3",
    dropped=(),
    owner_column="LOG_OWNER",
)
def mview_logs(session: Any) -> Iterator[tuple[str, str, Row]]:
    """Materialized view logs; the table behind each is not modelled."""
    for log in session.database.catalog.view_logs.values():
        yield (
            log.schema,
            log.table,
            {
                "LOG_OWNER": log.schema,
                "MASTER": log.table,
                "LOG_TABLE": f"MLOG$_{log.table[:20]}",
                "ROWIDS": yes(log.with_rowid),
                "PRIMARY_KEY": yes(log.with_primary_key),
                "OBJECT_ID": "NO",
                "FILTER_COLUMNS": "NO",
                "SEQUENCE": "NO",
                "INCLUDE_NEW_VALUES": yes(log.includes_new),
            },
        )


@family("CATALOG", "OWNER v128, TABLE_NAME v128, TABLE_TYPE v11")
def catalog_rows(session: Any) -> Iterator[tuple[str, str, Row]]:
    """Tables, views, sequences and synonyms by name."""
    words = ((Table, "TABLE"), (View, "VIEW"), (Sequence, "SEQUENCE"), (Synonym, "SYNONYM"))
    for kind, word in words:
        for item in session.database.catalog.of_type(kind):
            row = {"OWNER": item.schema, "TABLE_NAME": item.name, "TABLE_TYPE": word}
            yield item.schema, item.name, row
