"""``docling:ENGINE``: any OCR engine that docling knows, plug-ins too, as a provider.

Only its engine runs, not its pipeline: a page's picture goes in as a page without text, its text cells come out as lines.
Nothing is downloaded: an engine whose weights are not there is unavailable.
"""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, entry_points, version
from types import SimpleNamespace
from typing import Any

from stepflow_assets.documents.geometry import Point, Quad
from stepflow_assets.documents.page import Confidence, TextCell, WordSpan
from stepflow_assets.errors import ProviderError, ProviderUnavailable, SettingsError
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
from stepflow_assets.ocr.rapidocr_provider import runtime
from stepflow_assets.ocr.scripts import ALL_SCRIPTS
from stepflow_assets.ocr.tesseract_languages import scripts_read_with
from stepflow_assets.ocr.tesseract_program import installed
from stepflow_assets.ocr.word_runs import PlacedWord, joined

_REVISION = 1  # raise it when what comes out changes: this module, word_runs
_WORDS = frozenset({"tesseract"})  # engines whose cells are words
_TESSERACT = frozenset({"tesseract", "tesserocr"})
_CTC = frozenset({"rapidocr", "easyocr"})
_PACKAGES = {
    "rapidocr": ("rapidocr", "openvino", "onnxruntime", "torch"),
    "easyocr": ("easyocr", "torch"),
    "tesserocr": ("tesserocr",),
    "ocrmac": ("ocrmac",),
    "nemotron-ocr": ("nemotron-ocr", "torch"),
}
_INSTALL = (
    "Install what the engine needs: pip install 'stepflow-assets[docling]' (docling's standard extra, with torch),"
    " and the engine's own package (easyocr, tesserocr, …), program or plug-in with its weights."
)


@dataclass(frozen=True)
class DoclingProvider:
    """``engine``: its kind in docling (rapidocr, easyocr, tesserocr, tesseract, ocrmac, or a plug-in's)."""

    engine: str

    @classmethod
    def from_option(cls, option: str) -> DoclingProvider:
        """Raises SettingsError."""
        if not option:
            raise SettingsError("OCR provider docling needs an engine that docling knows: docling:easyocr")
        return cls(option)

    @property
    def name(self) -> str:
        return f"docling:{self.engine}"

    @property
    def capabilities(self) -> Capabilities:
        """An engine that is not known here may read anything: what it cannot read it reads with a confidence that fails."""
        return Capabilities(
            scripts=_scripts(self.engine),
            seconds_per_page=5.0,
            geometry=Geometry.WORD if self.engine in _WORDS else Geometry.LINE,
        )

    @property
    def profile(self) -> str:
        return f"docling {version('docling-slim')} {self.engine} {_versions(self.engine)} r{_REVISION}"

    def recognize(self, pictures: Sequence[Picture]) -> list[OcrPage]:
        """Raises ProviderUnavailable when engine, language or weights are missing, ProviderError when it fails."""
        return [self._page(picture) for picture in pictures]

    def _page(self, picture: Picture) -> OcrPage:
        from PIL import Image, UnidentifiedImageError

        model = _engine(self.engine, picture.languages)
        try:
            with Image.open(picture.path) as file:
                image = file.convert("RGB")
        except (UnidentifiedImageError, OSError):
            raise ProviderError("the page picture cannot be decoded", retryable=False) from None
        words = [word for cell in _cells(model, image) if (word := _placed(cell, image.height)) is not None]
        certain = all(word.confidence == 1.0 for word in words)  # docling writes 1.0 where an engine says nothing
        runs = joined(words) if self.engine in _WORDS else [[word] for word in words]
        lines = [self._line(run, image.width, image.height, known=not certain) for run in runs]
        raw = {
            "engine": self.profile,
            "pixels": [image.width, image.height],
            "cells": [{"box": word.corners, "text": word.text, "score": word.confidence} for word in words],
        }
        return OcrPage(
            PageStatus.OK if lines else PageStatus.BLANK,
            tuple(lines),
            json.dumps(raw, ensure_ascii=False, separators=(",", ":")).encode(),
            None if certain else mean_confidence([(word.text, word.confidence) for word in words]),
        )

    def _line(self, words: Sequence[PlacedWord], width: int, height: int, *, known: bool) -> TextCell:
        run = PlacedWord.around(words)
        kind = "tess_word" if self.engine in _TESSERACT else "ctc_char_mean" if self.engine in _CTC else "det_score"
        first, second, third, fourth = (_share(corner, width, height) for corner in run.corners)
        return TextCell(
            text=run.text,
            quad=Quad(points=(first, second, third, fourth)),
            confidence=Confidence.model_validate({"value": run.confidence, "kind": kind}) if known else None,
            words=tuple(WordSpan(*span) for span in run.spans(words)) if self.engine in _WORDS else (),
        )


def make_docling(option: str, configured: ProviderOptions) -> OcrProvider:  # noqa: ARG001
    """``option`` is the engine. Raises SettingsError."""
    return DoclingProvider.from_option(option)


class _PagePicture:
    """The page as docling's engines see it: a picture at 72 dpi, and nothing else."""

    def __init__(self, image: Any) -> None:
        self._image = image

    def is_valid(self) -> bool:
        return True

    def get_page_image(self, scale: float = 1, cropbox: Any = None) -> Any:  # the whole page is all it is asked for
        return self._image


def _cells(model: Any, image: Any) -> list[Any]:
    from docling.datamodel.base_models import ConfidenceReport, Page, Size

    page = Page(page_no=1, size=Size(width=image.width, height=image.height))
    page._backend = _PagePicture(image)
    conversion = SimpleNamespace(input=SimpleNamespace(file="page"), timings={}, confidence=ConfidenceReport())
    try:
        (read,) = model(conversion, [page])
    except Exception as error:  # engines raise what they like
        raise ProviderError(f"docling's engine failed: {type(error).__name__}") from error
    return list(read.cells)


@lru_cache(maxsize=2)
def _engine(kind: str, languages: tuple[str, ...]) -> Any:
    os.environ.setdefault("TRANSFORMERS_NO_ADVISORY_WARNINGS", "1")  # it says on stderr that torch is missing
    try:
        from docling.datamodel.accelerator_options import AcceleratorOptions
        from docling.datamodel.pipeline_options import OcrMode
        from docling.models.factories import get_ocr_factory
    except ImportError as error:
        raise ProviderUnavailable(
            f"docling's OCR cannot be loaded: {error}", retryable=False, next_step=_INSTALL
        ) from None
    logging.getLogger("docling").setLevel(logging.CRITICAL)
    factory = get_ocr_factory(allow_external_plugins=True)
    if kind not in factory.registered_kind:
        raise ProviderUnavailable(
            f"docling knows no OCR engine {kind!r}",
            retryable=False,
            next_step=f"Name one it knows ({', '.join(sorted(factory.registered_kind))}), or install its plug-in.",
        )
    try:
        options = factory.create_options(
            kind=kind, mode=OcrMode.FULL_PAGE, scale=1.0, lang=[_tag(code) for code in languages], **_options(kind)
        )
        return factory.create_instance(
            options, enabled=True, artifacts_path=None, accelerator_options=AcceleratorOptions(num_threads=1)
        )
    except Exception as error:  # a missing package, language, … : each engine says it its own way
        raise ProviderUnavailable(
            f"docling's engine {kind} cannot be loaded: {type(error).__name__}",
            retryable=False,
            next_step=_INSTALL,
        ) from error


def _options(kind: str) -> dict[str, Any]:
    match kind:
        case "easyocr":
            return {"download_enabled": False}
        case "rapidocr":  # its line classifier turns real lines round (notes/ocr 0)
            backend = {"backend": runtime()[0]} if runtime()[0] != "none" else {}
            return {**backend, "rapidocr_params": {"Global.use_cls": False}}
        case _:
            return {}


def _tag(code: str) -> str:
    known = {"ch": "zh", "korean": "ko", "japan": "ja"}
    return f"iso:{known.get(code.strip().lower(), code.strip())}"


def _scripts(engine: str) -> frozenset[str]:
    if engine == "rapidocr":
        return frozenset({"Latn", "Hans", "Hant", "Jpan"})
    if engine in _TESSERACT:
        there = installed("tesseract")
        return scripts_read_with(there.languages) if there else frozenset({"Latn"})
    return ALL_SCRIPTS


def _versions(engine: str) -> str:
    if engine == "tesseract":
        there = installed("tesseract")
        return f"{there.version} {there.digest}" if there else "not installed"
    plugins = {dist.name for entry in entry_points(group="docling") if (dist := entry.dist) is not None}
    packages = _PACKAGES.get(engine) or sorted(plugins)
    return " ".join(f"{package}={_version(package)}" for package in packages)


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "none"


def _placed(cell: Any, height: int) -> PlacedWord | None:
    text = cell.text.strip()
    if not text:
        return None
    rect = cell.rect.to_top_left_origin(height)
    corners: tuple[Point, Point, Point, Point] = (
        (rect.r_x3, rect.r_y3),
        (rect.r_x2, rect.r_y2),
        (rect.r_x1, rect.r_y1),
        (rect.r_x0, rect.r_y0),
    )
    return PlacedWord(text, round(min(max(float(cell.confidence), 0.0), 1.0), 5), corners)


def _share(point: Point, width: int, height: int) -> Point:
    x, y = point
    return round(min(max(x / width, 0.0), 1.0), 5), round(min(max(y / height, 0.0), 1.0), 5)
