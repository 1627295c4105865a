"""What a job may take of the servers: asked for with the request, changed while it runs."""

from __future__ import annotations

import logging
import time

from pydantic import Field

from oraferry.migration.options import Part
from oraferry.model import Throttle
from oraferry.ports import Heartbeat, Source

logger = logging.getLogger(__name__)

LOOK_SECONDS = 5.0
BLIND_NOTE = (
    "the source's load cannot be read, so nothing waits for it: GRANT SELECT ON V_$SYSMETRIC "
    "(or V_$OSSTAT) to the user"
)


class ThrottleRequest(Part):
    """Limits for all lanes of a job together; what is left out or null has no limit."""

    rows_per_second: int | None = Field(None, ge=1, description="Rows copied per second")
    source_sessions: int | None = Field(None, ge=1, description="Lanes that read at a time")
    target_sessions: int | None = Field(None, ge=1, description="Lanes that work at a time")
    source_load: float | None = Field(
        None, gt=0, le=1000, description="Begin no chunk while Oracle's host is busier, in per cent"
    )

    def to_throttle(self) -> Throttle:
        """The same as a noun of the model."""
        return Throttle(**self.model_dump())


def wait_for_calm(source: Source, heartbeat: Heartbeat) -> None:
    """
    Return when the source's host is not busier than the job allows. The limit may change
    meanwhile; a load that is not told stops nobody (the plan has a note of that).
    """
    has_waited = False
    while (limit := heartbeat.throttle.source_load) is not None:
        load = source.read_load()
        if load is None or load <= limit:
            break
        if not has_waited:
            logger.info(
                "the source is %.0f %% busy; waiting for %.0f %%",
                load,
                limit,
                extra={"action": "source.busy"},
            )
        has_waited = True
        _rest(heartbeat)


def _rest(heartbeat: Heartbeat) -> None:
    until = time.monotonic() + LOOK_SECONDS
    while (left := until - time.monotonic()) > 0:
        heartbeat.check()
        time.sleep(min(left, 0.2))
