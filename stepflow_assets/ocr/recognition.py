"""What runs where a provider works: ask it, judge its answers, and hand back bytes that are ready to be stored."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from stepflow_assets.documents.recognized import RecognizedPage, Usage
from stepflow_assets.errors import ProviderError
from stepflow_assets.ocr.protocol import Geometry, OcrPage, OcrProvider, PageStatus, Picture
from stepflow_assets.ocr.quality import QualityRules, fault_of


@dataclass(frozen=True)
class Answer:
    """One judged page. ``page`` is a RecognizedPage as JSON (None: blank); ``fault`` why it counts as a failure, ``gave_up``
    that the provider itself said so.

    ``unplaced`` is the page of an engine some of whose blocks have no boxes yet.
    """

    fault: str | None
    page: bytes | None
    raw: bytes | None
    lines: int
    blocks: int
    confidence: float | None
    seconds: float
    usage: Usage = Usage()
    gave_up: bool = False
    unplaced: OcrPage | None = field(default=None, repr=False)

    @property
    def status(self) -> PageStatus:
        if self.fault is not None:
            return PageStatus.FAILED
        return PageStatus.OK if self.page is not None else PageStatus.BLANK


def recognize_pages(provider: OcrProvider, pictures: Sequence[Picture], rules: QualityRules) -> list[Answer]:
    """Raises what the provider raises, and ProviderError when it does not answer for each picture."""
    start = time.perf_counter()
    pages = provider.recognize(pictures)
    if len(pages) != len(pictures):
        raise ProviderError(f"{provider.name} answered for {len(pages)} of {len(pictures)} pages")
    faults = [fault_of(page, picture, rules) for page, picture in zip(pages, pictures, strict=True)]
    seconds = (time.perf_counter() - start) / max(1, len(pages))
    return [_answer(page, fault, seconds, may_lack_boxes(provider)) for page, fault in zip(pages, faults, strict=True)]


def may_lack_boxes(provider: OcrProvider) -> bool:
    """Also engines that place blocks leave some without a box: items of a list, a box that makes no sense."""
    return provider.capabilities.geometry in (Geometry.NONE, Geometry.BLOCK)


def looks_worth_it(path: str) -> bool:
    """Whether the page is full of tables. A look that fails decides nothing."""
    from stepflow_assets.ocr.table_look import looks_like_table

    try:
        return looks_like_table(path)
    except ProviderError:
        return False


def placed(answer: Answer, lines_file: str) -> Answer:
    """The answer of an engine whose blocks lack boxes, these placed by another engine's lines (a RecognizedPage as JSON)."""
    from stepflow_assets.ocr.alignment import aligned

    assert answer.unplaced is not None
    lines = RecognizedPage.model_validate_json(Path(lines_file).read_bytes()).lines
    return _answer(aligned(answer.unplaced, lines), None, answer.seconds, boxless=False)


def _answer(page: OcrPage, fault: str | None, seconds: float, boxless: bool) -> Answer:
    if fault is not None:
        gave_up = page.status is PageStatus.FAILED
        return Answer(fault, None, page.raw or None, 0, 0, page.confidence, seconds, page.usage, gave_up)
    lines = tuple(line for line in page.lines if line.text.strip())
    written = any(block.text.strip() or block.cells for block in page.blocks)
    if not lines and not written:
        return Answer(None, None, page.raw or None, 0, 0, None, seconds, page.usage)
    # Built, not validated: its parts are models already.
    stored = RecognizedPage.model_construct(lines=lines, blocks=page.blocks).model_dump_json().encode()
    unplaced = page if boxless and any(block.text.strip() and block.quad is None for block in page.blocks) else None
    return Answer(
        None,
        stored,
        page.raw or None,
        len(lines),
        len(page.blocks),
        page.confidence,
        seconds,
        page.usage,
        unplaced=unplaced,
    )
