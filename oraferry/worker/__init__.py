"""The worker: lanes that take tasks from the job store and carry them out."""

from oraferry.worker.lane import Worker
from oraferry.worker.processes import environment_of, run_workers, spawn_workers

__all__ = ["Worker", "environment_of", "run_workers", "spawn_workers"]
