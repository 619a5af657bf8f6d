"""Dialects whose prompts and parsers docling keeps: it follows the models, we follow docling.

Its parsers are pure and need no torch. A version of docling without one of them makes that dialect unavailable, not the page blank.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import version
from typing import Any

from pydantic import ValidationError

from stepflow_assets.errors import ProviderUnavailable
from stepflow_assets.ocr.protocol import Feature, Geometry
from stepflow_assets.ocr.vision.dialect import Ask, DialectReading, UnreadableAnswer
from stepflow_assets.ocr.vision.options import DialectName
from stepflow_assets.ocr.vision.picture import PagePicture

logging.getLogger("docling.utils").setLevel(logging.ERROR)  # its warnings quote what the page says

_REVISION = 1
_PRESETS = "docling.datamodel.stage_model_specs"
Parse = Callable[[str, PagePicture], Any]
"""The model's answer and the picture as sent, to a DoclingDocument."""


@dataclass(frozen=True)
class DoclingDialect:
    """``preset`` names docling's own settings of the model, whose prompt is used; ``prompt`` stands where it has none."""

    name: DialectName
    parse: Parse
    preset: str | None = None
    prompt: str = ""

    @property
    def version(self) -> str:
        return f"{self.name} r{_REVISION} docling {version('docling-slim')}"

    @property
    def geometry(self) -> Geometry:
        return Geometry.BLOCK

    @property
    def features(self) -> frozenset[Feature]:
        return frozenset({Feature.LAYOUT, Feature.TABLES, Feature.MATH})

    def read(self, picture: PagePicture, ask: Ask) -> DialectReading:
        prompt = docling_part(_PRESETS, self.preset).model_spec.prompt if self.preset else self.prompt
        return DialectReading(parsed_by_docling(self.name, self.parse, ask(picture.png, prompt).text, picture))


def parsed_by_docling(name: str, parse: Parse, answer: str, picture: PagePicture) -> Any:
    """The answer's blocks. Raises UnreadableAnswer where the parser refuses it, or finds nothing in what is not nothing."""
    from stepflow_assets.ocr.vision.docling_blocks import blocks_of

    if not answer.strip():
        return ()
    try:
        blocks = blocks_of(parse(answer, picture))
    except (ValueError, ValidationError, TypeError, KeyError, IndexError, RecursionError) as error:
        raise UnreadableAnswer(f"docling's parser of {name} refuses the answer ({type(error).__name__})") from None
    if not blocks and not _blank(answer):
        raise UnreadableAnswer(f"docling's parser of {name} finds no block in the answer")
    return blocks


def _blank(answer: str) -> bool:
    """Ways in which these models say that there is nothing: an empty list, a block that is labelled so."""
    return answer.strip() in ("[]", "{}") or "Blank-Page" in answer


def docling_part(module: str, name: str) -> Any:
    """Raises ProviderUnavailable when the installed docling does not have it."""
    try:
        return getattr(import_module(module), name)
    except (ImportError, AttributeError):
        raise ProviderUnavailable(
            f"the installed docling has no {name}",
            retryable=False,
            next_step="Install the version of docling-slim that this release names, or configure another dialect.",
        ) from None


def _page(picture: PagePicture) -> dict[str, Any]:
    from docling_core.types.doc.base import Size

    return {"original_page_size": Size(width=picture.width, height=picture.height), "page_no": 1}


def _parser(module: str, function: str) -> Parse:
    def parse(answer: str, picture: PagePicture) -> Any:
        return docling_part(f"docling.utils.{module}", function)(content=answer, **_page(picture))

    return parse


def _dots(answer: str, picture: PagePicture) -> Any:
    """Its boxes are in pixels of the picture as Qwen's processor resized it."""
    resized = docling_part("docling.utils.vlm_utils", "compute_qwen2vl_image_size")(picture.width, picture.height)
    parse = docling_part("docling.utils.dots_utils", "parse_dots_json")
    return parse(content=answer, model_image_size=resized, **_page(picture))


def _nemotron2(answer: str, picture: PagePicture) -> Any:
    page = _page(picture)
    parse = docling_part("docling.utils.nemotron_parse_utils", "parse_nemotron_parse_v2")
    return parse(content=answer, inference_image_size=page["original_page_size"], **page)


def _paddleocr_vl(answer: str, picture: PagePicture) -> Any:  # noqa: ARG001
    """The page result of PaddleX's pipeline as JSON: it has the picture's size in it."""
    return docling_part("docling.utils.paddleocr_vl_utils", "parse_paddleocr_vl_result")(answer, page_no=1)


def _doctags(answer: str, picture: PagePicture) -> Any:
    from docling_core.types.doc.doctags import DocTagsDocument
    from docling_core.types.doc.document import DoclingDocument

    pages = DocTagsDocument.from_doctags_and_image_pairs([answer], [picture.image])
    return DoclingDocument.load_from_doctags(doctag_document=pages)


_DIALECTS = (
    DoclingDialect("chandra", _parser("chandra_utils", "parse_chandra_html"), "VLM_CONVERT_CHANDRA_OCR2"),
    DoclingDialect("dots", _dots, "VLM_CONVERT_DOTS_OCR"),
    DoclingDialect("deepseek", _parser("deepseekocr_utils", "parse_deepseekocr_markdown"), "VLM_CONVERT_DEEPSEEK_OCR"),
    DoclingDialect(
        "unlimited", _parser("deepseekocr_utils", "parse_unlimited_ocr_markdown"), "VLM_CONVERT_UNLIMITED_OCR"
    ),
    DoclingDialect("nemotron2", _nemotron2, "VLM_CONVERT_NEMOTRON_PARSE_V2"),
    DoclingDialect(
        "nemotron35",
        _parser("nemotron_parse_v3_5_utils", "parse_nemotron_parse_v3_5"),
        "VLM_CONVERT_NEMOTRON_PARSE_V3_5",
    ),
    DoclingDialect("paddleocr-vl", _paddleocr_vl, prompt="OCR:"),
    DoclingDialect("doctags", _doctags, "VLM_CONVERT_GRANITE_DOCLING"),
)


def docling_dialect(name: DialectName) -> DoclingDialect:
    return next(dialect for dialect in _DIALECTS if dialect.name == name)
