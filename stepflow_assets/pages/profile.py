"""Everything besides a page's bytes that changes what is made of it. Cheap: nothing native is loaded."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.metadata import version

RULES = "4"
"""Raise when cells, signals, route or picture of the same page come out differently."""

MOST_PICTURE_BYTES = 8 << 20


@dataclass(frozen=True)
class PictureLimit:
    """Resource: bytes that the picture of a page may have once it is encoded."""

    bytes: int = MOST_PICTURE_BYTES


@cache
def render_profile() -> str:
    """Part of the page id, and of the memo key of /pages/prepare."""
    return f"rules {RULES}; pypdfium2 {version('pypdfium2')}; pillow {version('pillow')}"


def prepare_profile(limit: PictureLimit) -> str:
    """Of the memo key of /pages/prepare. A page id has the picture itself, whatever it was limited by."""
    return f"{render_profile()}; pictures up to {limit.bytes} bytes"
