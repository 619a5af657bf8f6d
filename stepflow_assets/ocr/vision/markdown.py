"""Markdown of our own: any model that follows instructions. It tells kinds and order, but no places: its blocks are aligned to
detected lines."""

from __future__ import annotations

import re

from bs4 import Tag
from markdown_it import MarkdownIt

from stepflow_assets.documents.recognized import RecognizedBlock
from stepflow_assets.ocr.protocol import Feature, Geometry
from stepflow_assets.ocr.vision.dialect import Ask, DialectReading, UnreadableAnswer
from stepflow_assets.ocr.vision.html_text import MalformedHtml, cells_of, grid_text, parsed, text_of
from stepflow_assets.ocr.vision.picture import PagePicture

PROMPT = """\
Transcribe this page as Markdown, in reading order, column by column.
Write exactly what the page says, in its language: translate nothing, correct nothing, add nothing, leave nothing out.
Headings: # to ######. Lists: - or 1. Tables: a Markdown table, or an HTML table where cells span rows or columns.
Formulas of their own: $$ on the line before and after, LaTeX between. Formulas in text: $…$. Code: fenced.
Pictures: only the text that is in them. Signatures and stamps: only what can be read.
If there is nothing to read on the page, answer <!-- blank --> and nothing else.
Answer with the Markdown alone."""
_BLANK = re.compile(r"\A\s*<!--\s*blank\s*-->\s*\Z", re.IGNORECASE)
_WHOLE_FENCE = re.compile(r"\A\s*```(?:markdown|md)\s*\n(.*?)(\n```\s*)?\Z", re.DOTALL | re.IGNORECASE)
_FORMULA = re.compile(r"^[ \t]*(?:\$\$(.+?)\$\$|\\\[(.+?)\\\])[ \t]*$", re.MULTILINE | re.DOTALL)
_MATH = "math"
_BOXES = frozenset({"div", "blockquote", "section", "article"})
_MARKDOWN = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])


class Markdown:
    version = "markdown r1"
    geometry = Geometry.NONE
    features = frozenset({Feature.LAYOUT, Feature.TABLES, Feature.MATH})

    def read(self, picture: PagePicture, ask: Ask) -> DialectReading:
        return DialectReading(blocks_of(ask(picture.png, PROMPT).text))


def blocks_of(answer: str) -> tuple[RecognizedBlock, ...]:
    """The answer's blocks in its order; none for an empty answer and for a page that it calls blank. Raises UnreadableAnswer."""
    if _BLANK.match(answer):
        return ()
    fenced = _WHOLE_FENCE.match(answer)
    source = _FORMULA.sub(_fenced_formula, fenced.group(1) if fenced else answer)
    try:
        body = parsed(_MARKDOWN.render(source))
        return tuple(block for child in body.find_all(recursive=False) for block in _blocks(child))
    except MalformedHtml as error:
        raise UnreadableAnswer(str(error)) from None


def _fenced_formula(found: re.Match[str]) -> str:
    """Markdown would read a formula's ``_`` and ``\\`` as its own signs, but not inside of a fence."""
    return f"\n```{_MATH}\n{(found.group(1) or found.group(2)).strip()}\n```\n"


def _blocks(tag: Tag) -> list[RecognizedBlock]:
    if re.fullmatch("h[1-6]", tag.name):
        return _one(
            RecognizedBlock(kind="section_header", raw_kind=tag.name, text=text_of(tag), level=int(tag.name[1]))
        )
    if tag.name == "table":
        return _table(tag)
    if tag.name in ("ul", "ol"):
        return _items(tag)
    if tag.name == "pre":
        return _one(_fence(tag))
    if tag.name in _BOXES and not any(str(text).strip() for text in tag.find_all(string=True, recursive=False)):
        return [block for child in tag.find_all(recursive=False) for block in _blocks(child)]
    return _one(RecognizedBlock(kind="text", raw_kind=tag.name, text=text_of(tag)))


def _one(block: RecognizedBlock) -> list[RecognizedBlock]:
    return [block] if block.text else []


def _fence(tag: Tag) -> RecognizedBlock:
    code = tag.find("code")
    text = tag.get_text().strip("\n")
    if code is not None and f"language-{_MATH}" in (code.get("class") or ()):
        return RecognizedBlock(kind="formula", raw_kind="$$", text=text, latex=text)
    return RecognizedBlock(kind="code", raw_kind="pre", text=text)


def _items(tag: Tag) -> list[RecognizedBlock]:
    found = []
    for item in tag.find_all("li"):
        text = text_of(item, without=frozenset({"ul", "ol"}))
        found += _one(RecognizedBlock(kind="list_item", raw_kind="li", text=text))
    return found


def _table(tag: Tag) -> list[RecognizedBlock]:
    cells = cells_of(tag)
    caption = tag.find("caption")
    above = _one(RecognizedBlock(kind="caption", raw_kind="caption", text=text_of(caption))) if caption else []
    return [
        *above,
        *_one(RecognizedBlock(kind="table", raw_kind="table", text=grid_text(cells), cells=cells, html=str(tag))),
    ]
