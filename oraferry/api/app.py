"""Builds the FastAPI application."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractContextManager, asynccontextmanager, contextmanager
from functools import cache
from importlib.metadata import version
from typing import Any

from fastapi import FastAPI
from starlette.concurrency import run_in_threadpool
from starlette.routing import compile_path

from oraferry.api import checks, comparisons, health, migrations, repairs, verifications
from oraferry.api.errors import MEDIA_TYPE, Problem, add_error_handlers
from oraferry.api.guards import CheckHost, LimitBody
from oraferry.config import Settings
from oraferry.dashboard import pages
from oraferry.ports import Services
from oraferry.wiring import open_services


def create_app(given: Settings | Services, *, hosts: frozenset[str] | None = None) -> FastAPI:
    """
    The application. From Settings it opens its services when it starts and closes them when
    it ends; given Services stay the caller's.

    *hosts* are the names it answers under; None: any.
    """

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        opening = (
            _hold(given)
            if isinstance(given, Services)
            else open_services(given, keeps_sessions=False)
        )
        async with _in_thread(opening) as services:
            app.state.services = services
            yield

    app = _assemble(lifespan)
    add_error_handlers(app)
    app.add_middleware(LimitBody)
    if hosts is not None:
        app.add_middleware(CheckHost, hosts=hosts)
    app.openapi_schema = _describe()
    app.state.methods_of = _methods_by_path(app)
    return app


def _assemble(lifespan: Any = None) -> FastAPI:
    """All routes."""
    app = FastAPI(
        title="oraferry",
        summary="Moves an Oracle database to PostgreSQL and proves that nothing was lost",
        version=version("oraferry"),
        lifespan=lifespan,
        # The pages of FastAPI load scripts from elsewhere.
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        responses={
            "default": {
                "description": "Any error, as a problem (RFC 9457)",
                "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
            }
        },
    )
    for module in (migrations, comparisons, checks, verifications, repairs, health):
        app.include_router(module.router)
    app.include_router(pages.router)
    return app


@contextmanager
def _hold(services: Services) -> Iterator[Services]:
    yield services


@asynccontextmanager
async def _in_thread(opening: AbstractContextManager[Services]) -> AsyncIterator[Services]:
    """Enter and leave a blocking context manager without stopping the event loop."""
    services = await run_in_threadpool(opening.__enter__)
    try:
        yield services
    finally:
        await run_in_threadpool(opening.__exit__, None, None, None)


@cache
def _describe() -> dict[str, Any]:
    """
    The OpenAPI document, the same for each application: Problem is in it once, and is the only
    error body.

    ``responses={…: {"model": Problem}}`` would also claim application/json.
    """
    document = _assemble().openapi()
    schemas = document.setdefault("components", {}).setdefault("schemas", {})
    schemas["Problem"] = Problem.model_json_schema()
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    for operations in document["paths"].values():
        for operation in operations.values():
            # FastAPI's own 422 promises a body that add_error_handlers replaced.
            operation["responses"].pop("422", None)
    return document


def _methods_by_path(app: FastAPI) -> Callable[[str], list[str]]:
    """
    A function from a path to all methods that its routes allow.

    Starlette's Allow header names the first matching route's method only.
    """
    table = [
        (compile_path(path)[0], [method.upper() for method in operations])
        for path, operations in app.openapi()["paths"].items()
    ]

    def methods_of(path: str) -> list[str]:
        found = {method for pattern, methods in table if pattern.match(path) for method in methods}
        return sorted(found) or ["GET"]

    return methods_of
