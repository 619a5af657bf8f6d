"""Documents through the document flow of a throw-away home: the same interpreter, components and worker processes as any
run."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from flow_compiler.assets.runtime import FlowRuntime
from flow_compiler.engine.outcomes import Failure, StepRecord, Success
from stepflow_assets.assets.runtime import document_flow
from stepflow_assets.documents.chunk import Chunk, ChunkSet
from stepflow_assets.documents.listing import DocumentListing
from stepflow_assets.documents.page import Block
from stepflow_assets.evidence.resolve import evidence_base, unresolved
from stepflow_assets.resources.source_registry import Sources
from stepflow_assets.settings import Settings

_STEPS = ("document", "pages", "ocr_blocks", "chunks", "search_index")


@dataclass(frozen=True)
class ReadPage:
    """A page as the flow read it: ``number`` from 1 and size in points. A part (no page) has number 0 and no route."""

    number: int
    route: str | None
    width: float
    height: float
    blocks: tuple[Block, ...] = ()


@dataclass(frozen=True)
class ReadDocument:
    """``failures`` are the reasons why the document, or pages of it, did not get through; ``unresolved`` counts chunks whose
    evidence does not resolve."""

    pages: tuple[ReadPage, ...] = ()
    chunks: tuple[Chunk, ...] = ()
    unresolved: int = 0
    failures: tuple[str, ...] = ()


@dataclass(frozen=True)
class Reading:
    """Documents by file, and the seconds they took together."""

    documents: Mapping[Path, ReadDocument] = field(default_factory=dict)
    seconds: float = 0.0


async def read_documents(runtime: FlowRuntime, settings: Settings, files: Sequence[Path]) -> Reading:
    """Run the flow on the files, as many at once as a batch of the settings has."""
    places = asyncio.Semaphore(settings.documents_at_once)

    async def one(file: Path) -> ReadDocument:
        async with places:
            return await _read(runtime, settings, file)

    began = time.monotonic()
    found = await asyncio.gather(*(one(file) for file in files))
    return Reading(dict(zip(files, found, strict=True)), time.monotonic() - began)


async def _read(runtime: FlowRuntime, settings: Settings, file: Path) -> ReadDocument:
    given = await asyncio.to_thread(_flow_input, runtime.resources.get(Sources), file)
    item = runtime.engine.item(
        document_flow(settings.flow_file),
        run_id="evaluation",
        key=str(file),
        input=given,
        variables=settings.variables,
    )
    records = (await item.evaluate(list(_STEPS))).records
    failed = next((record.outcome for step in _STEPS if isinstance((record := records[step]).outcome, Failure)), None)
    if failed is not None:
        return ReadDocument(failures=(failed.error,))
    return await _collected(runtime, records)


def _flow_input(sources: Sources, file: Path) -> dict[str, Any]:
    [seen] = sources.under(file)
    pinned = {"uri": seen.uri, "version": sources.version(seen.uri)}
    return {"document_id": seen.document_id, "generation": 1, "source": pinned}


async def _collected(runtime: FlowRuntime, records: Mapping[str, StepRecord]) -> ReadDocument:
    artifacts = runtime.stores.artifacts
    prepared: list[Any] = _result(records, "pages")["results"]
    lists: list[Any] = _result(records, "ocr_blocks")["results"]
    pages = [await _page(runtime, *pair) for pair in zip(prepared, lists, strict=True)]
    chunk_set = ChunkSet.model_validate(_result(records, "chunks"))
    chunks: list[Chunk] = []
    if chunk_set.chunks is not None:
        chunks = [Chunk.model_validate(item) for item in json.loads(await artifacts.get(chunk_set.chunks.id))]
    base = await evidence_base(DocumentListing.model_validate(_result(records, "document")), prepared, artifacts)
    faulty = sum(bool(unresolved(chunk, base)) for chunk in chunks)
    failures = tuple(f"page {failure.page}: {failure.error}" for failure in chunk_set.failures)
    return ReadDocument(tuple(page for page in pages if page is not None), tuple(chunks), faulty, failures)


async def _page(runtime: FlowRuntime, prepared: Any, listed: Any) -> ReadPage | None:
    if prepared["outcome"] != "success":
        return None
    found = prepared["result"]
    content = found["content"]
    blocks: tuple[Block, ...] = ()
    if listed["outcome"] == "success" and listed["result"]["blocks"] is not None:
        data = await runtime.stores.artifacts.get(listed["result"]["blocks"]["$blob"])
        blocks = tuple(Block.model_validate(item) for item in json.loads(data))
    if content is None:
        return ReadPage(0, None, 0.0, 0.0, blocks)
    geometry = content["geometry"]
    return ReadPage(found["page"], content["route"], geometry["width_pt"], geometry["height_pt"], blocks)


def _result(records: Mapping[str, StepRecord], step: str) -> Any:
    outcome = records[step].outcome
    assert isinstance(outcome, Success)
    return outcome.result
