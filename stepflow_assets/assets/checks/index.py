"""The index holds exactly the document's chunks, in one generation."""

from __future__ import annotations

import asyncio

from flow_compiler.assets.checks import CheckInput, CheckOutcome, Severity, StepCheck
from stepflow_assets.assets.checks.results import chunk_set, load_chunks, result_of
from stepflow_assets.documents.chunk import Published
from stepflow_assets.resources.search import SearchIndex


async def _index_exact(given: CheckInput) -> CheckOutcome | None:
    found = result_of(given, "search_index")
    chunks = chunk_set(given)
    if found is None or chunks is None:
        return None
    published = Published.model_validate(found)
    index = given.resources.get(SearchIndex)  # type: ignore[type-abstract]
    live = await asyncio.to_thread(index.live, given.key)
    if published.superseded or (live is not None and live.generation > published.generation):
        return None  # a newer version was published meanwhile; its own check looks at it
    there = set(await asyncio.to_thread(index.chunk_ids, given.key))
    expected = {chunk.id for chunk in await load_chunks(given, chunks)}
    return CheckOutcome(
        passed=live is not None and live.generation == published.generation and there == expected,
        score=len(there & expected) / len(there | expected) if there | expected else 1.0,
        metadata={
            "chunks": len(expected),
            "missing": len(expected - there),
            "foreign": len(there - expected),
            "generation": published.generation,
        },
        sentence=f"{len(there & expected)} of {len(expected)} chunks are in the live generation",
    )


INDEX_EXACT = StepCheck(
    name="index_exact",
    step_id="search_index",
    description="The index holds exactly the document's chunks, in one generation.",
    evaluate=_index_exact,
    threshold=1.0,
    severity=Severity.ERROR,
    reads=("chunks", "search_index"),
)
