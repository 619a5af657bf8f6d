"""No page is lost: not between assets, and not between the source's page count and what is accounted for."""

from __future__ import annotations

from flow_compiler.assets.checks import CheckInput, CheckOutcome, Severity, StepCheck
from stepflow_assets.assets.checks.results import chunk_set, listing, map_results


async def _pages_accounted(given: CheckInput) -> CheckOutcome | None:
    document, chunks = listing(given), chunk_set(given)
    if document is None or chunks is None or document.page_count is None:
        return None
    failed = len({failure.page for failure in chunks.failures})
    accounted = chunks.pages_ok + chunks.pages_blank + failed
    return CheckOutcome(
        passed=accounted == document.page_count,
        score=accounted / document.page_count if document.page_count else 1.0,
        metadata={
            "pages": document.page_count,
            "ok": chunks.pages_ok,
            "blank": chunks.pages_blank,
            "failed": failed,
        },
        sentence=f"{accounted} of {document.page_count} pages are accounted for",
    )


async def _no_page_lost(given: CheckInput) -> CheckOutcome | None:
    document = listing(given)
    if document is None:
        return None
    listed = len(document.pages)
    prepared, recognised = len(map_results(given, "pages")), len(map_results(given, "ocr_blocks"))
    return CheckOutcome(
        passed=listed == prepared == recognised,
        score=min(prepared, recognised) / listed if listed else 1.0,
        metadata={"listed": listed, "prepared": prepared, "with_blocks": recognised},
        sentence=f"{listed} listed, {prepared} through pages, {recognised} through ocr_blocks",
    )


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
    description="Every listed page has a result in pages and in ocr_blocks; a page recorded as failed is accounted for.",
    evaluate=_no_page_lost,
    threshold=1.0,
    severity=Severity.ERROR,
    blocking=True,
    reads=("document", "pages", "ocr_blocks"),
)
