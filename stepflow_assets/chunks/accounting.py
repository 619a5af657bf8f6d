"""Every page accounted for: with blocks, blank, or failed for its true reason."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flow_compiler.engine.outcomes import Failure, from_json
from flow_compiler.errors import Category
from stepflow_assets.documents.chunk import PageFailure
from stepflow_assets.documents.listing import DocumentListing
from stepflow_assets.documents.page import BlockList, PreparedPage

_LOST = Failure(
    message="no result came back for this page",
    error="page.lost",
    category=Category.INTERNAL,
    retryable=True,
    next_step="Run `stepflow-assets retry`; if the page is lost again, report it.",
)


@dataclass(frozen=True)
class ReadablePage:
    """A page (or the part, ``page`` null) whose blocks are there or that is blank."""

    page: int | None
    page_id: str | None
    blocks: BlockList


@dataclass(frozen=True)
class FailedItem:
    """``stage`` is the asset whose item failed. ``page`` is null for a part."""

    page: int | None
    stage: str
    failure: Failure

    def as_page_failure(self) -> PageFailure:
        return PageFailure(
            page=self.page or 0,
            stage=self.stage,
            error=self.failure.error,
            category=str(self.failure.category),
            retryable=self.failure.retryable,
            message=self.failure.message,
            next_step=self.failure.next_step,
        )


def account(
    document: DocumentListing, pages: Sequence[Mapping[str, Any]], blocks: Sequence[Mapping[str, Any]]
) -> tuple[list[ReadablePage], list[FailedItem]]:
    """Readable pages and failed ones, in page order, one of both for each page that the document lists.

    A page that failed in ``pages`` also fails in ``blocks``, because there is nothing to refer to: its true reason is
    the first one. A page without any result is a failure too, never a gap."""
    readable: list[ReadablePage] = []
    failed: list[FailedItem] = []
    for index, listed in enumerate(document.pages):
        prepared = _outcome(pages, index)
        if isinstance(prepared, Failure):
            failed.append(FailedItem(listed.page, "pages", prepared))
            continue
        recognized = _outcome(blocks, index)
        if isinstance(recognized, Failure):
            failed.append(FailedItem(listed.page, "ocr_blocks", recognized))
            continue
        content = PreparedPage.model_validate(prepared).content
        readable.append(
            ReadablePage(listed.page, content.page_id if content else None, BlockList.model_validate(recognized))
        )
    return readable, failed


def _outcome(results: Sequence[Mapping[str, Any]], index: int) -> Failure | Any:
    if index >= len(results):
        return _LOST
    outcome = from_json(dict(results[index]))
    return outcome if isinstance(outcome, Failure) else outcome.result
