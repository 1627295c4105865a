"""One lane of a worker: hear the bell or look, claim, carry out, stop politely."""

from __future__ import annotations

import logging
import os
import socket
import threading
import uuid

from oraferry import native
from oraferry.errors import BrokerError, StoreUnavailable
from oraferry.migration.batch import claim_batch
from oraferry.model import ChunkKind, Task
from oraferry.ports import Services
from oraferry.worker.carrying import Carrier

logger = logging.getLogger(__name__)

POLL_SECONDS = 1.0
HOUSEKEEPING_SECONDS = 2.0
PARENT_VARIABLE = "ORAFERRY_PARENT_PID"


class Worker:
    """One lane: claims tasks and carries them out, one at a time."""

    def __init__(self, services: Services, name: str | None = None) -> None:
        self.name = name or f"{socket.gethostname()}-{os.getpid()}-{uuid.uuid4().hex[:6]}"
        self._services = services
        self._stopping = threading.Event()
        self._carrier = Carrier(services, self._stopping)
        self._parent = int(os.environ.get(PARENT_VARIABLE, "0"))
        self._store_was_lost = False

    def stop(self) -> None:
        """Take no further task."""
        self._stopping.set()

    def run(self) -> None:
        """Work until stopped."""
        logger.info("worker %s started", self.name)
        if not native.is_here():
            logger.warning("%s", native.MISSING)
        keeper = threading.Thread(target=self._keep_house, name="housekeeping", daemon=True)
        keeper.start()
        while not self._is_stopped():
            try:
                if not self.work_once():
                    self._services.broker.wait(POLL_SECONDS)
                self._store_was_lost = False
            except StoreUnavailable as error:
                if not self._store_was_lost:
                    logger.warning("%s", error)
                self._store_was_lost = True
                self._stopping.wait(POLL_SECONDS)
        keeper.join(timeout=HOUSEKEEPING_SECONDS * 2)
        logger.info("worker %s stopped", self.name)

    def _is_stopped(self) -> bool:
        if self._parent and os.getppid() != self._parent:
            logger.warning("the process that started this lane is gone; stopping")
            self._stopping.set()
        return self._stopping.is_set()

    def _keep_house(self) -> None:
        """Relay the outbox, reap expired leases, say that we live."""
        while not self._stopping.is_set():
            try:
                task = self._carrier.task
                label = None if task is None else f"{task.job_id}/{task.number}"
                self._services.store.record_worker(
                    self.name, socket.gethostname(), os.getpid(), label
                )
                self._services.store.reap_leases()
                self._services.store.relay_outbox(self._services.broker.announce)
            except (StoreUnavailable, BrokerError):
                pass  # both heal; the rows wait
            except Exception:
                logger.exception("housekeeping failed")
            self._stopping.wait(HOUSEKEEPING_SECONDS)

    def work_once(self) -> bool:
        """Claim and carry out one task; False when nothing is ready."""
        task = self._services.store.claim_task(
            self.name, lease_seconds=self._services.settings.lease_seconds
        )
        if task is None:
            return False
        batch = claim_batch(self._services.store, task, self.name)
        if batch is None:
            self._carrier.carry_out(self._widened(task))
        else:
            self._carrier.carry_out_all(batch)
        return True

    def _widened(self, task: Task) -> Task:
        """A chunk that is begun for the first time, as large as its table's speed makes good."""
        kinds = (ChunkKind.ROWID, ChunkKind.KEY)
        if task.chunk is None or task.attempt > 1 or task.chunk.kind not in kinds:
            return task
        seconds = self._services.settings.chunk_seconds
        return self._services.store.widen_task(task, seconds) if seconds else task
