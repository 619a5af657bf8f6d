"""What a worker sends back for one page. Importable everywhere: nothing native is loaded."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class PageBytes:
    """``cells`` is JSON (a list of TextCell), ``picture`` an image file; null where there is none.

    ``picture_px`` is the long side of the picture (0: none), ``regions`` what of it is shown (empty: all), ``milliseconds``
    the wall-clock time the page took.
    """

    page: int
    page_id: str
    width_pt: float
    height_pt: float
    rotation: int
    route: str
    reason: str
    signals: dict[str, float]
    cells: bytes | None
    picture: bytes | None
    picture_px: int
    regions: tuple[tuple[float, float, float, float], ...] = ()
    milliseconds: float = field(default=0.0, compare=False)
