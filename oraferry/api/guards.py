"""What is refused before any route is looked at: foreign Host headers and large bodies."""

from __future__ import annotations

from http import HTTPStatus

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from oraferry.api.errors import render_problem

# A request names tables and two databases; a thousand table names with renames fit in 100 kB.
MAX_BODY_BYTES = 1024 * 1024


class LimitBody:
    """Refuses a body larger than *limit_bytes*, announced or not, with 413."""

    def __init__(self, app: ASGIApp, limit_bytes: int = MAX_BODY_BYTES) -> None:
        self.app = app
        self.limit_bytes = limit_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        announced = Headers(scope=scope).get("content-length", "0")
        if not announced.isdigit() or int(announced) > self.limit_bytes:
            await self._refuse()(scope, receive, send)
            return
        received = 0

        async def receive_counted() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > self.limit_bytes:
                # A chunked body has no announced length; the route's body parser lets this pass.
                raise HTTPException(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
            return message

        await self.app(scope, receive_counted, send)

    def _refuse(self) -> ASGIApp:
        return render_problem(
            HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
            "ContentTooLarge",
            f"the body is larger than {self.limit_bytes} bytes",
            hint="name tables by pattern instead of listing them",
        )


class CheckHost:
    """
    Refuses requests whose Host is not one of *hosts* (421) or that another site sent (403).

    The API has no authentication yet. A web page could make a browser on this machine send
    requests here: under a name of its own (DNS rebinding), which the Host header gives away,
    or from its own address, which the Origin header does.
    """

    def __init__(self, app: ASGIApp, hosts: frozenset[str]) -> None:
        self.app = app
        self.hosts = hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        answer = self._find_refusal(Headers(scope=scope)) if scope["type"] == "http" else None
        await (answer or self.app)(scope, receive, send)

    def _find_refusal(self, headers: Headers) -> ASGIApp | None:
        if not self._is_ours(headers.get("host", "")):
            return render_problem(
                HTTPStatus.MISDIRECTED_REQUEST,
                "MisdirectedRequest",
                "this server does not answer under the name in the Host header",
                hint="use the address that `oraferry serve` printed",
            )
        origin = headers.get("origin")
        if origin is not None and not self._is_ours(origin.rpartition("://")[2]):
            return render_problem(
                HTTPStatus.FORBIDDEN,
                "ForeignOrigin",
                "this server answers no requests of other sites' pages",
                hint="send requests without an Origin header, or from the dashboard",
            )
        return None

    def _is_ours(self, host: str) -> bool:
        name = host.rpartition(":")[0] if host.rpartition(":")[2].isdigit() else host
        return name.strip("[]").lower() in self.hosts
