"""RapidOCR with the PP-OCRv6 weights of its wheel: the default provider. Nothing is downloaded, nothing is logged.

Facts behind the choices (notes/ocr 2.3–2.5): RapidOCR's own line classifier turns real lines round and triples the
error, so it is off and the whole page votes instead; one engine per process, since an engine is not thread-safe.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING

from stepflow_assets.documents.geometry import Quad
from stepflow_assets.documents.page import Confidence, TextCell
from stepflow_assets.errors import ProviderError, SettingsError
from stepflow_assets.ocr.options import ProviderOptions
from stepflow_assets.ocr.protocol import Capabilities, OcrPage, OcrProvider, PageStatus, Picture, mean_confidence

if TYPE_CHECKING:
    from stepflow_assets.ocr.rapidocr_engine import RapidOcrEngine, Reading

_REVISION = 2  # raise it when this module or the engine module changes what comes out


@dataclass(frozen=True)
class RapidOcrProvider:
    """``max_side``: pictures are scaled down to this many pixels on their long side (what memory depends on; measured:
    0.9 GiB a process at 2000). ``minimum_line_confidence``: lines below are noise and are only kept in ``raw``."""

    max_side: int = 2000
    minimum_line_confidence: float = 0.5

    @property
    def name(self) -> str:
        return "rapidocr"

    @property
    def capabilities(self) -> Capabilities:
        return Capabilities(scripts=frozenset({"Latn", "Hans", "Hant", "Jpan"}), seconds_per_page=2.4)

    @property
    def profile(self) -> str:
        engine, engine_version = runtime()
        return (
            f"rapidocr {version('rapidocr')} PP-OCRv6-small {engine} {engine_version}"
            f" side={self.max_side} line>={self.minimum_line_confidence} r{_REVISION}"
        )

    def recognize(self, pictures: Sequence[Picture]) -> list[OcrPage]:
        """Raises ProviderUnavailable when the engine cannot be loaded, ProviderError for a picture it cannot decode."""
        engine = _engine(self.max_side)
        return [self._page(engine, picture) for picture in pictures]

    def _page(self, engine: RapidOcrEngine, picture: Picture) -> OcrPage:
        import cv2

        pixels = cv2.imread(picture.path, cv2.IMREAD_COLOR)
        if pixels is None:
            raise ProviderError("the page picture cannot be decoded", retryable=False)
        page = engine.read(pixels)
        raw = {
            "engine": self.profile,
            "pixels": [page.width, page.height],
            "turned": page.turned,
            "lines": [reading.raw() for reading in page.readings],
        }
        lines = [
            _line(reading, page.width, page.height)
            for reading in page.readings
            if reading.score >= self.minimum_line_confidence and reading.text.strip()
        ]
        return OcrPage(
            PageStatus.OK if lines else PageStatus.BLANK,
            tuple(lines),
            json.dumps(raw, ensure_ascii=False, separators=(",", ":")).encode(),
            mean_confidence([(reading.text, reading.score) for reading in page.readings]),
        )


def make_rapidocr(option: str, configured: ProviderOptions) -> OcrProvider:  # noqa: ARG001
    """Raises SettingsError for an option: it has none."""
    if option:
        raise SettingsError(f"OCR provider rapidocr takes no option, not {option!r}")
    return RapidOcrProvider()


@lru_cache(maxsize=1)
def runtime() -> tuple[str, str]:
    """(name, version) of the inference runtime: OpenVINO, or onnxruntime where only that is installed."""
    for name in ("openvino", "onnxruntime"):
        try:
            return name, version(name)
        except PackageNotFoundError:
            continue
    return "none", "0"


@lru_cache(maxsize=1)
def _engine(max_side: int) -> RapidOcrEngine:
    from stepflow_assets.ocr.rapidocr_engine import RapidOcrEngine

    return RapidOcrEngine(runtime()[0], max_side)


def _line(reading: Reading, width: int, height: int) -> TextCell:
    corners = [
        (round(min(max(x / width, 0.0), 1.0), 5), round(min(max(y / height, 0.0), 1.0), 5)) for x, y in reading.corners
    ]
    return TextCell(
        text=reading.text.strip(),
        quad=Quad(points=(corners[0], corners[1], corners[2], corners[3])),
        confidence=Confidence(value=round(min(max(reading.score, 0.0), 1.0), 5), kind="ctc_char_mean"),
    )
