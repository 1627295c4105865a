"""A real HTTP server on loopback that speaks Ollama's API, well or badly on request."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

MODEL = "test-model"
GOOD = {"is_compatible": True, "issues": []}


@dataclass
class OllamaForTests:
    """
    What the server does next: each request takes the first of *script*, the last one stays.

    Steps: a dict (the opinion it answers), "error" (500), "slow", "nonsense" (text that is no
    JSON), "other" (JSON of another form), "html" (no API at all), "cut" (done_reason length),
    "broken" (the connection ends in the body). Any other model than MODEL is 404.
    """

    url: str = ""
    script: list[Any] = field(default_factory=lambda: [GOOD])
    requests: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    stopping: threading.Event = field(default_factory=threading.Event)

    def answer_with(self, *script: Any) -> None:
        """Forget the past; do this from now on."""
        self.script = list(script)
        self.requests.clear()

    def next_step(self) -> Any:
        """What to do with the request at hand."""
        return self.script.pop(0) if len(self.script) > 1 else self.script[0]


def _handler(state: OllamaForTests) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: Any) -> None:
            pass

        def send(self, status: int, body: bytes, kind: str = "application/json") -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def send_chat(self, content: str, reason: str = "stop") -> None:
            message = {"role": "assistant", "content": content}
            body = {
                "model": MODEL,
                "created_at": "2026-01-01T00:00:00Z",
                "message": message,
                "done": True,
                "done_reason": reason,
            }
            self.send(200, json.dumps(body).encode())

        def do_GET(self) -> None:
            self.send(200, json.dumps({"models": [{"name": MODEL, "model": MODEL}]}).encode())

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            state.requests.append(body)
            state.headers.append(dict(self.headers))
            if body["model"] != MODEL:
                error = {"error": f"model '{body['model']}' not found"}
                self.send(404, json.dumps(error).encode())
                return
            step = state.next_step()
            if isinstance(step, dict):
                self.send_chat(json.dumps(step))
            elif step == "error":
                self.send(500, b'{"error": "out of memory"}')
            elif step == "slow":
                state.stopping.wait(20)
                self.close_connection = True
            elif step == "nonsense":
                self.send_chat("Sure! These tables look *great* together.")
            elif step == "other":
                self.send_chat('{"is_compatible": "maybe", "issues": "none"}')
            elif step == "html":
                self.send(200, b"<html>welcome</html>", "text/html")
            elif step == "cut":
                self.send_chat('{"is_compatible": true, "iss', "length")
            elif step == "broken":
                self.send_response(200)
                self.send_header("Content-Length", "1000")
                self.end_headers()
                self.wfile.write(b'{"model": ')
                self.close_connection = True
            else:
                raise AssertionError(f"no such step: {step}")

    return Handler


@pytest.fixture
def ollama_server() -> Iterator[OllamaForTests]:
    """An Ollama that answers GOOD until told otherwise."""
    state = OllamaForTests()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(state))
    server.daemon_threads = True
    state.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield state
    state.stopping.set()
    server.shutdown()
    thread.join()
    server.server_close()
