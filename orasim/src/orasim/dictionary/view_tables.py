"""TABLES, columns, constraints, indexes, partitions, comments."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from orasim.dictionary.model import Column, NestedStorage, Table, View
from orasim.dictionary.views import Row, family
from orasim.values import OraDate


def moment(seconds: float | None) -> OraDate | None:
    """A Unix time as a DATE (UTC)."""
    if not seconds:
        return None
    import time

    t = time.gmtime(seconds)
    return OraDate(t.tm_year, t.tm_mon, t.tm_mday, t.tm_hour, t.tm_min, t.tm_sec)


def yes(flag: Any) -> str:
    """YES or NO."""
    return "YES" if flag else "NO"


def tables(session: Any) -> list[Table]:
    """All tables, by owner and name."""
    found = list(session.database.catalog.of_type(Table))
    return sorted(found, key=lambda t: (t.schema, t.name))


TABLES = (
    "OWNER v128, TABLE_NAME v128, TABLESPACE_NAME v30, CLUSTER_NAME v128, IOT_NAME v128, STATUS v8,"
    "PCT_FREE n, PCT_USED n, INI_TRANS n, MAX_TRANS n, INITIAL_EXTENT n, NEXT_EXTENT n, MIN_EXTENTS n,"
    "MAX_EXTENTS n, PCT_INCREASE n, FREELISTS n, FREELIST_GROUPS n, LOGGING v3, BACKED_UP v1, NUM_ROWS n,"
    "BLOCKS n, EMPTY_BLOCKS n, AVG_SPACE n, CHAIN_CNT n, AVG_ROW_LEN n, AVG_SPACE_FREELIST_BLOCKS n,"
    "NUM_FREELIST_BLOCKS n, DEGREE v10, INSTANCES v10, CACHE v5, TABLE_LOCK v8, SAMPLE_SIZE n,"
    "LAST_ANALYZED d, PARTITIONED v3, IOT_TYPE v12, TEMPORARY v1, SECONDARY v1, NESTED v3, BUFFER_POOL v7,"
    "FLASH_CACHE v7, CELL_FLASH_CACHE v7, ROW_MOVEMENT v8, GLOBAL_STATS v3, USER_STATS v3, DURATION v15,"
    "SKIP_CORRUPT v8, MONITORING v3, CLUSTER_OWNER v128, DEPENDENCIES v8, COMPRESSION v8, COMPRESS_FOR v30,"
    "DROPPED v3, READ_ONLY v3, SEGMENT_CREATED v3, RESULT_CACHE v7, CLUSTERING v3, ACTIVITY_TRACKING v23,"
    "DML_TIMESTAMP v25, HAS_IDENTITY v3, CONTAINER_DATA v3, INMEMORY v8, INMEMORY_PRIORITY v8,"
    "INMEMORY_DISTRIBUTE v15, INMEMORY_COMPRESSION v17, INMEMORY_DUPLICATE v13,"
    "DEFAULT_COLLATION v100@12.2, DUPLICATED v1@12.2, SHARDED v1@12.2, EXTERNAL v3@12.2, HYBRID v3@19,"
    "CELLMEMORY v24@12.2, CONTAINERS_DEFAULT v3@12.2, CONTAINER_MAP v3@12.2, EXTENDED_DATA_LINK v3@12.2,"
    "EXTENDED_DATA_LINK_MAP v3@12.2, INMEMORY_SERVICE v12@12.2, INMEMORY_SERVICE_NAME v1000@12.2,"
    "CONTAINER_MAP_OBJECT v3@12.2, MEMOPTIMIZE_READ v8@18, MEMOPTIMIZE_WRITE v8@18,"
    "HAS_SENSITIVE_COLUMN v3@18, ADMIT_NULL v3@19, DATA_LINK_DML_ENABLED v3@19,"
    "LOGICAL_REPLICATION v8@19, EXTERNALLY_SHARDED v1@21, EXTERNALLY_DUPLICATED v1@21"
)


@family("TABLES", TABLES)
def table_rows(session: Any) -> Iterator[tuple[str, str, Row]]:
    """Heap, index-organized, temporary and external tables; no object tables."""
    for table in tables(session):
        if table.object_type is None:
            yield table.schema, table.name, table_row(table)
    for nested in session.database.catalog.of_type(NestedStorage):
        yield (
            nested.schema,
            nested.parent,
            {
                "OWNER": nested.schema,
                "TABLE_NAME": nested.name,
                "STATUS": "VALID",
                "TABLESPACE_NAME": "USERS",
                "PARTITIONED": "NO",
                "TEMPORARY": "N",
                "SECONDARY": "N",
                "NESTED": "YES",
                "DROPPED": "NO",
                "EXTERNAL": "NO",
                "HYBRID": "NO",
                "SEGMENT_CREATED": "YES",
            },
        )


def table_row(table: Table) -> Row:
    """One table as TABLES shows it."""
    plain = not (table.partitioning or table.temporary or table.external or table.index_organized)
    return {
        "OWNER": table.schema,
        "TABLE_NAME": table.name,
        "TABLESPACE_NAME": table.tablespace if plain else None,
        "CLUSTER_NAME": table.cluster,
        "CLUSTER_OWNER": table.schema if table.cluster else None,
        "STATUS": "VALID",
        "PCT_FREE": 10,
        "INI_TRANS": 1,
        "MAX_TRANS": 255,
        "LOGGING": "YES" if plain else None,
        "BACKED_UP": "N",
        "NUM_ROWS": table.statistics_rows,
        "BLOCKS": table.statistics_blocks,
        "DEGREE": "         1",
        "INSTANCES": "         1",
        "CACHE": "    N",
        "TABLE_LOCK": "ENABLED",
        "LAST_ANALYZED": moment(table.analyzed),
        "PARTITIONED": yes(table.partitioning),
        "IOT_TYPE": "IOT" if table.index_organized else None,
        "TEMPORARY": "Y" if table.temporary else "N",
        "SECONDARY": "N",
        "NESTED": "NO",
        "BUFFER_POOL": "DEFAULT",
        "ROW_MOVEMENT": "ENABLED" if table.row_movement else "DISABLED",
        "GLOBAL_STATS": yes(table.analyzed),
        "USER_STATS": "NO",
        "DURATION": table.temporary,
        "SKIP_CORRUPT": "DISABLED",
        "MONITORING": "YES",
        "DEPENDENCIES": "DISABLED",
        "COMPRESSION": "ENABLED" if table.compress_for else "DISABLED",
        "COMPRESS_FOR": table.compress_for,
        "DROPPED": "NO",
        "READ_ONLY": "NO",
        "SEGMENT_CREATED": "YES" if plain else "N/A",
        "RESULT_CACHE": "DEFAULT",
        "CLUSTERING": "NO",
        "HAS_IDENTITY": yes(any(c.identity for c in table.columns)),
        "CONTAINER_DATA": "NO",
        "INMEMORY": "DISABLED",
        "DEFAULT_COLLATION": "USING_NLS_COMP",
        "DUPLICATED": "N",
        "SHARDED": "N",
        "EXTERNAL": yes(table.external),
        "HYBRID": "NO",
        "HAS_SENSITIVE_COLUMN": "NO",
        "MEMOPTIMIZE_READ": "DISABLED",
        "MEMOPTIMIZE_WRITE": "DISABLED",
        "LOGICAL_REPLICATION": "ENABLED",
    }


_COLUMNS = (
    "OWNER v128, TABLE_NAME v128, COLUMN_NAME v128, DATA_TYPE v128, DATA_TYPE_MOD v3, DATA_TYPE_OWNER v128,"
    "DATA_LENGTH n, DATA_PRECISION n, DATA_SCALE n, NULLABLE v1, COLUMN_ID n, DEFAULT_LENGTH n,"
    "DATA_DEFAULT l, NUM_DISTINCT n, LOW_VALUE r1000, HIGH_VALUE r1000, DENSITY n, NUM_NULLS n, NUM_BUCKETS n,"
    "LAST_ANALYZED d, SAMPLE_SIZE n, CHARACTER_SET_NAME v44, CHAR_COL_DECL_LENGTH n, GLOBAL_STATS v3,"
    "USER_STATS v3, AVG_COL_LEN n, CHAR_LENGTH n, CHAR_USED v1, V80_FMT_IMAGE v3, DATA_UPGRADED v3"
)
_TAB_COLS = (
    _COLUMNS + ", HIDDEN_COLUMN v3, VIRTUAL_COLUMN v3, SEGMENT_COLUMN_ID n, INTERNAL_COLUMN_ID n,"
    "HISTOGRAM v15, QUALIFIED_COL_NAME v4000, USER_GENERATED v3, DEFAULT_ON_NULL v3, IDENTITY_COLUMN v3,"
    "EVALUATION_EDITION v128, UNUSABLE_BEFORE v128, UNUSABLE_BEGINNING v128, COLLATION v100@12.2,"
    "COLLATED_COLUMN_ID n@12.2, DATA_DEFAULT_VC v4000@23, DOMAIN_OWNER v128@23, DOMAIN_NAME v128@23"
)


def column_row(
    owner: str,
    name: str,
    column: Column,
    position: int | None,
    internal: int,
    stored: int | None,
    widest: int = 4,
) -> Row:
    """One column as TAB_COLS shows it; *widest*: bytes of a character at most."""
    kind = column.type
    default = column.virtual if column.virtual is not None else column.default
    if column.hidden:
        default = column.expression
    is_object = kind.name in ("OBJECT", "XMLTYPE")
    is_text = kind.is_text
    precision = kind.precision
    scale = kind.scale
    return {
        "OWNER": owner,
        "TABLE_NAME": name,
        "COLUMN_NAME": column.name,
        "DATA_TYPE": kind.data_type,
        "DATA_TYPE_OWNER": ("SYS" if kind.name == "XMLTYPE" else kind.type_schema)
        if is_object
        else None,
        "DATA_LENGTH": kind.stored_length(widest),
        "DATA_PRECISION": precision,
        "DATA_SCALE": scale,
        "NULLABLE": "Y" if column.nullable else "N",
        "COLUMN_ID": position,
        "DEFAULT_LENGTH": len(default.encode()) if default else None,
        "DATA_DEFAULT": default,
        "DATA_DEFAULT_VC": default[:4000] if default else None,
        "CHARACTER_SET_NAME": (
            ("NCHAR_CS" if kind.is_national else "CHAR_CS")
            if is_text or kind.name in ("CLOB", "NCLOB", "LONG")
            else None
        ),
        "CHAR_COL_DECL_LENGTH": kind.stored_length(widest) if is_text else None,
        "GLOBAL_STATS": "NO",
        "USER_STATS": "NO",
        "CHAR_LENGTH": kind.char_length,
        "CHAR_USED": ("C" if kind.char_semantics or kind.is_national else "B") if is_text else None,
        "V80_FMT_IMAGE": "NO",
        "DATA_UPGRADED": "YES",
        "HIDDEN_COLUMN": yes(column.hidden or column.invisible),
        "VIRTUAL_COLUMN": yes(column.virtual is not None),
        "SEGMENT_COLUMN_ID": stored,
        "INTERNAL_COLUMN_ID": internal,
        "HISTOGRAM": "NONE",
        "QUALIFIED_COL_NAME": column.name,
        "USER_GENERATED": yes(not column.hidden),
        "DEFAULT_ON_NULL": yes(
            column.default_on_null or (column.identity and column.identity.on_null)
        ),
        "IDENTITY_COLUMN": yes(column.identity),
        "COLLATION": "USING_NLS_COMP" if is_text else None,
    }


def all_columns(session: Any) -> Iterator[tuple[str, str, Row]]:
    """Columns of tables and views, hidden ones included."""
    widest = session.database.characters.widest
    for table in tables(session):
        position = stored = 0
        for internal, column in enumerate(table.columns, 1):
            if not (column.hidden or column.invisible):
                position += 1
            if column.virtual is None:
                stored += 1
            yield (
                table.schema,
                table.name,
                column_row(
                    table.schema,
                    table.name,
                    column,
                    None if column.hidden or column.invisible else position,
                    internal,
                    stored if column.virtual is None else None,
                    widest,
                ),
            )
    for view in session.database.catalog.of_type(View):
        for position, column in enumerate(view.columns, 1):
            yield (
                view.schema,
                view.name,
                column_row(view.schema, view.name, column, position, position, position, widest),
            )


@family("TAB_COLS", _TAB_COLS)
def tab_cols(session: Any) -> Iterator[tuple[str, str, Row]]:
    """Every column."""
    return all_columns(session)


@family(
    "TAB_COLUMNS",
    _COLUMNS + ", HISTOGRAM v15, DEFAULT_ON_NULL v3, IDENTITY_COLUMN v3, EVALUATION_EDITION v128,"
    "UNUSABLE_BEFORE v128, UNUSABLE_BEGINNING v128, COLLATION v100@12.2",
)
def tab_columns(session: Any) -> Iterator[tuple[str, str, Row]]:
    """Without the hidden columns."""
    return (r for r in all_columns(session) if r[2]["HIDDEN_COLUMN"] == "NO")


@family(
    "TAB_COMMENTS", "OWNER v128, TABLE_NAME v128, TABLE_TYPE v11, COMMENTS v4000, ORIGIN_CON_ID n"
)
def tab_comments(session: Any) -> Iterator[tuple[str, str, Row]]:
    """A row per table and view, with or without a comment."""
    catalog = session.database.catalog
    for kind, word in ((Table, "TABLE"), (View, "VIEW")):
        for item in catalog.of_type(kind):
            if (item.schema, item.name) in catalog.materialized_views:
                continue  # its comment is in MVIEW_COMMENTS; SQLAlchemy unites the two views
            yield (
                item.schema,
                item.name,
                {
                    "OWNER": item.schema,
                    "TABLE_NAME": item.name,
                    "TABLE_TYPE": word,
                    "COMMENTS": item.comment,
                    "ORIGIN_CON_ID": 0,
                },
            )


@family(
    "COL_COMMENTS", "OWNER v128, TABLE_NAME v128, COLUMN_NAME v128, COMMENTS v4000, ORIGIN_CON_ID n"
)
def col_comments(session: Any) -> Iterator[tuple[str, str, Row]]:
    """A row per visible column."""
    catalog = session.database.catalog
    for kind in (Table, View):
        for item in catalog.of_type(kind):
            for column in item.columns:
                if not column.hidden:
                    yield (
                        item.schema,
                        item.name,
                        {
                            "OWNER": item.schema,
                            "TABLE_NAME": item.name,
                            "COLUMN_NAME": column.name,
                            "COMMENTS": column.comment,
                            "ORIGIN_CON_ID": 0,
                        },
                    )


@family("MVIEW_COMMENTS", "OWNER v128, MVIEW_NAME v128, COMMENTS v4000")
def mview_comments(session: Any) -> Iterator[tuple[str, str, Row]]:
    """Materialized views with the default comment."""
    for view in session.database.catalog.materialized_views.values():
        yield (
            view.schema,
            view.name,
            {
                "OWNER": view.schema,
                "MVIEW_NAME": view.name,
                "COMMENTS": view.comment
                or f"snapshot table for snapshot {view.schema}.{view.name}",
            },
        )
