"""Tesseract, where the machine has it: another engine with other weights, for scripts and pages the default cannot read.

It gives words with boxes and a confidence each. Its layout analysis finds the lines; their order is ours (XY-cut).
"""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from stepflow_assets.documents.geometry import Point, Quad
from stepflow_assets.documents.page import Confidence, TextCell, WordSpan
from stepflow_assets.errors import PageTimeout, ProviderError
from stepflow_assets.ocr.options import ProviderOptions
from stepflow_assets.ocr.protocol import (
    Capabilities,
    Geometry,
    OcrPage,
    OcrProvider,
    PageStatus,
    Picture,
    mean_confidence,
)
from stepflow_assets.ocr.tesseract_languages import data_for, scripts_read_with
from stepflow_assets.ocr.tesseract_lines import TesseractLine, lines_of, runs_down, words_of
from stepflow_assets.ocr.tesseract_program import Installed, found, installed, run

if TYPE_CHECKING:
    from stepflow_assets.ocr.upright import Pixels, Upright

_REVISION = 1  # raise it when what comes out changes: this module, tesseract_lines, upright
_READ = ("--dpi", "200", "--psm", "3", "-c", "thresholding_method=2")  # 2: Sauvola, for shaded pages (notes/ocr 2.5)
_SURE = 0.6  # mean confidence: measured .75 and more on pages that stand upright, .36 and less on those that do not
_SMALLEST = 32  # pixels: it refuses a picture of a few


@dataclass(frozen=True)
class TesseractProvider:
    """``program``: a name on PATH, or a path. ``seconds`` for a page, after which the program is killed.
    ``minimum_line_confidence``: lines below are noise and are only kept in ``raw``."""

    program: str = "tesseract"
    seconds: float = 55.0
    minimum_line_confidence: float = 0.3

    @property
    def name(self) -> str:
        return "tesseract"

    @property
    def capabilities(self) -> Capabilities:
        """The scripts of the installed languages. Where it is missing it claims Latin, so that it is asked and says what is missing."""
        there = installed(self.program)
        scripts = scripts_read_with(there.languages) if there else frozenset({"Latn"})
        return Capabilities(scripts=scripts, seconds_per_page=1.7, geometry=Geometry.WORD)

    @property
    def profile(self) -> str:
        there = installed(self.program)
        if there is None:
            return "tesseract, not installed"
        data = "+".join(there.languages) + ("+osd" if there.turns else "")
        return f"tesseract {there.version} {data} {there.digest} psm=3 sauvola line>={self.minimum_line_confidence} r{_REVISION}"

    def recognize(self, pictures: Sequence[Picture]) -> list[OcrPage]:
        """Raises ProviderUnavailable when program or data are missing, PageTimeout, and ProviderError for a picture that
        cannot be decoded or a program that fails."""
        there = found(self.program)
        return [self._page(there, picture) for picture in pictures]

    def _page(self, there: Installed, picture: Picture) -> OcrPage:
        import cv2

        data = data_for(picture.languages, there.languages)
        pixels = cv2.imread(picture.path, cv2.IMREAD_GRAYSCALE)
        if pixels is None:
            raise ProviderError("the page picture cannot be decoded", retryable=False)
        reading = _Reader(there, data, self.seconds).read(pixels)
        height, width = pixels.shape[:2]
        lines = [
            _cell(line, reading.upright, width, height)
            for line in lines_of(words_of(reading.tsv))
            if line.confidence >= self.minimum_line_confidence
        ]
        raw = {
            "engine": self.profile,
            "data": data,
            "pixels": [width, height],
            "turned": reading.upright.turned,
            "skew": reading.upright.skew,
            "tsv": reading.tsv,
        }
        return OcrPage(
            PageStatus.OK if lines else PageStatus.BLANK,
            tuple(lines),
            json.dumps(raw, ensure_ascii=False, separators=(",", ":")).encode(),
            reading.confidence,
        )


def make_tesseract(option: str, configured: ProviderOptions) -> OcrProvider:
    """``option`` is the program: a name on PATH, or a path."""
    seconds = configured.deadline or TesseractProvider.seconds
    return TesseractProvider(option or TesseractProvider.program, seconds)


@dataclass(frozen=True)
class _Reading:
    upright: Upright
    tsv: str
    confidence: float | None  # None: no words

    @property
    def sure(self) -> bool:
        return self.confidence is not None and self.confidence >= _SURE


class _Reader:
    """Reads one page, turned as it has to be, within so many seconds."""

    def __init__(self, there: Installed, data: Sequence[str], seconds: float) -> None:
        self._there, self._data = there, data
        self._ends = time.monotonic() + seconds

    def read(self, pixels: Pixels) -> _Reading:
        """As it stands first: most pages do, and asking which way a page is turned costs as much as reading half of it."""
        tries = [self._read(pixels, 0)]
        if tries[0].confidence is not None and not tries[0].sure:
            for turn in self._turns(pixels):
                tries.append(self._read(pixels, turn))
                if tries[-1].sure:
                    break
        best = max(tries, key=lambda reading: reading.confidence or 0.0)
        down = runs_down(words_of(best.tsv))  # it reads lines that run down by itself, but coarsely
        return best if down is None else self._read(pixels, best.upright.turned // 90 + (1 if down else 3))

    def _read(self, pixels: Pixels, turn: int) -> _Reading:
        from stepflow_assets.ocr.upright import upright

        page = upright(pixels, turn)
        said = self._run((*_READ, "-l", "+".join(self._data), "tsv"), page.pixels)
        tsv = said.decode(errors="replace")
        words = [(word.text, word.confidence) for line in words_of(tsv) for word in line]
        return _Reading(page, tsv, mean_confidence(words))

    def _turns(self, pixels: Pixels) -> tuple[int, ...]:
        """Quarter turns counter-clockwise to try: what its orientation data says, or all where that says nothing."""
        if not self._there.turns:
            return (2, 1, 3)
        try:
            said = self._run(("--dpi", "200", "--psm", "0", "-l", "osd"), pixels).decode(errors="replace")
        except PageTimeout:
            raise
        except ProviderError:  # too few characters to tell
            return (2, 1, 3)
        degrees = next((line.split(":")[1] for line in said.splitlines() if line.startswith("Rotate:")), "0")
        turn = -int(degrees) // 90 % 4
        return (turn,) if turn else ()

    def _run(self, arguments: Sequence[str], pixels: Pixels) -> bytes:
        import cv2

        height, width = pixels.shape[:2]
        right, below = max(0, _SMALLEST - width), max(0, _SMALLEST - height)
        padded = cv2.copyMakeBorder(pixels, 0, below, 0, right, cv2.BORDER_REPLICATE)
        picture = cv2.imencode(".pgm", padded)[1].tobytes()
        return run(
            self._there.program, ("stdin", "stdout", *arguments), picture, max(0.1, self._ends - time.monotonic())
        )


def _cell(line: TesseractLine, page: Upright, width: int, height: int) -> TextCell:
    first, second, third, fourth = (_share(page.back(corner), width, height) for corner in line.corners)
    return TextCell(
        text=line.text,
        quad=Quad(points=(first, second, third, fourth)),
        confidence=Confidence(value=line.confidence, kind="tess_word"),
        words=tuple(WordSpan(*span) for span in line.spans),
    )


def _share(point: Point, width: int, height: int) -> Point:
    x, y = point
    return round(min(max(x / width, 0.0), 1.0), 5), round(min(max(y / height, 0.0), 1.0), 5)
