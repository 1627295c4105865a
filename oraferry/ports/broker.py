"""Who says that there is work."""

from __future__ import annotations

from typing import Protocol


class Broker(Protocol):
    """A bell: it says "job J has work", never what the work is. Losing a ring is harmless."""

    def announce(self, job_id: str) -> None:
        """Ring for *job_id*, durably and confirmed where the broker can; BrokerUnavailable."""

    def wait(self, timeout_seconds: float) -> str | None:
        """
        The next announced job id, acknowledged before it is returned, or None after the
        timeout. An outage of the broker is reported as None (and logged), and healed by
        itself: workers look into the store anyway.
        """

    def ping(self) -> None:
        """BrokerUnavailable when the broker cannot be reached."""

    def close(self) -> None:
        """Never raises."""
