"""What runs in a worker process: ask a provider, judge its answers, and hand back bytes that are ready to be stored."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass

from stepflow_assets.documents.page import TextCell
from stepflow_assets.errors import ProviderError
from stepflow_assets.ocr.protocol import OcrPage, OcrProvider, PageStatus, Picture
from stepflow_assets.ocr.quality import QualityRules, fault_of


@dataclass(frozen=True)
class Answer:
    """One judged page. ``cells`` is a JSON list of TextCell (None: blank); ``fault`` why it counts as a failure."""

    fault: str | None
    cells: bytes | None
    raw: bytes | None
    lines: int
    confidence: float | None
    seconds: float

    @property
    def status(self) -> PageStatus:
        if self.fault is not None:
            return PageStatus.FAILED
        return PageStatus.OK if self.cells is not None else PageStatus.BLANK


def recognize_pages(provider: OcrProvider, pictures: Sequence[Picture], rules: QualityRules) -> list[Answer]:
    """Raises what the provider raises, and ProviderError when it does not answer for each picture."""
    start = time.perf_counter()
    pages = provider.recognize(pictures)
    if len(pages) != len(pictures):
        raise ProviderError(f"{provider.name} answered for {len(pages)} of {len(pictures)} pages")
    faults = [fault_of(page, picture, rules) for page, picture in zip(pages, pictures, strict=True)]
    seconds = (time.perf_counter() - start) / max(1, len(pages))
    return [_answer(page, fault, seconds) for page, fault in zip(pages, faults, strict=True)]


def _answer(page: OcrPage, fault: str | None, seconds: float) -> Answer:
    if fault is not None:
        return Answer(fault, None, page.raw or None, 0, page.confidence, seconds)
    lines = [line for line in page.lines if line.text.strip()]
    cells = _cells_json(lines) if lines else None
    return Answer(None, cells, page.raw or None, len(lines), page.confidence if lines else None, seconds)


def _cells_json(lines: Sequence[TextCell]) -> bytes:
    rows = [line.model_dump(mode="json") for line in lines]
    return json.dumps(rows, ensure_ascii=False, separators=(",", ":")).encode()
