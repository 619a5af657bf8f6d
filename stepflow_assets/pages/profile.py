"""Everything besides a page's bytes that changes what is made of it. Cheap: nothing native is loaded."""

from __future__ import annotations

from functools import cache
from importlib.metadata import version

RULES = "4"
"""Raise when cells, signals, route or picture of the same page come out differently."""


@cache
def render_profile() -> str:
    """Part of the page id and of the memo key of /pages/prepare."""
    return f"rules {RULES}; pypdfium2 {version('pypdfium2')}; pillow {version('pillow')}"
