"""TABLES, columns, constraints, indexes, partitions, comments."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from orasim.dictionary.model import Column, Constraint, Table, View
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


_TABLES = (
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
    "LOGICAL_REPLICATION v8@19"
)


@family("TABLES", _TABLES)
def table_rows(session: Any) -> Iterator[tuple[str, str, Row]]:
    """Heap, index-organized, temporary and external tables; no object tables."""
    for table in tables(session):
        plain = not (
            table.partitioning or table.temporary or table.external or table.index_organized
        )
        yield (
            table.schema,
            table.name,
            {
                "OWNER": table.schema,
                "TABLE_NAME": table.name,
                "TABLESPACE_NAME": "USERS" if plain else None,
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
                "COMPRESSION": "DISABLED",
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
            },
        )


@family("ALL_TABLES", _TABLES + ", TABLE_TYPE_OWNER v128, TABLE_TYPE v128, OBJECT_ID_TYPE v16")
def all_table_rows(session: Any) -> Iterator[tuple[str, str, Row]]:
    """ALL_ALL_TABLES: as TABLES, object tables would be here too."""
    yield from table_rows(session)


_COLUMNS = (
    "OWNER v128, TABLE_NAME v128, COLUMN_NAME v128, DATA_TYPE v128, DATA_TYPE_MOD v3, DATA_TYPE_OWNER v128,"
    "DATA_LENGTH n, DATA_PRECISION n, DATA_SCALE n, NULLABLE v1, COLUMN_ID n, DEFAULT_LENGTH n,"
    "DATA_DEFAULT l, NUM_DISTINCT n, LOW_VALUE r, HIGH_VALUE r, DENSITY n, NUM_NULLS n, NUM_BUCKETS n,"
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
    owner: str, name: str, column: Column, position: int | None, internal: int, stored: int | None
) -> Row:
    """One column as TAB_COLS shows it."""
    kind = column.type
    default = column.virtual if column.virtual is not None else column.default
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
        "DATA_LENGTH": kind.data_length,
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
        "CHAR_COL_DECL_LENGTH": kind.byte_length if is_text else None,
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
                ),
            )
    for view in session.database.catalog.of_type(View):
        for position, column in enumerate(view.columns, 1):
            yield (
                view.schema,
                view.name,
                column_row(view.schema, view.name, column, position, position, position),
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
            yield (
                item.schema,
                item.name,
                {
                    "OWNER": item.schema,
                    "TABLE_NAME": item.name,
                    "TABLE_TYPE": word,
                    "COMMENTS": item.comment,
                    "ORIGIN_CON_ID": 3,
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
                            "ORIGIN_CON_ID": 3,
                        },
                    )


@family("MVIEW_COMMENTS", "OWNER v128, MVIEW_NAME v128, COMMENTS v4000, ORIGIN_CON_ID n")
def mview_comments(session: Any) -> Iterator[tuple[str, str, Row]]:
    """Materialized views with the default comment."""
    for view in session.database.catalog.materialized_views.values():
        yield (
            view.schema,
            view.name,
            {
                "OWNER": view.schema,
                "MVIEW_NAME": view.name,
                "COMMENTS": f"snapshot table for snapshot {view.schema}.{view.name}",
                "ORIGIN_CON_ID": 3,
            },
        )


@family(
    "CONSTRAINTS",
    "OWNER v128, CONSTRAINT_NAME v128, CONSTRAINT_TYPE v1, TABLE_NAME v128, SEARCH_CONDITION l,"
    "SEARCH_CONDITION_VC v4000, R_OWNER v128, R_CONSTRAINT_NAME v128, DELETE_RULE v9, STATUS v8,"
    "DEFERRABLE v14, DEFERRED v9, VALIDATED v13, GENERATED v14, BAD v3, RELY v4, LAST_CHANGE d,"
    "INDEX_OWNER v128, INDEX_NAME v128, INVALID v7, VIEW_RELATED v14, ORIGIN_CON_ID n",
    dropped=(),
)
def constraints(session: Any) -> Iterator[tuple[str, str, Row]]:
    """P, U, R, C of tables; V and O of views."""
    for table in tables(session):
        for c in table.constraints:
            yield table.schema, table.name, _constraint_row(table, c)
    for view in session.database.catalog.of_type(View):
        if view.read_only or view.check_option:
            yield (
                view.schema,
                view.name,
                {
                    "OWNER": view.schema,
                    "CONSTRAINT_NAME": f"SYS_C{view.object_id:08d}",
                    "CONSTRAINT_TYPE": "O" if view.read_only else "V",
                    "TABLE_NAME": view.name,
                    "STATUS": "ENABLED",
                    "DEFERRABLE": "NOT DEFERRABLE",
                    "DEFERRED": "IMMEDIATE",
                    "VALIDATED": "NOT VALIDATED",
                    "GENERATED": "GENERATED NAME",
                },
            )


def _constraint_row(table: Table, c: Constraint) -> Row:
    return {
        "OWNER": table.schema,
        "CONSTRAINT_NAME": c.name,
        "CONSTRAINT_TYPE": c.kind,
        "TABLE_NAME": table.name,
        "SEARCH_CONDITION": c.condition,
        "SEARCH_CONDITION_VC": c.condition[:4000] if c.condition else None,
        "R_OWNER": c.parent_schema if c.kind == "R" else None,
        "R_CONSTRAINT_NAME": c.parent_constraint if c.kind == "R" else None,
        "DELETE_RULE": c.delete_rule,
        "STATUS": "ENABLED" if c.enabled else "DISABLED",
        "DEFERRABLE": "DEFERRABLE" if c.deferrable else "NOT DEFERRABLE",
        "DEFERRED": "DEFERRED" if c.initially_deferred else "IMMEDIATE",
        "VALIDATED": "VALIDATED" if c.validated else "NOT VALIDATED",
        "GENERATED": "GENERATED NAME" if c.generated else "USER NAME",
        "RELY": "RELY" if c.rely else None,
        "LAST_CHANGE": moment(table.last_ddl),
        "INDEX_OWNER": table.schema if c.index else None,
        "INDEX_NAME": c.index,
        "ORIGIN_CON_ID": 3,
    }


@family(
    "CONS_COLUMNS",
    "OWNER v128, CONSTRAINT_NAME v128, TABLE_NAME v128, COLUMN_NAME v4000, POSITION n",
    dropped=(),
)
def cons_columns(session: Any) -> Iterator[tuple[str, str, Row]]:
    """Positions for keys, none for checks."""
    for table in tables(session):
        for c in table.constraints:
            for position, column in enumerate(c.columns, 1):
                yield (
                    table.schema,
                    table.name,
                    {
                        "OWNER": table.schema,
                        "CONSTRAINT_NAME": c.name,
                        "TABLE_NAME": table.name,
                        "COLUMN_NAME": column,
                        "POSITION": position if c.kind != "C" else None,
                    },
                )


_INDEXES = (
    "OWNER v128, INDEX_NAME v128, INDEX_TYPE v27, TABLE_OWNER v128, TABLE_NAME v128, TABLE_TYPE c11,"
    "UNIQUENESS v9, COMPRESSION v13, PREFIX_LENGTH n, TABLESPACE_NAME v30, INI_TRANS n, MAX_TRANS n,"
    "INITIAL_EXTENT n, NEXT_EXTENT n, MIN_EXTENTS n, MAX_EXTENTS n, PCT_INCREASE n, PCT_THRESHOLD n,"
    "INCLUDE_COLUMN n, FREELISTS n, FREELIST_GROUPS n, PCT_FREE n, LOGGING v3, BLEVEL n, LEAF_BLOCKS n,"
    "DISTINCT_KEYS n, AVG_LEAF_BLOCKS_PER_KEY n, AVG_DATA_BLOCKS_PER_KEY n, CLUSTERING_FACTOR n, STATUS v8,"
    "NUM_ROWS n, SAMPLE_SIZE n, LAST_ANALYZED d, DEGREE v40, INSTANCES v40, PARTITIONED v3, TEMPORARY v1,"
    "GENERATED v1, SECONDARY v1, BUFFER_POOL v7, FLASH_CACHE v7, CELL_FLASH_CACHE v7, USER_STATS v3,"
    "DURATION v15, PCT_DIRECT_ACCESS n, ITYP_OWNER v128, ITYP_NAME v128, PARAMETERS v1000, GLOBAL_STATS v3,"
    "DOMIDX_STATUS v12, DOMIDX_OPSTATUS v6, FUNCIDX_STATUS v8, JOIN_INDEX v3, IOT_REDUNDANT_PKEY_ELIM v3,"
    "DROPPED v3, VISIBILITY v9, DOMIDX_MANAGEMENT v14, SEGMENT_CREATED v3, ORPHANED_ENTRIES v3,"
    "INDEXING v7, AUTO v3@19, CONSTRAINT_INDEX v3@19"
)


@family("INDEXES", _INDEXES)
def indexes(session: Any) -> Iterator[tuple[str, str, Row]]:
    """Indexes, those of keys included, and the LOB indexes that every LOB column has."""
    catalog = session.database.catalog
    for index in list(catalog.indexes.values()):
        table = catalog.find(index.table_schema, index.table)
        partitioned = index.local and isinstance(table, Table) and table.partitioning
        is_iot = (
            isinstance(table, Table)
            and table.index_organized
            and index.constraint
            and (table.primary_key and table.primary_key.name == index.constraint)
        )
        kind = "IOT - TOP" if is_iot else index.type_name
        yield (
            index.table_schema,
            index.table,
            {
                "OWNER": index.schema,
                "INDEX_NAME": index.name,
                "INDEX_TYPE": kind,
                "TABLE_OWNER": index.table_schema,
                "TABLE_NAME": index.table,
                "TABLE_TYPE": "TABLE",
                "UNIQUENESS": "UNIQUE" if index.unique else "NONUNIQUE",
                "COMPRESSION": "DISABLED",
                "TABLESPACE_NAME": None if partitioned else "USERS",
                "INI_TRANS": 2,
                "MAX_TRANS": 255,
                "PCT_FREE": 10,
                "LOGGING": "YES",
                "STATUS": "N/A" if partitioned else "VALID",
                "DEGREE": "1",
                "INSTANCES": "1",
                "PARTITIONED": yes(partitioned),
                "TEMPORARY": "N",
                "GENERATED": "Y" if index.generated else "N",
                "SECONDARY": "N",
                "BUFFER_POOL": "DEFAULT",
                "USER_STATS": "NO",
                "GLOBAL_STATS": "NO",
                "FUNCIDX_STATUS": "ENABLED" if kind.startswith("FUNCTION") else None,
                "JOIN_INDEX": "NO",
                "IOT_REDUNDANT_PKEY_ELIM": "NO",
                "DROPPED": "NO",
                "VISIBILITY": "VISIBLE" if index.visible else "INVISIBLE",
                "SEGMENT_CREATED": "YES",
                "ORPHANED_ENTRIES": "NO",
                "INDEXING": "FULL",
                "AUTO": "NO",
                "CONSTRAINT_INDEX": yes(index.constraint),
            },
        )
    for table in tables(session):
        for position, column in enumerate(table.columns, 1):
            if column.type.is_lob and column.type.name != "BFILE":
                name = f"SYS_IL{table.object_id:010d}C{position:05d}$$"
                yield (
                    table.schema,
                    table.name,
                    {
                        "OWNER": table.schema,
                        "INDEX_NAME": name,
                        "INDEX_TYPE": "LOB",
                        "TABLE_OWNER": table.schema,
                        "TABLE_NAME": table.name,
                        "TABLE_TYPE": "TABLE",
                        "UNIQUENESS": "UNIQUE",
                        "COMPRESSION": "DISABLED",
                        "STATUS": "VALID",
                        "PARTITIONED": "NO",
                        "TEMPORARY": "N",
                        "GENERATED": "Y",
                        "SECONDARY": "N",
                        "JOIN_INDEX": "NO",
                        "DROPPED": "NO",
                        "VISIBILITY": "VISIBLE",
                    },
                )


@family(
    "IND_COLUMNS",
    "INDEX_OWNER v128, INDEX_NAME v128, TABLE_OWNER v128, TABLE_NAME v128, COLUMN_NAME v4000,"
    "COLUMN_POSITION n, COLUMN_LENGTH n, CHAR_LENGTH n, DESCEND v4, COLLATED_COLUMN_ID n@12.2",
    dropped=("INDEX_OWNER", "TABLE_OWNER"),
)
def ind_columns(session: Any) -> Iterator[tuple[str, str, Row]]:
    """The parts of indexes; expressions by their hidden column."""
    catalog = session.database.catalog
    for index in list(catalog.indexes.values()):
        table = catalog.find(index.table_schema, index.table)
        for position, part in enumerate(index.parts, 1):
            column = table.find_column(part.column) if isinstance(table, Table) else None
            yield (
                index.table_schema,
                index.table,
                {
                    "INDEX_OWNER": index.schema,
                    "INDEX_NAME": index.name,
                    "TABLE_OWNER": index.table_schema,
                    "TABLE_NAME": index.table,
                    "COLUMN_NAME": part.column,
                    "COLUMN_POSITION": position,
                    "COLUMN_LENGTH": column.type.data_length if column else None,
                    "CHAR_LENGTH": column.type.char_length if column else 0,
                    "DESCEND": "DESC" if part.descending else "ASC",
                },
            )


@family(
    "IND_EXPRESSIONS",
    "INDEX_OWNER v128, INDEX_NAME v128, TABLE_OWNER v128, TABLE_NAME v128, COLUMN_EXPRESSION l,"
    "COLUMN_POSITION n",
    dropped=("INDEX_OWNER", "TABLE_OWNER"),
)
def ind_expressions(session: Any) -> Iterator[tuple[str, str, Row]]:
    """Expressions; a DESC column is one too."""
    for index in list(session.database.catalog.indexes.values()):
        for position, part in enumerate(index.parts, 1):
            if part.expression is not None:
                yield (
                    index.table_schema,
                    index.table,
                    {
                        "INDEX_OWNER": index.schema,
                        "INDEX_NAME": index.name,
                        "TABLE_OWNER": index.table_schema,
                        "TABLE_NAME": index.table,
                        "COLUMN_EXPRESSION": part.expression,
                        "COLUMN_POSITION": position,
                    },
                )


@family(
    "TAB_IDENTITY_COLS",
    "OWNER v128, TABLE_NAME v128, COLUMN_NAME v128, GENERATION_TYPE v10, SEQUENCE_NAME v128,"
    "IDENTITY_OPTIONS v298",
)
def identity_columns(session: Any) -> Iterator[tuple[str, str, Row]]:
    """Identity columns with their options as text."""
    for table in tables(session):
        for column in table.columns:
            if column.identity is None:
                continue
            s = column.identity.sequence
            yield (
                table.schema,
                table.name,
                {
                    "OWNER": table.schema,
                    "TABLE_NAME": table.name,
                    "COLUMN_NAME": column.name,
                    "GENERATION_TYPE": "ALWAYS" if column.identity.always else "BY DEFAULT",
                    "SEQUENCE_NAME": s.name,
                    "IDENTITY_OPTIONS": (
                        f"START WITH: {s.start}, INCREMENT BY: {s.increment}, MAX_VALUE: {s.maximum}, "
                        f"MIN_VALUE: {s.minimum}, CYCLE_FLAG: {'Y' if s.cycle else 'N'}, "
                        f"CACHE_SIZE: {s.cache}, ORDER_FLAG: {'Y' if s.order else 'N'}, SCALE_FLAG: N, "
                        "EXTEND_FLAG: N, SESSION_FLAG: N, KEEP_VALUE: N"
                    ),
                },
            )


@family(
    "PART_TABLES",
    "OWNER v128, TABLE_NAME v128, PARTITIONING_TYPE v9, SUBPARTITIONING_TYPE v9, PARTITION_COUNT n,"
    "DEF_SUBPARTITION_COUNT n, PARTITIONING_KEY_COUNT n, SUBPARTITIONING_KEY_COUNT n, STATUS v8,"
    "DEF_TABLESPACE_NAME v30, REF_PTN_CONSTRAINT_NAME v128, INTERVAL v1000, IS_NESTED v3,"
    "AUTOLIST v3@12.2, INTERVAL_SUBPARTITION v1000@12.2, AUTOLIST_SUBPARTITION v3@12.2",
)
def part_tables(session: Any) -> Iterator[tuple[str, str, Row]]:
    """Partitioned tables."""
    for table in tables(session):
        p = table.partitioning
        if p is None:
            continue
        yield (
            table.schema,
            table.name,
            {
                "OWNER": table.schema,
                "TABLE_NAME": table.name,
                "PARTITIONING_TYPE": p.method,
                "SUBPARTITIONING_TYPE": p.sub_method or "NONE",
                "PARTITION_COUNT": 1048575 if p.interval else len(p.partitions),
                "DEF_SUBPARTITION_COUNT": len(p.partitions[0].subpartitions) if p.partitions else 0,
                "PARTITIONING_KEY_COUNT": len(p.columns),
                "SUBPARTITIONING_KEY_COUNT": len(p.sub_columns),
                "STATUS": "VALID",
                "DEF_TABLESPACE_NAME": "USERS",
                "REF_PTN_CONSTRAINT_NAME": p.reference,
                "INTERVAL": p.interval,
                "IS_NESTED": "NO",
                "AUTOLIST": yes(p.automatic),
                "AUTOLIST_SUBPARTITION": "NO",
            },
        )


_PARTITION_TAIL = (
    "HIGH_VALUE l, HIGH_VALUE_LENGTH n, {position} n, TABLESPACE_NAME v30, NUM_ROWS n, BLOCKS n,"
    "LAST_ANALYZED d, INTERVAL v3, SEGMENT_CREATED v4, INDEXING v4, READ_ONLY v4@12.2,"
    "HIGH_VALUE_CLOB c@23"
)


@family(
    "TAB_PARTITIONS",
    "TABLE_OWNER v128, TABLE_NAME v128, COMPOSITE v3, PARTITION_NAME v128, SUBPARTITION_COUNT n,"
    + _PARTITION_TAIL.format(position="PARTITION_POSITION"),
    dropped=("TABLE_OWNER",),
)
def tab_partitions(session: Any) -> Iterator[tuple[str, str, Row]]:
    """Partitions in order."""
    for table in tables(session):
        if table.partitioning is None:
            continue
        for position, part in enumerate(table.partitioning.partitions, 1):
            yield (
                table.schema,
                table.name,
                {
                    "TABLE_OWNER": table.schema,
                    "TABLE_NAME": table.name,
                    "COMPOSITE": yes(part.subpartitions),
                    "PARTITION_NAME": part.name,
                    "SUBPARTITION_COUNT": len(part.subpartitions),
                    "HIGH_VALUE": part.high_value,
                    "HIGH_VALUE_CLOB": part.high_value,
                    "HIGH_VALUE_LENGTH": len(part.high_value or ""),
                    "PARTITION_POSITION": position,
                    "TABLESPACE_NAME": "USERS",
                    "INTERVAL": yes(part.interval),
                    "SEGMENT_CREATED": "N/A" if part.subpartitions else "YES",
                    "INDEXING": "ON",
                    "READ_ONLY": "NO",
                },
            )


@family(
    "TAB_SUBPARTITIONS",
    "TABLE_OWNER v128, TABLE_NAME v128, PARTITION_NAME v128, SUBPARTITION_NAME v128,"
    + _PARTITION_TAIL.format(position="SUBPARTITION_POSITION")
    + ", PARTITION_POSITION n",
    dropped=("TABLE_OWNER",),
)
def tab_subpartitions(session: Any) -> Iterator[tuple[str, str, Row]]:
    """Subpartitions in order."""
    for table in tables(session):
        if table.partitioning is None:
            continue
        for outer, part in enumerate(table.partitioning.partitions, 1):
            for position, sub in enumerate(part.subpartitions, 1):
                yield (
                    table.schema,
                    table.name,
                    {
                        "TABLE_OWNER": table.schema,
                        "TABLE_NAME": table.name,
                        "PARTITION_NAME": part.name,
                        "SUBPARTITION_NAME": sub.name,
                        "HIGH_VALUE": sub.high_value,
                        "HIGH_VALUE_LENGTH": len(sub.high_value or ""),
                        "PARTITION_POSITION": outer,
                        "SUBPARTITION_POSITION": position,
                        "TABLESPACE_NAME": "USERS",
                        "INTERVAL": "NO",
                        "SEGMENT_CREATED": "YES",
                    },
                )


_KEY = "OWNER v128, NAME v128, OBJECT_TYPE c5, COLUMN_NAME v4000, COLUMN_POSITION n, COLLATED_COLUMN_ID n@12.2"


def _key_columns(session: Any, which: str) -> Iterator[tuple[str, str, Row]]:
    for table in tables(session):
        if table.partitioning is None:
            continue
        for position, column in enumerate(getattr(table.partitioning, which), 1):
            yield (
                table.schema,
                table.name,
                {
                    "OWNER": table.schema,
                    "NAME": table.name,
                    "OBJECT_TYPE": "TABLE",
                    "COLUMN_NAME": column,
                    "COLUMN_POSITION": position,
                },
            )


@family("PART_KEY_COLUMNS", _KEY)
def part_key_columns(session: Any) -> Iterator[tuple[str, str, Row]]:
    """Partition keys."""
    return _key_columns(session, "columns")


@family("SUBPART_KEY_COLUMNS", _KEY)
def subpart_key_columns(session: Any) -> Iterator[tuple[str, str, Row]]:
    """Subpartition keys."""
    return _key_columns(session, "sub_columns")


@family(
    "LOBS",
    "OWNER v128, TABLE_NAME v128, COLUMN_NAME v4000, SEGMENT_NAME v128, TABLESPACE_NAME v30,"
    "INDEX_NAME v128, CHUNK n, PCTVERSION n, RETENTION n, FREEPOOLS n, CACHE v10, LOGGING v7, ENCRYPT v4,"
    "COMPRESSION v6, DEDUPLICATION v15, IN_ROW v3, FORMAT v15, PARTITIONED v3, SECUREFILE v3,"
    "SEGMENT_CREATED v3, RETENTION_TYPE v7, RETENTION_VALUE n",
)
def lobs(session: Any) -> Iterator[tuple[str, str, Row]]:
    """CLOB, NCLOB and BLOB columns; BFILEs are not listed."""
    for table in tables(session):
        for position, column in enumerate(table.columns, 1):
            if column.type.is_lob and column.type.name != "BFILE":
                yield (
                    table.schema,
                    table.name,
                    {
                        "OWNER": table.schema,
                        "TABLE_NAME": table.name,
                        "COLUMN_NAME": column.name,
                        "SEGMENT_NAME": f"SYS_LOB{table.object_id:010d}C{position:05d}$$",
                        "INDEX_NAME": f"SYS_IL{table.object_id:010d}C{position:05d}$$",
                        "TABLESPACE_NAME": "USERS",
                        "CHUNK": 8192,
                        "CACHE": "NO",
                        "LOGGING": "YES",
                        "ENCRYPT": "NO",
                        "COMPRESSION": "NO",
                        "DEDUPLICATION": "NO",
                        "IN_ROW": "YES",
                        "FORMAT": "ENDIAN NEUTRAL",
                        "PARTITIONED": yes(table.partitioning),
                        "SECUREFILE": "YES",
                        "SEGMENT_CREATED": "YES",
                    },
                )
