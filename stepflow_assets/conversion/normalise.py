"""A converted document made plain, still a DoclingDocument: each element has its own text, so that a character range of
it means something.

- A paragraph of differently formatted pieces (docling's group ``inline``) becomes its first piece with the whole text;
  so does a form field, whose pieces are its name and its value.
- Sheets are groups labelled ``sheet`` with the sheet's own name, whichever format they come from.
- Pictures lose their pixels: nothing downstream reads them, and they would be most of the bytes.
- What names the file or differs between equal conversions goes.
"""

from __future__ import annotations

from typing import Any

from stepflow_assets.conversion.items import resolve

_OF_PIECES = ("inline", "field_item")
_SHEET_PREFIX = "sheet: "  # docling's name for sheets of OpenDocument files


def normalised(document: dict[str, Any]) -> dict[str, Any]:
    """Changes ``document`` and returns it."""
    document["name"] = "document"
    document.pop("origin", None)
    for picture in document.get("pictures", ()):
        picture.pop("image", None)
    for page in document.get("pages", {}).values():
        page.pop("image", None)
    for group in document.get("groups", ()):
        _name_sheet(group)
    for holder in [document["body"], *_all(document)]:
        _merge_inline_children(document, holder)
    return document


def _all(document: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        item
        for kind in ("groups", "texts", "tables", "pictures", "field_regions", "field_items")
        for item in document.get(kind, ())
    ]


def _name_sheet(group: dict[str, Any]) -> None:
    if group.get("label") == "section" and str(group.get("name", "")).startswith(_SHEET_PREFIX):
        group["label"], group["name"] = "sheet", group["name"].removeprefix(_SHEET_PREFIX)


def _merge_inline_children(document: dict[str, Any], holder: dict[str, Any]) -> None:
    children = []
    for reference in holder.get("children", ()):
        item = resolve(document, reference["$ref"])
        pieces = _pieces(document, item) if item is not None and item.get("label") in _OF_PIECES else []
        if not pieces:
            children.append(reference)
            continue
        text = _joined([str(piece.get("text", "")) for piece in pieces])
        if "text" in holder and not str(holder["text"]).strip():  # a list item or heading that holds only the group
            holder["text"] = holder["orig"] = text
            continue
        first = pieces[0]
        first["text"] = first["orig"] = text
        if not all(piece.get("hyperlink") for piece in pieces if _has_letters(piece)):
            first.pop("hyperlink", None)  # it is of one piece, not of the paragraph
        if first.get("label") not in ("text", "list_item", "section_header", "title", "caption", "code"):
            first["label"] = "text"
        first["parent"] = {"$ref": holder["self_ref"]}
        children.append({"$ref": first["self_ref"]})
    if "children" in holder:
        holder["children"] = children


def _pieces(document: dict[str, Any], group: dict[str, Any]) -> list[dict[str, Any]]:
    found = [resolve(document, reference["$ref"]) for reference in group.get("children", ())]
    return [item for item in found if item is not None and "text" in item and item.get("label") != "marker"]


def _has_letters(piece: dict[str, Any]) -> bool:
    return any(char.isalnum() for char in str(piece.get("text", "")))


def _joined(texts: list[str]) -> str:
    """Pieces with single spaces between, none before closing punctuation and none after opening."""
    whole = ""
    for text in (part.strip() for part in texts):
        if not text:
            continue
        tight = not whole or text[0] in ".,;:!?)]}»”’%" or whole[-1] in "([{«“‘"
        whole += text if tight else f" {text}"
    return whole
