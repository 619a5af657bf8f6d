"""Pages set by hand: lines of text with boxes, as recognisers and text layers give them. A page is 600 × 800 points."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

from stepflow_assets.ocr.reading_order.blocks import OrderedBlock, ordered_blocks

WIDTH, HEIGHT = 600.0, 800.0
Cell = dict[str, Any]


def line(text: str, x: float, y: float, width: float, size: float = 10, **more: Any) -> Cell:
    """A line whose top left corner is at (x, y) points."""
    height = 1.25 * size
    corners = ((x, y), (x + width, y), (x + width, y + height), (x, y + height))
    return cell(text, corners, font_size=size, **more)


def cell(text: str, corners: Iterable[tuple[float, float]], **more: Any) -> Cell:
    points = [[px / WIDTH, py / HEIGHT] for px, py in corners]
    return {"text": text, "quad": {"points": points}, "confidence": None, "font_size": None, "bold": False, **more}


def recognised(cells: Iterable[Cell], confidence: float = 0.95) -> list[Cell]:
    """The same lines as a recogniser gives them: no font, but a confidence."""
    said = {"value": confidence, "kind": "ctc_char_mean"}
    return [{**item, "font_size": None, "bold": None, "confidence": said} for item in cells]


def turned(cells: Iterable[Cell], degrees: float) -> list[Cell]:
    """The same lines on a page that lies askew by this angle (around its middle)."""
    cosine, sine = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))

    def turn(point: list[float]) -> list[float]:
        x, y = point[0] * WIDTH - WIDTH / 2, point[1] * HEIGHT - HEIGHT / 2
        return [(x * cosine - y * sine + WIDTH / 2) / WIDTH, (x * sine + y * cosine + HEIGHT / 2) / HEIGHT]

    return [{**item, "quad": {"points": [turn(point) for point in item["quad"]["points"]]}} for item in cells]


def column(name: str, x: float, y: float, width: float, lines: int, pitch: float = 14) -> list[Cell]:
    """Running text: ``lines`` full lines, each naming its column and number."""
    return [line(f"{name} line {row:02d} of a column of text", x, y + row * pitch, width) for row in range(lines)]


def blocks(cells: Iterable[Cell]) -> list[OrderedBlock]:
    return ordered_blocks(list(cells), WIDTH, HEIGHT)


def order(cells: Iterable[Cell]) -> list[str]:
    """Texts of the lines in reading order."""
    return [item["text"] for block in blocks(cells) for item in block.cells]


def kinds(cells: Iterable[Cell]) -> list[tuple[str, str]]:
    return [(block.kind.label, block.text) for block in blocks(cells)]
