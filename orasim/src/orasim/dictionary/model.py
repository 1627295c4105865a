"""The schema model: made by DDL, read by the dictionary views and by SQL.

Names are as stored: folded to upper case unless they were quoted.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TypeVar

from orasim.engine import OracleError
from orasim.storage.table import Storage, TableStore
from orasim.values import OraType

T = TypeVar("T")

MAX_SEQUENCE = 9_999_999_999_999_999_999_999_999_999  # Oracle's default MAXVALUE: 28 nines


@dataclass(slots=True)
class Column:
    """A table column. *default* and *virtual* keep their text as typed."""

    name: str
    type: OraType
    nullable: bool = True  # False also for primary key columns
    default: str | None = None
    default_on_null: bool = False
    identity: Identity | None = None
    virtual: str | None = None
    invisible: bool = False
    hidden: bool = False  # system-generated: SYS_NC…$ of an index expression
    comment: str | None = None
    encrypted: bool = False  # declared so; the value is stored like any other
    expression: str | None = None  # of a hidden column: what its index computes


@dataclass(slots=True)
class Identity:
    """GENERATED … AS IDENTITY, with the sequence behind it."""

    always: bool
    on_null: bool
    sequence: Sequence


@dataclass(slots=True)
class Constraint:
    """P, U, R or C; NOT NULL is a C with ``"COL" IS NOT NULL``."""

    name: str
    kind: str
    columns: list[str]
    condition: str | None = None
    parent_schema: str | None = None
    parent_constraint: str | None = None
    parent_table: str | None = None
    delete_rule: str | None = None
    enabled: bool = True
    validated: bool = True
    deferrable: bool = False
    initially_deferred: bool = False
    rely: bool = False
    generated: bool = False
    is_not_null: bool = False
    index: str | None = None


@dataclass(slots=True)
class IndexPart:
    """A column of an index; *expression* text when it is not a plain column."""

    column: str
    descending: bool = False
    expression: str | None = None


@dataclass(slots=True)
class Index:
    """An index; it also stands behind keys (``constraint``)."""

    schema: str
    name: str
    table_schema: str
    table: str
    parts: list[IndexPart]
    unique: bool = False
    bitmap: bool = False
    reverse: bool = False
    local: bool = False
    generated: bool = False
    constraint: str | None = None
    object_id: int = 0
    created: float = 0.0
    visible: bool = True
    domain_type: tuple[str, str] | None = None  # INDEXTYPE IS: never used for queries
    parameters: str | None = None
    usable: bool = True
    compressed: int | None = None  # COMPRESS n: so many leading columns

    @property
    def type_name(self) -> str:
        """ALL_INDEXES.INDEX_TYPE."""
        if self.domain_type is not None:
            return "DOMAIN"
        base = "BITMAP" if self.bitmap else "NORMAL/REV" if self.reverse else "NORMAL"
        has_expression = any(p.expression is not None for p in self.parts)
        return f"FUNCTION-BASED {base}" if has_expression else base


@dataclass(slots=True)
class Partition:
    """A partition or subpartition; *high_value* as the dictionary shows it."""

    name: str
    high_value: str | None
    subpartitions: list[Partition] = field(default_factory=list)
    interval: bool = False


@dataclass(slots=True)
class Partitioning:
    """PARTITION BY."""

    method: str  # RANGE, LIST, HASH, REFERENCE, SYSTEM
    columns: list[str]
    partitions: list[Partition]
    interval: str | None = None
    sub_method: str | None = None
    sub_columns: list[str] = field(default_factory=list)
    reference: str | None = None
    automatic: bool = False
    template: list[Partition] = field(default_factory=list)  # subpartitions of new partitions


@dataclass(frozen=True, slots=True)
class ExternalSource:
    """Where an external table's rows would come from."""

    type_name: str = "ORACLE_LOADER"
    directory: str | None = None
    access_parameters: str | None = None
    reject_limit: str = "0"
    locations: tuple[str, ...] = ()


@dataclass(slots=True)
class Table:
    """A table; *store* holds its rows."""

    schema: str
    name: str
    columns: list[Column]
    store: TableStore
    constraints: list[Constraint] = field(default_factory=list)
    partitioning: Partitioning | None = None
    index_organized: bool = False
    temporary: str | None = None  # SYS$TRANSACTION or SYS$SESSION
    external: bool = False
    cluster: str | None = None
    comment: str | None = None
    object_id: int = 0
    created: float = 0.0
    last_ddl: float = 0.0
    source: str = ""
    row_movement: bool = False
    statistics_rows: int | None = None
    statistics_blocks: int | None = None
    analyzed: float | None = None
    object_type: tuple[str, str] | None = None  # an object table: its type
    external_source: ExternalSource | None = None
    prebuilt_for: str | None = None  # container of this materialized view
    tablespace: str = "USERS"
    compress_for: str | None = None  # BASIC, ADVANCED, …

    def find_column(self, name: str) -> Column | None:
        """The column of that stored name."""
        for column in self.columns:
            if column.name == name:
                return column
        return None

    @property
    def primary_key(self) -> Constraint | None:
        """The P constraint."""
        for constraint in self.constraints:
            if constraint.kind == "P":
                return constraint
        return None


@dataclass(slots=True)
class Sequence:
    """A sequence; *next_value* is what NEXTVAL gives next."""

    schema: str
    name: str
    increment: int = 1
    minimum: int = 1
    maximum: int = MAX_SEQUENCE
    cycle: bool = False
    order: bool = False
    cache: int = 20
    next_value: int = 1
    start: int = 1
    object_id: int = 0
    created: float = 0.0
    identity: bool = False
    cached_until: int | None = None  # first value not yet handed to the cache

    def advance(self) -> int:
        """NEXTVAL."""
        value = self.next_value
        if value > self.maximum or value < self.minimum:
            if not self.cycle:
                code, what = (8004, "MAXVALUE") if self.increment > 0 else (8004, "MINVALUE")
                raise OracleError(
                    code, f"sequence {self.name}.NEXTVAL exceeds {what} and cannot be instantiated"
                )
            value = self.minimum if self.increment > 0 else self.maximum
        self.next_value = value + self.increment
        if self.cache > 1:
            left = None if self.cached_until is None else self.cached_until - value
            if left is None or left * self.increment <= 0:
                self.cached_until = value + self.cache * self.increment
        return value

    @property
    def last_number(self) -> int:
        """ALL_SEQUENCES.LAST_NUMBER: past the cached block, never below a value handed out."""
        if self.cache > 1 and self.cached_until is not None:
            return self.cached_until
        return self.next_value


@dataclass(slots=True)
class View:
    """A view: its query's text, and its columns once they are known."""

    schema: str
    name: str
    text: str
    aliases: list[str] | None = None
    columns: list[Column] = field(default_factory=list)
    comment: str | None = None
    read_only: bool = False
    check_option: bool = False
    object_id: int = 0
    created: float = 0.0
    valid: bool = True
    source: str = ""


@dataclass(slots=True)
class MaterializedView:
    """A materialized view's definition; its rows are those of its container table."""

    schema: str
    name: str
    query: str
    source: str
    object_id: int = 0
    created: float = 0.0
    build_mode: str = "IMMEDIATE"
    refresh_method: str = "FORCE"
    refresh_mode: str = "DEMAND"
    query_rewrite: bool = False
    comment: str | None = None
    with_rowid: bool = False  # instead of WITH PRIMARY KEY


@dataclass(slots=True)
class Synonym:
    """A synonym; PUBLIC is a schema."""

    schema: str
    name: str
    target_schema: str
    target: str
    object_id: int = 0
    created: float = 0.0


@dataclass(slots=True)
class Dimension:
    """A dimension: its text, which nothing here reads."""

    schema: str
    name: str
    text: str
    object_id: int = 0
    created: float = 0.0


@dataclass(slots=True)
class Source:
    """Stored PL/SQL: kept as text, never run."""

    schema: str
    name: str
    type: str  # PROCEDURE, FUNCTION, PACKAGE, PACKAGE BODY, TYPE, TYPE BODY, TRIGGER
    text: str  # from the object's keyword on, as ALL_SOURCE shows it
    object_id: int = 0
    created: float = 0.0
    valid: bool = True


@dataclass(slots=True)
class ObjectType:
    """An object type or, with *collection*, a VARYING ARRAY or TABLE of *element*."""

    schema: str
    name: str
    attributes: list[tuple[str, OraType]] = field(default_factory=list)
    references: set[str] = field(default_factory=set)  # attributes that are REFs
    methods: int = 0
    collection: str | None = None
    element: OraType | None = None
    element_is_ref: bool = False
    upper_bound: int | None = None
    supertype: tuple[str, str] | None = None
    final: bool = True
    instantiable: bool = True
    incomplete: bool = False
    object_id: int = 0


@dataclass(slots=True)
class NestedStorage:
    """Where a nested table column's rows would be; no table that a query may name."""

    schema: str
    name: str
    parent: str
    column: str
    type_schema: str
    type_name: str
    object_id: int = 0
    created: float = 0.0


@dataclass(slots=True)
class Trigger:
    """A trigger's header, taken apart."""

    schema: str
    name: str
    table_schema: str
    table: str
    type: str
    event: str
    body: str
    description: str
    when: str | None = None
    enabled: bool = True
    object_id: int = 0
    created: float = 0.0
    base_type: str = "TABLE"
    columns: list[str] = field(default_factory=list)  # UPDATE OF


@dataclass(frozen=True, slots=True)
class Grant:
    """An object privilege."""

    grantor: str
    grantee: str
    schema: str
    name: str
    privilege: str
    grantable: bool = False


@dataclass(slots=True)
class User:
    """A user and what it may do: see ``Database.create_user``."""

    name: str
    password: str | None
    user_id: int
    created: float
    privileges: set[str] = field(default_factory=set)  # CREATE SESSION, SELECT ANY TABLE, …
    roles: set[str] = field(default_factory=set)
    oracle_maintained: bool = False


@dataclass(frozen=True, slots=True)
class DatabaseLink:
    """A link to another database; it is never followed."""

    schema: str
    name: str
    user: str | None
    host: str | None
    created: float


@dataclass(frozen=True, slots=True)
class Cluster:
    """A cluster's name; its tables are stored like others."""

    schema: str
    name: str
    is_hash: bool
    object_id: int
    created: float


@dataclass(frozen=True, slots=True)
class MaterializedViewLog:
    """A log that records nothing."""

    schema: str
    table: str
    with_rowid: bool
    with_primary_key: bool
    includes_new: bool


NamedObject = Table | View | Sequence | Synonym | Dimension | MaterializedView | NestedStorage


@dataclass
class Catalog:
    """Everything by (schema, name); tables, views, sequences, synonyms share a namespace."""

    storage: Storage
    users: dict[str, User] = field(default_factory=dict)
    objects: dict[tuple[str, str], NamedObject] = field(default_factory=dict)
    materialized_views: dict[tuple[str, str], MaterializedView] = field(default_factory=dict)
    indexes: dict[tuple[str, str], Index] = field(default_factory=dict)
    sources: dict[tuple[str, str, str], Source] = field(default_factory=dict)
    triggers: dict[tuple[str, str], Trigger] = field(default_factory=dict)
    grants: list[Grant] = field(default_factory=list)
    directories: dict[str, str] = field(default_factory=dict)
    types: dict[tuple[str, str], ObjectType] = field(default_factory=dict)
    # Roles beside those that every database has, with the system privileges they carry.
    roles: dict[str, set[str]] = field(default_factory=dict)
    links: dict[tuple[str, str], DatabaseLink] = field(default_factory=dict)
    clusters: dict[tuple[str, str], Cluster] = field(default_factory=dict)
    view_logs: dict[tuple[str, str], MaterializedViewLog] = field(default_factory=dict)
    _next_object_id: int = 70_000
    _next_name: int = 7_000

    def new_object_id(self) -> int:
        """A fresh OBJECT_ID."""
        self._next_object_id += 1
        return self._next_object_id

    def system_name(self) -> str:
        """A generated constraint name: SYS_C00…"""
        self._next_name += 1
        return f"SYS_C{self._next_name:08d}"

    def find(self, schema: str, name: str) -> NamedObject | None:
        """The table, view, sequence or synonym of that name in that schema."""
        return self.objects.get((schema, name))

    def resolve(self, schema: str, name: str) -> NamedObject | None:
        """As *find*, following private and then public synonyms."""
        found = self.find(schema, name)
        seen = 0
        if found is None:
            found = self.find("PUBLIC", name)
        while isinstance(found, Synonym) and seen < 10:
            found, seen = self.find(found.target_schema, found.target), seen + 1
        return None if isinstance(found, Synonym) else found

    def find_type(self, schema: str, name: str) -> ObjectType | None:
        """The object type of that name, also by a synonym."""
        found = self.types.get((schema, name))
        for place in (schema, "PUBLIC"):
            synonym = self.find(place, name)
            if found is None and isinstance(synonym, Synonym):
                found = self.types.get((synonym.target_schema, synonym.target))
        return found

    def table(self, schema: str, name: str) -> Table:
        """The table; ORA-00942."""
        found = self.find(schema, name)
        if not isinstance(found, Table):
            raise OracleError(942, "table or view does not exist")
        return found

    def add(self, item: NamedObject) -> None:
        """Enter an object; ORA-00955 when the name is taken."""
        key = (item.schema, item.name)
        if key in self.objects:
            raise OracleError(955, "name is already used by an existing object")
        item.object_id = self.new_object_id()
        item.created = time.time()
        self.objects[key] = item

    def of_type(self, kind: type[T]) -> Iterator[T]:
        """All objects of a class."""
        for item in list(self.objects.values()):
            if isinstance(item, kind):
                yield item

    def table_indexes(self, table: Table) -> list[Index]:
        """The indexes of a table."""
        key = (table.schema, table.name)
        return [i for i in self.indexes.values() if (i.table_schema, i.table) == key]

    def find_constraint(self, schema: str, name: str) -> tuple[Table, Constraint] | None:
        """A constraint by its name, which is unique in a schema."""
        for table in self.of_type(Table):
            if table.schema == schema:
                for constraint in table.constraints:
                    if constraint.name == name:
                        return table, constraint
        return None

    def has_grant(self, user: User, schema: str, name: str, *privileges: str) -> bool:
        """True when the user or PUBLIC or one of its roles holds one of *privileges*."""
        grantees = {user.name, "PUBLIC", *user.roles}
        return any(
            g.grantee in grantees
            and (g.schema, g.name) == (schema, name)
            and g.privilege in privileges
            for g in self.grants
        )

    def may_see(self, user: User, schema: str, name: str) -> bool:
        """True when ALL_ views show the object to the user; a synonym, when its object is shown."""
        found = self.find(schema, name)
        if isinstance(found, Synonym) and user.name != schema:
            target = self.resolve(schema, name)
            return target is not None and self.may_see(user, target.schema, target.name)
        return (
            user.name == schema
            or bool(user.privileges & {"SELECT ANY TABLE", "READ ANY TABLE", "DBA"})
            or any(
                g.grantee in {user.name, "PUBLIC", *user.roles}
                and (g.schema, g.name) == (schema, name)
                for g in self.grants
            )
        )

    def may_read(self, user: User, schema: str, name: str) -> bool:
        """True when the user may select from the object."""
        return (
            user.name == schema
            or bool(user.privileges & {"SELECT ANY TABLE", "READ ANY TABLE", "DBA"})
            or self.has_grant(user, schema, name, "SELECT", "READ")
        )

    def may_flash_back(self, user: User, schema: str, name: str) -> bool:
        """True when AS OF is allowed on the object."""
        return (
            user.name == schema
            or bool(user.privileges & {"FLASHBACK ANY TABLE", "DBA"})
            or self.has_grant(user, schema, name, "FLASHBACK")
        )

    def sees_dba_views(self, user: User) -> bool:
        """True when DBA_ and V$ views are there for the user."""
        return "SELECT_CATALOG_ROLE" in user.roles or bool(
            user.privileges & {"SELECT ANY DICTIONARY", "DBA"}
        )
