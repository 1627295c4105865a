"""A table's definition, as its own database describes it, and what a person asks of its columns."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, order=True)
class TableRef:
    """A table (or view, or sequence) by schema and name, exactly as stored."""

    schema: str
    name: str

    def __str__(self) -> str:
        return f"{self.schema}.{self.name}"


@dataclass(frozen=True, slots=True)
class DataType:
    """A column's type in its own database's words.

    Oracle names: ``NUMBER FLOAT BINARY_FLOAT BINARY_DOUBLE CHAR NCHAR VARCHAR2 NVARCHAR2
    LONG CLOB NCLOB RAW "LONG RAW" BLOB BFILE DATE TIMESTAMP "TIMESTAMP WITH TIME ZONE"
    "TIMESTAMP WITH LOCAL TIME ZONE" "INTERVAL YEAR TO MONTH" "INTERVAL DAY TO SECOND"
    ROWID UROWID XMLTYPE JSON BOOLEAN VECTOR`` or a user type's name with *schema*.
    PostgreSQL names are those of ``format_type``: ``smallint integer bigint numeric real
    "double precision" "character varying" character text bytea "timestamp without time zone"
    "timestamp with time zone" date interval boolean uuid json jsonb xml`` …
    """

    name: str
    length: int | None = None  # characters; bytes for RAW
    precision: int | None = None  # decimal digits; FLOAT: bits; INTERVAL: leading field's digits
    scale: int | None = None  # digits after the point; TIMESTAMP, INTERVAL: of the second
    byte_length: bool = False  # VARCHAR2(n BYTE): *length* counts bytes of the database charset
    schema: str | None = None  # owner of a user-defined type
    # Of a user-defined type: the column's expression gives it as JSON.
    document: bool = field(default=False, repr=False)
    # PostgreSQL's: the parts that an interval is cut to (``day to minute``), and the domain, in
    # quotes, that stands on the type.
    fields: str | None = field(default=None, repr=False)
    domain: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Sequence:
    """A sequence, or the one behind an identity column."""

    ref: TableRef
    next_value: int  # the next value that is certainly unused (Oracle: LAST_NUMBER)
    increment: int = 1
    minimum: int | None = None
    maximum: int | None = None
    cache: int = 1
    cycle: bool = False


@dataclass(frozen=True, slots=True)
class Identity:
    """A column's identity property."""

    always: bool
    sequence: Sequence | None = None


class MaskKind(enum.StrEnum):
    """What stands in a value's place."""

    NULL = "null"
    CONSTANT = "constant"
    HASH = "hash"  # keyed, the same value always gives the same
    PARTIAL = "partial"  # some characters stay, the others are covered
    RANDOM = "random"  # of the same shape, drawn from the key and the value


@dataclass(frozen=True, slots=True)
class Mask:
    """What is loaded instead of a column's values; see typemap/mask.py."""

    kind: MaskKind
    value: str | None = None  # CONSTANT
    keep_start: int = 0  # PARTIAL: characters that stay
    keep_end: int = 0
    cover: str = "*"  # PARTIAL: stands for each other character
    low: str | None = None  # RANDOM numbers: bounds
    high: str | None = None
    days: int = 365  # RANDOM moments: how far at most from the value


@dataclass(frozen=True, slots=True)
class Column:
    """One column, in the order of *position* (1 is the first)."""

    name: str
    type: DataType
    position: int
    nullable: bool = True
    default: str | None = None  # SQL text of its own database
    identity: Identity | None = None
    generated: str | None = None  # expression of a virtual or generated column
    invisible: bool = False
    comment: str | None = None
    # What a person asked for this column of a source:
    rename: str | None = None  # its name on the target
    expression: str | None = None  # SQL that is read in its place
    mask: Mask | None = None  # what is loaded in its place


@dataclass(frozen=True, slots=True)
class Key:
    """A primary key or unique constraint."""

    name: str
    columns: tuple[str, ...]
    primary: bool
    deferrable: bool = False
    initially_deferred: bool = False
    enabled: bool = True
    validated: bool = True
    generated_name: bool = False  # SYS_C…: never kept on the target


@dataclass(frozen=True, slots=True)
class ForeignKey:
    """A foreign key; *parent* may be in another schema."""

    name: str
    columns: tuple[str, ...]
    parent: TableRef
    parent_columns: tuple[str, ...]
    on_delete: str = "NO ACTION"  # CASCADE, SET NULL
    deferrable: bool = False
    initially_deferred: bool = False
    enabled: bool = True
    validated: bool = True
    generated_name: bool = False


@dataclass(frozen=True, slots=True)
class Check:
    """A check constraint, in the SQL of its own database."""

    name: str
    expression: str
    enabled: bool = True
    validated: bool = True
    generated_name: bool = False


@dataclass(frozen=True, slots=True)
class IndexPart:
    """A column or, when *is_expression*, an SQL expression of an index."""

    text: str
    descending: bool = False
    is_expression: bool = False


@dataclass(frozen=True, slots=True)
class Index:
    """An index that backs no constraint."""

    name: str
    parts: tuple[IndexPart, ...]
    unique: bool = False
    kind: str = "NORMAL"  # Oracle's INDEX_TYPE; PostgreSQL's access method
    predicate: str | None = None


@dataclass(frozen=True, slots=True)
class Partition:
    """One partition, with the bound's text as its dictionary shows it."""

    name: str
    high_value: str | None = None
    subpartitions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Partitioning:
    """How a table is partitioned."""

    method: str  # RANGE, LIST, HASH, REFERENCE, SYSTEM
    columns: tuple[str, ...]
    partitions: tuple[Partition, ...] = ()
    subpartition_method: str | None = None
    interval: str | None = None


class TableKind(enum.StrEnum):
    """How a table stores its rows; decides how it can be read in chunks."""

    HEAP = "heap"
    INDEX_ORGANIZED = "index-organized"
    CLUSTERED = "clustered"
    EXTERNAL = "external"
    TEMPORARY = "temporary"
    VIEW = "view"
    QUERY = "query"  # somebody's SELECT in place of a table


@dataclass(frozen=True, slots=True)
class Table:
    """A table's whole definition, as its own database describes it."""

    ref: TableRef
    columns: tuple[Column, ...]
    kind: TableKind = TableKind.HEAP
    primary_key: Key | None = None
    unique_keys: tuple[Key, ...] = ()
    foreign_keys: tuple[ForeignKey, ...] = ()
    checks: tuple[Check, ...] = ()
    indexes: tuple[Index, ...] = ()
    partitioning: Partitioning | None = None
    comment: str | None = None
    estimated_rows: int | None = None  # from statistics: a hint for planning, never a count
    rename: TableRef | None = None  # of a source: where a person wants it
    query: str | None = None  # of kind QUERY: the SELECT
    has_past: bool = True  # can be read AS OF SCN
    remarks: tuple[str, ...] = ()  # of a source: what else belongs to it, and does not move

    @property
    def has_rowids(self) -> bool:
        """True when each row has an address that stays while the table is not reorganised."""
        return self.kind in (TableKind.HEAP, TableKind.CLUSTERED)

    def column(self, name: str) -> Column:
        """The column of that stored name; KeyError if there is none."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(name)
