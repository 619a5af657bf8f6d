"""Inputs of the components that the shipped flows call; outputs are in ``documents/``."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict

from stepflow_assets.documents.attempts import ProviderAttempt
from stepflow_assets.documents.chunk import ChunkSet
from stepflow_assets.documents.chunk_options import ChunkOptions
from stepflow_assets.documents.listing import DocumentListing, SourceVersion
from stepflow_assets.documents.page import PageContent, Part, Ref
from stepflow_assets.documents.recognized import Usage
from stepflow_assets.ocr.protocol import Feature


class _Input(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ReadInput(_Input):
    """/source/read"""

    source: SourceVersion


class OcrOptions(_Input):
    languages: tuple[str, ...] = ("en",)
    provider: str | None = None  # None: the registry chooses by capability and cost
    features: tuple[Feature, ...] = ()  # what the pages need beside text: providers without it are asked last


class RecognizeInput(_Input):
    """/ocr/recognize: the picture only, with the ``regions`` it shows (empty: all of the page). Which document and page it is
    never enters a recogniser's input."""

    picture: Ref
    regions: tuple[tuple[float, float, float, float], ...] = ()
    options: OcrOptions = OcrOptions()


class Recognized(_Input):
    """Output of /ocr/recognize. ``page`` is an artifact: a RecognizedPage as JSON (null when blank). ``raw`` is the engine's
    own output, kept as it was. ``profile`` is the provider's: version, weights, options. ``usage`` and ``cost`` (null: no price is configured) are of all providers that answered."""

    status: str  # ok or blank
    page: Ref | None
    raw: Ref | None
    lines: int
    blocks: int = 0
    confidence: float | None
    provider: str
    profile: str = ""
    provider_path: tuple[ProviderAttempt, ...]
    usage: Usage = Usage()
    cost: float | None = None
    degraded: bool = False


class LinesInput(_Input):
    """/ocr/lines"""

    picture: Ref
    languages: tuple[str, ...] = ("en",)


class DetectedLines(_Input):
    """Output of /ocr/lines: an artifact like that of /ocr/recognize (null: no lines)."""

    page: Ref | None
    lines: int


class BlocksInput(_Input):
    """/ocr/blocks"""

    content: PageContent
    recognized: Recognized | None = None


class PartBlocksInput(_Input):
    """/docling/blocks"""

    part: Part


class SplitInput(_Input):
    """/chunks/split: both lists are Stepflow results, ``{outcome: success, result}`` or ``{outcome: failed, error}``,
    in page order; a failed page is in ``pages`` with its true reason."""

    document: DocumentListing
    pages: tuple[dict[str, Any], ...]
    blocks: tuple[dict[str, Any], ...]
    options: ChunkOptions = ChunkOptions()


class EmbedInput(_Input):
    """/embeddings/embed"""

    chunks: Ref | None
    model: dict[str, Any]


class Embedded(_Input):
    """Output of /embeddings/embed: float32 rows, little endian, ``count × dimensions``, as an artifact."""

    vectors: Ref | None
    count: int
    dimensions: int
    model: str


class PublishInput(_Input):
    """/index/publish"""

    document_id: str
    generation: int
    document: DocumentListing
    chunks: ChunkSet
    vectors: Embedded | None = None
