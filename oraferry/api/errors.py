"""Every error as application/problem+json (RFC 9457); the only place with HTTP codes.

``code`` is for programs, ``detail`` and ``hint`` are for people, ``details`` holds the
error's context. Nothing that a client sent comes back, because it may be a password.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

from oraferry import errors
from oraferry.logs import redact, redact_value

logger = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"
TYPE_PREFIX = "urn:oraferry:problem:"

# Most specific first: the first class that the error is an instance of decides.
STATUS_OF: tuple[tuple[type[errors.OraferryError], HTTPStatus], ...] = (
    (errors.TableNotFound, HTTPStatus.NOT_FOUND),
    (errors.SchemaIncompatible, HTTPStatus.CONFLICT),
    (errors.TargetNotEmpty, HTTPStatus.CONFLICT),
    (errors.RequestError, HTTPStatus.UNPROCESSABLE_ENTITY),
    # Oracle or PostgreSQL refused *its* credentials. 401 would tell the client to
    # authenticate to us, so 403.
    (errors.SourceRefused, HTTPStatus.FORBIDDEN),
    (errors.TargetRefused, HTTPStatus.FORBIDDEN),
    # We stand between the client and the two databases, so theirs are gateway errors.
    (errors.SourceError, HTTPStatus.BAD_GATEWAY),
    (errors.RepairRefused, HTTPStatus.CONFLICT),
    (errors.TargetError, HTTPStatus.BAD_GATEWAY),
    (errors.ConversionError, HTTPStatus.UNPROCESSABLE_ENTITY),
    (errors.AdvisorError, HTTPStatus.BAD_GATEWAY),
    (errors.VerificationError, HTTPStatus.BAD_GATEWAY),
    (errors.NoRoom, HTTPStatus.INSUFFICIENT_STORAGE),
    (errors.JobNotFound, HTTPStatus.NOT_FOUND),
    (errors.StoreUnavailable, HTTPStatus.SERVICE_UNAVAILABLE),
    (errors.JobError, HTTPStatus.CONFLICT),
    (errors.BrokerError, HTTPStatus.SERVICE_UNAVAILABLE),
    # What the client named does not work here (env:NAME is not set, no AI server, …).
    (errors.ConfigError, HTTPStatus.BAD_REQUEST),
    (errors.OraferryError, HTTPStatus.INTERNAL_SERVER_ERROR),
)

_HINTS = {
    HTTPStatus.NOT_FOUND: "GET /openapi.json lists the routes",
    HTTPStatus.METHOD_NOT_ALLOWED: "the Allow header lists the methods of this route",
}


class Problem(BaseModel):
    """The body of every error."""

    type: str = Field(description="urn:oraferry:problem:<code>")
    title: str = Field(description="What kind of error this is; the same for every occurrence")
    status: int
    detail: str = Field(description="What happened here, for a person")
    code: str = Field(description="The kind of error, for a program")
    hint: str | None = Field(default=None, description="What to do next, where we know")
    details: dict[str, Any] = Field(default_factory=dict, description="Safe facts for a program")


class NothingMore(Exception):
    """An event stream was resumed after its end: 204 tells EventSource to stop."""


def get_status(error: errors.OraferryError) -> HTTPStatus:
    """The HTTP status of *error*."""
    return next(status for kind, status in STATUS_OF if isinstance(error, kind))


def render_problem(
    status: HTTPStatus,
    code: str,
    detail: str,
    *,
    title: str | None = None,
    hint: str | None = None,
    details: Mapping[str, Any] | None = None,
    headers: Mapping[str, str] | None = None,
) -> JSONResponse:
    """The response for one error; all its text is redacted."""
    problem = Problem(
        type=TYPE_PREFIX + code,
        title=title or status.phrase,
        status=status,
        detail=redact(detail),
        code=code,
        hint=redact(hint) if hint else None,
        details=redact_value(dict(details or {})),
    )
    return JSONResponse(
        problem.model_dump(), status_code=status, media_type=MEDIA_TYPE, headers=dict(headers or {})
    )


def _on_oraferry_error(_request: Request, error: Exception) -> Response:
    assert isinstance(error, errors.OraferryError)
    status = get_status(error)
    headers = {"Retry-After": "5"} if status is HTTPStatus.SERVICE_UNAVAILABLE else {}
    return render_problem(
        status,
        error.code,
        error.message,
        title=(type(error).__doc__ or error.code).strip().split("\n")[0].rstrip("."),
        hint=error.hint,
        details=error.context,
        headers=headers,
    )


def _describe_invalid(found: Sequence[Any]) -> list[dict[str, str]]:
    """Where and why, without ``input`` and ``ctx``, which would echo what was sent."""
    return [
        {
            "where": ".".join(str(part) for part in item["loc"]),
            "why": item["msg"].removeprefix("Value error, "),
        }
        for item in found
    ]


def _on_invalid_request(_request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    invalid = _describe_invalid(error.errors())
    first = f"{invalid[0]['where']}: {invalid[0]['why']}" if invalid else "not understood"
    more = f" (and {len(invalid) - 1} more)" if len(invalid) > 1 else ""
    return render_problem(
        HTTPStatus.UNPROCESSABLE_ENTITY,
        "InvalidRequest",
        f"{first}{more}",
        title="The request does not have the expected form",
        hint="GET /openapi.json describes every field",
        details={"errors": invalid},
    )


def _on_http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    status = HTTPStatus(error.status_code)
    headers = dict(error.headers or {})
    detail = f"{request.method} {request.url.path}: {status.phrase.lower()}"
    if status is HTTPStatus.METHOD_NOT_ALLOWED:
        headers["Allow"] = ", ".join(request.app.state.methods_of(request.url.path))
    return render_problem(
        status,
        status.phrase.title().replace(" ", "").replace("-", ""),
        detail,
        hint=_HINTS.get(status),
        headers=headers,
    )


def _on_nothing_more(_request: Request, _error: Exception) -> Response:
    return Response(status_code=HTTPStatus.NO_CONTENT)


def _on_bug(request: Request, error: Exception) -> Response:
    # The server's error middleware logs nothing itself and re-raises to uvicorn, which does;
    # the exception's text stays there, because it may show data.
    logger.error(
        "%s %s failed: %s",
        request.method,
        request.url.path,
        type(error).__name__,
        extra={"action": "request.failed", "job_id": request.path_params.get("job_id")},
    )
    return render_problem(
        HTTPStatus.INTERNAL_SERVER_ERROR,
        "InternalError",
        "this is a bug in oraferry",
        hint="the server's log has the traceback",
    )


def add_error_handlers(app: FastAPI) -> None:
    """Make every error of *app* a problem, those of routing included."""
    app.add_exception_handler(errors.OraferryError, _on_oraferry_error)
    app.add_exception_handler(RequestValidationError, _on_invalid_request)
    app.add_exception_handler(HTTPException, _on_http_error)
    app.add_exception_handler(NothingMore, _on_nothing_more)
    app.add_exception_handler(Exception, _on_bug)
