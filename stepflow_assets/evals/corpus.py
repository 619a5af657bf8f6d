"""The corpus: which documents there are, which family each belongs to, and what its ground truth is worth (the manifest
says so)."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from stepflow_assets.evals.families import FAMILIES, PAGED
from stepflow_assets.evals.truth import TrueDocument, TruePage, TrueWord
from stepflow_assets.evals.truth_files import (
    annotated_pages,
    docling_pages,
    docling_text,
    layer_pages,
    markdown_text,
    words_pages,
)
from stepflow_assets.ocr.reading_order.segments import is_rtl

_CLEAN_DPI = 150


def documents(corpus: Path, families: Sequence[str] = FAMILIES) -> list[TrueDocument]:
    """Documents of these families with their truth, in the manifest's order. Broken documents have no truth and are left
    out. Raises FileNotFoundError without a manifest."""
    listed = json.loads((corpus / "manifest.json").read_bytes())
    return [_document(corpus, entry) for entry in listed if _family(entry) in families]


def _family(entry: dict[str, Any]) -> str:
    if entry["category"] != "scans_derived":
        return str(entry["category"])
    clean = not entry["skew"] and not entry["rotation"] and entry["dpi"] >= _CLEAN_DPI
    return "scans_clean" if clean else "scans_degraded"


def _document(corpus: Path, entry: dict[str, Any]) -> TrueDocument:
    file, family = corpus / entry["path"], _family(entry)
    truths = [corpus / name for name in entry["groundtruth"]]
    document = TrueDocument(file, family, paged=family in PAGED)
    if family not in PAGED:
        return replace(document, text=_flowing_text(truths))
    layer = bool(entry.get("text_chars"))
    pages = _pages(entry, truths, layer)
    if layer:
        pages = [_with_layer(page, *found) for page, found in zip(pages, layer_pages(file), strict=True)]
    text = next((markdown_text(truth) for truth in truths if truth.suffix == ".md"), None) if not layer else None
    return replace(
        document,
        pages=tuple(pages),
        text=text,
        ordered=text is not None,
        reference="noisy" in entry["gt_kind"],
    )


def _with_layer(page: TruePage, text: str, words: tuple[TrueWord, ...]) -> TruePage:
    """A layer that runs from right to left is stored as it looks, letter by letter: what it says is known from elsewhere."""
    if not is_rtl(text):
        return replace(page, text=text, words=words)
    said = [area.text for area in page.areas if area.text is not None]
    return replace(page, text="\n".join(said) if said else None)


def _pages(entry: dict[str, Any], truths: Sequence[Path], layer: bool) -> list[TruePage]:
    count = entry.get("pages") or 1
    for truth in truths:
        if truth.name.endswith(".words.json"):
            return words_pages(truth)
        if truth.suffix == ".xml":
            known = annotated_pages(truth, Path(entry["original_name"]).stem, count, layer=layer)
            return known or [TruePage(number, layer) for number in range(1, count + 1)]
        if truth.suffix == ".json" and not truth.name.endswith(".meta.json"):
            by_number = {page.number: page for page in docling_pages(truth, layer=layer)}
            return [by_number.get(number, TruePage(number, layer)) for number in range(1, count + 1)]
    return [TruePage(number, layer) for number in range(1, count + 1)]


def _flowing_text(truths: Sequence[Path]) -> str | None:
    for suffix, read in ((".json", docling_text), (".md", markdown_text)):
        for truth in truths:
            if truth.suffix == suffix:
                return read(truth)
    return None


def families_of(found: Sequence[TrueDocument]) -> Iterator[tuple[str, list[TrueDocument]]]:
    """Documents by family, in the order of FAMILIES; families without documents are left out."""
    for family in FAMILIES:
        members = [document for document in found if document.family == family]
        if members:
            yield family, members
