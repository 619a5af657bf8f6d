"""A page rendered on demand from the pinned source bytes, with the boxes on it. Runs in a worker process.

Quads are normalised to the displayed page (crop box, after /Rotate), which is what PDFium renders: pixels are quad times
picture size, for PDF and for pictures, whose EXIF orientation is applied.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

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
    """Raises EvidenceError when the bytes are missing, cannot be opened, or have no such page."""
    if request.source is None:
        raise EvidenceError("the source bytes of the page are not there")
    wanted = hull(place.quads).box if request.crop and place.quads else None
    side = (
        LONG_SIDE
        if wanted is None
        else min(MAX_SIDE, round(CROP_WIDTH / max(wanted[2] - wanted[0] + 2 * CROP_MARGIN, 0.05)))
    )
    picture = (
        _render_pdf(request, place.page, side) if request.format == "pdf" else _open_image(request, place.page, side)
    )
    width, height = picture.size
    mark(picture, [[(point.x * width, point.y * height) for point in quad.points] for quad in place.quads])
    return picture if wanted is None else _cropped(picture, wanted)


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


def _render_pdf(request: DrawRequest, number: int, side: int) -> Image:
    import pypdfium2

    pdf = _open_pdf(request)
    try:
        if not 1 <= number <= len(pdf):
            raise EvidenceError(f"the document has {len(pdf)} pages, page {number} was asked for")
        pdf.init_forms()
        page = pdf[number - 1]
        scale = side / max(page.get_size())
        image: Image = page.render(scale=scale).to_pil().convert("RGB")
    except pypdfium2.PdfiumError as error:
        raise EvidenceError(f"page {number} cannot be rendered: {error}") from error
    finally:
        pdf.close()
    return image


def _open_pdf(request: DrawRequest) -> Any:
    import pypdfium2

    failure: pypdfium2.PdfiumError | None = None
    for password in (None, *request.passwords):
        try:
            return pypdfium2.PdfDocument(request.source, password=password)
        except pypdfium2.PdfiumError as error:
            failure = error
    raise EvidenceError(f"the source bytes cannot be opened: {failure}") from failure


def _open_image(request: DrawRequest, number: int, side: int) -> Image:
    from PIL import Image as Images
    from PIL import ImageOps

    path: Path = request.source or Path()
    try:
        with Images.open(path) as opened:
            opened.seek(number - 1)
            image = ImageOps.exif_transpose(opened).convert("RGB")
    except (OSError, EOFError, Images.DecompressionBombError) as error:
        raise EvidenceError(f"picture {number} of the file cannot be opened ({type(error).__name__})") from error
    scale = side / max(image.size)
    if 0.95 < scale < 1.05:
        return image
    return image.resize(
        (max(1, round(image.width * scale)), max(1, round(image.height * scale))), Images.Resampling.LANCZOS
    )
