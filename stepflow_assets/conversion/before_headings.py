"""What a web page says before its first heading. docling takes all of it for furniture: a byline and the key points of an
article as well as its menu. Only the page's title, which is not shown, and rows of short links are."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import groupby, takewhile
from typing import Any

from stepflow_assets.conversion.items import Item, elements

FORMATS_OF_WEB_PAGES = frozenset({"html", "epub", "md"})  # Markdown with HTML in it
_SHORT = 8  # words
_MENU = 2  # short links in a row


def keep_what_comes_before_headings(document: Mapping[str, Any]) -> None:
    """Changes the layer of those elements of ``document`` that are content."""
    first = takewhile(lambda found: found.item.get("content_layer") != "body", elements(document))
    taken = (found.item for found in first if found.item.get("content_layer") == "furniture")
    shown = [item for item in taken if item.get("text") or "data" in item]
    for is_link, row in groupby(shown, key=_is_link):
        together = list(row)
        if is_link and len(together) >= _MENU:
            continue
        for item in together:
            if item.get("label") != "title":
                item["content_layer"] = "body"


def _is_link(item: Item) -> bool:
    """A short one, or what stands between links."""
    if "data" in item:
        return False
    text = str(item["text"])
    return not any(char.isalnum() for char in text) or (bool(item.get("hyperlink")) and len(text.split()) < _SHORT)
