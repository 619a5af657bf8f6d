"""/pages/prepare: batches over several documents, failures of one page, and equal pages being equal."""

from __future__ import annotations

import asyncio
import io
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import PIL.Image
import pytest

from flow_compiler.engine.components import Resources
from flow_compiler.errors import ComponentError, InvalidInput
from stepflow_assets.components.pages import prepare_page
from stepflow_assets.documents.page import PageItem, PreparedPage, Ref
from stepflow_assets.pages.profile import PictureLimit, render_profile
from stepflow_assets.workers.pool import WorkerPool
from stepflow_assets.workers.pools import WorkerPools
from tests.pages import poison
from tests.pages.pdf_files import article, joined, line, lines, pdf, picture, scan
from tests.source.component_calls import ComponentCalls, component_calls

pytestmark = pytest.mark.process


def words_on(page: int, document: str) -> Callable[[Any], None]:
    return lines(*[f"page {page} of {document} with a line of text"] * 8)


def document(folder: Path, name: str, pages: int = 3) -> Path:
    return pdf(folder / f"{name}.pdf", *(words_on(page, name) for page in range(1, pages + 1)))


async def text_of(calls: ComponentCalls, page: PreparedPage | ComponentError) -> str:
    assert isinstance(page, PreparedPage)
    assert page.content is not None
    return " ".join(cell.text for cell in await calls.cells(page.content))


def test_pages_of_several_documents_in_one_batch_are_never_mixed_up(tmp_path: Path) -> None:
    async def scenario(calls: ComponentCalls) -> None:
        listings = {name: await calls.read(document(tmp_path, name)) for name in ("heron", "otter", "lynx")}
        order = [("heron", 3), ("otter", 1), ("heron", 1), ("lynx", 2), ("otter", 3), ("heron", 2), ("lynx", 2)]
        calls.numbers.clear()
        prepared = await calls.prepare([listings[name].pages[number - 1] for name, number in order])
        for (name, number), page in zip(order, prepared, strict=True):
            assert isinstance(page, PreparedPage)
            assert page.page == number
            assert f"page {number} of {name} " in await text_of(calls, page)
        assert prepared[3] == prepared[6]
        assert [numbers["pages"] for numbers in calls.numbers] == [1] * len(order)
        assert all(numbers["bytes"] > 0 and numbers["render_ms"] > 0 for numbers in calls.numbers)

    with component_calls() as calls:
        asyncio.run(scenario(calls))


def test_a_page_is_the_same_in_any_file_process_and_place(tmp_path: Path) -> None:
    first = pdf(tmp_path / "first.pdf", article(300), picture(scan()))
    other = pdf(tmp_path / "other.pdf", line("Another page"))
    longer = joined(tmp_path / "longer.pdf", [other, first])

    async def contents(file: Path) -> list[Any]:
        with component_calls() as calls:
            return await calls.contents(file)

    alone, again, behind = (asyncio.run(contents(file)) for file in (first, first, longer))
    assert alone == again
    assert [page.page_id for page in behind[1:]] == [page.page_id for page in alone]
    assert behind[1:] == alone, "which document and number a page has is not part of its content"


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (line("One letter"), line("One lettes")),
        (line("One place"), line("One place", x=73)),
        (picture(scan()), picture(scan((850, 1099)))),
    ],
    ids=["text", "place", "picture"],
)
def test_pages_that_differ_have_different_ids(left: Any, right: Any, tmp_path: Path) -> None:
    with component_calls() as calls:
        one, other = asyncio.run(calls.contents(pdf(tmp_path / "a.pdf", left, right)))
    assert one.page_id != other.page_id


@pytest.mark.parametrize(
    ("poisoned", "code", "said"),
    [
        (poison.crash_on_page_2, "page.crashed", "quarantined, it ended its worker 2 times alone: .*signal 6"),
        (poison.hang_on_page_2, "page.timeout", "quarantined, it ended its worker 2 times alone: no answer within 1 s"),
        (poison.forget_memory_on_page_2, "worker.out_of_memory", "ran out of memory"),
        (poison.lose_page_2, "page.lost", "pages were asked for"),
        (poison.shift_page_2, "page.lost", "pages were asked for"),
    ],
    ids=["it crashes", "it hangs", "it wants too much memory", "the reader loses it", "the reader mixes it up"],
)
def test_a_page_that_cannot_be_read_fails_alone_with_the_reason(
    poisoned: Callable[..., Any], code: str, said: str, tmp_path: Path
) -> None:
    async def scenario(calls: ComponentCalls) -> None:
        heron, otter = [await calls.read(document(tmp_path, name)) for name in ("heron", "otter")]
        poisonous(calls.pools, poisoned)
        prepared = await calls.prepare([*heron.pages, otter.pages[0]])
        assert isinstance(prepared[1], ComponentError)
        assert prepared[1].code == code
        assert re.search(said, prepared[1].message)
        texts = [await text_of(calls, prepared[index]) for index in (0, 2, 3)]
        for text, expected in zip(texts, ("page 1 of heron", "page 3 of heron", "page 1 of otter"), strict=True):
            assert expected in text

    with component_calls(page_deadline=1.0) as calls:
        asyncio.run(scenario(calls))


@pytest.mark.parametrize(("poisoned", "again"), [(poison.crash_on_page_2, False), (poison.lose_page_2, True)])
def test_a_page_that_kills_its_worker_each_time_is_left_alone_until_retry(
    poisoned: Callable[..., Any], again: bool, tmp_path: Path
) -> None:
    async def scenario(calls: ComponentCalls) -> None:
        listing = await calls.read(document(tmp_path, "heron"))
        poisonous(calls.pools, poisoned)
        (failed,) = await calls.prepare([listing.pages[1]])
        assert isinstance(failed, ComponentError)
        assert failed.retryable is again

    with component_calls() as calls:
        asyncio.run(scenario(calls))


def poisonous(pools: WorkerPools, call: Callable[..., Any]) -> None:
    """From now on the workers of ``pdf`` run ``call`` in place of the real one."""

    class Poisonous(WorkerPool):
        async def run(self, function: Callable[..., Any], *args: Any, deadline: float | None = None) -> Any:
            return await super().run(call, *args, deadline=deadline)

    pools.pdf.close()
    pools.__dict__["pdf"] = Poisonous("pdf", workers=1, deadline=1.0)


def test_a_file_that_cannot_be_opened_fails_its_own_pages_only(tmp_path: Path) -> None:
    async def scenario(calls: ComponentCalls) -> None:
        good = await calls.read(document(tmp_path, "heron", 1))
        stored = await calls.artifacts.put(b"%PDF-1.7 and nothing else")
        broken = PageItem(source=Ref(id=stored.id), format="pdf", page=1)
        missing = PageItem(source=Ref(id="0" * 64), format="pdf", page=1)
        prepared = await calls.prepare([broken, *good.pages, missing])
        codes = [page.code if isinstance(page, ComponentError) else "ok" for page in prepared]
        assert codes == ["document.damaged", "ok", "store.artifact_missing"]

    with component_calls() as calls:
        asyncio.run(scenario(calls))


def test_a_part_has_no_pages_to_prepare() -> None:
    with component_calls() as calls:
        (refused,) = asyncio.run(calls.prepare([PageItem(source=Ref(id="0" * 64), format="docx", page=None)]))
    assert isinstance(refused, InvalidInput)


def test_cells_and_picture_are_artifacts(tmp_path: Path) -> None:
    async def scenario(calls: ComponentCalls) -> None:
        text, scanned = await calls.contents(pdf(tmp_path / "a.pdf", article(), picture(scan())))
        assert (text.picture, scanned.cells) == (None, None)
        assert {"text", "quad", "confidence", "font_size", "bold", "words"} == set(
            json.loads(await calls.artifacts.get(text.cells.id))[0]
        )
        image = PIL.Image.open(io.BytesIO(await calls.artifacts.get(scanned.picture.id)))
        assert image.format == "JPEG"
        assert calls.numbers[-1]["picture_px_max"] == max(image.size)

    with component_calls() as calls:
        asyncio.run(scenario(calls))


def test_what_decides_a_picture_is_part_of_the_memo_key() -> None:
    small, large = (
        prepare_page.__component__.profile_of(None, Resources({PictureLimit: PictureLimit(most)}))
        for most in (1 << 20, 1 << 23)
    )
    assert render_profile() in small
    assert "pypdfium2" in small
    assert small != large


def test_a_picture_over_the_limit_is_lowered_and_the_page_says_so(tmp_path: Path) -> None:
    file = pdf(tmp_path / "a.pdf", picture(scan((2000, 2600))))
    with component_calls() as calls:
        (whole,) = asyncio.run(calls.contents(file))
        calls.limit = PictureLimit(whole.picture.size // 3)
        (lowered,) = asyncio.run(calls.contents(file))
    assert lowered.picture.size <= calls.limit.bytes
    assert "picture_scale" not in whole.signals
    assert 0.3 < lowered.signals["picture_scale"] < 1
    assert (lowered.route, lowered.route_reason) == (whole.route, whole.route_reason)
