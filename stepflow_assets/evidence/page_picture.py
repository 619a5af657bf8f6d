"""A page rendered on demand from the pinned source bytes, with the boxes on it. Runs in a worker process.

Quads are normalised to the displayed page (crop box, after /Rotate), which is what PDFium renders: pixels are quad times
picture size, for PDF and for pictures, whose EXIF orientation is applied.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from stepflow_assets.documents.evidence import PagePlace
from stepflow_assets.documents.geometry import hull
from stepflow_assets.errors import EvidenceError
from stepflow_assets.evidence.highlight import mark
from stepflow_assets.evidence.request import DrawRequest

if TYPE_CHECKING:
    from PIL.Image import Image

LONG_SIDE = 1600  # pixels of a whole page
CROP_WIDTH = 1200  # pixels a crop is enlarged to
MAX_SIDE = 5000  # pixels of the page a crop is cut from
CROP_MARGIN = 0.03  # of the page, around the boxes


def draw_page(request: DrawRequest, place: PagePlace) -> Image:
    """Raises EvidenceError when the bytes are missing or have no such page, DocumentError or PageError when they cannot
    be opened."""
    wanted = hull(place.quads).box if request.crop and place.quads else None
    side = (
        LONG_SIDE
        if wanted is None
        else min(MAX_SIDE, round(CROP_WIDTH / max(wanted[2] - wanted[0] + 2 * CROP_MARGIN, 0.05)))
    )
    picture = rendered_page(request.source, request.format, place.page, request.passwords, side)
    width, height = picture.size
    mark(picture, [[(x * width, y * height) for x, y in quad.points] for quad in place.quads])
    return picture if wanted is None else _cropped(picture, wanted)


def rendered_page(source: Path | None, format: str, number: int, passwords: Sequence[str], side: int) -> Image:
    """Page ``number`` (from 1) as it is displayed, ``side`` pixels on its long side. Raises as :func:`draw_page`."""
    if source is None:
        raise EvidenceError("the source bytes of the page are not there")
    if format == "pdf":
        return _render_pdf(str(source), number, passwords, side)
    return _open_image(str(source), number, side)


def _cropped(picture: Image, box: tuple[float, float, float, float]) -> Image:
    width, height = picture.size
    margin = CROP_MARGIN * max(width, height)
    left, top, right, bottom = box
    return picture.crop(
        (
            max(0, round(left * width - margin)),
            max(0, round(top * height - margin)),
            min(width, round(right * width + margin)),
            min(height, round(bottom * height + margin)),
        )
    )


def _render_pdf(path: str, number: int, passwords: Sequence[str], side: int) -> Image:
    import pypdfium2

    from stepflow_assets.pages.opening import open_pdf

    document = open_pdf(path, passwords)
    if not 1 <= number <= len(document):
        raise EvidenceError(f"the document has {len(document)} pages, page {number} was asked for")
    try:
        page = document[number - 1]
        image: Image = page.render(scale=side / max(page.get_size())).to_pil().convert("RGB")
        page.close()
    except pypdfium2.PdfiumError as error:
        raise EvidenceError(f"page {number} cannot be rendered: {error}") from error
    return image


def _open_image(path: str, number: int, side: int) -> Image:
    from PIL import Image as Images

    from stepflow_assets.pages.image_frames import frame_of_image
    from stepflow_assets.pages.opening import open_image

    image = frame_of_image(open_image(path), path, number).upright().convert("RGB")
    scale = side / max(image.size)
    if 0.95 < scale < 1.05:
        return image
    size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
    return image.resize(size, Images.Resampling.LANCZOS)
