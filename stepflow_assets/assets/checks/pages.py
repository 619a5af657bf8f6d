"""No page is lost: not between assets, and not between the source's page count and what is accounted for."""

from __future__ import annotations

from typing import Any

from flow_compiler.assets.checks import CheckInput, CheckOutcome, Severity, StepCheck
from stepflow_assets.assets.checks.results import chunk_set, listing, map_results
from stepflow_assets.documents.page import PreparedPage


async def _pages_accounted(given: CheckInput) -> CheckOutcome | None:
    document, chunks = listing(given), chunk_set(given)
    if document is None or chunks is None or document.page_count is None:
        return None
    why = {failure.page: failure.error for failure in chunks.failures}
    failed = len(why)
    accounted = chunks.pages_ok + chunks.pages_blank + failed
    return CheckOutcome(
        passed=accounted == document.page_count,
        score=accounted / document.page_count if document.page_count else 1.0,
        metadata={
            "pages": document.page_count,
            "ok": chunks.pages_ok,
            "blank": chunks.pages_blank,
            "failed": failed,
            "failed_pages": ", ".join(f"{page} ({error})" for page, error in sorted(why.items())),
        },
        sentence=f"{accounted} of {document.page_count} pages are accounted for",
    )


async def _no_page_lost(given: CheckInput) -> CheckOutcome | None:
    document = listing(given)
    if document is None:
        return None
    listed = [item.page for item in document.pages]
    results, blocks = map_results(given, "pages"), len(map_results(given, "ocr_blocks"))
    prepared = sum(_is_of(page, result) for page, result in zip(listed, results, strict=False))
    return CheckOutcome(
        passed=len(listed) == len(results) == prepared == blocks,
        score=min(prepared, blocks) / len(listed) if listed else 1.0,
        metadata={"listed": len(listed), "prepared": prepared, "with_blocks": blocks},
        sentence=f"{len(listed)} listed, {prepared} through pages, {blocks} through ocr_blocks",
    )


def _is_of(page: int | None, result: Any) -> bool:
    """Whether the result in the page's place is the page's own. A failure names no page, and is counted where it is."""
    return result["outcome"] != "success" or PreparedPage.model_validate(result["result"]).page == page


PAGES_ACCOUNTED = StepCheck(
    name="pages_accounted",
    step_id="chunks",
    description="Pages ok + blank + failed equal the source's page count (not evaluated for formats without pages).",
    evaluate=_pages_accounted,
    threshold=1.0,
    severity=Severity.ERROR,
    blocking=True,
    reads=("document", "chunks"),
)
NO_PAGE_LOST = StepCheck(
    name="no_page_lost",
    step_id="ocr_blocks",
    description="Every listed page has its own result in pages, and one in ocr_blocks; a page recorded as failed is accounted for.",
    evaluate=_no_page_lost,
    threshold=1.0,
    severity=Severity.ERROR,
    blocking=True,
    reads=("document", "pages", "ocr_blocks"),
)
