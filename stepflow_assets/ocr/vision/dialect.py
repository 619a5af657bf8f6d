"""A dialect: how a family of models is asked for a page, and how its answer becomes blocks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from stepflow_assets.documents.recognized import RecognizedBlock
from stepflow_assets.ocr.protocol import Feature, Geometry
from stepflow_assets.ocr.vision.completion import Completion
from stepflow_assets.ocr.vision.options import DialectName
from stepflow_assets.ocr.vision.picture import PagePicture

Ask = Callable[[bytes, str], Completion]
"""Sends a PNG and a prompt. Raises ProviderError and its subclasses."""


class UnreadableAnswer(Exception):
    """The model answered, but not in its dialect: the page is failed, never blank. The message holds nothing of the page."""


@dataclass(frozen=True)
class DialectReading:
    """``blocks`` in the model's reading order. None of them: the model says that the page is blank."""

    blocks: tuple[RecognizedBlock, ...]


class Dialect(Protocol):
    """``version`` names prompts and parser: it is part of the memo key."""

    @property
    def version(self) -> str: ...

    @property
    def geometry(self) -> Geometry: ...

    @property
    def features(self) -> frozenset[Feature]: ...

    def read(self, picture: PagePicture, ask: Ask) -> DialectReading:
        """Asks what the dialect takes (most: once). Raises UnreadableAnswer, ProviderUnavailable when its parser is not
        installed, and what ``ask`` raises."""
        ...


def dialect_of(name: DialectName) -> Dialect:
    if name == "surya2":
        from stepflow_assets.ocr.vision.surya2 import Surya2

        return Surya2()
    if name == "markdown":
        from stepflow_assets.ocr.vision.markdown import Markdown

        return Markdown()
    if name == "mineru2":
        from stepflow_assets.ocr.vision.mineru2 import MinerU2

        return MinerU2()
    from stepflow_assets.ocr.vision.docling_dialects import docling_dialect

    return docling_dialect(name)
