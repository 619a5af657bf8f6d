"""``/flows``: stored once, run many times."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path
from pydantic import Field

from flow_compiler.engine.outcomes import Json
from flow_compiler.http_api.asking import flow_of, keep_flow, stored_flow
from flow_compiler.http_api.bodies import StrictRoute
from flow_compiler.http_api.routes.serving_from import Limit, Offset, TheService, next_offset, page_size
from flow_compiler.http_api.shapes import Diagnostics, Nothing, Shape, timestamp
from flow_compiler.language.diagnostics import Level, diagnose
from flow_compiler.language.loader import flow_from_json
from flow_compiler.language.model import Flow
from flow_compiler.language.schemas import declared_variables, variables_schema
from flow_compiler.language.secrets import secret_variables

router = APIRouter(prefix="/flows", tags=["flows"], route_class=StrictRoute)
FlowId = Annotated[str, Path(description="the flow's digest, as POST /flows answered it", max_length=128)]


class StoreFlow(Shape):
    flow: Any = Field(default=None, description="the flow as JSON")
    dry_run: bool = Field(default=False, description="only check it")


class StoredFlow(Shape):
    flow_id: str
    stored: bool = Field(description="false for a dry run, and where a diagnostic is fatal")
    diagnostics: Diagnostics


class ListedFlow(Shape):
    flow_id: str
    name: str | None = None
    stored_at: str


class FlowList(Shape):
    flows: list[ListedFlow]
    next_offset: int | None = None


class ExampleInput(Shape):
    name: str
    description: str | None = None
    input: Any = None


class FlowAnswer(Shape):
    flow: dict[str, Any]
    flow_id: str
    all_examples: list[ExampleInput] = []


class FlowVariable(Shape):
    description: str | None = None
    default_value: Any = Field(default=None, description="never that of a secret")
    required: bool
    env_var: str | None = None
    secret: bool | None = None


class FlowVariables(Shape):
    flow_id: str
    variables: dict[str, FlowVariable]


@router.post("", summary="Store a flow, with everything that can be said about it", response_model_exclude_unset=True)
async def store(asked: StoreFlow, service: TheService) -> StoredFlow:
    """A flow with a fatal diagnostic is not stored. Storing it again changes nothing."""
    flow = flow_of(asked.flow)
    found = diagnose(flow)
    stored = not asked.dry_run and not any(each.level is Level.FATAL for each in found)
    if stored:
        await keep_flow(service, flow, listed=True)
    return StoredFlow(flow_id=flow.digest, stored=stored, diagnostics=Diagnostics.of(found))


@router.get("", summary="The stored flows, the newest first", response_model_exclude_unset=True)
async def list_flows(service: TheService, limit: Limit = None, offset: Offset = 0) -> FlowList:
    size = page_size(service, limit)
    found = await service.flows.page(size, offset)
    listed = [
        ListedFlow(
            flow_id=each.flow_id, stored_at=timestamp(each.stored_at), **({"name": each.name} if each.name else {})
        )
        for each in found
    ]
    return FlowList(flows=listed, **next_offset(size, offset, len(found)))


@router.get("/{flow_id}", summary="One flow, with its examples", response_model_exclude_unset=True)
async def get(flow_id: FlowId, service: TheService) -> FlowAnswer:
    written = await stored_flow(service, flow_id)
    return FlowAnswer(flow=written, flow_id=flow_id, all_examples=_examples(flow_from_json(written)))


@router.delete("/{flow_id}", summary="Delete a flow; runs that have it keep it")
async def delete(flow_id: FlowId, service: TheService) -> Nothing:
    await stored_flow(service, flow_id)
    await service.flows.delete(flow_id)
    return Nothing()


@router.get("/{flow_id}/variables", summary="The variables a flow declares", response_model_exclude_unset=True)
async def variables(flow_id: FlowId, service: TheService) -> FlowVariables:
    flow = flow_from_json(await stored_flow(service, flow_id))
    schema = variables_schema(flow)
    required = schema.get("required") if isinstance(schema, dict) else None
    names = required if isinstance(required, list) else []
    secret = secret_variables(flow)
    return FlowVariables(
        flow_id=flow_id,
        variables={
            name: _variable(declared, required=name in names, secret=name in secret)
            for name, declared in declared_variables(flow).items()
        },
    )


def _variable(declared: Json, *, required: bool, secret: bool) -> FlowVariable:
    schema = declared if isinstance(declared, dict) else {}
    fields: dict[str, Any] = {}
    if isinstance(schema.get("description"), str):
        fields["description"] = schema["description"]
    if "default" in schema and not secret:
        fields["default_value"] = schema["default"]
    if isinstance(schema.get("env_var"), str):
        fields["env_var"] = schema["env_var"]
    if secret:
        fields["secret"] = True
    return FlowVariable(required=required, **fields)


def _examples(flow: Flow) -> list[ExampleInput]:
    """The flow's examples, then its test cases of other names."""
    cases = flow.test.get("cases")
    written = [*flow.examples, *(cases if isinstance(cases, list) else [])]
    found: dict[str, ExampleInput] = {}
    for each in written:
        name = each.get("name") if isinstance(each, dict) else None
        if isinstance(name, str):
            described = {"description": each["description"]} if isinstance(each.get("description"), str) else {}
            found.setdefault(name, ExampleInput(name=name, input=each.get("input"), **described))
    return list(found.values())
