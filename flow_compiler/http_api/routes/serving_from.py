"""What a route is given: the service of this application."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Query, Request

from flow_compiler.http_api.service import Service


def _service(request: Request) -> Service:
    service: Service = request.app.state.service
    return service


TheService = Annotated[Service, Depends(_service)]
Limit = Annotated[int | None, Query(ge=1, description="entries of a page; at most 1000")]
Offset = Annotated[int, Query(ge=0, le=2**31 - 1, description="entries to leave out")]


def page_size(service: Service, limit: int | None, default: int | None = None) -> int:
    return min(limit or default or service.limits.page, service.limits.longest_page)


def next_offset(size: int, offset: int, found: int) -> dict[str, int]:
    """``nextOffset`` where a page is full: there may be more."""
    return {"next_offset": offset + size} if found == size else {}
