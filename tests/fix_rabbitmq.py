"""A real RabbitMQ for tests: ORAFERRY_TEST_RABBITMQ_URL, else one of our own on loopback."""

from __future__ import annotations

import os
import secrets
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[1] / "scripts" / "rabbitmq"


@dataclass
class RabbitForTests:
    """The run's broker; stop() and start() work only on one of our own."""

    url: str
    environment: dict[str, str] | None = None

    def _run(self, verb: str) -> None:
        if self.environment is None:
            pytest.skip("the given RabbitMQ is not ours to stop")
        subprocess.run([SCRIPT, verb], env=self.environment, check=True, timeout=120)

    def start(self) -> None:
        """Start it again."""
        self._run("start")

    def stop(self) -> None:
        """Stop it, as an operator would."""
        self._run("stop")

    def kill(self) -> None:
        """End it without a goodbye."""
        self._run("kill")


def _free_port() -> int:
    while True:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = int(probe.getsockname()[1])
        if port < 45_000:  # the node's distribution listens 20,000 above
            return port
        for port in range(20_000 + secrets.randbelow(20_000), 45_000):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)):
                    return port


@pytest.fixture(scope="session")
def rabbitmq_server() -> Iterator[RabbitForTests]:
    """One broker for the whole run."""
    given = os.environ.get("ORAFERRY_TEST_RABBITMQ_URL")
    if given:
        yield RabbitForTests(given)
        return
    if shutil.which("rabbitmq-server") is None and not Path("/usr/sbin/rabbitmq-server").exists():
        reason = "RabbitMQ is not installed; scripts/rabbitmq install does it"
        if os.environ.get("ORAFERRY_CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    directory = Path(tempfile.mkdtemp(prefix="oraferry-test-rabbitmq-"))
    directory.chmod(0o755)
    port = _free_port()
    environment = {
        **os.environ,
        "RABBITMQ_DIR": str(directory),
        "RABBITMQ_PORT": str(port),
        "RABBITMQ_NAME": f"test{port}",
        "ERL_EPMD_PORT": str(_free_port()),  # a daemon of this run, which ends with it
    }
    broker = RabbitForTests(f"amqp://guest:guest@127.0.0.1:{port}/%2F", environment)
    broker.start()
    try:
        yield broker
    finally:
        broker.stop()
        shutil.rmtree(directory, ignore_errors=True)


@pytest.fixture
def rabbitmq_url(rabbitmq_server: RabbitForTests, monkeypatch: pytest.MonkeyPatch) -> str:
    """The broker's URL; the test's queue has a name of its own (ORAFERRY_QUEUE)."""
    monkeypatch.setenv("ORAFERRY_QUEUE", f"test-{secrets.token_hex(6)}")
    return rabbitmq_server.url
