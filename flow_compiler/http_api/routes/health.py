"""``/health``: whether the server can do its work. Needs no token."""

from __future__ import annotations

import time
from importlib.metadata import PackageNotFoundError, version

from fastapi import APIRouter

from flow_compiler.http_api.routes.serving_from import TheService
from flow_compiler.http_api.shapes import Shape, timestamp

router = APIRouter(prefix="/health", tags=["health"])


class Build(Shape):
    version: str


class Health(Shape):
    status: str
    timestamp: str
    build: Build


@router.get("", summary="Whether the server can do its work")
async def health(service: TheService) -> Health:
    """Asks the database; 503 while that does not answer."""
    await service.runs.get("")
    return Health(status="healthy", timestamp=timestamp(time.time()), build=Build(version=_version()))


def _version() -> str:
    try:
        return version("stepflow-assets")
    except PackageNotFoundError:
        return "unknown"
