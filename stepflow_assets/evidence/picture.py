"""The picture of a place, of the kind its format has: a rendered page, or a drawing that says it is one."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import TYPE_CHECKING

from stepflow_assets.documents.cells import CellRange
from stepflow_assets.documents.evidence import ElementPlace, PagePlace, SheetPlace, SlidePlace, describe
from stepflow_assets.errors import EvidenceError
from stepflow_assets.evidence.caption import PAPER, with_caption
from stepflow_assets.evidence.request import DrawRequest

if TYPE_CHECKING:
    from PIL.Image import Image

    from stepflow_assets.evidence.converted import ConvertedDocument

DRAWING = "Drawing, not a rendering"


def draw_place(request: DrawRequest) -> bytes:
    """PNG of the place with its box on it; further pages of the chunk below it. Runs in a worker process: native
    libraries, seconds of CPU for large pages.

    Raises EvidenceError when the place cannot be shown."""
    others = [other for other in request.others if isinstance(other, PagePlace)]
    if not isinstance(request.place, PagePlace) or not others:
        return _png(_captioned(request))
    pages = [request.place, *others]
    return _png(_stacked([_captioned(request.model_copy(update={"place": page, "others": ()})) for page in pages]))


def _captioned(request: DrawRequest) -> Image:
    from stepflow_assets.evidence.page_picture import draw_page

    match request.place:
        case PagePlace() as place:
            picture, missing, note = draw_page(request, place), set[str](), ""
        case SlidePlace() as place:
            from stepflow_assets.evidence.slide_picture import draw_slide

            picture, missing = draw_slide(place, _converted(request), crop=request.crop)
            note = f"{DRAWING}: texts in their boxes."
        case SheetPlace() as place:
            picture, missing, note = _draw_sheet(request, place)
        case ElementPlace() as place:
            from stepflow_assets.evidence.flowing_picture import draw_elements

            others = [other for other in request.others if isinstance(other, ElementPlace)]
            drawing = draw_elements([place, *others], _converted(request), crop=request.crop)
            picture, missing = drawing.picture, drawing.missing
            note = f"{DRAWING}: this format has no pages. {drawing.cut}".rstrip()
    more = sum(other.kind == request.place.kind for other in request.others)
    what = f"{describe(request.place)} and {more} more" if more else describe(request.place)
    return with_caption(picture, " · ".join(part for part in (request.name, what, note) if part), missing)


def _stacked(pictures: Sequence[Image]) -> Image:
    from PIL import Image as Images

    whole = Images.new(
        "RGB", (max(picture.width for picture in pictures), sum(each.height for each in pictures)), PAPER
    )
    y = 0
    for picture in pictures:
        whole.paste(picture, (0, y))
        y += picture.height
    return whole


def _draw_sheet(request: DrawRequest, place: SheetPlace) -> tuple[Image, set[str], str]:
    from stepflow_assets.evidence.grid_picture import draw_grid

    document = _converted(request)
    extent = document.extent(place.sheet)
    if extent is None:
        raise EvidenceError(f"the workbook has no sheet {place.sheet!r} with cells")
    marked = CellRange.parse(place.cells)
    also = [
        CellRange.parse(other.cells)
        for other in request.others
        if isinstance(other, SheetPlace) and other.sheet == place.sheet
    ]
    drawing = draw_grid(document.sheets[place.sheet], [marked, *also], extent, crop=request.crop, names=True)
    cut = "" if drawing.whole else f" Only {drawing.shown} is shown."
    return drawing.picture, drawing.missing, f"{DRAWING}: cells in their grid.{cut}"


def _converted(request: DrawRequest) -> ConvertedDocument:
    from stepflow_assets.evidence.converted import ConvertedDocument

    if request.document is None:
        raise EvidenceError("the converted document is not there")
    try:
        return ConvertedDocument(request.document.read_bytes())
    except (OSError, ValueError) as error:
        raise EvidenceError(f"the converted document cannot be read ({type(error).__name__})") from error


def _png(picture: Image) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, "PNG", compress_level=6)
    return buffer.getvalue()
