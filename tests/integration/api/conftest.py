"""The application over a real job store and a real target; Oracle only where a test asks."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from fastapi.testclient import TestClient

from oraferry.api.app import create_app
from oraferry.config import Settings, load_settings
from oraferry.ports import Services
from oraferry.wiring import open_services

CLOSED_PORT = 1  # nothing listens there


@pytest.fixture
def settings(store_dsn: str, postgres_dsn: str, tmp_path: Path) -> Settings:
    """Store and target are real; the source's address is closed."""
    return load_settings(
        {
            "source_dsn": f"127.0.0.1:{CLOSED_PORT}/nowhere",
            "source_user": "nobody",
            "source_password": "hunter2",
            "target_dsn": postgres_dsn,
            "store_dsn": store_dsn,
            "secret_key_file": str(tmp_path / "secret.key"),
            "source_connect_timeout_seconds": 5,
        },
        environment={},
    )


@pytest.fixture
def services(settings: Settings) -> Iterator[Services]:
    """The services that the application uses, for looking behind it."""
    with open_services(settings) as opened:
        yield opened


@pytest.fixture
def client(services: Services) -> Iterator[TestClient]:
    """A client in this process; an exception of ours is a 500, as for anybody."""
    with TestClient(create_app(services), raise_server_exceptions=False) as opened:
        yield opened


@pytest.fixture
def serve() -> Iterator[Callable[[Any], str]]:
    """A function that serves an application with uvicorn on loopback and gives its address."""
    servers: list[tuple[uvicorn.Server, threading.Thread]] = []

    def start(app: Any) -> str:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        config = uvicorn.Config(
            app, host="127.0.0.1", port=port, log_config=None, timeout_graceful_shutdown=1
        )
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, daemon=True)
        thread.start()
        servers.append((server, thread))
        deadline = time.monotonic() + 20
        while not server.started:
            assert time.monotonic() < deadline, "uvicorn did not start"
            time.sleep(0.02)
        return f"http://127.0.0.1:{port}"

    yield start
    for server, thread in servers:
        server.should_exit = True
        thread.join(timeout=10)
