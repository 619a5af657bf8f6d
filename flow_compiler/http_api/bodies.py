"""JSON on its way in and out. Bodies are read as strictly as flows: integers stay integers, NaN and repeated keys are
refused, with the place."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request, Response
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException

from flow_compiler.engine.outcomes import Json
from flow_compiler.errors import FlowCompilerError, FlowLoadError, RequestRefused
from flow_compiler.http_api.failures import answer_to
from flow_compiler.language.loader import decode, read_data


class AsciiJson(JSONResponse):
    """Any text can be sent: halves of surrogate pairs, which UTF-8 does not have, travel escaped."""

    def render(self, content: Json) -> bytes:
        return json.dumps(content, ensure_ascii=True, allow_nan=False, separators=(",", ":")).encode("ascii")


class _Refused(HTTPException):
    """Carries an error through FastAPI's reading of bodies."""

    def __init__(self, error: FlowCompilerError) -> None:
        super().__init__(400)
        self.error = error


class _StrictRequest(Request):
    async def body(self) -> bytes:
        try:
            return await super().body()
        except FlowCompilerError as error:  # more arrived than is taken
            raise _Refused(error) from error

    async def json(self) -> Json:
        body = await self.body()
        try:
            return await asyncio.to_thread(_read, body)  # a large one takes a moment
        except FlowLoadError as error:
            raise _Refused(_not_json(error)) from error


def _read(body: bytes) -> Json:
    return read_data(decode(body, None), None, yaml=False)


def _not_json(error: FlowLoadError) -> FlowLoadError:
    return FlowLoadError(
        f"the body cannot be read: {error.message}",
        line=error.line,
        column=error.column,
        code="request.not_json",
        next_step=error.next_step,
    )


class StrictRoute(APIRoute):
    """A route that reads its JSON body strictly, and takes no other body for JSON."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()
        wants_json = self.body_field is not None

        async def handle_strictly(request: Request) -> Response:
            if wants_json and not says_json(request):
                return answer_to(
                    RequestRefused(
                        "the body is not declared to be JSON",
                        code="request.media_type",
                        next_step="Send it with the header Content-Type: application/json.",
                    )
                )
            try:
                return await handle(_StrictRequest(request.scope, request.receive))
            except _Refused as refused:
                return answer_to(refused.error)

        return handle_strictly


def says_json(request: Request) -> bool:
    """Whether the body is declared to be JSON. A web page cannot do so without being asked first (CORS)."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    return kind == "application/json" or (kind.startswith("application/") and kind.endswith("+json"))
