"""What every part of the store needs: its statements by name, a claim as binds, events."""

from __future__ import annotations

import functools
from importlib import resources
from typing import Any

import psycopg
from psycopg.types.json import Jsonb
from pydantic import TypeAdapter

from oraferry.errors import LeaseLost
from oraferry.model import Chunk, Task

CHUNK = TypeAdapter(Chunk)
Connection = psycopg.Connection[tuple[Any, ...]]


@functools.cache
def sql_text(name: str) -> str:
    """The statement in ``sql/<name>.sql``."""
    return resources.files("oraferry.jobs.sql").joinpath(f"{name}.sql").read_text("utf-8")


def fetch_all(connection: Connection, name: str, **binds: Any) -> list[tuple[Any, ...]]:
    """All rows of the statement in ``sql/<name>.sql``."""
    return connection.execute(sql_text(name), binds).fetchall()


def claim_of(task: Task) -> dict[str, Any]:
    """What guards every change of a claimed task."""
    return {"job_id": task.job_id, "number": task.number, "token": task.token}


def lease_lost(task: Task) -> LeaseLost:
    """The claim is not the task's any more."""
    return LeaseLost(
        f"task {task.number} of job {task.job_id} belongs to another worker now",
        context={"job_id": task.job_id, "task": task.number},
    )


def add_event(connection: Connection, job_id: str, kind: str, body: dict[str, Any]) -> None:
    """Append to a job's history, in the caller's transaction."""
    connection.execute(
        sql_text("insert_event"), {"job_id": job_id, "kind": kind, "body": Jsonb(body)}
    )
