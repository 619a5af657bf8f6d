"""``/components``: what flows may call on this server."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any

from fastapi import APIRouter, Query

from flow_compiler.engine.components import Component
from flow_compiler.http_api.routes.serving_from import TheService
from flow_compiler.http_api.shapes import Shape

router = APIRouter(prefix="/components", tags=["components"])


class ComponentInfo(Shape):
    component_id: str
    path: str
    plugin: str
    description: str | None = None
    input_schema: Any = None
    output_schema: Any = None


class ComponentList(Shape):
    components: list[ComponentInfo]
    complete: bool
    failed_plugins: list[Any]


@router.get(
    "", summary="The components, with the schemas of what they take and give", response_model_exclude_unset=True
)
async def list_components(
    service: TheService,
    exclude_schemas: Annotated[bool, Query(alias="excludeSchemas", description="leave the schemas out")] = False,
) -> ComponentList:
    known = sorted(service.components, key=lambda each: each.path)
    infos = await asyncio.to_thread(lambda: [_info(each, schemas=not exclude_schemas) for each in known])
    return ComponentList(components=infos, complete=True, failed_plugins=[])


def _info(component: Component, *, schemas: bool) -> ComponentInfo:
    fields: dict[str, Any] = {}
    if component.description:
        fields["description"] = component.description
    if schemas:
        fields |= {"input_schema": component.input_schema, "output_schema": component.output_schema}
    plugin = component.path.split("/")[1] if component.path.count("/") > 1 else ""
    return ComponentInfo(component_id=component.path, path=component.path, plugin=plugin, **fields)
