"""The events of a run as server-sent events, in the reference's form."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator, Collection, Mapping
from typing import Any

from flow_compiler.engine.outcomes import Json, Success
from flow_compiler.engine.run_batch import item_key
from flow_compiler.engine.stores import root_path
from flow_compiler.http_api.service import Service
from flow_compiler.http_api.shapes import timestamp
from flow_compiler.http_api.statuses import EventKind
from flow_compiler.http_api.storage.claims import Event
from flow_compiler.http_api.storage.runs import Run

_PAGE = 200


class EventStream:
    """One client's view of a run. ``indices``: step id to its place in the flow. ``kinds`` None: all."""

    def __init__(
        self,
        service: Service,
        run: Run,
        indices: Mapping[str, int],
        kinds: Collection[int] | None,
        *,
        include_results: bool,
    ) -> None:
        self._service = service
        self._run = run
        self._indices = indices
        self._kinds = kinds
        self._include_results = include_results

    async def since(self, number: int) -> AsyncIterator[str]:
        """What was said from this event on, then what is said from now on, until the run ends or the server stops.
        A client that reads slowly holds up nothing: the next page is read when this one was taken."""
        service, run_id = self._service, self._run.run_id
        spoken = time.monotonic()
        with service.news.of(run_id) as news:
            while True:
                page = await service.events.since(run_id, number, _PAGE)
                for number, event in page:
                    if self._kinds is None or event.kind in self._kinds:
                        yield f"id: {number}\ndata: {await self._written(number, event)}\n\n"
                        spoken = time.monotonic()
                    if event.kind is EventKind.RUN_COMPLETED:
                        return
                if page:
                    number += 1
                    continue
                if service.at_work.stopping.is_set() or await service.runs.get(run_id) is None:
                    return
                if time.monotonic() - spoken >= service.limits.heartbeat_seconds:
                    yield ": still at work\n\n"
                    spoken = time.monotonic()
                await news.wait(service.limits.heartbeat_seconds)

    async def _written(self, number: int, event: Event) -> str:
        body: dict[str, Json] = {
            "sequenceNumber": number,
            "timestamp": timestamp(event.at),
            "event": {event.kind.label: await self._fields(event)},
        }
        return json.dumps(body, separators=(",", ":"), allow_nan=False)

    async def _fields(self, event: Event) -> dict[str, Any]:
        fields: dict[str, Any] = {"runId": self._run.run_id}
        if event.kind is EventKind.RUN_CREATED:
            return fields | {"flowId": self._run.flow_id, "itemCount": event.detail}
        if event.item is not None:
            fields["itemIndex"] = event.item
        if event.step is not None:
            fields |= {"stepIndex": self._indices.get(event.step, 0), "stepId": event.step}
        fields["attempt" if event.kind is EventKind.STEP_STARTED else "status"] = event.detail
        if self._include_results and event.item is not None and event.kind is not EventKind.STEP_STARTED:
            fields |= await self._result(event.item, event.step)
        return fields

    async def _result(self, item: int, step: str | None) -> dict[str, Json]:
        if step is None:
            ended = await self._service.runs.items(self._run.run_id, 1, item)
            result = ended[0].result if ended else None
        else:
            path = root_path(item_key(item))
            record = (await self._service.journal.load(self._run.run_id, path)).get((path, step))
            result = None if record is None else record.outcome
        return {"result": result.result} if isinstance(result, Success) else {}
