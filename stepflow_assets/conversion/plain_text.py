"""Plain text as a document: one element a paragraph, in the file's own order, with no markup read into it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from stepflow_assets.conversion.texts import decoded
from stepflow_assets.errors import DocumentDamaged

_LAYOUT = {"schema_name": "DoclingDocument", "version": "1.10.0", "name": "document"}


def convert_text(path: str) -> dict[str, Any]:
    """A DoclingDocument as JSON. Paragraphs are separated by empty lines; line breaks inside one are kept."""
    text = decoded(Path(path).read_bytes())
    if text is None:
        raise DocumentDamaged("the text holds binary data")
    paragraphs = [part.strip("\n") for part in re.split(r"\n[ \t]*\n", text.replace("\r\n", "\n").replace("\r", "\n"))]
    kept = [part for part in paragraphs if part.strip()]
    return {
        **_LAYOUT,
        "body": {
            "self_ref": "#/body",
            "children": [{"$ref": f"#/texts/{index}"} for index in range(len(kept))],
            "content_layer": "body",
            "name": "_root_",
            "label": "unspecified",
        },
        "groups": [],
        "texts": [_element(index, part) for index, part in enumerate(kept)],
        "tables": [],
        "pictures": [],
        "pages": {},
    }


def _element(index: int, text: str) -> dict[str, Any]:
    return {
        "self_ref": f"#/texts/{index}",
        "parent": {"$ref": "#/body"},
        "children": [],
        "content_layer": "body",
        "label": "text",
        "prov": [],
        "orig": text,
        "text": text,
    }
