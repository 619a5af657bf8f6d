"""From what a client sends to what is run: the flow it means, checked, and the run it asks for."""

from __future__ import annotations

from collections.abc import Sequence

from flow_compiler.engine.outcomes import Json
from flow_compiler.errors import FlowError, FlowLoadError, RequestRefused
from flow_compiler.http_api.run_ids import new_run_id
from flow_compiler.http_api.service import Service
from flow_compiler.http_api.storage.runs import NewRun, Run
from flow_compiler.language.canonical import digest, ordered_json
from flow_compiler.language.diagnostics import reject_if_fatal
from flow_compiler.language.loader import flow_from_json, require_size
from flow_compiler.language.model import Flow
from flow_compiler.language.overrides import apply_overrides
from flow_compiler.language.secrets import secret_variables


def flow_of(value: Json) -> Flow:
    """The flow that was sent. Raises FlowLoadError."""
    if value is None:
        raise FlowLoadError("flow is required", next_step="Send {flow: …} with the flow as JSON.")
    require_size(len(ordered_json(value)), None)
    return flow_from_json(value)


async def keep_flow(service: Service, flow: Flow, *, listed: bool) -> str:
    """Store the flow for runs, and as the blob that /builtin/eval reads under the same id."""
    await service.artifacts.put(ordered_json(flow.to_json()), "flow")
    return await service.flows.put(flow, listed=listed)


async def stored_flow(service: Service, flow_id: str) -> Json:
    """Raises RequestRefused where no such flow is stored."""
    found = await service.flows.get(flow_id, listed=True)
    if found is None:
        raise RequestRefused(
            f"flow {flow_id!r} not found",
            code="flow.unknown",
            next_step="Store it with POST /api/v1/flows, or send the flow itself with the run.",
        )
    return found


async def known_run(service: Service, run_id: str) -> Run:
    """Raises RequestRefused where there is no such run."""
    found = await service.runs.get(run_id)
    if found is None:
        raise unknown_run(run_id)
    return found


def unknown_run(run_id: str) -> RequestRefused:
    return RequestRefused(
        f"run {run_id!r} not found", code="run.unknown", next_step="GET /api/v1/runs lists the runs there are."
    )


def new_run(
    flow: Flow,
    inputs: Sequence[Json],
    *,
    run_id: str | None,
    variables: dict[str, Json],
    overrides: Json,
    at_once: int,
) -> NewRun:
    """Raises FlowError where the flow, or what the overrides make of it, cannot be used."""
    reject_if_fatal(apply_overrides(flow, overrides))
    secret = secret_variables(flow)
    told = {name: value for name, value in variables.items() if name not in secret}
    return NewRun(
        run_id=run_id or new_run_id(),
        flow_id=flow.digest,
        flow_name=flow.name,
        digest=digest([flow.digest, list(inputs), told, overrides]),  # a secret can be guessed from a digest
        overrides=overrides,
        variables=told,
        secrets={name: value for name, value in variables.items() if name in secret},
        at_once=at_once,
        inputs=inputs,
    )


async def accept(service: Service, new: NewRun) -> Run:
    """The run; the one that is there where the client asked before. Raises FlowError where it asked for something else
    under the same id, RequestRefused where no more runs are taken."""
    run = await service.runs.accept(new, service.limits.runs_unfinished)
    if run is None:
        raise RequestRefused(
            f"{service.limits.runs_unfinished:,} runs wait or are at work: no more are taken",
            code="server.full",
            retryable=True,
            next_step="Ask again in a while, or start the server with a larger --max-queued.",
        )
    if run.digest != new.digest:
        raise FlowError(
            f"the run {new.run_id} was begun with another flow, input, variables or overrides",
            code="run.begun_otherwise",
            next_step="Give what it was begun with, or another runId.",
        )
    service.at_work.accepted()
    return run
