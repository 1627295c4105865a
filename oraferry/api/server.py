"""Serves the application; refuses strangers unless told to."""

from __future__ import annotations

import ipaddress
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import uvicorn

from oraferry.api.app import create_app
from oraferry.config import Settings
from oraferry.errors import ConfigError
from oraferry.wiring import open_services

LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})
# An open event stream would hold a stopping server for ever (uvicorn waits for responses).
GRACEFUL_SHUTDOWN_SECONDS = 3


def is_loopback(host: str) -> bool:
    """True when only this machine can reach *host*."""
    if host in LOOPBACK_NAMES:
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def serve(
    settings: Settings,
    *,
    expose: bool = False,
    tell: Callable[[str], None] = lambda address: None,
) -> None:
    """
    Serve the API and the dashboard until SIGINT or SIGTERM; *tell* gets the address.

    Raises ConfigError for a host that others can reach, unless *expose*: there is no
    authentication yet. What cannot be opened or listened on raises before anything answers.
    """
    host = settings.api_host
    if not is_loopback(host) and not expose:
        raise ConfigError(
            f"api_host {host} can be reached from other machines, and the API has no "
            "authentication yet: whoever reaches it can start and cancel migrations",
            hint="keep 127.0.0.1 and use an SSH tunnel, or accept the risk with --expose",
            context={"api_host": host},
        )
    hosts = None if expose else LOOPBACK_NAMES | {host.lower()}
    with (
        open_services(settings, keeps_sessions=False) as services,
        _listen(host, settings.api_port) as listener,
    ):
        server = uvicorn.Server(
            uvicorn.Config(
                create_app(services, hosts=hosts),
                log_config=None,
                timeout_graceful_shutdown=GRACEFUL_SHUTDOWN_SECONDS,
                server_header=False,
            )
        )
        name = f"[{host}]" if ":" in host else host
        tell(f"http://{name}:{listener.getsockname()[1]}")
        with _survive_signals():
            server.run(sockets=[listener])


@contextmanager
def _listen(host: str, port: int) -> Iterator[socket.socket]:
    try:
        family, kind, _, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listener = socket.socket(family, kind)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        # From here on clients wait instead of being refused, so the address can be told.
        listener.listen()
    except (OSError, OverflowError) as error:
        raise ConfigError(
            f"cannot listen on {host} port {port}: {getattr(error, 'strerror', None) or error}",
            hint="choose another --api-port; port 0 takes any free one",
            context={"api_host": host, "api_port": port},
        ) from error
    with listener:
        yield listener


@contextmanager
def _survive_signals() -> Iterator[None]:
    """
    Let a stop that was asked for end with exit code 0.

    uvicorn handles both signals, then raises them again for whoever handled them before.
    """
    wanted = (signal.SIGINT, signal.SIGTERM)
    before = {number: signal.signal(number, lambda *_: None) for number in wanted}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
