"""How a table moves: column by column, and in which parts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from oraferry.model.table import Column, DataType, Table


@dataclass(frozen=True, slots=True)
class Policy:
    """
    What becomes of a column's values that PostgreSQL cannot hold as they are.

    The defaults refuse, or keep; only digits after the microsecond are cut, and counted.
    """

    to: DataType | None = None  # the PostgreSQL type that was asked for
    nul: Literal["refuse", "remove", "replace", "bytea"] = "refuse"
    invalid_bytes: Literal["refuse", "replace", "bytea"] = "refuse"
    padding: Literal["keep", "trim"] = "keep"  # CHAR's trailing blanks
    empty_text: Literal["null", "empty"] = "null"  # NULL for a NOT NULL text column
    nanoseconds: Literal["cut", "round", "text", "refuse"] = "cut"
    moments: Literal["refuse", "null", "clamp"] = "refuse"  # year 0, days of Oracle's calendar
    last_day: Literal["keep", "infinity"] = "keep"  # 9999-12-31
    time_of_day: Literal["refuse", "cut"] = "refuse"  # for a date column
    time_zone: Literal["instant", "text", "column"] = "instant"
    infinity: Literal["keep", "null", "refuse"] = "keep"  # and NaN
    overflow: Literal["refuse", "null", "cut", "widen"] = "refuse"


@dataclass(frozen=True, slots=True)
class ColumnPlan:
    """How one column travels: read by *rule*, loaded as the target column's type."""

    source: Column
    target: Column
    rule: str  # TypeRule.name
    policy: Policy = Policy()


@dataclass(frozen=True, slots=True)
class Chunking:
    """How a person wants a table split."""

    by: str = "auto"  # auto, rowid, key, hash, partition, whole
    column: str | None = None  # by key: the source column
    rows: int | None = None  # rows that a chunk aims at


@dataclass(frozen=True, slots=True)
class Levers:
    """What a person allows for the sake of a faster load; see docs/howto/fast-loads.md."""

    unlogged: bool = False
    freeze: bool = False
    asynchronous_commit: bool = False
    indexes_after: bool = False
    keys_after: bool = False
    triggers_off: bool = False
    maintenance_work_mem: str | None = None
    index_workers: int | None = None


@dataclass(frozen=True, slots=True)
class TablePlan:
    """Everything a worker needs to move one table; stored with the job."""

    number: int
    source: Table
    target: Table
    columns: tuple[ColumnPlan, ...]
    mode: str  # create, append, truncate, upsert
    created: bool  # this job creates the target table (keys and indexes come after the load)
    where: str | None = None
    key: tuple[str, ...] = ()  # upsert: the target columns that say which row is meant
    chunking: Chunking = Chunking()
    levers: Levers = Levers()
    # The job's tables, by number, that a foreign key of the target refers to: loaded before.
    waits_for: tuple[int, ...] = ()
