"""An engine over stores of its own with the OCR components, and flows that call them."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from flow_compiler.engine.components import Resources
from flow_compiler.engine.engine import Engine
from flow_compiler.engine.registry import ComponentRegistry
from flow_compiler.engine.storage import memory_stores
from flow_compiler.engine.stores import Stores
from flow_compiler.language.loader import flow_from_json
from stepflow_assets.components import ocr
from stepflow_assets.ocr.registry import OcrProviders
from stepflow_assets.workers.pools import WorkerPools

Json = Any


def calling(component: str) -> Json:
    """A flow of one step, ``s``."""
    step = {"id": "s", "component": component, "input": {"$input": "$"}}
    return {"name": "one", "steps": [step], "output": {"$step": "s"}}


RECOGNIZE = flow_from_json(calling("/ocr/recognize"))
BLOCKS = flow_from_json(calling("/ocr/blocks"))
EACH = flow_from_json(
    {
        "name": "each",
        "steps": [
            {
                "id": "s",
                "component": "/builtin/map",
                "input": {"items": {"$input": "$"}, "workflow": {"$literal": calling("/ocr/recognize")}},
            }
        ],
        "output": {"$step": "s"},
    }
)


class Bench:
    def __init__(self, engine: Engine, stores: Stores) -> None:
        self.engine, self.stores = engine, stores

    async def put(self, data: bytes) -> Json:
        return (await self.stores.artifacts.put(data)).to_json()

    async def json(self, ref: Json) -> Json:
        return json.loads(await self.stores.artifacts.get(ref["$blob"]))

    async def run(self, flow, given: Json, key: str = "one", **more):
        return await self.engine.item(flow, run_id=f"run-{key}", key=key, input=given, **more).evaluate()


@asynccontextmanager
async def bench(providers: OcrProviders, *, stores: Stores | None = None) -> AsyncIterator[Bench]:
    pools, kept = WorkerPools(pdf=1, ocr=1), stores or memory_stores()
    components = ComponentRegistry([part.__component__ for part in (ocr.recognize, ocr.lines, ocr.blocks)])
    try:
        async with Engine(components, kept, Resources({WorkerPools: pools, OcrProviders: providers})) as engine:
            yield Bench(engine, kept)
    finally:
        pools.close()


def path(found: Json) -> list[tuple[str, str, str]]:
    return [(attempt["provider"], attempt["outcome"], attempt["reason"]) for attempt in found["provider_path"]]
