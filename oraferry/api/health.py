"""Routes that say whether this server lives and can work."""

from __future__ import annotations

import logging
from collections.abc import Callable
from http import HTTPStatus
from importlib.metadata import version
from typing import Literal

from fastapi import APIRouter
from fastapi.responses import Response
from pydantic import BaseModel

from oraferry.api.errors import render_problem
from oraferry.api.services import ServicesDep
from oraferry.errors import OraferryError

logger = logging.getLogger(__name__)
router = APIRouter(prefix="/health", tags=["health"])


class HealthView(BaseModel):
    """The process answers."""

    status: Literal["ok"] = "ok"
    version: str


class CheckView(BaseModel):
    """One part that this server needs."""

    ok: bool
    code: str | None = None
    message: str | None = None


class ReadyView(BaseModel):
    """Each part that this server needs, and how many workers were seen lately."""

    checks: dict[str, CheckView]
    workers: int


@router.get("")
def get_health() -> HealthView:
    """The process lives; nothing else is looked at."""
    return HealthView(version=version("oraferry"))


def check(look: Callable[[], object]) -> CheckView:
    """What *look* found: it answers, or why not."""
    try:
        look()
    except OraferryError as error:
        logger.warning("not ready: %s", error.message, extra={"action": "health.failed"})
        return CheckView(ok=False, code=error.code, message=error.message)
    return CheckView(ok=True)


@router.get("/ready", response_model=ReadyView)
def get_readiness(services: ServicesDep) -> ReadyView | Response:
    """
    The job store and the broker answer; 503 when one does not.

    No worker is no failure here: jobs are accepted and wait.
    """
    workers: list[object] = []
    view = ReadyView(
        checks={
            "store": check(lambda: workers.extend(services.store.list_workers())),
            "broker": check(services.broker.ping),
        },
        workers=len(workers),
    )
    failed = [name for name, found in view.checks.items() if not found.ok]
    if failed:
        return render_problem(
            HTTPStatus.SERVICE_UNAVAILABLE,
            "NotReady",
            f"{' and '.join(failed)} cannot be reached",
            details=view.model_dump(),
            headers={"Retry-After": "5"},
        )
    return view
