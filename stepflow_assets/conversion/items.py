"""Elements of a converted document in reading order, read from its JSON (importing docling-core costs two seconds)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Item = dict[str, Any]


@dataclass(frozen=True)
class Found:
    """An element and the nearest groups around it: a sheet by its name, and whether it is on a slide."""

    item: Item
    sheet: str | None
    on_slide: bool
    in_table: bool


def resolve(document: Mapping[str, Any], path: str) -> dict[str, Any] | None:
    """``#/texts/12`` or ``#/body``; None when there is no such element."""
    value: Any = document
    for part in path.removeprefix("#/").split("/"):
        if isinstance(value, list) and part.isdecimal() and int(part) < len(value):
            value = value[int(part)]
        elif isinstance(value, dict) and part in value:
            value = value[part]
        else:
            return None
    return value if isinstance(value, dict) else None


def elements(document: Mapping[str, Any]) -> Iterator[Found]:
    """Every element once. Captions come before what they belong to; what only repeats a table's cells is left out."""
    seen: set[str] = set()
    yield from _below(document, Found(document["body"], None, False, False), seen)


def _below(document: Mapping[str, Any], around: Found, seen: set[str]) -> Iterator[Found]:
    parent, in_table = around.item, around.in_table or "table_cells" in around.item.get("data", {})
    for reference in (*parent.get("captions", ()), *parent.get("children", ()), *parent.get("footnotes", ())):
        path = reference["$ref"]
        item = resolve(document, path)
        if item is None or path in seen:
            continue
        seen.add(path)
        sheet = str(item["name"]) if item.get("label") == "sheet" else around.sheet
        on_slide = around.on_slide or _is_slide(item)
        is_caption = any(caption["$ref"] == path for caption in parent.get("captions", ()))
        for caption in item.get("captions", ()):
            captioned = resolve(document, caption["$ref"])
            if captioned is not None and caption["$ref"] not in seen:
                seen.add(caption["$ref"])
                yield Found(captioned, sheet, on_slide, in_table)
        yield Found(item, sheet, on_slide, in_table and not is_caption)
        yield from _below(document, Found(item, sheet, on_slide, in_table), seen)


def _is_slide(item: Item) -> bool:
    """docling's group around what is on a slide; a converted PDF has pages with sizes, but no slides."""
    return item.get("label") == "chapter" and str(item.get("name", "")).startswith("slide-")
