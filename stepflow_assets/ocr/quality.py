"""When an answer is not one: cut off, ink but no text, low confidence, repetition (notes/ocr 2.6 and 3.3).

An engine that does not know a page's script returns nothing or nonsense without an error; a model that lost the thread
repeats itself, or runs into its limit. All count as failures of the provider, so that the next one is asked.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from stepflow_assets.ocr.ink import text_like_marks
from stepflow_assets.ocr.protocol import OcrPage, PageStatus, Picture

_FEW_LETTERS = 40  # only then is the picture looked at, which costs 10 ms
_MANY_MARKS = 100
_FEW_PER_MARK = 0.06
_SHORTEST = 200
_PERIODS = range(4, 121)
_TIMES = 6
_LETTERS = re.compile(r"\w")


@dataclass(frozen=True)
class QualityRules:
    """``minimum_confidence``: mean over the page's characters. ``minimum_marks``: glyph-sized marks that make ink text."""

    minimum_confidence: float = 0.6
    minimum_marks: int = 6
    repeated_share: float = 0.3


TAKEN_AS_IT_IS = QualityRules(minimum_confidence=0.0, minimum_marks=1 << 30, repeated_share=2.0)
"""For who only wants to know where lines are."""


def fault_of(page: OcrPage, picture: Picture, rules: QualityRules) -> str | None:
    """Why this answer counts as a failure, or None. The picture is only looked at where (nearly) no text came back."""
    if page.status is PageStatus.FAILED:
        return page.reason or "the provider failed"
    if page.truncated:
        return "the answer is cut off"
    text = _text(page)
    letters = sum(char.isalnum() for char in text)
    if picture.partial and letters < _FEW_LETTERS:
        return None  # what a photograph shows beside the text layer: often nothing, now and then a few odd letters
    if letters and page.confidence is not None and page.confidence < rules.minimum_confidence:
        return f"mean confidence {page.confidence:.2f} is below {rules.minimum_confidence:.2f}"
    if letters < _FEW_LETTERS:
        marks = text_like_marks(picture.path)
        if not letters and marks >= rules.minimum_marks:
            return f"ink but no text ({marks} marks like letters)"
        if letters and marks >= max(_MANY_MARKS, rules.minimum_marks) and letters < _FEW_PER_MARK * marks:
            return f"ink but hardly any text ({letters} letters for {marks} marks like letters)"
        if not letters:
            return None
    if repeated_share(text) >= rules.repeated_share:
        return "the text repeats itself"
    return None


def _text(page: OcrPage) -> str:
    """What it read: its blocks have all of it, where it makes blocks."""
    if not page.blocks:
        return "\n".join(line.text for line in page.lines)
    cells = (cell.text for block in page.blocks if not block.text for cell in block.cells)
    return "\n".join([*(block.text for block in page.blocks), *cells])


def repeated_share(text: str) -> float:
    """Share of the text's characters that belong to one phrase said six times or more in a row.

    Runs without letters or digits (dot leaders, rules) do not count; nor do short texts. The text is compared with
    itself moved by each length of a phrase, which takes a millisecond a page.
    """
    import numpy as np

    if len(text) < _SHORTEST:
        return 0.0
    codes = np.frombuffer(text.encode("utf-32-le"), dtype=np.uint32)
    longest = 0
    for period in _PERIODS:
        different = np.flatnonzero(codes[period:] != codes[:-period])
        edges = np.concatenate(([-1], different, [len(codes) - period]))
        runs = np.diff(edges) - 1
        at = int(runs.argmax())
        run = int(runs[at]) + period
        start = int(edges[at]) + 1
        if run >= _TIMES * period and run > longest and _LETTERS.search(text, start, start + period):
            longest = run
    return longest / len(text)
