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
from stepflow_assets.evals.texts import Errors, WordsFound, character_errors, normal, word_errors, words_found
from stepflow_assets.evals.truth import TrueArea, TrueDocument, TruePage, TrueWord

_REACH = 0.5  # line heights beyond a line's box in which a true word still belongs to it


def score(truth: TrueDocument, read: ReadDocument) -> Scores:
    """Scores of one document, without seconds."""
    whole = Scores(
        documents=1,
        evidence=Share(len(read.chunks) - read.unresolved, len(read.chunks)),
        failed=(f"{truth.file.name}: {read.failure}",) if read.failure else (),
    )
    by_number = {page.number: page for page in read.pages}
    for page in truth.pages:
        whole += _page(page, by_number.get(page.number) or ReadPage(page.number, None, 0.0, 0.0))
    if truth.text is not None:
        whole += _text(truth, truth.text, read)
    return whole


def _page(truth: TruePage, read: ReadPage) -> Scores:
    lines = [_Line(line, block.furniture) for block in read.blocks for line in block.lines]
    scores = Scores(pages=1, routes=Counter({("layer" if truth.layer else "picture", read.route or "failed"): 1}))
    if truth.words:
        scores += _by_words(truth.words, lines)
    elif truth.text is not None:
        scores += Scores(words=words_found([truth.text], [block.text for block in read.blocks]))
    if truth.areas:
        scores += _by_areas(truth.areas, lines)
    if truth.tables is not None:
        scores += Scores(tables=tables_found(truth.tables, [_table(block) for block in read.blocks if block.table]))
        if not truth.layer and truth.tables:
            texts = [cell.text for table in truth.tables for cell in table.cells]
            texts += [area.text or "" for area in truth.areas]
            scores += Scores(words=words_found(texts, [block.text for block in read.blocks]))
    return scores


def _text(truth: TrueDocument, text: str, read: ReadDocument) -> Scores:
    found = [block.text for page in read.pages for block in page.blocks]
    if truth.reference or not truth.ordered:
        return Scores(words=words_found([text], found))
    said = "\n".join(found)
    return Scores(
        characters=character_errors(text, said), word_order=word_errors(text, said), words=words_found([text], found)
    )


@dataclass(frozen=True, slots=True)
class _Line:
    cell: TextCell
    furniture: bool

    def along(self, x: float, y: float) -> tuple[float, float]:
        """Where a point lies: share of the line's length from its start, and of its height from its top (0..1: inside)."""
        (x0, y0), (x1, y1), _, (x3, y3) = self.cell.quad.points
        across = (x1 - x0, y1 - y0)
        down = (x3 - x0, y3 - y0)
        area = across[0] * down[1] - across[1] * down[0]
        if abs(area) < 1e-12:
            return math.inf, math.inf
        dx, dy = x - x0, y - y0
        return (dx * down[1] - dy * down[0]) / area, (across[0] * dy - across[1] * dx) / area


def _by_words(words: Sequence[TrueWord], lines: Sequence[_Line]) -> Scores:
    of_line: list[list[tuple[float, int]]] = [[] for _ in lines]
    missed: list[str] = []
    for index, word in enumerate(words):
        home = _home(word, lines)
        if home is None:
            missed.append(word.text)
        else:
            of_line[home[0]].append((home[1], index))
    characters, word_order = Errors(), Errors()
    bag = WordsFound()
    beside = 0
    for line, members in zip(lines, of_line, strict=True):
        if not members and not any(_touches(line.cell.quad.box, word.extent) for word in words):
            beside += len(normal(line.cell.text).split())
            continue
        true = " ".join(words[index].text for _, index in sorted(members))
        characters += character_errors(true, line.cell.text)
        word_order += word_errors(true, line.cell.text)
        bag += words_found([true], [line.cell.text])
    lost = " ".join(missed)
    return Scores(
        characters=characters + character_errors(lost, ""),
        word_order=word_order + word_errors(lost, ""),
        words=bag + words_found([lost], []),
        beside=beside,
        order=_order_of_words(lines, of_line),
    )


def _order_of_words(lines: Sequence[_Line], of_line: Sequence[Sequence[tuple[float, int]]]) -> Disorder:
    """Of lines, by the middle one of their words. Where a running header or footer comes is a convention, not an order."""
    return disorder(
        [
            float(sorted(index for _, index in members)[len(members) // 2])
            for line, members in zip(lines, of_line, strict=True)
            if members and not line.furniture
        ]
    )


def _home(word: TrueWord, lines: Sequence[_Line]) -> tuple[int, float] | None:
    """The line that holds the word's middle, nearest to the line's own, and where along the line it is."""
    best: tuple[float, int, float] | None = None
    for index, line in enumerate(lines):
        along, down = line.along(word.x, word.y)
        off = abs(down - 0.5)
        if -0.02 <= along <= 1.02 and off <= 0.5 + _REACH and (best is None or off < best[0]):
            best = (off, index, along)
    return None if best is None else (best[1], best[2])


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
        if order is not None and not line.furniture:
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
