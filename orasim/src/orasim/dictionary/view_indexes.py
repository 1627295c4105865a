"""INDEXES, their columns, expressions and partitions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from orasim.dictionary.model import Index, Table
from orasim.dictionary.view_tables import tables, yes
from orasim.dictionary.views import Row, family

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
    "INDEXING v7, AUTO v3@19"
)


def _status(index: Index, partitioned: Any) -> str:
    if partitioned:
        return "N/A"
    return "VALID" if index.usable else "UNUSABLE"


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
                "COMPRESSION": "ENABLED" if index.compressed else "DISABLED",
                "PREFIX_LENGTH": index.compressed,
                "TABLESPACE_NAME": None if partitioned else "USERS",
                "INI_TRANS": 2,
                "MAX_TRANS": 255,
                "PCT_FREE": 10,
                "LOGGING": "YES",
                "STATUS": _status(index, partitioned),
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
                "ITYP_OWNER": index.domain_type[0] if index.domain_type else None,
                "ITYP_NAME": index.domain_type[1] if index.domain_type else None,
                "DOMIDX_STATUS": "VALID" if index.domain_type else None,
                "DOMIDX_OPSTATUS": "VALID" if index.domain_type else None,
                "PARAMETERS": index.parameters,
                "JOIN_INDEX": "NO",
                "IOT_REDUNDANT_PKEY_ELIM": "NO",
                "DROPPED": "NO",
                "VISIBILITY": "VISIBLE" if index.visible else "INVISIBLE",
                "SEGMENT_CREATED": "YES",
                "ORPHANED_ENTRIES": "NO",
                "INDEXING": "FULL",
                "AUTO": "NO",
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


def _local_indexes(session: Any) -> Iterator[tuple[Index, Table]]:
    """Indexes that are partitioned as their table is."""
    catalog = session.database.catalog
    for index in list(catalog.indexes.values()):
        table = catalog.find(index.table_schema, index.table)
        if index.local and isinstance(table, Table) and table.partitioning is not None:
            yield index, table


@family(
    "PART_INDEXES",
    "OWNER v128, INDEX_NAME v128, TABLE_NAME v128, PARTITIONING_TYPE v9, SUBPARTITIONING_TYPE v9,"
    "PARTITION_COUNT n, DEF_SUBPARTITION_COUNT n, PARTITIONING_KEY_COUNT n, SUBPARTITIONING_KEY_COUNT n,"
    "LOCALITY v6, ALIGNMENT v12, DEF_TABLESPACE_NAME v30, INTERVAL v1000, AUTOLIST v3@12.2",
)
def part_indexes(session: Any) -> Iterator[tuple[str, str, Row]]:
    """Local indexes; global partitioned ones are kept as plain."""
    for index, table in _local_indexes(session):
        made = table.partitioning
        assert made is not None
        keys = [part.column for part in index.parts]
        prefixed = keys[: len(made.columns)] == made.columns
        yield (
            index.table_schema,
            index.table,
            {
                "OWNER": index.schema,
                "INDEX_NAME": index.name,
                "TABLE_NAME": index.table,
                "PARTITIONING_TYPE": made.method,
                "SUBPARTITIONING_TYPE": made.sub_method or "NONE",
                "PARTITION_COUNT": 1048575 if made.interval else len(made.partitions),
                "DEF_SUBPARTITION_COUNT": 0,
                "PARTITIONING_KEY_COUNT": len(made.columns),
                "SUBPARTITIONING_KEY_COUNT": len(made.sub_columns),
                "LOCALITY": "LOCAL",
                "ALIGNMENT": "PREFIXED" if prefixed else "NON_PREFIXED",
                "DEF_TABLESPACE_NAME": "USERS",
                "INTERVAL": made.interval,
                "AUTOLIST": yes(made.automatic),
            },
        )


@family(
    "IND_PARTITIONS",
    "INDEX_OWNER v128, INDEX_NAME v128, COMPOSITE v3, PARTITION_NAME v128, SUBPARTITION_COUNT n,"
    "HIGH_VALUE l, HIGH_VALUE_LENGTH n, PARTITION_POSITION n, STATUS v8, TABLESPACE_NAME v30, NUM_ROWS n,"
    "LAST_ANALYZED d, INTERVAL v3, SEGMENT_CREATED v3, HIGH_VALUE_CLOB c@23",
    dropped=("INDEX_OWNER",),
    owner_column="INDEX_OWNER",
)
def ind_partitions(session: Any) -> Iterator[tuple[str, str, Row]]:
    """Partitions of local indexes, named as the table's."""
    for index, table in _local_indexes(session):
        assert table.partitioning is not None
        for position, part in enumerate(table.partitioning.partitions, 1):
            yield (
                index.table_schema,
                index.table,
                {
                    "INDEX_OWNER": index.schema,
                    "INDEX_NAME": index.name,
                    "COMPOSITE": yes(part.subpartitions),
                    "PARTITION_NAME": part.name,
                    "SUBPARTITION_COUNT": len(part.subpartitions),
                    "HIGH_VALUE": part.high_value,
                    "HIGH_VALUE_LENGTH": len(part.high_value or ""),
                    "HIGH_VALUE_CLOB": part.high_value,
                    "PARTITION_POSITION": position,
                    "STATUS": "N/A" if part.subpartitions else "USABLE",
                    "TABLESPACE_NAME": "USERS",
                    "INTERVAL": yes(part.interval),
                    "SEGMENT_CREATED": "N/A" if part.subpartitions else "YES",
                },
            )
