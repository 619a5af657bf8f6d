"""A document flow of five assets with trivial components, and everything it needs to run."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import dagster as dg

from flow_compiler.assets.compile import CompiledFlow, compile_flow
from flow_compiler.assets.options import CompileOptions
from flow_compiler.assets.partitions import ItemEnd, ItemInput, ItemRefusal
from flow_compiler.assets.runtime import FlowRuntime
from flow_compiler.engine.components import ComponentContext, Resources, component
from flow_compiler.engine.engine import Engine
from flow_compiler.engine.outcomes import Failure
from flow_compiler.engine.registry import ComponentRegistry
from flow_compiler.engine.storage import memory_stores
from flow_compiler.engine.stores import Stores
from flow_compiler.errors import Category, ComponentError
from flow_compiler.language.loader import parse_flow
from flow_compiler.language.model import Flow

FLOW = """
name: small
description: Five assets.
metadata: {owners: ["team:documents", not-an-owner], group: small_group}
schemas:
  properties: {variables: {type: object, properties: {embedder: {type: [object, "null"], default: null}}}}
steps:
  - {id: document, component: /t/read, metadata: {description: Reads it., kinds: [source]}, input: {text: {$input: text}}}
  - {id: pages, component: /t/pages, input: {document: {$step: document}}}
  - {id: ocr_blocks, component: /t/blocks, input: {pages: {$step: pages}}}
  - {id: chunks, component: /t/chunks, input: {blocks: {$step: ocr_blocks}, document: {$step: document}}}
  - {id: embeddings, component: /t/embed, metadata: {asset: false}, input: {chunks: {$step: chunks}}}
  - id: search_index
    component: /t/publish
    input: {chunks: {$step: chunks}, vectors: {$if: {$variable: embedder}, then: {$step: embeddings}}}
output: {$step: search_index}
"""
ASSETS = ["document", "pages", "ocr_blocks", "chunks", "search_index"]
QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


@dataclass
class Calls:
    """How often each component was called."""

    made: Counter[str] = field(default_factory=Counter)
    blocked: asyncio.Event | None = None
    reached: Callable[[], None] | None = None


@component("/t/read", version="1", effect="pure")
async def read(given: dict[str, Any], context: ComponentContext) -> dict[str, Any]:
    context.resource(Calls).made["read"] += 1
    context.report(bytes=len(given["text"]))
    return {"text": given["text"]}


@component("/t/pages", version="1", effect="write")
async def pages(given: dict[str, Any], context: ComponentContext) -> dict[str, Any]:
    context.resource(Calls).made["pages"] += 1
    context.report(pages=2)
    return {"pages": [given["document"]["text"], "second"]}


@component("/t/blocks", version="1", effect="write", pool="gpu")
async def blocks(given: dict[str, Any], context: ComponentContext) -> dict[str, Any]:
    context.resource(Calls).made["blocks"] += 1
    text = given["pages"]["pages"][0]
    if "poison" in text:
        raise ComponentError(
            "this page cannot be read", code="t.poisoned", category=Category.SOURCE, next_step="Replace it."
        )
    if "foreign" in text:
        raise ValueError(f"cannot read {text}")
    if "slow" in text:
        calls = context.resource(Calls)
        assert calls.reached is not None
        calls.reached()
        await asyncio.Event().wait()
    return {"blocks": [text]}


@component("/t/chunks", version="1", effect="write")
async def chunks(given: dict[str, Any], context: ComponentContext) -> dict[str, Any]:
    context.resource(Calls).made["chunks"] += 1
    context.report(**{"chunks": 1, "eval/confidence": 0.5})
    return {"chunks": given["blocks"]["blocks"]}


@component("/t/embed", version="1", effect="write")
async def embed(given: dict[str, Any], context: ComponentContext) -> dict[str, Any]:
    context.resource(Calls).made["embed"] += 1
    return {"vectors": 1}


@component("/t/publish", version="1", effect="write")
async def publish(given: dict[str, Any], context: ComponentContext) -> dict[str, Any]:
    context.resource(Calls).made["publish"] += 1
    return {"outcome": "indexed"}


REGISTRY = ComponentRegistry.of(read, pages, blocks, chunks, embed, publish)


@dataclass
class Texts:
    """PartitionInputs from a dictionary."""

    by_key: dict[str, str]
    variables: dict[str, Any] = field(default_factory=dict)
    ends: list[ItemEnd] = field(default_factory=list)
    taken: list[str] = field(default_factory=list)
    heard: Callable[[str], None] = lambda key: None
    before_taking: Callable[[], None] = lambda: None
    in_hand: set[str] = field(default_factory=set)
    loop: asyncio.AbstractEventLoop | None = None

    async def take(self, run_id: str, keys: Sequence[str]) -> Sequence[ItemInput | ItemRefusal]:
        self.loop = asyncio.get_running_loop()
        return await asyncio.to_thread(lambda: [self._take(key) for key in keys])

    def _take(self, key: str) -> ItemInput | ItemRefusal:
        self.before_taking()
        self.taken.append(key)
        self.in_hand.add(key)
        if key not in self.by_key:
            return ItemRefusal(key, Failure(message="no such document", error="t.unknown", category=Category.SOURCE))
        return ItemInput(key, {"text": self.by_key[key]}, self.variables)

    async def ended(self, run_id: str, end: ItemEnd) -> None:
        self.ends.append(end)
        self.in_hand.discard(end.key)
        self.heard(end.key)

    @property
    def outcomes(self) -> dict[str, str]:
        return {end.key: end.result.error if isinstance(end.result, Failure) else "ok" for end in self.ends}


@dataclass
class World:
    """A compiled flow with its stores, inputs and instance."""

    inputs: Texts
    calls: Calls
    stores: Stores
    compiled: CompiledFlow
    instance: dg.DagsterInstance

    def run(self, keys: Sequence[str] | None = None, **options: Any) -> dg.ExecuteInProcessResult:
        """As a list of keys in run config, or (``first``, ``last``) as a partition range."""
        first, last = options.pop("first", None), options.pop("last", None)
        tags = (
            {"dagster/asset_partition_range_start": first, "dagster/asset_partition_range_end": last} if first else {}
        )
        refresh = options.pop("refresh", False)
        config = {**self.compiled.run_config(keys, refresh=refresh), **QUIET}
        job = self.compiled.definitions.resolve_job_def(self.compiled.name)
        return job.execute_in_process(
            run_config=config, instance=self.instance, tags=tags, raise_on_error=False, **options
        )

    def materialized(self, run_id: str) -> dict[str, set[str]]:
        """Key → names of the assets that the run materialized for it."""
        found: dict[str, set[str]] = {}
        for entry in self.instance.all_logs(run_id, of_type=dg.DagsterEventType.ASSET_MATERIALIZATION):
            event = entry.dagster_event
            assert event is not None and event.asset_key is not None and event.partition is not None
            found.setdefault(event.partition, set()).add(event.asset_key.path[-1])
        return found


def world(
    instance: dg.DagsterInstance,
    texts: dict[str, str],
    *,
    flow: Flow | str = FLOW,
    stores: Stores | None = None,
    **options: Any,
) -> World:
    inputs, calls, kept = Texts(texts), Calls(), stores or memory_stores()
    inputs.variables = options.pop("variables", {})
    resources = Resources({Calls: calls})

    @asynccontextmanager
    async def runtime() -> AsyncIterator[FlowRuntime]:
        async with Engine(REGISTRY, kept, resources) as engine:
            yield FlowRuntime(engine, kept, resources, inputs)

    parsed = parse_flow(flow) if isinstance(flow, str) else flow
    compiled = compile_flow(parsed, CompileOptions(runtime, REGISTRY, **options))
    compiled.enter_keys(instance, list(texts))
    return World(inputs, calls, kept, compiled, instance)


def poisoned(count: int, *bad: int) -> dict[str, str]:
    return {f"doc{index}": "poison" if index in bad else f"text {index}" for index in range(count)}
