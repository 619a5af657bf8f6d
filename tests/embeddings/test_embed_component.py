"""/embeddings/embed: one checked float32 row per chunk, as an artifact."""

from __future__ import annotations

import asyncio

import numpy as np
import pytest
from pydantic import TypeAdapter

from flow_compiler.engine.components import ComponentContext, Resources
from flow_compiler.engine.storage import memory_stores
from stepflow_assets.components import embeddings
from stepflow_assets.components.contracts import EmbedInput
from stepflow_assets.components.embeddings import embed, embedding_text
from stepflow_assets.documents.chunk import Chunk
from stepflow_assets.documents.evidence import ElementPlace
from stepflow_assets.errors import EmbedderUnusable
from stepflow_assets.resources.hashing_embedder import HashingEmbedder

HASHING = {"kind": "hashing", "dimensions": 32}


def chunk(text: str, *headings: str) -> Chunk:
    place = ElementPlace(path="#/texts/0", start=0, end=len(text))
    return Chunk(id="0000-00000000", ordinal=0, text=text, headings=headings, places=(place,))


def embedded(chunks: list[Chunk], model=HASHING):
    async def scenario():
        artifacts = memory_stores().artifacts
        ref = (await artifacts.put(TypeAdapter(list[Chunk]).dump_json(chunks))).to_json() if chunks else None
        numbers: dict[str, float | int] = {}
        context = ComponentContext(
            run_id="r",
            item="d",
            step_id="embeddings",
            attempt=1,
            artifacts=artifacts,
            resources=Resources(),
            report=lambda **more: numbers.update(more),
            mark_degraded=lambda: None,
        )
        made = await embed(EmbedInput.model_validate({"chunks": ref, "model": model}), context)
        return made, (await artifacts.get(made.vectors.id) if made.vectors else b""), numbers

    return asyncio.run(scenario())


def test_vectors_are_rows_of_little_endian_float32_in_the_order_of_the_chunks():
    made, data, numbers = embedded([chunk("The river rose."), chunk("Taxes fell.")])
    rows = np.frombuffer(data, "<f4").reshape(made.count, made.dimensions)
    expected = HashingEmbedder(32).embed_now(["The river rose.", "Taxes fell."])
    assert np.array_equal(rows, expected)
    assert (made.count, made.dimensions, made.model) == (2, 32, "hashing-v1-32")
    assert numbers["vectors"] == 2


def test_no_chunks_need_no_vectors():
    made, _, _ = embedded([])
    assert (made.vectors, made.count) == (None, 0)


@pytest.mark.parametrize(
    ("made", "text"),
    [
        (chunk("It rose."), "It rose."),
        (chunk("It rose.", "Report", "Rivers"), "Report\nRivers\nIt rose."),
        (chunk("Rivers\n\nIt rose.", "Report", "Rivers"), "Report\nRivers\n\nIt rose."),
    ],
)
def test_a_chunk_is_embedded_under_its_headings(made, text):
    assert embedding_text(made) == text


def test_the_models_identity_is_part_of_the_memo_key():
    profile = embed.__component__.profile_of
    small, large = ({"chunks": None, "model": {"kind": "hashing", "dimensions": size}} for size in (32, 64))
    assert profile(small, Resources()) != profile(large, Resources())


@pytest.mark.parametrize("fault", [np.nan, np.inf])
def test_a_number_that_is_not_finite_is_refused(monkeypatch, fault):
    class Broken(HashingEmbedder):
        async def embed(self, texts):
            return np.full((len(texts), self.dimensions), fault, dtype=np.float32)

    monkeypatch.setattr(embeddings, "create_embedder", lambda model: Broken(32))
    with pytest.raises(EmbedderUnusable, match="not finite"):
        embedded([chunk("It rose.")])
