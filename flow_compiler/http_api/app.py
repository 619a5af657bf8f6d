"""The application: routes, errors and guard around one service."""

from __future__ import annotations

from fastapi import FastAPI
from starlette.types import ASGIApp

from flow_compiler.http_api.bodies import AsciiJson
from flow_compiler.http_api.failures import ErrorBody, answer_errors
from flow_compiler.http_api.guard import Access, Guard
from flow_compiler.http_api.routes import blobs, components, events, flows, health, runs
from flow_compiler.http_api.service import Service

API = "/api/v1"
_ERRORS: dict[int | str, dict[str, object]] = {
    "4XX": {"model": ErrorBody, "description": "refused, with what to do"},
    "5XX": {"model": ErrorBody, "description": "not possible now, with what to do"},
}


def create_app(service: Service, access: Access) -> ASGIApp:
    """The API for this service. No page comes with it, and no other origin may ask: see :mod:`guard`."""
    return Guard(routed(service), access)


def routed(service: Service | None) -> FastAPI:
    """The routes alone; without a service they can only be described."""
    app = FastAPI(
        title="flow-compiler",
        description="Stepflow flows: stored, run, watched. Shapes are those of the reference's REST API.",
        version="1",
        openapi_url=f"{API}/openapi.json",
        docs_url=None,
        redoc_url=None,
        responses=_ERRORS,
        default_response_class=AsciiJson,
    )
    app.state.service = service
    # Events before runs: a step may have any id, so its route takes whatever follows.
    for router in (health.router, flows.router, events.router, runs.router, components.router, blobs.router):
        app.include_router(router, prefix=API)
    answer_errors(app)
    return app
