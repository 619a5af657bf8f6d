"""What a provider read on one picture: lines, blocks, or both (notes/ocr 3.1 and 3.2). Quads are of the picture, 0..1."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from stepflow_assets.documents.geometry import Quad
from stepflow_assets.documents.page import Confidence, TextCell
from stepflow_assets.documents.table_cells import TableCell


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


RecognizedCell = TableCell


class RecognizedBlock(_Frozen):
    """A block that the engine itself made, in its reading order. ``kind`` is a docling-core DocItemLabel value, ``raw_kind`` the
    engine's own word for it. ``quad`` is null where the engine gives no geometry: it is then aligned to detected lines."""

    kind: str
    text: str
    raw_kind: str = ""
    quad: Quad | None = None
    level: int | None = None
    cells: tuple[RecognizedCell, ...] = ()
    html: str | None = None
    latex: str | None = None
    confidence: Confidence | None = None


class RecognizedPage(_Frozen):
    """``lines`` in the engine's order; ``blocks`` where the engine tells kinds and order itself: they then hold all of the page's
    text, and lines only where it stands."""

    lines: tuple[TextCell, ...] = ()
    blocks: tuple[RecognizedBlock, ...] = ()


class Usage(_Frozen):
    """What an answer took: requests, and tokens where the engine counts them."""

    requests: int = Field(default=0, ge=0)
    input_tokens: int = Field(default=0, ge=0)
    output_tokens: int = Field(default=0, ge=0)

    def __add__(self, other: Usage) -> Usage:
        return Usage(
            requests=self.requests + other.requests,
            input_tokens=self.input_tokens + other.input_tokens,
            output_tokens=self.output_tokens + other.output_tokens,
        )
