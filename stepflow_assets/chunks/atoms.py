"""Atoms: the smallest pieces a chunk is made of, and what it costs to begin a new chunk before each.

A short block is one atom; a longer one is cut into sentences, a sentence too long into groups of words, a table into
rows. Costs rank the places where a reader would not mind a break; ``splitting`` finds the cheapest set of breaks.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from stepflow_assets.chunks.sentences import sentence_ends
from stepflow_assets.chunks.tokenizer import count_tokens, token_starts, words
from stepflow_assets.chunks.units import CAPTIONED, Unit

BEFORE_HEADING = 0
BETWEEN_BLOCKS = 1
BETWEEN_ITEMS = 4
AFTER_COLON = 6
BETWEEN_SENTENCES = 8
BETWEEN_ROWS = 10
INSIDE_SENTENCE = 30
AFTER_HEADING = 200  # a heading or caption keeps what follows
LINED = frozenset({"table", "document_index", "code"})


@dataclass(frozen=True)
class Atom:
    """Characters ``start`` to ``end`` of unit ``unit``. ``header`` tokens are added when a chunk begins here: the
    table's first row is repeated. ``section``: a heading begins here. ``apart``: a chunk must begin here."""

    unit: int
    start: int
    end: int
    tokens: int
    cost: int
    header: int = 0
    section: bool = False
    apart: bool = False


def atoms_of(units: Sequence[Unit], limit: int) -> Iterator[Atom]:
    """Atoms of at most ``limit`` tokens (the repeated header row included), in order."""
    for index, unit in enumerate(units):
        before = units[index - 1] if index else None
        header = header_tokens(unit, limit)
        pieces = _pieces(unit, limit, limit - header)
        for number, (start, end, tokens, cost) in enumerate(pieces):
            first = number == 0
            yield Atom(
                unit=index,
                start=start,
                end=end,
                tokens=tokens,
                cost=_cost_between(before, unit, units[index + 1 : index + 2]) if first else cost,
                header=0 if first else header,
                section=first and unit.is_heading and not (before is not None and before.is_heading),
                apart=first and before is not None and before.container != unit.container,
            )


def header_tokens(unit: Unit, limit: int) -> int:
    """Tokens of the row that is repeated when the table goes on in another chunk; 0 when it would take half of it."""
    if len(unit.rows) < 2:
        return 0
    tokens = count_tokens(unit.text[: unit.rows[0]])
    return tokens if tokens <= limit // 2 else 0


def _cost_between(before: Unit | None, unit: Unit, after: Sequence[Unit]) -> int:
    if before is None or before.container != unit.container:
        return 0
    if before.is_heading:
        return AFTER_HEADING
    if unit.is_heading:
        return BEFORE_HEADING
    if before.kind == "caption" and unit.kind in CAPTIONED:
        return AFTER_HEADING
    if unit.kind == "caption" and before.kind in CAPTIONED and not (after and after[0].kind in CAPTIONED):
        return AFTER_HEADING
    if unit.kind == "list_item":
        return BETWEEN_ITEMS if before.kind == "list_item" else _after_intro(before)
    return BETWEEN_BLOCKS


def _after_intro(before: Unit) -> int:
    return AFTER_COLON if before.text.rstrip()[-1:] in (":", "：") else BETWEEN_BLOCKS


Piece = tuple[int, int, int, int]
"""start, end, tokens, cost of a break before it"""


def _pieces(unit: Unit, limit: int, room: int) -> list[Piece]:
    whole = count_tokens(unit.text)
    is_table = len(unit.rows) > 1
    if whole <= limit // 4 and not is_table or unit.is_heading and whole <= room:
        return [(0, len(unit.text), whole, 0)]
    if is_table:
        ends: Iterable[int] = unit.rows
        cost = BETWEEN_ROWS
    elif unit.kind in LINED:
        ends, cost = _line_ends(unit.text), BETWEEN_ROWS
    else:
        ends, cost = sentence_ends(unit.text), BETWEEN_SENTENCES
    pieces: list[Piece] = []
    begin = 0
    for end in ends:
        tokens = count_tokens(unit.text[begin:end])
        if tokens > (room if is_table else room // 2):
            pieces.extend(_fragments(unit.text, begin, end, room, cost))
        else:
            pieces.append((begin, end, tokens, cost))
        begin = end
    return _coalesced(pieces, least=limit // 32, keep_first=is_table)


def _line_ends(text: str) -> Iterator[int]:
    position = 0
    for line in text.splitlines(keepends=True):
        position += len(line)
        yield position


def _fragments(text: str, begin: int, end: int, room: int, cost: int) -> Iterator[Piece]:
    """Groups of whole words of about an eighth of the room; only a word that is too long itself is cut."""
    part, start, tokens = text[begin:end], 0, 0
    fine = max(1, room // 8)
    first = cost
    for word_start, word_end in _short_words(part, room):
        size = count_tokens(part[word_start:word_end])
        if tokens and tokens + size > fine:
            yield begin + start, begin + word_start, tokens, first
            start, tokens, first = word_start, 0, INSIDE_SENTENCE
        tokens += size
    yield begin + start, end, tokens, first


def _short_words(text: str, room: int) -> Iterator[tuple[int, int]]:
    for start, end in words(text):
        if count_tokens(text[start:end]) <= room:
            yield start, end
            continue
        cuts = [start, *(start + offset for offset in token_starts(text[start:end]) if offset), end]
        yield from zip(cuts, cuts[1:], strict=False)


def _coalesced(pieces: list[Piece], least: int, keep_first: bool) -> list[Piece]:
    """Neighbours below ``least`` tokens together, so that the number of atoms in reach of a chunk stays bounded."""
    together: list[Piece] = []
    for piece in pieces:
        mergeable = together and together[-1][2] + piece[2] <= least and not (keep_first and len(together) == 1)
        if mergeable:
            start, _, tokens, cost = together[-1]
            together[-1] = (start, piece[1], tokens + piece[2], cost)
        else:
            together.append(piece)
    return together
