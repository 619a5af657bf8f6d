"""Fonts for drawings: whatever this machine has, chosen character by character, so that most scripts are legible.

No installed Python package of ours ships a font beyond Pillow's own (Latin only), so other scripts need a font of the
system: DejaVu or Noto for Greek, Cyrillic, Hebrew and Arabic, Noto CJK, WenQuanYi, PingFang or Microsoft YaHei for
ideographs. A character that no font covers is drawn as an empty box and counted; the drawing says so. Arabic is
shaped and bidirectional lines are ordered where Pillow finds libraqm and fribidi. Pictures of pages need none of this.
"""

from __future__ import annotations

import os
import sys
import unicodedata
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.ImageDraw import ImageDraw
    from PIL.ImageFont import FreeTypeFont

Colour = tuple[int, int, int]

# Best first. The first that covers a character draws it.
_REGULAR = (
    "NotoSans-Regular", "DejaVuSans", "LiberationSans-Regular", "Arial", "Helvetica", "segoeui", "FreeSans",
    "NotoSansCJK-Regular", "NotoSansCJKsc-Regular", "NotoSansSC-Regular", "NotoSansJP-Regular", "wqy-microhei",
    "wqy-zenhei", "DroidSansFallbackFull", "DroidSansFallback", "PingFang", "Hiragino Sans GB", "AppleSDGothicNeo",
    "msyh", "YuGothM", "meiryo", "malgun", "simsun", "NotoSansArabic-Regular", "NotoNaskhArabic-Regular", "GeezaPro",
    "NotoSansHebrew-Regular", "NotoSansDevanagari-Regular", "NotoSansThai-Regular", "Arial Unicode", "ARIALUNI",
    "unifont",
)  # fmt: skip
_BOLD = ("NotoSans-Bold", "DejaVuSans-Bold", "LiberationSans-Bold", "Arial Bold", "arialbd", "segoeuib", "FreeSansBold")
_NEVER_A_CHARACTER = "\U0010ffff"


class Face:
    """Text of one size. ``missing`` collects the characters that no font covers."""

    def __init__(self, size: int, *, bold: bool = False) -> None:
        self.size = size
        self.line_height = round(size * 1.4)
        self.missing: set[str] = set()
        self._fonts = _fonts(size, (*_BOLD, *_REGULAR) if bold else _REGULAR)

    def width(self, text: str) -> float:
        return sum(self._advance(font, run) for font, run in self._runs(text))

    def draw(self, canvas: ImageDraw, position: tuple[float, float], text: str, fill: Colour) -> None:
        """One line from its left end; runs of a right-to-left line are placed from the right."""
        runs = list(self._runs(text))
        x, y = position
        for font, run in reversed(runs) if is_right_to_left(text) else runs:
            if font is None:
                for index in range(len(run)):
                    self._draw_box(canvas, x + index * self._box, y, fill)
            else:
                canvas.text((x, y + self.size), run, font=font, fill=fill, anchor="ls")
            x += self._advance(font, run)

    @property
    def _box(self) -> float:
        return self.size * 0.6

    def _draw_box(self, canvas: ImageDraw, x: float, y: float, fill: Colour) -> None:
        canvas.rectangle((x + 1, y + self.size * 0.3, x + self._box - 2, y + self.size), outline=fill)

    def _advance(self, font: FreeTypeFont | None, run: str) -> float:
        return len(run) * self._box if font is None else font.getlength(run)

    def _runs(self, text: str) -> Iterator[tuple[FreeTypeFont | None, str]]:
        """Neighbouring characters of one font together; what has no shape of its own stays with its neighbour."""
        current: FreeTypeFont | None = None
        run = ""
        for char in text:
            font = current if run and _is_neutral(char) else self._font_of(char)
            if run and font is not current:
                yield current, run
                run = ""
            current = font
            run += char
        if run:
            yield current, run

    def _font_of(self, char: str) -> FreeTypeFont | None:
        if _is_neutral(char):
            return self._fonts[0]
        for index, font in enumerate(self._fonts):
            if _covers(font, char):
                return self._fonts[index]
        self.missing.add(char)
        return None


def is_right_to_left(text: str) -> bool:
    """By the first character with a direction."""
    for char in text:
        direction = unicodedata.bidirectional(char)
        if direction in ("R", "AL", "L"):
            return direction != "L"
    return False


def _is_neutral(char: str) -> bool:
    return char.isspace() or unicodedata.category(char) in ("Mn", "Me", "Cf", "Cc")


@cache
def _fonts(size: int, names: tuple[str, ...]) -> tuple[FreeTypeFont, ...]:
    """Every known font that is installed, Pillow's own last."""
    from PIL import ImageFont

    found = _installed()
    fonts: list[FreeTypeFont] = []
    for name in names:
        path = found.get(name.lower())
        if path is None:
            continue
        try:
            fonts.append(ImageFont.truetype(str(path), size))
        except OSError:  # a file of that name that FreeType cannot read
            continue
    own = ImageFont.load_default(size)
    if isinstance(own, ImageFont.FreeTypeFont):
        fonts.append(own)
    return tuple(fonts)


@cache
def _covers(font: FreeTypeFont, char: str) -> bool:
    shape, nothing = font.getmask(char), font.getmask(_NEVER_A_CHARACTER)
    return shape.size != nothing.size or bytes(shape) != bytes(nothing)


@cache
def _installed() -> dict[str, Path]:
    """Font files by lower-case name without ending."""
    found: dict[str, Path] = {}
    for folder in _folders():
        for ending in ("*.ttf", "*.otf", "*.ttc"):
            for path in sorted(folder.rglob(ending)):
                found.setdefault(path.stem.lower(), path)
    return found


def _folders() -> Iterator[Path]:
    home = Path.home()
    if sys.platform == "darwin":
        yield from (Path("/System/Library/Fonts"), Path("/Library/Fonts"), home / "Library/Fonts")
    elif sys.platform == "win32":
        yield Path(os.environ.get("WINDIR", "C:/Windows")) / "Fonts"
    else:
        data = os.environ.get("XDG_DATA_HOME", str(home / ".local/share"))
        yield from (Path("/usr/share/fonts"), Path("/usr/local/share/fonts"), Path(data) / "fonts", home / ".fonts")
