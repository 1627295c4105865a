"""The control: a server's faults and counters over HTTP and JSON, on loopback only.

For tests in any language, and for a server in another process. A Python test in the same
process has the same through ``server.faults`` and ``server.counters``.
"""

from __future__ import annotations

import json
import logging
import re
import threading
from collections.abc import Callable, Mapping
from dataclasses import asdict
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any

from orasim.faults import MOST_SECONDS
from orasim.server import OrasimServer

logger = logging.getLogger("orasim")

LOOPBACK = "127.0.0.1"
MOST_BODY_BYTES = 64 * 1024
_SESSION = re.compile(r"/sessions/(\d{1,18})/kill")
CONDITIONS: dict[str, type] = {
    "latency_seconds": float,
    "login_seconds": float,
    "bytes_per_second": int,
}


class Refused(Exception):
    """A request that cannot be done: an HTTP status and a sentence."""

    def __init__(self, status: int, message: str) -> None:
        self.status = status
        super().__init__(message)


class Control:
    """Serves the control of *server* until stopped; port 0 takes a free one."""

    def __init__(self, server: OrasimServer, port: int = 0) -> None:
        handler = type("Handler", (_Handler,), {"routes": _Routes(server)})
        self._http = ThreadingHTTPServer((LOOPBACK, port), handler)
        self._http.daemon_threads = True

    @property
    def port(self) -> int:
        """The port that is listened on."""
        return int(self._http.server_address[1])

    def __enter__(self) -> Control:
        threading.Thread(
            target=self._http.serve_forever, args=(0.05,), name="orasim-control", daemon=True
        ).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._http.shutdown()
        self._http.server_close()


class _Routes:
    """What may be asked, without HTTP."""

    def __init__(self, server: OrasimServer) -> None:
        self._server = server
        self._fixed: dict[tuple[str, str], Callable[[Mapping[str, Any]], Any]] = {
            ("GET", "/counters"): lambda _: asdict(server.counters),
            ("GET", "/sessions"): lambda _: server.list_sessions(),
            ("GET", "/faults"): lambda _: self._show_faults(),
            ("POST", "/faults"): self._plan_fault,
            ("DELETE", "/faults"): lambda _: self._clear(),
            ("PUT", "/conditions"): self._set_conditions,
            ("POST", "/connections/drop"): lambda _: self._done(server.drop_connections),
            ("POST", "/undo/expire"): lambda _: self._done(self._expire_undo),
        }

    def answer(self, method: str, path: str, body: Mapping[str, Any]) -> Any:
        """The answer as JSON values; Refused."""
        found = _SESSION.fullmatch(path)
        if found and method == "POST":
            return self._kill(int(found.group(1)))
        route = self._fixed.get((method, path))
        if route is None:
            known = ", ".join(f"{m} {p}" for m, p in self._fixed)
            raise Refused(404, f"no such request; there are {known}, POST /sessions/SID/kill")
        return route(body)

    def _done(self, action: Callable[[], None]) -> Any:
        action()
        return {"done": True}

    def _show_faults(self) -> Any:
        faults = self._server.faults
        return {
            "planned": faults.list_planned(),
            "conditions": {name: getattr(faults, name) for name in CONDITIONS},
        }

    def _clear(self) -> Any:
        self._server.faults.clear()
        return self._show_faults()

    def _set_conditions(self, body: Mapping[str, Any]) -> Any:
        values = {name: _number(body, name, CONDITIONS.get(name)) for name in body}
        for name, value in values.items():
            setattr(self._server.faults, name, value)
        return self._show_faults()

    def _plan_fault(self, body: Mapping[str, Any]) -> Any:
        plan = dict(body)
        kind = plan.pop("kind", None)
        faults = self._server.faults
        methods: dict[str, tuple[Callable[..., None], dict[str, type], set[str]]] = {
            "error": (faults.raise_error, {"code": int, **_WHERE}, {"code", "matching"}),
            "drop": (faults.drop_socket, _WHERE, {"matching"}),
            "stall": (faults.stall, {"seconds": float, **_WHERE}, {"seconds", "matching"}),
            "split": (faults.split_packet, {"seconds": float, **_WHERE}, {"seconds", "matching"}),
            "refuse": (faults.refuse_connection, {"code": int, "nth": int, "times": int}, set()),
        }
        if kind not in methods:
            raise Refused(400, f"kind is one of {', '.join(methods)}")
        method, takes, needs = methods[kind]
        if missing := needs - set(plan):
            raise Refused(400, f"{kind} needs {', '.join(sorted(missing))}")
        method(**{name: _value(plan, name, takes.get(name)) for name in plan})
        return self._show_faults()

    def _kill(self, number: int) -> Any:
        try:
            self._server.kill_session(number)
        except KeyError:
            raise Refused(404, f"no session has the SID {number}") from None
        return {"done": True}

    def _expire_undo(self) -> None:
        expire = getattr(self._server.engine, "expire_undo", None)
        if expire is None:
            raise Refused(409, "this server's engine keeps no undo")
        expire()


_WHERE: dict[str, type] = {"matching": str, "at_fetch": int, "times": int}


def _value(body: Mapping[str, Any], name: str, kind: type | None) -> Any:
    if kind is not str:
        return _number(body, name, kind)
    try:
        re.compile(body[name])
    except (re.error, TypeError):
        raise Refused(400, f"{name} is no regular expression") from None
    return body[name]


def _number(body: Mapping[str, Any], name: str, kind: type | None) -> Any:
    value = body[name]
    if kind is None:
        raise Refused(400, f"there is no {name} here")
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not is_number or (kind is int and not isinstance(value, int)):
        raise Refused(400, f"{name} is {'a number' if kind is float else 'a whole number'}")
    if not 0 <= value <= (MOST_SECONDS if kind is float else 2**31):
        raise Refused(400, f"{name} is out of range")
    return kind(value)


class _Handler(BaseHTTPRequestHandler):
    """HTTP around the routes."""

    routes: _Routes
    protocol_version = "HTTP/1.1"

    def _serve(self) -> None:
        try:
            body = self._read()
            self._reply(200, self.routes.answer(self.command, self.path, body))
        except Refused as refusal:
            self._reply(refusal.status, {"error": str(refusal)})

    do_GET = do_POST = do_PUT = do_DELETE = _serve

    def _read(self) -> Mapping[str, Any]:
        length = int(self.headers.get("Content-Length") or 0)
        if length > MOST_BODY_BYTES:
            self.close_connection = True
            raise Refused(413, "the body is too long")
        text = self.rfile.read(length)
        # A page in a browser must not reach this by a name that resolves to loopback.
        host = self.headers.get("Host", "").rpartition(":")[0]
        if host not in (LOOPBACK, "localhost") or self.headers.get("Origin"):
            raise Refused(403, "the control answers programs on this machine only")
        try:
            body = json.loads(text) if text else {}
        except ValueError:
            raise Refused(400, "the body is no JSON") from None
        if not isinstance(body, dict):
            raise Refused(400, "the body is no JSON object")
        return body

    def _reply(self, status: int, answer: Any) -> None:
        data = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: Any) -> None:
        """Into our log, not to stderr."""
        logger.info("control: %s", format % args)
