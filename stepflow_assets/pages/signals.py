"""Signals of a page that decide its route (notes/ocr 4.2): how sound its text is, and how much ink the text explains."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from stepflow_assets.pages.plain_calls import HAS_MAP_ERROR, address
from stepflow_assets.pages.script import script_signals

Grey = np.ndarray[Any, np.dtype[np.uint8]]
Mask = np.ndarray[Any, np.dtype[np.bool_]]
Box = tuple[float, float, float, float]
"""left, top, right, bottom on the displayed page, 0..1."""

_MOST_PROBED = 5000  # characters asked for their Unicode mapping; beyond, every n-th
_FIRST_PROBED = 400  # when these are all sound, the others are: one in a hundred would show with 98 % certainty
_FEWEST_GUESSED = 40  # letters that a vowel share says something about
_INK_CONTRAST = 48  # grey levels from the page's background
_WHITE = 255
_MARGIN = 1  # pixels around a text box that belong to it


def text_signals(textpage: Any, text: str) -> dict[str, float]:
    """Signals of the text layer: those of its script; ``maperr``, the share of characters whose Unicode PDFium had to
    guess; and ``guess``, the share of vowels among the guessed Latin letters (0 where there are fewer than 40)."""
    count, page = len(text), address(textpage)
    probed = range(0, count, max(1, count // _MOST_PROBED))
    few = probed[:: max(1, len(probed) // _FIRST_PROBED)]
    guessed = []
    if any(HAS_MAP_ERROR(page, index) == 1 for index in few):
        guessed = [text[index] for index in probed if HAS_MAP_ERROR(page, index) == 1]
    plain = script_signals("".join(guessed)) if len(guessed) >= _FEWEST_GUESSED else None
    sound = plain is not None and plain["latin"] > 0.9 and plain["bad"] == 0.0
    return {
        **script_signals(text),
        "maperr": _share(len(guessed), len(probed)),
        "guess": plain["vowel"] if plain and sound else 0.0,
    }


def coverage(shape: tuple[int, ...], images: Sequence[Box]) -> float:
    """``cov`` of :func:`ink_signals`: union of the images, as a share of a picture of this shape."""
    return _filled(mask_of(shape, images, 0))


def ink_signals(grey: Grey, text: Sequence[Box], images: Sequence[Box], *, seen: bool = True) -> dict[str, float]:
    """Shares of the page, from its small grey picture (rows × columns).

    ``ink``: pixels that differ from the background (of the page); ``cov``: union of the images (of the page); ``unx``:
    ink outside text boxes (of all ink); ``unx_noimg``: ink outside text boxes and images (of all ink); ``seen``: 1, or 0
    where the picture was drawn without the images: then ink is counted outside them only.
    """
    ink = _ink(grey)
    covered = mask_of(grey.shape, images, 0)
    if not seen:
        ink &= ~covered
    total = int(np.count_nonzero(ink))
    unexplained = ink & ~mask_of(grey.shape, text, _MARGIN)
    outside_images = int(np.count_nonzero(unexplained & ~covered))
    return {
        "ink": round(total / grey.size, 5),
        "cov": _filled(covered),
        "unx": _share(int(np.count_nonzero(unexplained)), total),
        "unx_noimg": _share(outside_images, total),
        "seen": float(seen),
    }


def unexplained_ink(grey: Grey, text: Sequence[Box]) -> Mask:
    """The pixels that differ from the background and are in no box of the text layer."""
    return _ink(grey) & ~mask_of(grey.shape, text, _MARGIN)


def has_plain_ground(grey: Grey, images: Sequence[Box]) -> bool:
    """Whether one grey fills most of the page outside the images: then it is the background whatever the images show."""
    outside = ~mask_of(grey.shape, images, 0)
    return 2 * int(np.count_nonzero((grey == _background(grey)) & outside)) > grey.size


def _ink(grey: Grey) -> Mask:
    background = _background(grey)
    return (grey > min(background + _INK_CONTRAST, 255)) | (grey < max(background - _INK_CONTRAST, 0))


def _background(grey: Grey) -> int:
    """The commonest grey: white on nearly every page, which is cheaper to see than to find."""
    if 2 * int(np.count_nonzero(grey == _WHITE)) > grey.size:
        return _WHITE
    return int(np.bincount(grey.ravel(), minlength=256).argmax())


def mask_of(shape: tuple[int, ...], boxes: Iterable[Box], margin: int) -> Mask:
    """Pixels of a picture of this shape that lie in a box, or ``margin`` pixels beside one."""
    rows, columns = shape
    mask = np.zeros((rows, columns), dtype=np.bool_)
    for left, top, right, bottom in boxes:
        first_row, last_row = max(0, int(top * rows) - margin), min(rows, round(bottom * rows + 0.5) + margin)
        first, last = max(0, int(left * columns) - margin), min(columns, round(right * columns + 0.5) + margin)
        if last_row > first_row and last > first:
            mask[first_row:last_row, first:last] = True
    return mask


def _filled(mask: Mask) -> float:
    return round(float(np.count_nonzero(mask)) / mask.size, 4)


def _share(part: int, whole: int) -> float:
    return round(part / whole, 4) if whole else 0.0
