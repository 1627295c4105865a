"""`oraferry worker` and `oraferry serve`: the long-running verbs."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from oraferry.cli.options import (
    ADVICE,
    JOBS,
    SERVER,
    SOURCE,
    TARGET,
    WORK,
    Invocation,
    takes,
)

WORKER_EXAMPLES = """\b
Examples:
  oraferry worker
  oraferry worker --processes 4 --log-format json
"""
SERVE_EXAMPLES = """\b
Examples:
  oraferry serve
  oraferry serve --api-port 9000
  curl http://127.0.0.1:8085/health/ready
"""


@takes(*SOURCE, *TARGET, *JOBS, *ADVICE, *WORK, is_service=True)
def worker(
    invocation: Invocation,
    processes: Annotated[int, typer.Option("--processes", min=1, help="how many")] = 1,
) -> int:
    """
    Take tasks from the job store, until SIGTERM or Ctrl-C.

    The chunk in hand is finished first; a second signal leaves at once, and another worker
    repeats the chunk.
    """
    from oraferry import worker as door

    return door.run_workers(invocation.settings, processes)


@takes(*SOURCE, *TARGET, *JOBS, *ADVICE, *SERVER, is_service=True)
def serve(
    invocation: Invocation,
    expose: Annotated[
        bool,
        typer.Option("--expose", help="allow an address that other machines can reach"),
    ] = False,
) -> None:
    """
    Serve the HTTP API and the live page, until SIGTERM or Ctrl-C.

    There is no authentication yet: only loopback addresses, unless --expose is given.
    """
    from oraferry.api import server

    def tell(address: str) -> None:
        if invocation.wants_json:
            invocation.out.print(json.dumps({"address": address}))
        invocation.talk.print(f"API on {address}")
        invocation.talk.print(f"live page {address}/dashboard, description {address}/openapi.json")

    server.serve(invocation.settings, expose=expose, tell=tell)
