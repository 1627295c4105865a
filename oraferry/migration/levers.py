"""Levers: what makes a load faster and costs something; each is off until a person pulls it."""

from __future__ import annotations

from collections.abc import Iterable

from pydantic import Field

from oraferry.migration.options import Part
from oraferry.model import Levers, TablePlan

_MEMORY = r"^[1-9][0-9]{0,6}(kB|MB|GB)$"


class LeversRequest(Part):
    """See docs/howto/fast-loads.md for what each costs."""

    unlogged: bool = Field(
        False, description="Tables that the job creates are UNLOGGED until their rows are verified"
    )
    freeze: bool = Field(
        False, description="COPY FREEZE into created tables of one chunk: nothing is left to VACUUM"
    )
    asynchronous_commit: bool = Field(
        False, description="Chunks commit without waiting for the disk (synchronous_commit off)"
    )
    indexes_after: bool = Field(
        False,
        description="Existing tables: plain indexes and foreign keys are dropped and made anew",
    )
    keys_after: bool = Field(
        False,
        description="Existing tables: primary and unique keys likewise, unless referred to",
    )
    triggers_off: bool = Field(
        False, description="Existing tables: their triggers do not fire for the rows loaded"
    )
    maintenance_work_mem: str | None = Field(
        None, pattern=_MEMORY, description="For building indexes: 512MB, 2GB"
    )
    index_workers: int | None = Field(
        None, ge=0, le=64, description="Parallel workers of an index build"
    )

    def to_levers(self) -> Levers:
        """The same as a noun of the model."""
        return Levers(**self.model_dump())


def parse_levers(texts: Iterable[str]) -> dict[str, str]:
    """
    Levers by name, from ``NAME`` or ``NAME=VALUE``; ValueError for what is neither.

    >>> parse_levers(["unlogged", "index_workers=4"])
    {'unlogged': 'true', 'index_workers': '4'}
    """
    found = {}
    for text in texts:
        name, has_value, value = text.partition("=")
        if name not in LeversRequest.model_fields:
            raise ValueError(f"there is no {name!r}; there are {', '.join(list_levers())}")
        if not has_value and LeversRequest.model_fields[name].annotation is not bool:
            raise ValueError(f"{name} needs a value: {name}=…")
        found[name] = value if has_value else "true"
    return found


def list_levers() -> list[str]:
    """The levers' names; those that need more than yes or no as ``NAME=``."""
    fields = LeversRequest.model_fields.items()
    return [name if field.annotation is bool else f"{name}=" for name, field in fields]


def describe_levers(plan: TablePlan) -> list[str]:
    """What was pulled for the plan's table, as notes of the job."""
    levers, found = plan.levers, []
    if levers.unlogged and plan.created:
        found.append("is UNLOGGED until the job concludes: a crash of PostgreSQL empties it")
    if levers.asynchronous_commit:
        found.append("is loaded with synchronous_commit off: a crash of PostgreSQL may lose chunks")
    if not plan.created and (levers.indexes_after or levers.keys_after or levers.triggers_off):
        found.append(
            "is loaded without what the levers name; oraferry.lever holds what is to come back"
        )
    return [f"{plan.target.ref} {text}" for text in found]
