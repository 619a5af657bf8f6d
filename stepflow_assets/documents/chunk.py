"""Chunks: what is indexed and searched, each with the blocks and places it comes from."""

from __future__ import annotations

from enum import StrEnum

from pydantic import BaseModel, ConfigDict

from stepflow_assets.documents.evidence import Place
from stepflow_assets.documents.page import Ref


class Outcome(StrEnum):
    """How a document ended (design, Vocabulary)."""

    INDEXED = "indexed"
    EMPTY = "empty"
    PARTIAL = "partial"
    FAILED = "failed"


class Chunk(BaseModel):
    """``id`` is local to the document and stable under re-runs: ``<ordinal, 4 digits>-<8 hex of its text and places>``.

    With ``places`` (page numbers, quads, block ids) it is the record of where indexed text comes from: ``provider`` read it (null:
    the text layer), and ``profile`` says with which version and options. The first ``overlap`` characters end the chunk before.
    """

    model_config = ConfigDict(frozen=True)

    id: str
    ordinal: int
    text: str
    headings: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()  # kinds of its blocks, without repeats
    tokens: int = 0
    places: tuple[Place, ...]
    confidence: float | None = None
    provider: str | None = None
    profile: str | None = None
    overlap: int = 0


class PageFailure(BaseModel):
    """A page that could not be prepared or recognised: it makes the document partial."""

    model_config = ConfigDict(frozen=True)

    page: int
    stage: str  # pages or ocr_blocks
    error: str
    category: str
    retryable: bool
    message: str
    next_step: str = ""


class ChunkSet(BaseModel):
    """Output of /chunks/split. ``chunks`` is an artifact holding a JSON list of Chunk (null: none)."""

    model_config = ConfigDict(frozen=True)

    chunks: Ref | None
    count: int
    characters: int
    pages_ok: int
    pages_blank: int
    failures: tuple[PageFailure, ...] = ()


class Published(BaseModel):
    """Output of /index/publish. ``written`` is false when the live generation already had this content, or when it is a
    newer one: then ``superseded`` is true, and the run that made the newer one says how the document is."""

    model_config = ConfigDict(frozen=True)

    outcome: Outcome
    generation: int  # the live one afterwards
    chunks: int
    content_digest: str
    written: bool
    superseded: bool = False
