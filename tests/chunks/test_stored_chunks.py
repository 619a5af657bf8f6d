"""Chunks of an artifact are made into models once for those who ask about the same time, and never from other bytes."""

from __future__ import annotations

import asyncio
import hashlib

import pytest
from pydantic import TypeAdapter

from flow_compiler.engine.storage import memory_stores
from flow_compiler.errors import ArtifactMissing
from stepflow_assets.documents import stored_chunks as module
from stepflow_assets.documents.chunk import Chunk
from stepflow_assets.documents.evidence import PagePlace
from stepflow_assets.documents.geometry import WHOLE
from stepflow_assets.documents.stored_chunks import stored_chunks


def chunk(text: str) -> Chunk:
    place = PagePlace(page=1, page_id=hashlib.sha256(text.encode()).hexdigest(), quads=(WHOLE,))
    return Chunk(id="0000-00000000", ordinal=0, text=text, places=(place,))


def stored(text: str) -> bytes:
    return TypeAdapter(list[Chunk]).dump_json([chunk(text)])


def test_who_asks_again_gets_what_was_read_and_other_artifacts_are_read_themselves():
    async def scenario():
        artifacts = memory_stores().artifacts
        heron = (await artifacts.put(stored("of herons"), "data")).id
        otter = (await artifacts.put(stored("of otters"), "data")).id
        first = await stored_chunks(heron, artifacts.get)
        assert await stored_chunks(heron, artifacts.get) is first
        assert [first, await stored_chunks(otter, artifacts.get)] == [(chunk("of herons"),), (chunk("of otters"),)]

    asyncio.run(scenario())


def test_what_is_missing_is_missing_each_time_it_is_asked_for():
    async def scenario():
        artifacts = memory_stores().artifacts
        for _ in range(2):
            with pytest.raises(ArtifactMissing):
                await stored_chunks("0" * 64, artifacts.get)

    asyncio.run(scenario())


def test_few_bytes_are_kept_whatever_passes_through(monkeypatch):
    data = {text: stored(text) for text in ("of larks", "of wrens", "of finches")}
    monkeypatch.setattr(module, "_MOST_BYTES", len(data["of larks"]) + len(data["of wrens"]))
    monkeypatch.setattr(module, "_kept", module._Kept())
    asked: list[str] = []

    async def read(name: str) -> bytes:
        asked.append(name)
        return data[name]

    async def scenario():
        for name in ("of larks", "of wrens", "of larks", "of finches", "of larks", "of wrens"):
            await stored_chunks(name, read)

    asyncio.run(scenario())
    assert asked == ["of larks", "of wrens", "of finches", "of larks", "of wrens"], "what was used last is kept"


def test_nothing_that_was_read_stays_after_a_run():
    async def scenario():
        artifacts = memory_stores().artifacts
        digest = (await artifacts.put(stored("of badgers"), "data")).id
        first = await stored_chunks(digest, artifacts.get)
        module.let_go()
        again = await stored_chunks(digest, artifacts.get)
        assert (again, again is first) == (first, False)

    asyncio.run(scenario())
