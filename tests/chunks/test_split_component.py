"""/chunks/split: every page accounted for, the true reason of each failure, no invented page for parts."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from hand_built_pages import element, page, paragraph
from pydantic import TypeAdapter

from flow_compiler.engine.components import ComponentContext, Resources
from flow_compiler.engine.outcomes import Failure, Success, TaskErrorCode, to_json
from flow_compiler.engine.storage import memory_stores
from flow_compiler.errors import Category, ComponentError
from stepflow_assets.components.chunks import split
from stepflow_assets.components.contracts import SplitInput
from stepflow_assets.documents.chunk import Chunk, ChunkSet
from stepflow_assets.documents.page import Block
from stepflow_assets.workers.pools import WorkerPools

REF = {"$blob": "0" * 64, "blobType": "binary", "size": 1}
ENCRYPTED = Failure(message="locked", error="page.locked", category=Category.SOURCE, next_step="Unlock it.")
BUSY = Failure(message="busy", error="provider.busy", category=Category.PROVIDER, retryable=True, next_step="Wait.")
NOTHING_TO_REFER_TO = Failure(message="no path result", code=TaskErrorCode.EXPRESSION_FAILURE)


class Document:
    """Builds the input of the component, page by page, with real artifacts."""

    def __init__(self) -> None:
        self.stores = memory_stores()
        self.numbers: dict[str, float | int] = {}
        self.items: list[dict[str, Any]] = []
        self.pages: list[dict[str, Any]] = []
        self.blocks: list[dict[str, Any]] = []

    def listed(self, number: int | None) -> Document:
        self.items.append({"source": REF, "format": "pdf" if number else "docx", "page": number})
        return self

    async def add(self, number: int | None, *blocks: Block) -> Document:
        self.listed(number)
        content = {
            "page_id": f"page-{number}",
            "geometry": {"width_pt": 595, "height_pt": 842},
            "route": "text",
            "route_reason": "it has text",
        }
        part = {"document": REF, "format": "docx"}
        prepared = {"page": number, "content": content} if number else {"part": part}
        data = TypeAdapter(list[Block]).dump_json(list(page(number, blocks).blocks))
        ref = (await self.stores.artifacts.put(data, "data")).to_json()
        found = {"status": "ok", "blocks": ref, "count": len(blocks)} if blocks else {"status": "blank"}
        self.pages.append(to_json(Success(result=prepared)))
        self.blocks.append(to_json(Success(result=found)))
        return self

    def failing(
        self, number: int | None, *, prepared: Failure | None = None, blocks: Failure | None = None
    ) -> Document:
        self.listed(number)
        good = {"page": number, "part": {"document": REF, "format": "docx"}}
        self.pages.append(to_json(prepared or Success(result=good)))
        self.blocks.append(to_json(blocks or NOTHING_TO_REFER_TO))
        return self

    async def split(self) -> tuple[ChunkSet, list[Chunk]]:
        given = SplitInput.model_validate(
            {
                "document": {
                    "media_type": "application/pdf",
                    "format": "pdf",
                    "bytes": 1,
                    "sha256": "0" * 64,
                    "source": REF,
                    "page_count": len(self.items),
                    "pages": self.items,
                },
                "pages": self.pages,
                "blocks": self.blocks,
            }
        )
        pools = WorkerPools(pdf=1)
        context = ComponentContext(
            run_id="r",
            item="d",
            step_id="chunks",
            attempt=1,
            artifacts=self.stores.artifacts,
            resources=Resources({WorkerPools: pools}),
            report=lambda **numbers: self.numbers.update(numbers),
            mark_degraded=lambda: None,
        )
        try:
            made = await split(given, context)
        finally:
            pools.close()
        data = b"[]" if made.chunks is None else await self.stores.artifacts.get(made.chunks.id)
        return made, TypeAdapter(list[Chunk]).validate_json(data)


def run(coroutine):
    return asyncio.run(coroutine)


def test_pages_are_counted_as_ok_blank_and_failed():
    async def scenario():
        document = Document()
        await document.add(1, paragraph("The river rose.", "It fell."))
        await document.add(2)
        document.failing(3, prepared=ENCRYPTED)
        document.failing(4, blocks=BUSY)
        return document, *await document.split()

    document, made, chunks = run(scenario())
    assert (made.pages_ok, made.pages_blank, len(made.failures)) == (1, 1, 2)
    assert [chunk.text for chunk in chunks] == ["The river rose. It fell."]
    assert (made.count, made.characters) == (1, len(chunks[0].text))
    assert document.numbers["pages_failed"] == 2
    assert document.numbers["chunks"] == 1


def test_a_page_that_failed_in_pages_is_reported_with_its_true_reason():
    async def scenario():
        document = await Document().add(1, paragraph("Text."))
        document.failing(2, prepared=ENCRYPTED)
        return await document.split()

    [failure] = run(scenario())[0].failures
    assert failure.model_dump() == {
        "page": 2,
        "stage": "pages",
        "error": "page.locked",
        "category": "source",
        "retryable": False,
        "message": "locked",
        "next_step": "Unlock it.",
    }


def test_a_page_that_failed_in_recognition_names_that_stage():
    async def scenario():
        document = await Document().add(1, paragraph("Text."))
        return await document.failing(2, blocks=BUSY).split()

    [failure] = run(scenario())[0].failures
    assert (failure.page, failure.stage, failure.error, failure.retryable) == (2, "ocr_blocks", "provider.busy", True)


def test_a_page_without_any_result_is_a_failure_not_a_gap():
    async def scenario():
        document = await Document().add(1, paragraph("Text."))
        return await document.listed(2).split()

    [failure] = run(scenario())[0].failures
    assert (failure.page, failure.error) == (2, "page.lost")


def test_a_document_of_which_no_page_can_be_read_fails_with_the_first_reason():
    async def scenario():
        document = Document().failing(1, prepared=ENCRYPTED).failing(2, blocks=BUSY)
        return await document.split()

    with pytest.raises(ComponentError, match="none of 2 pages.*page 1: locked") as caught:
        run(scenario())
    assert (caught.value.code, caught.value.category, caught.value.next_step) == (
        "page.locked",
        Category.SOURCE,
        "Unlock it.",
    )
    assert caught.value.retryable


def test_a_part_that_failed_fails_the_document_with_its_own_failure():
    with pytest.raises(ComponentError) as caught:
        run(Document().failing(None, prepared=ENCRYPTED).split())
    assert Failure.of(caught.value) == ENCRYPTED


def test_a_part_is_not_counted_as_a_page():
    async def scenario():
        document = await Document().add(None, element("Flowing text.", "#/texts/0"))
        return await document.split()

    made, [chunk] = run(scenario())
    assert (made.pages_ok, made.pages_blank, made.failures) == (0, 0, ())
    assert chunk.places[0].kind == "element"


def test_a_document_without_text_has_no_chunks_and_no_artifact():
    async def scenario():
        return await (await Document().add(1)).split()

    made, chunks = run(scenario())
    assert (made.chunks, made.count, made.pages_blank, chunks) == (None, 0, 1, [])


def test_the_same_pages_give_the_same_artifact_whatever_else_there_is():
    async def scenario(other: str):
        await (await Document().add(1, paragraph(other))).split()
        return (await (await Document().add(1, paragraph("The river rose."))).split())[0].chunks

    assert run(scenario("one document")) == run(scenario("another document"))
