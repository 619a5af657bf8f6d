"""Pages, their text cells and blocks: the storage schema (notes/ocr 3.2), in docling-core's vocabulary of kinds."""

from __future__ import annotations

from enum import StrEnum
from typing import Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field

from stepflow_assets.documents.attempts import ProviderAttempt
from stepflow_assets.documents.evidence import Place
from stepflow_assets.documents.geometry import Quad
from stepflow_assets.documents.table_cells import TableCell


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Route(StrEnum):
    """How a page's text is obtained (rule: notes/ocr 4.3)."""

    TEXT = "text"  # text layer
    OCR = "ocr"  # recognised
    HYBRID = "hybrid"  # text layer, and recognition where it has none
    SCAN_TEXT = "scan_text"  # a scan with someone else's OCR layer
    BLANK = "blank"


class Ref(BaseModel):
    """An artifact reference as it travels between steps (Stepflow's ``$blob``)."""

    model_config = ConfigDict(frozen=True, populate_by_name=True, serialize_by_alias=True)

    id: str = Field(alias="$blob")
    size: int = 0
    kind: str = Field(default="binary", alias="blobType")


class Confidence(_Frozen):
    value: float = Field(ge=0, le=1)
    kind: Literal["ctc_char_mean", "tess_word", "det_score", "token_prob_block", "token_prob_page", "text_layer"]


class PageGeometry(_Frozen):
    width_pt: float
    height_pt: float
    rotation: int = 0  # /Rotate of the source page, degrees


class WordSpan(NamedTuple):
    """A word of a line: characters ``start`` to ``end`` of its text, and the share of the line's length, counted from its quad's
    first corner, at which it begins and ends. With the line's quad that is the word's quad, whichever way the line runs
    (:func:`word_quads`). Words are in the order of the text: from right to left, the shares fall."""

    start: int
    end: int
    begins: float
    ends: float


class TextCell(_Frozen):
    """A run of text of the text layer, or a recognised line: text and quad, in the source's order. ``words`` are empty where
    only the line's place is known."""

    text: str
    quad: Quad
    confidence: Confidence | None = None
    font_size: float | None = None  # points
    bold: bool | None = None
    words: tuple[WordSpan, ...] = ()


def word_quads(cell: TextCell) -> list[Quad]:
    """The quad of each of the cell's words, in the order of the text; none where only the line's place is known."""
    return [cell.quad.part(word.begins, word.ends) for word in cell.words]


class PageContent(_Frozen):
    """What a page *is*, without which document and number it has: the input of everything downstream of rendering.

    ``page_id`` is the digest of appearance and text cells under the render profile. ``cells`` is an artifact holding a
    JSON list of TextCell (null: none). ``picture`` is the artifact OCR reads (null where no OCR is needed);
    ``regions``: boxes of the displayed page (left, top, right, bottom, 0..1) that the picture shows, white elsewhere; empty
    where it shows the whole page. ``layer_stands_in``: where OCR cannot read it, the text layer is the page's text.
    """

    page_id: str
    geometry: PageGeometry
    route: Route
    route_reason: str
    signals: dict[str, float] = Field(default_factory=dict)
    cells: Ref | None = None
    picture: Ref | None = None
    regions: tuple[tuple[float, float, float, float], ...] = ()
    layer_stands_in: bool = False


class PageItem(_Frozen):
    """One item of ``document``'s ``pages`` list: page ``page`` (from 1) of the source, or its one part (page null)."""

    source: Ref
    format: str
    page: int | None = None


class Part(_Frozen):
    """A converted part (a format without pages): the DoclingDocument as an artifact, and the profile it was converted under."""

    document: Ref
    format: str
    profile: str = ""


class PreparedPage(_Frozen):
    """Result of one item of the ``pages`` asset: a page's content, or a converted part."""

    page: int | None = None
    content: PageContent | None = None
    part: Part | None = None


class Block(_Frozen):
    """Text + kind + quad + confidence + order. ``id`` is local to its page or part (``b0003``).

    ``place`` is set for blocks of parts (slide, sheet or element evidence); blocks of pages have ``quad``.
    ``kind`` is a docling-core DocItemLabel value (text, section_header, title, table, list_item, page_header, …), ``raw_kind`` the
    engine's own word for it. ``table`` is the grid of a table's texts; ``cells`` say what each of them spans and where it stands.
    ``html`` and ``latex`` are there where the engine gave them. ``confidence`` is null where nothing was guessed.
    """

    id: str
    order: int
    kind: str
    text: str
    quad: Quad | None = None
    place: Place | None = None
    level: int | None = None  # headings: 1 is the highest
    table: tuple[tuple[str, ...], ...] | None = None
    cells: tuple[TableCell, ...] = ()
    html: str | None = None
    latex: str | None = None
    raw_kind: str = ""
    confidence: Confidence | None = None
    order_source: Literal["engine", "xycut", "raster", "document"] = "xycut"
    furniture: bool = False
    lines: tuple[TextCell, ...] = ()


class UnwordedCell(TextCell):
    """A line read without its words: they are nearly half of what a page's blocks take to validate."""

    model_config = ConfigDict(extra="ignore")

    words: tuple[WordSpan, ...] = Field(default=(), validation_alias="words are not read")


class UnwordedBlock(Block):
    """A block as chunks read it: thousands at a time, and nothing in them asks where a word or a cell stands."""

    model_config = ConfigDict(extra="ignore")

    lines: tuple[UnwordedCell, ...] = ()


class BlockList(_Frozen):
    """Result of one item of the ``ocr_blocks`` asset. ``blocks`` is an artifact holding a JSON list of Block. ``profile`` is that of
    what read them: provider, rendering or conversion, with version and options."""

    status: Literal["ok", "blank"]
    blocks: Ref | None = None
    count: int = 0
    words: int = 0
    characters: int = 0
    confidence: float | None = None
    provider: str | None = None
    profile: str | None = None
    provider_path: tuple[ProviderAttempt, ...] = ()
    degraded: bool = False
