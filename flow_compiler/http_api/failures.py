"""From any error to an answer: the HTTP status, our error tree as JSON, and what clients of the reference read."""

from __future__ import annotations

import json
import logging
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

from flow_compiler.errors import (
    ArtifactMissing,
    FlowCompilerError,
    FlowError,
    FlowLoadError,
    RequestRefused,
    StoreError,
)

_log = logging.getLogger(__name__)

_STATUS_OF_CODE = {
    "flow.unknown": 404,
    "run.unknown": 404,
    "step.unknown": 404,
    "blob.unknown": 404,
    "request.no_such_path": 404,
    "request.method": 405,
    "request.token": 401,
    "request.host": 403,
    "request.origin": 403,
    "request.too_large": 413,
    "request.media_type": 415,
    "run.begun_otherwise": 409,
    "run.not_ended": 412,
    "server.full": 429,
    "server.too_many_streams": 503,
}
_WORD_OF_STATUS = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    405: "UNIMPLEMENTED",
    409: "ALREADY_EXISTS",
    412: "FAILED_PRECONDITION",
    413: "OUT_OF_RANGE",
    415: "INVALID_ARGUMENT",
    429: "RESOURCE_EXHAUSTED",
    500: "INTERNAL",
    503: "UNAVAILABLE",
}


class ReferenceBody(BaseModel):
    """As the reference answers."""

    code: int = Field(description="the HTTP status")
    message: str
    status: str = Field(description="the status in a word, such as NOT_FOUND")


class ErrorBody(BaseModel):
    """Every error of the API. ``code`` is stable; ``next_step`` says what to do."""

    code: str
    category: str
    retryable: bool
    message: str
    next_step: str
    error: ReferenceBody
    place: dict[str, Any] | None = Field(default=None, description="line and column in the request, where known")


def status_of(error: FlowCompilerError) -> int:
    if error.code in _STATUS_OF_CODE:
        return _STATUS_OF_CODE[error.code]
    if isinstance(error, ArtifactMissing):
        return 404
    if isinstance(error, StoreError):
        return 503
    return 400 if isinstance(error, FlowError | RequestRefused) else 500


def body_of(error: FlowCompilerError) -> dict[str, Any]:
    status = status_of(error)
    body = ErrorBody(
        code=error.code,
        category=str(error.category),
        retryable=error.retryable,
        message=error.message,
        next_step=error.next_step,
        error=ReferenceBody(code=status, message=error.message, status=_WORD_OF_STATUS.get(status, "UNKNOWN")),
    )
    written = body.model_dump(exclude={"place"})
    if isinstance(error, FlowLoadError) and error.line is not None:
        written["place"] = {"line": error.line, "column": error.column}
    return written


def answer_to(error: FlowCompilerError) -> Response:
    status = status_of(error)
    headers = {}
    if status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    if status in (429, 503):
        headers["Retry-After"] = "5"
    body = json.dumps(body_of(error))  # ASCII: a message may quote text that UTF-8 does not have
    return Response(body, status, headers, media_type="application/json")


def answer_errors(app: FastAPI) -> None:
    """Every error that leaves a route becomes an :class:`ErrorBody`."""

    @app.exception_handler(FlowCompilerError)
    async def told(_: Request, error: FlowCompilerError) -> Response:
        return answer_to(error)

    @app.exception_handler(RequestValidationError)
    async def does_not_fit(_: Request, error: RequestValidationError) -> Response:
        return answer_to(RequestRefused(_sentence(error)))

    @app.exception_handler(HTTPException)
    async def not_routed(request: Request, error: HTTPException) -> Response:
        code = {404: "request.no_such_path", 405: "request.method"}.get(error.status_code, "request.invalid")
        said = {
            404: f"there is nothing at {request.url.path}",
            405: f"{request.method} is not possible at {request.url.path}",
        }.get(error.status_code, str(error.detail))
        return answer_to(RequestRefused(said, code=code))

    @app.exception_handler(Exception)
    async def unexpected(request: Request, error: Exception) -> Response:
        _log.error("unexpected %s in %s", type(error).__name__, request.scope.get("path", "?"))
        return answer_to(FlowCompilerError(f"unexpected {type(error).__name__}"))


def _sentence(error: RequestValidationError) -> str:
    """Which fields, and what is wrong with them; never their values."""
    parts = []
    for each in error.errors():
        place = ".".join(str(part) for part in each["loc"] if part not in ("body", "query", "path"))
        parts.append(f"{place or 'the body'}: {each['msg']}")
    return "; ".join(parts)
