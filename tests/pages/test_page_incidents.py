"""What happens to pages when something goes wrong, or much goes on at once."""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from flow_compiler.engine.engine import Engine
from flow_compiler.engine.outcomes import Success
from flow_compiler.engine.registry import ComponentRegistry
from flow_compiler.engine.storage import memory_stores
from flow_compiler.engine.storage.memory import MemoryArtifacts
from flow_compiler.engine.stores import BlobRef
from flow_compiler.language.loader import flow_from_json
from stepflow_assets.components.pages import prepare_page
from stepflow_assets.documents.page import PageItem, PreparedPage
from tests.pages import poison
from tests.pages.pdf_files import article, line, lines, pdf
from tests.pages.test_prepare_component import poisonous, text_of
from tests.source.component_calls import ComponentCalls, component_calls

pytestmark = pytest.mark.process

PAGES = flow_from_json(
    {
        "name": "pages",
        "steps": [
            {
                "id": "pages",
                "component": "/builtin/map",
                "input": {
                    "items": {"$input": "$"},
                    "max_concurrency": 32,
                    "workflow": {
                        "$literal": {
                            "steps": [{"id": "page", "component": "/pages/prepare", "input": {"$input": "$"}}],
                            "output": {"$step": "page"},
                        }
                    },
                },
            }
        ],
        "output": {"$step": "pages"},
    }
)
BATCH = prepare_page.__component__.batch or 1


async def prepared_by_a_flow(calls: ComponentCalls, pages: Sequence[PageItem], run: str = "run") -> Any:
    """The evaluated map over these pages, on the calls' artifacts."""
    stores = calls.stores or replace(memory_stores(), artifacts=calls.artifacts)
    async with Engine(ComponentRegistry([prepare_page.__component__]), stores, calls.resources) as engine:
        given = [page.model_dump(mode="json", by_alias=True) for page in pages]
        return await engine.item(PAGES, run_id=run, key="document", input=given).evaluate()


async def longest_pause(stop: asyncio.Event) -> float:
    """Between two turns of the event loop that were asked for every 10 ms."""
    longest, last = 0.0, time.perf_counter()
    while not stop.is_set():
        await asyncio.sleep(0.01)
        now = time.perf_counter()
        longest, last = max(longest, now - last), now
    return longest


def test_the_event_loop_keeps_beating_while_a_large_pdf_is_rendered(tmp_path: Path) -> None:
    file = pdf(tmp_path / "large.pdf", *(article(300) for _ in range(300)))

    async def scenario(calls: ComponentCalls) -> float:
        listing = await calls.read(file)
        assert listing.page_count == 300
        stop = asyncio.Event()
        heart = asyncio.create_task(longest_pause(stop))
        ended = await prepared_by_a_flow(calls, listing.pages)
        stop.set()
        assert isinstance(ended.result, Success)
        assert len(ended.result.result["results"]) == 300
        return await heart

    with component_calls() as calls:
        assert asyncio.run(scenario(calls)) < 0.25


class SlowStore(MemoryArtifacts):
    """Every put takes its own time."""

    def __init__(self, seed: int) -> None:
        super().__init__()
        self._chance = random.Random(seed)

    async def put(self, data: bytes, kind: str = "binary") -> BlobRef:
        await asyncio.sleep(self._chance.uniform(0, 0.02))
        return await super().put(data, kind)


@pytest.mark.parametrize("seed", range(3))
def test_pages_keep_their_order_while_uploads_overtake_each_other(seed: int, tmp_path: Path) -> None:
    file = pdf(tmp_path / "a.pdf", *(line(f"this is page {number}") for number in range(1, 41)))

    async def scenario(calls: ComponentCalls) -> None:
        calls.artifacts = SlowStore(seed)
        listing = await calls.read(file)
        for number, page in enumerate(await calls.prepare(listing.pages), start=1):
            assert isinstance(page, PreparedPage)
            assert (page.page, await text_of(calls, page)) == (number, f"this is page {number}")

    with component_calls() as calls:
        asyncio.run(scenario(calls))


@pytest.mark.parametrize("killed_at", range(1, 21))
def test_a_worker_that_is_killed_at_a_page_costs_the_pages_in_flight(killed_at: int, tmp_path: Path) -> None:
    log = tmp_path / "log"

    async def scenario(calls: ComponentCalls) -> None:
        listing = await calls.read(pdf(tmp_path / "a.pdf", *(line(f"page {number}") for number in range(1, 21))))
        poisonous(calls.pools, partial(poison.killed_once_at, killed_at, log))
        for start in range(0, 20, BATCH):
            pages = listing.pages[start : start + BATCH]
            for item, page in zip(pages, await calls.prepare(pages), strict=True):
                assert isinstance(page, PreparedPage)
                assert await text_of(calls, page) == f"page {item.page}"

    with component_calls() as calls:
        asyncio.run(scenario(calls))
    begun = Counter(map(int, log.read_text().split()))
    assert set(begun) == set(range(1, 21))
    again = [page for page, times in begun.items() if times > 1]
    assert max(begun.values()) == 2
    first_of_its_call = (killed_at - 1) // BATCH * BATCH + 1
    assert again == list(range(first_of_its_call, killed_at + 1)), "what the killed call had begun, and nothing else"


def test_what_was_prepared_is_not_prepared_again_and_what_is_missing_is_once(tmp_path: Path) -> None:
    log = tmp_path / "log"

    async def scenario(calls: ComponentCalls) -> None:
        calls.stores = memory_stores()
        calls.artifacts = calls.stores.artifacts
        listing = await calls.read(pdf(tmp_path / "a.pdf", *(lines(f"page {number}") for number in range(1, 21))))
        poisonous(calls.pools, partial(poison.killed_once_at, 0, log))
        await prepared_by_a_flow(calls, listing.pages[5:12], "first")
        assert sorted(map(int, log.read_text().split())) == list(range(6, 13))
        log.unlink()
        ended = await prepared_by_a_flow(calls, [*listing.pages, *listing.pages], "second")
        assert sorted(map(int, log.read_text().split())) == [1, 2, 3, 4, 5, *range(13, 21)]
        assert (ended.records["pages"].computed, ended.records["pages"].reused) == (13, 27)

    with component_calls() as calls:
        asyncio.run(scenario(calls))
