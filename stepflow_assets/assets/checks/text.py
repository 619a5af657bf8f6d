"""Is the text there: words of the text layer found again in the chunks, and how sure recognition was."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable

from flow_compiler.assets.checks import CheckInput, CheckOutcome, StepCheck
from stepflow_assets.assets.checks.results import (
    block_lists,
    cell_texts,
    chunk_set,
    load_chunks,
    prepared_pages,
)
from stepflow_assets.documents.page import Route

RECALL_THRESHOLD = 0.90  # running headers and page numbers are left out of chunks on purpose
CONFIDENCE_THRESHOLD = 0.60  # below it a page counts as not recognised (notes/ocr 2.6)
_WORD = re.compile(r"\w+")


async def _text_recall(given: CheckInput) -> CheckOutcome | None:
    found = chunk_set(given)
    pages = [page.content for page in prepared_pages(given) if page.content]
    layers = [page.cells for page in pages if page.route is Route.TEXT and page.cells]
    if found is None or not layers:
        return None
    expected = _words([text for ref in layers for text in await cell_texts(given, ref)])
    chunks = await load_chunks(given, found)
    there = _words([text for chunk in chunks for text in (chunk.text, *chunk.headings)])
    total = sum(expected.values())
    if not total:
        return None
    score = sum((expected & there).values()) / total
    return CheckOutcome(
        passed=score >= RECALL_THRESHOLD,
        score=score,
        metadata={"words": total, "pages": len(layers)},
        sentence=f"{score:.1%} of {total} words of the text layer are in the chunks",
    )


def _words(texts: Iterable[str]) -> Counter[str]:
    return Counter(_WORD.findall("\n".join(texts).casefold()))


async def _ocr_confidence(given: CheckInput) -> CheckOutcome | None:
    scores = [blocks.confidence for blocks in block_lists(given) if blocks.provider and blocks.confidence is not None]
    if not scores:
        return None
    mean = sum(scores) / len(scores)
    return CheckOutcome(
        passed=mean >= CONFIDENCE_THRESHOLD,
        score=mean,
        metadata={"pages": len(scores), "lowest": min(scores)},
        sentence=f"mean confidence {mean:.2f} over {len(scores)} recognised pages",
    )


TEXT_RECALL = StepCheck(
    name="text_recall",
    step_id="chunks",
    description="Share of the text layer's words found in the chunks.",
    evaluate=_text_recall,
    threshold=RECALL_THRESHOLD,
    reads=("pages", "chunks"),
)
OCR_CONFIDENCE = StepCheck(
    name="ocr_confidence",
    step_id="ocr_blocks",
    description="Mean confidence of the recognised pages.",
    evaluate=_ocr_confidence,
    threshold=CONFIDENCE_THRESHOLD,
    reads=("ocr_blocks",),
)
