"""The viewer's pages: HTML without scripts, answered only to this machine."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import jinja2
from fastapi import FastAPI, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import FileResponse, HTMLResponse
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from flow_compiler.errors import FlowCompilerError, InvalidInput
from flow_compiler.http_api.guard import Access, Guard
from stepflow_assets.documents.chunk import Outcome
from stepflow_assets.viewer import content
from stepflow_assets.viewer.content import Link, environment
from stepflow_assets.viewer.pictures import Picture, Pictures
from stepflow_assets.viewer.reading import Reader

_STYLE = Path(__file__).parent / "static" / "style.css"
_HEADERS = {
    "content-security-policy": (
        "default-src 'none'; img-src 'self'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-resource-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
}
_STATUS_OF_CODE = {
    "catalog.unknown_document": 404,
    "catalog.in_hand": 404,
    "index.unknown_chunk": 404,
    "evidence.unknown_page": 404,
    "evidence.no_pages": 404,
    "evidence.unavailable": 404,
    "viewer.busy": 503,
}

Number = Annotated[int, Query(ge=1, le=1_000_000)]


def create_app(reader: Reader, pictures: Pictures, *, loopback: bool) -> ASGIApp:
    """``loopback``: only names of this machine are answered, so that no page of the web reaches it by a name of its own."""
    return _Sealed(Guard(_routed(reader, pictures), Access(token=None, loopback=loopback, body_bytes=0)))


def _routed(reader: Reader, pictures: Pictures) -> FastAPI:
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None, default_response_class=HTMLResponse)
    pages = _Pages(environment())

    @app.get("/")
    async def documents(part: Number = 1, outcome: str = "") -> Response:
        chosen = _outcome(outcome)
        rows = await reader.documents(chosen)
        return pages.answer("documents.html", content.documents(rows, part, chosen))

    @app.get("/document")
    async def document(name: str, part: Number = 1, chunks: Number = 1) -> Response:
        return pages.answer("document.html", content.document(await reader.document(name), part, chunks))

    @app.get("/page")
    async def page(document: str, number: Number, chunk: str = "") -> Response:
        return pages.answer("page.html", content.page(await reader.page(document, number), chunk))

    @app.get("/chunk")
    async def chunk(id: str) -> Response:
        return pages.answer("chunk.html", content.chunk(await reader.chunk(id)))

    @app.get("/search")
    async def search(q: str = "", document: str = "") -> Response:
        asked = q.strip()
        hits = await reader.search(asked, document or None) if asked else []
        return pages.answer("search.html", content.search(asked, document, hits))

    @app.get("/picture/page")
    async def page_picture(request: Request, document: str, number: Number) -> Response:
        return _picture(await pictures.page(document, number, request.headers.get("if-none-match")))

    @app.get("/picture/chunk")
    async def chunk_picture(request: Request, id: str, place: Number | None = None) -> Response:
        view = await reader.chunk(id)
        if place is not None and place > len(view.hit.chunk.places):
            raise InvalidInput(f"the chunk has no place {place}", code="evidence.unknown_page")
        return _picture(await pictures.chunk(view, place, request.headers.get("if-none-match")))

    @app.get("/style.css")
    async def style() -> Response:
        return FileResponse(_STYLE, media_type="text/css", headers={"cache-control": "no-cache"})

    @app.get("/favicon.ico")
    async def no_icon() -> Response:
        return Response(status_code=204)

    @app.exception_handler(FlowCompilerError)
    async def refused(_: Request, error: FlowCompilerError) -> Response:
        return pages.answer("error.html", content.refusal(error), _STATUS_OF_CODE.get(error.code, 500))

    @app.exception_handler(RequestValidationError)
    async def misunderstood(_: Request, error: RequestValidationError) -> Response:
        names = ", ".join(str(each["loc"][-1]) for each in error.errors())
        told = InvalidInput(f"the address lacks, or has an unusable, {names}", next_step="Follow a link instead.")
        return pages.answer("error.html", content.refusal(told), 400)

    @app.exception_handler(HTTPException)
    async def no_such_page(_: Request, error: HTTPException) -> Response:
        told = FlowCompilerError("there is no such page here", code="viewer.no_page", next_step="Start at Documents.")
        return pages.answer("error.html", content.refusal(told), error.status_code)

    return app


class _Pages:
    def __init__(self, templates: jinja2.Environment) -> None:
        self._templates = templates

    def answer(self, template: str, values: Mapping[str, Any], status: int = 200) -> Response:
        html = self._templates.get_template(template).render(link=Link, **values)
        return HTMLResponse(html, status, {"cache-control": "no-store"})


def _picture(picture: Picture) -> Response:
    headers = {"etag": picture.tag, "cache-control": "private, no-cache"}
    if picture.data is None:
        return Response(status_code=304, headers=headers)
    return Response(picture.data, media_type="image/png", headers=headers)


def _outcome(text: str) -> Outcome | None:
    return Outcome(text) if text in {str(each) for each in Outcome} else None


class _Sealed:
    """Adds to every answer what browsers have to keep to: no scripts, no frames, nothing from elsewhere."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def sealed(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers[name] = value
            await send(message)

        await self._app(scope, receive, sealed)
