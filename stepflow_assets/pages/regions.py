"""Where on a page with a sound text layer there may be text that the layer has not: its pictures, and ink outside the layer.

Recognition reads only these regions. The picture it gets keeps the size of the page and is white everywhere else, so that
quads stay quads of the page. Lines of the layer inside a region go under their ground, where it is plain: what is there
already is not recognised again.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import PIL.Image

from stepflow_assets.pages.signals import Box, Grey, Mask, mask_of, unexplained_ink

_TILE = 8  # pixels of the small grey picture, 4 mm: about a line of text
_LEAST_INK = 12  # pixels in a region without a picture: fewer are specks, and edges of letters outside their boxes
_SMALLEST = 3  # pixels of a picture's side: smaller ones are bullets and rules
_ROUND_TEXT = 2  # pixels of the page's picture that letters may stick out of their box
_RING = 3  # pixels around that: the ground a line stands on
_SHADE, _PLAIN = 32, 0.7  # grey levels from the commonest; the share of the ring that has to be as near


def regions_of(grey: Grey, text: Sequence[Box], images: Sequence[Box]) -> tuple[Box, ...]:
    """Boxes 0..1 that do not overlap, from the page's small grey picture, the boxes of its text layer and its images.
    Each has room around what it holds."""
    rows, columns = grey.shape
    shown = [
        (left, top, right, bottom)
        for left, top, right, bottom in images
        if (min(right, 1) - max(left, 0)) * columns >= _SMALLEST and (min(bottom, 1) - max(top, 0)) * rows >= _SMALLEST
    ]
    ink = _in_tiles(unexplained_ink(grey, text))
    pictures = _in_tiles(mask_of(grey.shape, shown, 0))
    hulls = [
        hull
        for tiles, hull in _connected(_widened((ink > 0) | (pictures > 0)))
        if any(pictures[tile] for tile in tiles) or sum(int(ink[tile]) for tile in tiles) >= _LEAST_INK
    ]
    return tuple(
        (
            round(left * _TILE / columns, 5),
            round(top * _TILE / rows, 5),
            round(min(1.0, right * _TILE / columns), 5),
            round(min(1.0, bottom * _TILE / rows), 5),
        )
        for left, top, right, bottom in sorted(_merged(hulls), key=lambda hull: (hull[1], hull[0]))
    )


def only_regions(page: PIL.Image.Image, regions: Sequence[Box], text: Sequence[Box]) -> PIL.Image.Image:
    """The picture of the page: white outside the regions, and inside them without the lines of the layer that stand on a
    plain ground. Over a photograph, or under a stamp, a line stays: painting over it would take more than the line."""
    pixels = np.asarray(page)
    bare = pixels.copy()
    for box in text:
        if any(_overlap(box, region) for region in regions):
            _paint_over(bare, pixels, box)
    kept = np.full_like(pixels, 255)
    for region in regions:
        place = _place(pixels.shape, region, 0)
        kept[place] = bare[place]
    return PIL.Image.fromarray(kept)


def _paint_over(
    bare: np.ndarray[Any, np.dtype[np.uint8]], pixels: np.ndarray[Any, np.dtype[np.uint8]], box: Box
) -> None:
    inner, outer = (_place(pixels.shape, box, room) for room in (_ROUND_TEXT, _ROUND_TEXT + _RING))
    ring = np.ones(pixels.shape[:2], dtype=np.bool_)[outer]
    rows, columns = (slice(a.start - b.start, a.stop - b.start) for a, b in zip(inner, outer, strict=True))
    ring[rows, columns] = False
    around = pixels[outer][ring]
    if not len(around):
        return
    ground = np.median(around, axis=0)
    near = np.abs(around - ground) <= _SHADE
    if float(np.mean(near.all(axis=-1) if around.ndim > 1 else near)) >= _PLAIN:
        bare[inner] = ground


def _place(shape: tuple[int, ...], box: Box, room: int) -> tuple[slice, slice]:
    """Rows and columns of a box, and of ``room`` pixels around it."""
    rows, columns = shape[:2]
    left, top, right, bottom = box
    return (
        slice(max(0, int(top * rows) - room), min(rows, math.ceil(bottom * rows) + room)),
        slice(max(0, int(left * columns) - room), min(columns, math.ceil(right * columns) + room)),
    )


def _in_tiles(mask: Mask) -> np.ndarray[Any, np.dtype[np.int64]]:
    """Pixels set in each tile."""
    rows, columns = (-(-side // _TILE) for side in mask.shape)
    padded = np.zeros((rows * _TILE, columns * _TILE), dtype=np.bool_)
    padded[: mask.shape[0], : mask.shape[1]] = mask
    counts: np.ndarray[Any, np.dtype[np.int64]] = np.count_nonzero(
        padded.reshape(rows, _TILE, columns, _TILE), axis=(1, 3)
    )
    return counts


def _widened(tiles: Mask) -> Mask:
    """One tile more on each side."""
    rows, columns = tiles.shape
    padded = np.pad(tiles, 1)
    wide = np.zeros_like(tiles)
    for down in range(3):
        for across in range(3):
            wide |= padded[down : down + rows, across : across + columns]
    return wide


Tile = tuple[int, int]
Hull = tuple[int, int, int, int]
"""left, top, right, bottom in tiles."""


def _connected(tiles: Mask) -> Iterator[tuple[list[Tile], Hull]]:
    """Groups of tiles that touch, with the box around each."""
    left = {(int(row), int(column)) for row, column in np.argwhere(tiles)}
    while left:
        group = [left.pop()]
        for row, column in group:  # grows while it is walked through
            near = {(row + down, column + across) for down in (-1, 0, 1) for across in (-1, 0, 1)} & left
            left -= near
            group += near
        rows, columns = [row for row, _ in group], [column for _, column in group]
        yield group, (min(columns), min(rows), max(columns) + 1, max(rows) + 1)


def _merged(hulls: Sequence[Hull]) -> list[Hull]:
    """Overlapping boxes as one, until none overlap."""
    apart: list[Hull] = []
    for hull in hulls:
        merged = hull
        while True:
            over = [other for other in apart if _overlap(merged, other)]
            if not over:
                break
            apart = [other for other in apart if other not in over]
            around = [merged, *over]
            merged = (
                min(box[0] for box in around),
                min(box[1] for box in around),
                max(box[2] for box in around),
                max(box[3] for box in around),
            )
        apart.append(merged)
    return apart


def _overlap(one: Hull | Box, other: Hull | Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]
