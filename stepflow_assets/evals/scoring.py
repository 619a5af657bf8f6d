"""A document as it was read, held against its truth. Pure.

Text is compared by place, so that recognition and reading order are scored apart: true words go to the line whose box holds
them, true paragraphs get the lines inside them. Order is then its own figure.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from stepflow_assets.documents.geometry import hull
from stepflow_assets.documents.page import Block, TextCell
from stepflow_assets.evals.order import Disorder, disorder
from stepflow_assets.evals.reading import ReadDocument, ReadPage
from stepflow_assets.evals.scores import Scores, Share
from stepflow_assets.evals.tables import Box, Cell, Table, tables_found
from stepflow_assets.evals.texts import Errors, character_errors, word_errors, words_found
from stepflow_assets.evals.truth import Point, TrueArea, TrueDocument, TruePage, TrueWord

_REACH = 0.5  # line heights beyond a line's box in which a true word still belongs to it
_TIGHT = 0.1  # line heights: no space is narrower
_MARGIN = 0.08  # of the page height
_CUT = "- \u0002\u00ad\ufffe"  # what a word that goes on in the next line ends in


def score(truth: TrueDocument, read: ReadDocument) -> Scores:
    """Scores of one document, without seconds."""
    whole = Scores(
        documents=1,
        evidence=Share(len(read.chunks) - read.unresolved, len(read.chunks)),
        failed=tuple(f"{truth.file.name}: {failure}" for failure in read.failures),
    )
    by_number = {page.number: page for page in read.pages}
    for page in truth.pages:
        whole += _page(page, by_number.get(page.number) or ReadPage(page.number, None, 0.0, 0.0))
    if truth.text is not None:
        whole += _text(truth, truth.text, read)
    return whole


def _page(truth: TruePage, read: ReadPage) -> Scores:
    lines = [_Line(line, block.furniture, read.width, read.height) for block in read.blocks for line in block.lines]
    scores = Scores(pages=1, routes=Counter({("layer" if truth.layer else "picture", read.route or "failed"): 1}))
    if truth.words and not truth.layer:
        scores += _by_words(truth.words, lines)
    if truth.text is not None:
        scores += _bag(truth, read)
    if truth.areas:
        scores += _by_areas(truth.areas, lines)
    if truth.tables is not None:
        scores += Scores(tables=tables_found(truth.tables, [_table(block) for block in read.blocks if block.table]))
        if not truth.layer and truth.tables:
            texts = [cell.text for table in truth.tables for cell in table.cells]
            texts += [area.text or "" for area in truth.areas]
            scores += Scores(words=words_found(texts, [block.text for block in read.blocks]))
    return scores


def _bag(truth: TruePage, read: ReadPage) -> Scores:
    """Words of the page, without lines that stand where the truth knows of no text."""
    texts: list[str] = []
    beside = 0
    for block in read.blocks:
        kept = [line.text for line in block.lines if not truth.words or _known(line, truth.words)]
        texts.append(block.text if len(kept) == len(block.lines) else "\n".join(kept))
        beside += sum(len(line.text.split()) for line in block.lines) - sum(len(text.split()) for text in kept)
    return Scores(words=words_found([truth.text or ""], texts), beside=beside)


def _known(line: TextCell, words: Sequence[TrueWord]) -> bool:
    box = line.quad.box
    return any(_touches(box, word.extent) for word in words)


def _text(truth: TrueDocument, text: str, read: ReadDocument) -> Scores:
    found = [block.text for page in read.pages for block in page.blocks]
    if truth.reference:
        return Scores(reference=words_found([text], found))
    if not truth.ordered:
        return Scores(words=words_found([text], found))
    said = "\n".join(found)
    return Scores(
        characters=character_errors(text, said), word_order=word_errors(text, said), words=words_found([text], found)
    )


@dataclass(frozen=True, slots=True)
class _Line:
    cell: TextCell
    furniture: bool
    width: float
    height: float  # of the page, points

    def along(self, point: Point) -> tuple[float, float]:
        """Where a point lies: line heights from the line's start, and from its top (0..1: inside)."""
        corners = [(x * self.width, y * self.height) for x, y in self.cell.quad.points]
        (x0, y0), (x1, y1), _, (x3, y3) = corners
        across, down = (x1 - x0, y1 - y0), (x3 - x0, y3 - y0)
        area = across[0] * down[1] - across[1] * down[0]
        if abs(area) < 1e-9:
            return math.inf, math.inf
        dx, dy = point[0] * self.width - x0, point[1] * self.height - y0
        share = (dx * down[1] - dy * down[0]) / area
        return share * self.length, (across[0] * dy - across[1] * dx) / area

    @property
    def is_running(self) -> bool:
        """Whether it is a running header or footer, or stands where these do: a text layer has them first or last."""
        _, top, _, bottom = self.cell.quad.box
        return self.furniture or bottom < _MARGIN or top > 1 - _MARGIN

    @property
    def length(self) -> float:
        """In line heights."""
        corners = [(x * self.width, y * self.height) for x, y in self.cell.quad.points]
        return math.dist(corners[0], corners[1]) / max(math.dist(corners[0], corners[3]), 1e-9)


def _by_words(words: Sequence[TrueWord], lines: Sequence[_Line]) -> Scores:
    of_line: list[list[int]] = [[] for _ in lines]
    missed: list[str] = []
    for index, word in enumerate(words):
        home = _home(word, lines)
        if home is None:
            missed.append(word.text)
        else:
            of_line[home].append(index)
    characters, word_order = Errors(), Errors()
    for line, members in zip(lines, of_line, strict=True):
        if not members and not _known(line.cell, words):
            continue
        true, said = _said(line, [words[index] for index in members]), line.cell.text.rstrip(_CUT)
        characters += character_errors(true, said)
        word_order += word_errors(true, said)
    lost = " ".join(missed)
    return Scores(
        characters=characters + character_errors(lost, ""),
        word_order=word_order + word_errors(lost, ""),
        order=_order_of_words(lines, of_line),
    )


def _said(line: _Line, words: Sequence[TrueWord]) -> str:
    """The line as the truth has it. A text layer cuts words where its font changes: pieces that touch are one word."""
    text = ""
    reach = -math.inf
    for begins, ends, said in sorted((line.along(word.start)[0], line.along(word.end)[0], word.text) for word in words):
        text += said if begins - reach < _TIGHT else f" {said}"
        reach = ends
    return text.strip().rstrip(_CUT)


def _order_of_words(lines: Sequence[_Line], of_line: Sequence[Sequence[int]]) -> Disorder:
    """Of lines, by the middle one of their words. Where a running header or footer comes is a convention, not an order."""
    return disorder(
        [
            float(sorted(members)[len(members) // 2])
            for line, members in zip(lines, of_line, strict=True)
            if members and not line.is_running
        ]
    )


def _home(word: TrueWord, lines: Sequence[_Line]) -> int | None:
    """The line that holds the word's middle, nearest to the line's own."""
    best: tuple[float, int] | None = None
    for index, line in enumerate(lines):
        along, down = line.along(word.middle)
        off = abs(down - 0.5)
        if -_REACH <= along <= line.length + _REACH and off <= 0.5 + _REACH and (best is None or off < best[0]):
            best = (off, index)
    return None if best is None else best[1]


def _touches(one: Box, other: Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def _by_areas(areas: Sequence[TrueArea], lines: Sequence[_Line]) -> Scores:
    inside: dict[int, list[str]] = {}
    positions: list[float] = []
    for line in lines:
        left, top, right, bottom = line.cell.quad.box
        x, y = (left + right) / 2, (top + bottom) / 2
        holding = [index for index, area in enumerate(areas) if _holds(area.box, x, y)]
        if not holding:
            continue
        index = min(holding, key=lambda each: _size(areas[each].box))
        inside.setdefault(index, []).append(line.cell.text)
        order = areas[index].order
        if order is not None and not line.is_running:
            positions.append(order)
    characters, word_order = Errors(), Errors()
    for index, area in enumerate(areas):
        if area.text is not None:
            said = "\n".join(inside.get(index, ()))
            characters += character_errors(area.text, said)
            word_order += word_errors(area.text, said)
    return Scores(characters=characters, word_order=word_order, order=disorder(positions))


def _holds(box: Box, x: float, y: float) -> bool:
    return box[0] <= x <= box[2] and box[1] <= y <= box[3]


def _size(box: Box) -> float:
    return (box[2] - box[0]) * (box[3] - box[1])


def _table(block: Block) -> Table:
    rows: Iterable[Sequence[str]] = block.table or ()
    box = hull([line.quad for line in block.lines]).box if block.lines else (0.0, 0.0, 1.0, 1.0)
    return Table(tuple(Cell(y, x, text) for y, row in enumerate(rows) for x, text in enumerate(row)), box)
