"""Evidence: where a chunk comes from, of the kind its format has. Never an invented page."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from stepflow_assets.documents.geometry import Quad


class _Evidence(BaseModel):
    model_config = ConfigDict(frozen=True)


class PagePlace(_Evidence):
    """A paged format: page number (from 1), the page's content id and the boxes on it."""

    kind: Literal["page"] = "page"
    page: int
    page_id: str
    quads: tuple[Quad, ...]
    blocks: tuple[str, ...] = ()


class SlidePlace(_Evidence):
    """A slide (from 1) and the boxes of the shapes on it, normalised to the slide."""

    kind: Literal["slide"] = "slide"
    slide: int
    quads: tuple[Quad, ...]
    blocks: tuple[str, ...] = ()


class SheetPlace(_Evidence):
    """A sheet by name and a cell range in A1 notation, e.g. ``B2:D14``."""

    kind: Literal["sheet"] = "sheet"
    sheet: str
    cells: str
    blocks: tuple[str, ...] = ()


class ElementPlace(_Evidence):
    """Flowing text: path of the element in the converted document (``#/texts/12``) and a character range in it."""

    kind: Literal["element"] = "element"
    path: str
    start: int
    end: int
    blocks: tuple[str, ...] = ()


Place = Annotated[PagePlace | SlidePlace | SheetPlace | ElementPlace, Field(discriminator="kind")]


def describe(place: Place) -> str:
    """The place in words, for people."""
    match place:
        case PagePlace():
            return f"page {place.page}"
        case SlidePlace():
            return f"slide {place.slide}"
        case SheetPlace():
            return f"sheet {place.sheet!r}, cells {place.cells}"
        case ElementPlace():
            return f"element {place.path}, characters {place.start}–{place.end}"
