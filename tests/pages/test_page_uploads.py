"""Cells and pictures of pages on their way into the artifact store: in order, bounded, and repeated where they failed only."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

import pytest

from flow_compiler.engine.storage.memory import MemoryArtifacts
from flow_compiler.engine.stores import BlobRef
from flow_compiler.errors import ArtifactMissing, ComponentError, StoreError, StoreUnavailable
from stepflow_assets.components.page_uploads import in_batches
from stepflow_assets.documents.page import PreparedPage
from tests.pages.pdf_files import lines, pdf
from tests.source.component_calls import ComponentCalls, component_calls


class Store:
    """Puts pages; refuses the puts numbered in ``refused`` (from 1) and those of the pages in ``never``."""

    def __init__(self, refused: Sequence[int] = (), never: Sequence[int] = (), error: StoreError | None = None) -> None:
        self._refused, self._never, self._error = refused, never, error or StoreUnavailable("no answer")
        self.puts: Counter[int] = Counter()
        self.going = self.most = 0
        self._chance = random.Random(7)

    async def put(self, page: int) -> str:
        self.puts[page] += 1
        number = self.puts.total()
        self.going += 1
        self.most = max(self.most, self.going)
        try:
            await asyncio.sleep(self._chance.uniform(0, 0.01))
        finally:
            self.going -= 1
        if number in self._refused or page in self._never:
            raise self._error
        return f"page {page}"


def upload(put: Callable[[int], Awaitable[str]], pages: Sequence[int], **options: int) -> list[str | StoreError]:
    return asyncio.run(in_batches(put, pages, **options))


@pytest.mark.parametrize("count", [0, 1, 2, 7, 40])
def test_pages_keep_their_order_whatever_each_takes(count: int) -> None:
    store = Store()
    assert upload(store.put, list(range(count))) == [f"page {page}" for page in range(count)]
    assert store.puts == Counter(range(count))


def test_no_more_than_so_many_batches_are_under_way() -> None:
    store = Store()
    upload(store.put, list(range(40)), at_once=3)
    assert store.most == 6  # three batches of two pages


def test_a_failed_batch_repeats_only_itself() -> None:
    store = Store(refused=[3])
    assert upload(store.put, list(range(8)), at_once=1) == [f"page {page}" for page in range(8)]
    assert store.puts == Counter([0, 1, 2, 3, 2, 3, 4, 5, 6, 7])


def test_what_the_store_refuses_for_good_fails_the_pages_of_its_batch_only() -> None:
    store = Store(never=[4], error=ArtifactMissing("gone", retryable=False))
    stored = upload(store.put, list(range(8)))
    assert [isinstance(page, StoreError) for page in stored] == [False] * 4 + [True] * 2 + [False] * 2
    assert store.puts == Counter(range(8)), "what cannot pass is not repeated"


def test_it_gives_up_after_some_tries() -> None:
    store = Store(never=[0])
    (failed,) = upload(store.put, [0])
    assert isinstance(failed, StoreUnavailable)
    assert store.puts[0] == 4


class Bucket(MemoryArtifacts):
    """Fails at the puts numbered in ``failing``, counted from when it is armed."""

    def __init__(self, failing: Sequence[int]) -> None:
        super().__init__()
        self._failing = failing
        self.puts: list[bytes] | None = None

    async def put(self, data: bytes, kind: str = "binary") -> BlobRef:
        if self.puts is not None:
            self.puts.append(data)
            if len(self.puts) in self._failing:
                raise StoreUnavailable("the bucket does not answer")
        return await super().put(data, kind)


@pytest.mark.process
@pytest.mark.parametrize(("failing", "puts"), [([], 6), ([4], 8), ([1, 2, 6], 10)])
def test_pages_reach_a_store_that_fails_now_and_then(failing: list[int], puts: int, tmp_path: Path) -> None:
    file = pdf(tmp_path / "a.pdf", *(lines(f"page {number} of six") for number in range(1, 7)))
    bucket = Bucket(failing)

    async def scenario(calls: ComponentCalls) -> list[PreparedPage | ComponentError]:
        calls.artifacts = bucket
        listing = await calls.read(file)
        bucket.puts = []
        prepared = await calls.prepare(listing.pages)
        for number, page in enumerate(prepared, start=1):
            assert isinstance(page, PreparedPage)
            assert page.content is not None
            assert (page.page, [cell.text for cell in await calls.cells(page.content)]) == (
                number,
                [f"page {number} of six"],
            )
        return prepared

    with component_calls() as calls:
        asyncio.run(scenario(calls))
    assert bucket.puts is not None
    assert len(bucket.puts) == puts, "only the batch of a failed put is put again"
