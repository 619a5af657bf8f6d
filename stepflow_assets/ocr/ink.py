"""Does a picture hold something that looks like writing? Asked only where a provider found no text at all."""

from __future__ import annotations

_LONG_SIDE = 1200  # glyphs of ordinary print are 8 to 30 pixels high at this size
_TILE = 16
_MARGIN = 0.03  # scanner edges and binding shadows are not writing
_GLYPH_HEIGHT = (5, 90)
_GLYPH_WIDTH = (2, 140)
_PAPER_SHARE = 0.35  # around a tile; with less, it is part of a photograph or a coloured area
_SHADES = 1.6  # half-tones against ink: letters have them at their edges only, textures everywhere
_LEAST_CONTRAST = 40  # grey levels


def text_like_marks(path: str) -> int:
    """Marks of the size of glyphs that stand on a background; photographs, areas, long rules and specks do not count.

    Returns 0 for a picture that cannot be decoded: its provider has already said so.
    """
    import cv2
    import numpy as np

    picture = cv2.imread(path, cv2.IMREAD_GRAYSCALE)
    if picture is None:
        return 0
    scale = _LONG_SIDE / max(picture.shape)
    if scale < 1:
        picture = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    height, width = picture.shape
    inset_y, inset_x = int(height * _MARGIN), int(width * _MARGIN)
    picture = picture[inset_y : height - inset_y, inset_x : width - inset_x]
    if min(picture.shape) < _TILE:
        return 0
    distance = np.abs(picture.astype(np.int16) - int(np.median(picture)))  # from the paper
    usual, highest = (float(level) for level in np.percentile(distance, (99.5, 99.95)))
    contrast = usual if usual >= _LEAST_CONTRAST else highest  # a page with one word has hardly any ink
    if contrast < _LEAST_CONTRAST:
        return 0
    paper, ink = (distance < 0.2 * contrast).astype(np.float32), (distance > 0.5 * contrast).astype(np.uint8)
    on_paper = cv2.blur(paper, (3 * _TILE, 3 * _TILE)) >= _PAPER_SHARE
    ink[~on_paper] = 0
    shades = np.count_nonzero(on_paper) - np.count_nonzero(ink) - np.count_nonzero(paper[on_paper])
    if shades > _SHADES * np.count_nonzero(ink):
        return 0
    _, _, stats, _ = cv2.connectedComponentsWithStats(ink, connectivity=8)
    widths, heights, areas = stats[1:, cv2.CC_STAT_WIDTH], stats[1:, cv2.CC_STAT_HEIGHT], stats[1:, cv2.CC_STAT_AREA]
    glyphs = (
        (heights >= _GLYPH_HEIGHT[0])
        & (heights <= _GLYPH_HEIGHT[1])
        & (widths >= _GLYPH_WIDTH[0])
        & (widths <= _GLYPH_WIDTH[1])
        & (areas >= 10)
        & (areas > 0.12 * widths * heights)
    )
    return int(glyphs.sum())
