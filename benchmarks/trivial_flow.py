"""A document flow of five assets whose components do nothing: what is left to measure is the framework."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from flow_compiler.assets.checks import CheckInput, CheckOutcome, StepCheck
from flow_compiler.assets.compile import CompiledFlow, compile_flow
from flow_compiler.assets.options import CompileOptions
from flow_compiler.assets.partitions import ItemEnd, ItemInput, ItemRefusal
from flow_compiler.assets.runtime import FlowRuntime
from flow_compiler.engine.components import ComponentContext, Resources, component
from flow_compiler.engine.engine import Engine
from flow_compiler.engine.registry import ComponentRegistry
from flow_compiler.engine.storage import open_stores
from flow_compiler.language.loader import parse_flow

FLOW = parse_flow("""
name: trivial
steps:
  - {id: document, component: /trivial/step, input: {text: {$input: text}}}
  - {id: pages, component: /trivial/step, input: {document: {$step: document}}}
  - {id: ocr_blocks, component: /trivial/step, input: {pages: {$step: pages}}}
  - {id: chunks, component: /trivial/step, input: {document: {$step: document}, blocks: {$step: ocr_blocks}}}
  - {id: search_index, component: /trivial/step, input: {chunks: {$step: chunks}}}
output: {$step: search_index}
""")
CHECKED = ("ocr_blocks", "ocr_blocks", "chunks", "chunks", "chunks", "search_index")  # as the shipped flow is checked


@component("/trivial/step", version="1", effect="write")
async def step(given: dict[str, Any], context: ComponentContext) -> dict[str, Any]:
    context.report(pages=1, bytes=1000)
    return {"done": len(given)}


REGISTRY = ComponentRegistry.of(step)


class Inputs:
    """Every key is a document."""

    async def take(self, run_id: str, keys: Sequence[str]) -> Sequence[ItemInput | ItemRefusal]:
        return [ItemInput(key, {"text": f"{run_id} {key}"}) for key in keys]

    async def ended(self, run_id: str, end: ItemEnd) -> None:
        return


@asynccontextmanager
async def runtime(folder: Path) -> AsyncIterator[FlowRuntime]:
    """The engine on stores as they ship: SQLite and a folder."""
    resources = Resources({})
    async with (
        open_stores(f"sqlite:///{folder / 'stepflow.db'}", str(folder / "artifacts")) as stores,
        Engine(REGISTRY, stores, resources) as engine,
    ):
        yield FlowRuntime(engine, stores, resources, Inputs())


def compiled(folder: Path, *, checked: bool) -> CompiledFlow:
    checks = [_check(f"check_{number}", asset) for number, asset in enumerate(CHECKED)] if checked else []
    return compile_flow(FLOW, CompileOptions(lambda: runtime(folder), REGISTRY, checks=checks))


def _check(name: str, asset: str) -> StepCheck:
    async def passes(_given: CheckInput) -> CheckOutcome:
        return CheckOutcome(passed=True, score=1.0, metadata={"words": 1000}, sentence="all words are there")

    return StepCheck(name, asset, "Passes.", passes, threshold=0.9)
