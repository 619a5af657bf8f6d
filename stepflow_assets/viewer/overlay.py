"""Blocks and places as shapes over a page's picture. Pure: SVG units are thousandths of the page's width."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from stepflow_assets.documents.geometry import Quad
from stepflow_assets.evidence.confidence import shown, step_of

WIDTH = 1000
_ROOM = 3.5  # units between text and outline
_NAME = 120  # characters of a block's text in its accessible name


@dataclass(frozen=True)
class BlockShape:
    """A block over the picture and in the list below it. ``points`` is empty where it has no place on the page."""

    number: int
    kind: str
    text: str
    points: str
    x: float
    y: float
    confidence: str
    step: str
    furniture: bool
    table: Sequence[Sequence[str]] | None

    @property
    def name(self) -> str:
        """What a screen reader says of it."""
        parts = [f"Block {self.number}, {self.kind}"]
        if self.furniture:
            parts.append("furniture")
        if self.confidence:
            parts.append(f"confidence {self.confidence}")
        return f"{', '.join(parts)}: {shortened(self.text, _NAME)}"


def height_of(width_pt: float, height_pt: float) -> float:
    """Of the page in SVG units."""
    return round(WIDTH * height_pt / width_pt, 1)


def shapes(blocks: Iterable[Mapping[str, Any]], height: float) -> list[BlockShape]:
    """In reading order, as the blocks are."""
    found = []
    for number, block in enumerate(blocks, 1):
        corners = block["quad"]["points"] if block.get("quad") else []
        confidence = block["confidence"]["value"] if block.get("confidence") else None
        found.append(
            BlockShape(
                number=number,
                kind=str(block["kind"]).replace("_", " "),
                text=block["text"],
                points=_points(_with_room(corners, height), height),
                x=round(min((x for x, _ in corners), default=0.0) * WIDTH, 1),
                y=round(min((y for _, y in corners), default=0.0) * height, 1),
                confidence=shown(confidence),
                step=step_of(confidence).name,
                furniture=bool(block.get("furniture")),
                table=block.get("table"),
            )
        )
    return found


def outlines(quads: Iterable[Quad], height: float) -> list[str]:
    return [_points(_with_room(quad.points, height), height) for quad in quads]


def described(blocks: Sequence[BlockShape]) -> str:
    """The page in words, for those who do not see its picture."""
    if not blocks:
        return "no blocks"
    counts: dict[str, int] = {}
    for block in blocks:
        counts[block.kind] = counts.get(block.kind, 0) + 1
    count = f"{len(blocks)} block{'' if len(blocks) == 1 else 's'}"
    kinds = ", ".join(f"{number} {kind}" for kind, number in sorted(counts.items(), key=lambda item: -item[1]))
    first = next((block for block in blocks if block.kind in ("title", "section header")), blocks[0])
    return f"{count} ({kinds}); it begins “{shortened(first.text, _NAME)}”"


def shortened(text: str, most: int) -> str:
    """In one line, cut at a space."""
    line = " ".join(text.split())
    if len(line) <= most:
        return line
    cut = line[:most].rsplit(" ", 1)[0] if " " in line[:most] else line[:most]
    return f"{cut}…"


def _with_room(corners: Sequence[Sequence[float]], height: float) -> list[Sequence[float]]:
    """Moved outwards a little: the boxes of text are tight, and no line should run through its letters."""
    if not corners:
        return []
    middle_x = sum(x for x, _ in corners) / len(corners)
    middle_y = sum(y for _, y in corners) / len(corners)
    return [
        (x + (_ROOM if x > middle_x else -_ROOM) / WIDTH, y + (_ROOM if y > middle_y else -_ROOM) / height)
        for x, y in corners
    ]


def _points(corners: Iterable[Sequence[float]], height: float) -> str:
    return " ".join(f"{round(x * WIDTH, 1):g},{round(y * height, 1):g}" for x, y in corners)
