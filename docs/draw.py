"""Draws the pictures of docs/pages.md anew: ``python -m docs.draw HOME``, a home that ``stepflow-assets demo`` filled."""

from __future__ import annotations

import asyncio
import io
import sys
from pathlib import Path

from PIL import Image

from stepflow_assets.evidence.confidence import STEPS, UNTOLD
from stepflow_assets.operations.evidencing import draw_page
from stepflow_assets.operations.workspace import Workspace
from stepflow_assets.settings import Settings

FOLDER = Path(__file__).parent / "pictures"
PAGES = {"page-scan": ("examples:article-scan.pdf", 1), "page-text": ("examples:report.pdf", 2)}
_WIDTH, _COLOURS = 900, 96


def main() -> None:
    with Workspace(Settings(home=Path(sys.argv[1]))) as workspace:
        for name, (document, number) in PAGES.items():
            drawn = asyncio.run(draw_page(workspace, document, number))
            picture = Image.open(io.BytesIO(drawn.picture)).convert("RGB")
            small = picture.resize((_WIDTH, round(picture.height * _WIDTH / picture.width)), Image.Resampling.LANCZOS)
            _of_few_colours(small).save(FOLDER / f"{name}.png", optimize=True)


def _of_few_colours(picture: Image.Image) -> Image.Image:
    """A third of the bytes; the colours of the scale stay what they are."""
    common = picture.quantize(_COLOURS).getpalette() or []
    scale = [value for step in (*STEPS, UNTOLD) for value in step.colour]
    palette = Image.new("P", (1, 1))
    palette.putpalette([*scale, *common[: 3 * _COLOURS]])
    return picture.quantize(palette=palette, dither=Image.Dither.NONE)


if __name__ == "__main__":
    main()
