"""``/runs``: begun, waited for, looked at, cancelled, deleted."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query
from pydantic import Field

from flow_compiler.engine.outcomes import Json
from flow_compiler.engine.run_batch import item_key
from flow_compiler.engine.stores import root_path
from flow_compiler.errors import RequestRefused
from flow_compiler.http_api.asking import accept, flow_of, keep_flow, known_run, new_run, stored_flow, unknown_run
from flow_compiler.http_api.bodies import StrictRoute
from flow_compiler.http_api.routes.serving_from import Limit, Offset, TheService, next_offset, page_size
from flow_compiler.http_api.run_ids import require_run_id
from flow_compiler.http_api.service import Service
from flow_compiler.http_api.shapes import ItemResult, Nothing, RunSummary, Shape, StepStatus
from flow_compiler.http_api.statuses import Status
from flow_compiler.http_api.storage.runs import Run
from flow_compiler.language.loader import flow_from_json
from flow_compiler.language.model import Flow

router = APIRouter(prefix="/runs", tags=["runs"], route_class=StrictRoute)
RunId = Annotated[str, Path(description="the run's id", max_length=128)]
Seconds = Annotated[float | None, Query(alias="timeoutSecs", ge=0, description="how long to wait for the run's end")]
Wait = Annotated[bool, Query(description="answer when the run has ended")]
ItemIndex = Annotated[int | None, Query(alias="itemIndex", ge=0, description="only of this item")]

_AT_ONCE = 16
_STEPS_OF_ITEMS = 100


class CreateRun(Shape):
    flow_id: str | None = Field(default=None, description="of a stored flow")
    flow: Any = Field(default=None, description="the flow itself, instead of flowId")
    input: Any = Field(default_factory=list, description="a list of inputs, each an item of its own; or one input")
    overrides: Any = Field(default=None, description="{steps: {ID: {value: merge patch}}}")
    variables: dict[str, Any] | None = None
    max_concurrency: int | None = Field(default=None, ge=1, description="items at once; default 16")
    wait: bool = Field(default=False, description="answer when the run has ended")
    timeout_secs: float | None = Field(default=None, ge=0, description="how long to wait; default 300")
    run_id: str | None = Field(default=None, description="asking again with the same id begins nothing new")


class RunAnswer(Shape):
    summary: RunSummary
    results: list[ItemResult]
    next_offset: int | None = Field(default=None, description="more results: GET /runs/{id}/items?offset=…")


class RunWithSteps(Shape):
    summary: RunSummary
    steps: list[StepStatus]


class RunList(Shape):
    runs: list[RunSummary]
    next_offset: int | None = None


class Items(Shape):
    results: list[ItemResult]
    next_offset: int | None = None


class RunFlow(Shape):
    flow: dict[str, Any]
    flow_id: str


class Steps(Shape):
    steps: list[StepStatus]
    next_offset: int | None = Field(default=None, description="the item to go on with")


class OneStep(Shape):
    step: StepStatus


class CancelledRun(Shape):
    summary: RunSummary


@router.post("", summary="Run a flow on one input or many", response_model_exclude_unset=True)
async def create(asked: CreateRun, service: TheService) -> RunAnswer:
    """Once answered, the run is never lost. ``wait`` answers when it has ended, or after ``timeoutSecs`` with the run
    as it stands then."""
    run_id = None if asked.run_id is None else require_run_id(asked.run_id)
    flow = await _flow(asked, service)
    new = new_run(
        flow,
        _inputs(asked.input, service),
        run_id=run_id,
        variables=asked.variables or {},
        overrides=asked.overrides,
        at_once=min(asked.max_concurrency or _AT_ONCE, service.limits.items_at_once),
    )
    if asked.flow_id is None:
        await keep_flow(service, flow, listed=False)
    run = await accept(service, new)
    if not asked.wait:
        return RunAnswer(summary=RunSummary.of(run), results=[])
    ended = await _until_ended(service, run.run_id, asked.timeout_secs)
    size = service.limits.longest_page
    found = await service.runs.items(run.run_id, size, 0) if ended.ended else []
    results = [ItemResult.of(each) for each in found]
    return RunAnswer(summary=RunSummary.of(ended), results=results, **next_offset(size, 0, len(results)))


@router.get("", summary="Runs, the newest first", response_model_exclude_unset=True)
async def list_runs(
    service: TheService,
    status: Annotated[str | None, Query(description="a number, or a word such as failed")] = None,
    flow_name: Annotated[str | None, Query(alias="flowName")] = None,
    limit: Limit = None,
    offset: Offset = 0,
) -> RunList:
    size = page_size(service, limit)
    found = await service.runs.page(_status(status), flow_name, size, offset)
    return RunList(runs=[RunSummary.of(each) for each in found], **next_offset(size, offset, len(found)))


@router.get("/{run_id}", summary="How a run stands", response_model_exclude_unset=True)
async def get(run_id: RunId, service: TheService, wait: Wait = False, timeout_secs: Seconds = None) -> RunWithSteps:
    """The steps are those of the first hundred items."""
    run = await (_until_ended(service, run_id, timeout_secs) if wait else known_run(service, run_id))
    return RunWithSteps(summary=RunSummary.of(run), steps=await _steps(service, run, 0, _STEPS_OF_ITEMS))


@router.get("/{run_id}/items", summary="How each item ended", response_model_exclude_unset=True)
async def items(
    run_id: RunId,
    service: TheService,
    limit: Limit = None,
    offset: Offset = 0,
    result_order: Annotated[int, Query(alias="resultOrder", ge=0, le=2, description="2: as they ended")] = 1,
) -> Items:
    await known_run(service, run_id)
    size = page_size(service, limit, service.limits.longest_page)
    found = await service.runs.items(run_id, size, offset, by_completion=result_order == 2)
    return Items(results=[ItemResult.of(each) for each in found], **next_offset(size, offset, len(found)))


@router.get("/{run_id}/flow", summary="The flow of a run, as it was given")
async def flow(run_id: RunId, service: TheService) -> RunFlow:
    run = await known_run(service, run_id)
    return RunFlow(flow=await service.flows.get(run.flow_id) or {}, flow_id=run.flow_id)


@router.get("/{run_id}/steps", summary="The steps that were begun", response_model_exclude_unset=True)
async def steps(
    run_id: RunId, service: TheService, item_index: ItemIndex = None, limit: Limit = None, offset: Offset = 0
) -> Steps:
    """A page holds the steps of so many items."""
    run = await known_run(service, run_id)
    if item_index is not None:
        return Steps(steps=await _steps(service, run, item_index, 1))
    size = page_size(service, limit)
    more = {"next_offset": offset + size} if offset + size < run.total else {}
    return Steps(steps=await _steps(service, run, offset, size), **more)


@router.get("/{run_id}/steps/{step_id:path}", summary="One step of one item", response_model_exclude_unset=True)
async def step(run_id: RunId, step_id: str, service: TheService, item_index: ItemIndex = None) -> OneStep:
    run = await known_run(service, run_id)
    for found in await _steps(service, run, item_index or 0, 1):
        if found.step_id == step_id:
            return OneStep(step=found)
    raise RequestRefused(
        f"step {step_id!r} not found",
        code="step.unknown",
        next_step="GET /api/v1/runs/{id}/steps lists the steps that were begun; a batch needs itemIndex.",
    )


@router.post("/{run_id}/cancel", summary="Cancel a run", response_model_exclude_unset=True)
async def cancel(run_id: RunId, service: TheService) -> CancelledRun:
    """Steps at work stop; what has ended stays. A run that has ended stays as it is."""
    run = await service.runs.cancel(run_id)
    if run is None:
        raise unknown_run(run_id)
    service.at_work.cancelled(run_id)
    return CancelledRun(summary=RunSummary.of(run))


@router.delete("/{run_id}", summary="Erase a run that has ended")
async def delete(run_id: RunId, service: TheService) -> Nothing:
    erased = await service.runs.delete(run_id)
    if erased is None:
        raise unknown_run(run_id)
    if not erased:
        raise RequestRefused(
            f"run {run_id!r} has not ended and cannot be deleted",
            code="run.not_ended",
            next_step="Cancel it first: POST /api/v1/runs/{id}/cancel.",
        )
    return Nothing()


async def _flow(asked: CreateRun, service: Service) -> Flow:
    if (asked.flow_id is None) == (asked.flow is None):
        raise RequestRefused(
            "a run needs either flowId or flow", next_step="Send flowId of a stored flow, or the flow itself."
        )
    if asked.flow_id is not None:
        return flow_from_json(await stored_flow(service, asked.flow_id))
    return flow_of(asked.flow)


def _inputs(given: Json, service: Service) -> list[Json]:
    inputs = given if isinstance(given, list) else [given]
    most = service.limits.items_per_run
    if len(inputs) > most:
        raise RequestRefused(
            f"a run takes at most {most:,} inputs, not {len(inputs):,}",
            next_step="Send several runs, or start the server with a larger --max-items.",
        )
    return inputs


def _status(text: str | None) -> Status | None:
    if text is None:
        return None
    try:
        return Status.named(text)
    except ValueError:
        words = ", ".join(status.word for status in Status)
        raise RequestRefused(f"there is no status {text!r}", next_step=f"Use one of: {words}.") from None


async def _until_ended(service: Service, run_id: str, seconds: float | None) -> Run:
    limits = service.limits
    patience = min(limits.wait_seconds if seconds is None else seconds, limits.longest_wait_seconds)
    run = await service.at_work.until_ended(run_id, patience)
    if run is None:
        raise unknown_run(run_id)
    return run


async def _steps(service: Service, run: Run, first: int, items: int) -> list[StepStatus]:
    states = await service.events.steps(run.run_id, first, items)
    if not states:
        return []
    written = await service.flows.get(run.flow_id)
    declared = flow_from_json(written).steps if written is not None else ()
    places = {each.id: (index, each.component) for index, each in enumerate(declared)}
    found = []
    for item in dict.fromkeys(state.item for state in states):
        path = root_path(item_key(item))
        records = await service.journal.load(run.run_id, path)
        for state in states:
            if state.item != item:
                continue
            record = records.get((path, state.step)) if state.status is Status.COMPLETED else None
            result = state.failure if record is None else record.outcome
            found.append(StepStatus.of(state, places.get(state.step, (0, None)), result))
    return found
