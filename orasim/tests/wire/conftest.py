"""A server of each personality, and a session on it."""

from __future__ import annotations

import sys
from pathlib import Path

import oracledb
import pytest
from orasim.server import OrasimServer

sys.path.insert(0, str(Path(__file__).parent))
from canned import CannedEngine


@pytest.fixture(params=["12.1", "12.2", "19c", "23ai"])
def server(request):
    """A server of each personality over a canned engine."""
    engine = CannedEngine()
    with OrasimServer(engine, personality=request.param) as running:
        yield running


@pytest.fixture
def connection(server):
    """A logged-in session."""
    with oracledb.connect(
        user="scott", password="tiger", dsn=f"127.0.0.1:{server.port}/ORASIM"
    ) as session:
        yield session
