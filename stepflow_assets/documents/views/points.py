"""Quads (0..1 of the displayed page, from the top left) in points of that page, in docling-core's types, and back.

The displayed page is the crop box after /Rotate: what a viewer shows, and what docling's boxes with a top-left origin mean.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from stepflow_assets.documents.geometry import Quad
from stepflow_assets.documents.page import PageGeometry

if TYPE_CHECKING:
    from docling_core.types.doc.base import BoundingBox
    from docling_core.types.doc.page import BoundingRectangle


def box_in_points(quad: Quad, page: PageGeometry) -> BoundingBox:
    """The upright hull, in points."""
    from docling_core.types.doc.base import BoundingBox, CoordOrigin

    left, top, right, bottom = quad.box
    width, height = page.width_pt, page.height_pt
    return BoundingBox(
        l=left * width, t=top * height, r=right * width, b=bottom * height, coord_origin=CoordOrigin.TOPLEFT
    )


def quad_of_box(box: BoundingBox, page: PageGeometry) -> Quad:
    """The quad of a box in points, whichever its origin."""
    box = box.to_top_left_origin(page.height_pt)
    return Quad.of_box(box.l / page.width_pt, box.t / page.height_pt, box.r / page.width_pt, box.b / page.height_pt)


def rectangle_in_points(quad: Quad, page: PageGeometry) -> BoundingRectangle:
    """All four corners: docling-core counts them from the bottom left one, against the clock."""
    from docling_core.types.doc.base import CoordOrigin
    from docling_core.types.doc.page import BoundingRectangle

    (x3, y3), (x2, y2), (x1, y1), (x0, y0) = ((x * page.width_pt, y * page.height_pt) for x, y in quad.points)
    return BoundingRectangle(
        r_x0=x0, r_y0=y0, r_x1=x1, r_y1=y1, r_x2=x2, r_y2=y2, r_x3=x3, r_y3=y3, coord_origin=CoordOrigin.TOPLEFT
    )


def quad_of_rectangle(rectangle: BoundingRectangle, page: PageGeometry) -> Quad:
    """The quad of a rectangle in points, whichever its origin."""
    turned = rectangle.to_top_left_origin(page.height_pt)
    corners = (
        (turned.r_x3, turned.r_y3),
        (turned.r_x2, turned.r_y2),
        (turned.r_x1, turned.r_y1),
        (turned.r_x0, turned.r_y0),
    )
    first, second, third, fourth = (
        (
            round(min(max(x / page.width_pt, 0.0), 1.0), 5),
            round(min(max(y / page.height_pt, 0.0), 1.0), 5),
        )
        for x, y in corners
    )
    return Quad(points=(first, second, third, fourth))
