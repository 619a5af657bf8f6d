"""How a document is cut into chunks."""

from __future__ import annotations

from enum import StrEnum
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, model_validator


class ChunkMethod(StrEnum):
    """Who cuts: the platform's own splitter, or one of docling-core's chunkers (extra ``chunking``)."""

    SECTIONS = "sections"
    DOCLING_HYBRID = "docling_hybrid"
    DOCLING_HIERARCHICAL = "docling_hierarchical"


class ChunkOptions(BaseModel):
    """``overlap_tokens``: so many of a chunk's last tokens are at most said again by the next, both within ``max_tokens``.
    ``docling_hierarchical`` makes a chunk of each element and knows no limit."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    max_tokens: int = Field(default=256, ge=16, le=8192)
    overlap_tokens: int = Field(default=0, ge=0)
    method: ChunkMethod = ChunkMethod.SECTIONS

    @model_validator(mode="after")
    def _overlap_fits(self) -> Self:
        if self.overlap_tokens > self.max_tokens // 2:
            raise ValueError("overlap_tokens is more than half of max_tokens")
        if self.overlap_tokens and self.method is not ChunkMethod.SECTIONS:
            raise ValueError("overlap_tokens needs the method sections: docling's chunkers have no overlap")
        return self
