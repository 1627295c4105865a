"""The live page; it reads the same API as everybody else."""

from __future__ import annotations

from importlib.resources import files

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, RedirectResponse, Response

router = APIRouter(include_in_schema=False)

# Nothing from elsewhere: neither scripts nor frames, fonts or connections.
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-cache",
}

_PARTS = {
    "page.js": "text/javascript",
    "redraw.js": "text/javascript",
    "tables.js": "text/javascript",
    "texts.js": "text/javascript",
    "page.css": "text/css",
}


def _read(name: str) -> str:
    return (files("oraferry.dashboard") / name).read_text(encoding="utf-8")


@router.get("/")
def redirect_to_dashboard() -> RedirectResponse:
    """A person who opens the server's address wants the page."""
    return RedirectResponse("/dashboard")


@router.get("/dashboard")
def get_page() -> HTMLResponse:
    """The page; ``#job-id`` selects a job."""
    return HTMLResponse(_read("page.html"), headers=_HEADERS)


@router.get("/dashboard/{name}")
def get_part(name: str) -> Response:
    """A script or the style of the page."""
    if name not in _PARTS:
        return Response(status_code=404)
    return HTMLResponse(_read(name), headers=_HEADERS, media_type=_PARTS[name])
