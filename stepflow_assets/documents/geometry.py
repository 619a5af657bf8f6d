"""Places on a page: quads normalised to the displayed page (crop box, after /Rotate), top-left origin, 0..1."""

from __future__ import annotations

from collections.abc import Iterable

from pydantic import BaseModel, ConfigDict

Point = tuple[float, float]
"""x and y. A plain tuple, since documents have thousands: pydantic makes one without calling back into Python."""


class Quad(BaseModel):
    """Four corners, clockwise from where the text starts. Five decimals are kept (notes/ocr 3.2)."""

    model_config = ConfigDict(frozen=True)

    points: tuple[Point, Point, Point, Point]

    @classmethod
    def of_box(cls, left: float, top: float, right: float, bottom: float) -> Quad:
        left, top, right, bottom = (round(min(max(value, 0.0), 1.0), 5) for value in (left, top, right, bottom))
        return cls(points=((left, top), (right, top), (right, bottom), (left, bottom)))

    @property
    def box(self) -> tuple[float, float, float, float]:
        """Axis-aligned hull: left, top, right, bottom."""
        xs, ys = [x for x, _ in self.points], [y for _, y in self.points]
        return min(xs), min(ys), max(xs), max(ys)

    def part(self, begins: float, ends: float) -> Quad:
        """What lies between two shares of its length, both counted from where the text starts."""
        (ax, ay), (bx, by), (cx, cy), (dx, dy) = self.points

        def above(share: float) -> Point:
            return round(ax + share * (bx - ax), 5), round(ay + share * (by - ay), 5)

        def below(share: float) -> Point:
            return round(dx + share * (cx - dx), 5), round(dy + share * (cy - dy), 5)

        return Quad(points=(above(begins), above(ends), below(ends), below(begins)))

    @property
    def area(self) -> float:
        left, top, right, bottom = self.box
        return max(0.0, right - left) * max(0.0, bottom - top)


WHOLE = Quad.of_box(0.0, 0.0, 1.0, 1.0)


def hull(quads: Iterable[Quad]) -> Quad:
    """The smallest axis-aligned quad around all. Raises ValueError when there is none."""
    boxes = [quad.box for quad in quads]
    if not boxes:
        raise ValueError("a hull needs at least one quad")
    return Quad.of_box(
        min(box[0] for box in boxes),
        min(box[1] for box in boxes),
        max(box[2] for box in boxes),
        max(box[3] for box in boxes),
    )
