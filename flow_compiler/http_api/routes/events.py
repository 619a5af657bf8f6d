"""``/runs/{id}/events``: what happens in a run, from any point on, until the run ends."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Header, Query
from fastapi.responses import StreamingResponse

from flow_compiler.http_api.asking import known_run
from flow_compiler.http_api.event_stream import EventStream
from flow_compiler.http_api.routes.runs import RunId
from flow_compiler.http_api.routes.serving_from import TheService
from flow_compiler.http_api.running.streams import CountedStream
from flow_compiler.language.loader import flow_from_json

router = APIRouter(prefix="/runs", tags=["runs"])


@router.get(
    "/{run_id}/events",
    summary="What happens in a run, as server-sent events",
    response_class=StreamingResponse,
    responses={200: {"content": {"text/event-stream": {"schema": {"type": "string"}}}}},
)
async def events(
    run_id: RunId,
    service: TheService,
    since: Annotated[int | None, Query(ge=0, description="begin with this event")] = None,
    include_results: Annotated[bool, Query(alias="includeResults", description="what steps and items gave")] = False,
    event_types: Annotated[list[int] | None, Query(alias="eventTypes", description="only these kinds")] = None,
    last_event_id: Annotated[str | None, Header(description="the last event that was seen")] = None,
) -> StreamingResponse:
    """Each event has its number as ``id``: whoever was cut off sends it as ``Last-Event-ID`` and misses nothing. The
    stream ends with ``RunCompleted``, and when the server stops."""
    run = await known_run(service, run_id)
    first = since or 0
    if last_event_id is not None and last_event_id.isascii() and last_event_id.isdecimal():
        first = int(last_event_id[:18]) + 1
    written = await service.flows.get(run.flow_id)
    steps = flow_from_json(written).steps if written is not None else ()
    indices = {step.id: index for index, step in enumerate(steps)}
    stream = EventStream(service, run, indices, event_types, include_results=include_results)
    service.streams.enter()
    answer = CountedStream(
        stream.since(first),
        media_type="text/event-stream",
        headers={"Cache-Control": "no-cache", "X-Accel-Buffering": "no"},
    )
    answer.streams = service.streams
    return answer
