"""What `no_page_lost` sees."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from flow_compiler.assets.checks import CheckInput, CheckOutcome
from flow_compiler.engine.components import Resources
from flow_compiler.engine.outcomes import StepRecord, Success
from flow_compiler.engine.storage import memory_stores
from stepflow_assets.assets.checks.pages import NO_PAGE_LOST

SOURCE = {"id": "0" * 64, "size": 1, "kind": "binary"}
FAILED = {"outcome": "failed", "error": {"code": "TIMEOUT", "message": "too slow"}}


def prepared(page: int | None) -> dict[str, Any]:
    return {"outcome": "success", "result": {"page": page}}


def checked(listed: list[int | None], pages: list[dict[str, Any]], blocks: int) -> CheckOutcome:
    document = {
        "media_type": "application/pdf",
        "format": "pdf",
        "bytes": 1,
        "sha256": "0" * 64,
        "source": SOURCE,
        "page_count": len(listed),
        "pages": [{"source": SOURCE, "format": "pdf", "page": page} for page in listed],
    }
    results = {"document": document, "pages": {"results": pages}, "ocr_blocks": {"results": [FAILED] * blocks}}
    records = {step_id: StepRecord(outcome=Success(result=result)) for step_id, result in results.items()}
    given = CheckInput("docs:a.pdf", {}, records, memory_stores().artifacts, Resources({}))
    outcome = asyncio.run(_evaluated(given))
    assert outcome is not None
    return outcome


async def _evaluated(given: CheckInput) -> CheckOutcome | None:
    return await NO_PAGE_LOST.evaluate(given)


@pytest.mark.parametrize(
    ("listed", "pages", "blocks"),
    [([1, 2], [prepared(1), prepared(2)], 2), ([1, 2], [FAILED, prepared(2)], 2), ([None], [prepared(None)], 1)],
    ids=["all are there", "one failed", "a part"],
)
def test_no_page_is_lost_when_each_has_its_own_result(
    listed: list[int | None], pages: list[dict[str, Any]], blocks: int
) -> None:
    assert checked(listed, pages, blocks).passed


@pytest.mark.parametrize(
    ("pages", "blocks"),
    [
        ([prepared(1)], 2),
        ([prepared(1), prepared(2)], 1),
        ([prepared(1), prepared(1)], 2),
        ([prepared(2), prepared(1)], 2),
    ],
    ids=["no result", "no blocks", "another page's result", "results exchanged"],
)
def test_a_page_without_a_result_of_its_own_is_lost(pages: list[dict[str, Any]], blocks: int) -> None:
    outcome = checked([1, 2], pages, blocks)
    assert not outcome.passed
    assert outcome.score is not None
    assert outcome.score < 1
