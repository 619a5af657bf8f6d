"""Units cut into chunks of at most ``max_tokens``, at the places where a reader minds least.

Between two places that a chunk must not cross (slides, sheets) the breaks are chosen together, by dynamic programming
over atoms: the price of a chunk is a constant, the emptiness it leaves, a price for each section it runs over, and the
cost of the break before it (``atoms``). Linear in the document: only chunks that fit are looked at.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import accumulate, groupby

from stepflow_assets.chunks.atoms import LINED, Atom, atoms_of
from stepflow_assets.chunks.making import Piece, chunk_of
from stepflow_assets.chunks.tokenizer import count_tokens, words
from stepflow_assets.chunks.units import Unit
from stepflow_assets.documents.chunk import Chunk

PER_CHUNK = 2.0
EMPTINESS = 6.0
PER_SECTION = 7.0
MAX_REACH = 256  # atoms in one chunk


def split(units: Sequence[Unit], max_tokens: int, overlap_tokens: int = 0) -> list[Chunk]:
    """Chunks in order. Every character of every unit is in exactly one, apart from repeated table headers and, with an overlap,
    from the end of a chunk that the next one begins with. That is at most ``overlap_tokens`` long, and none where the next chunk
    begins with a heading, or on another slide or sheet."""
    limit = max_tokens - overlap_tokens
    atoms = list(atoms_of(units, limit))
    chunks: list[Chunk] = []
    for first, last in _runs(atoms):
        before: Sequence[Atom] = ()
        for begin, end in _breaks(atoms[first:last], limit):
            mine = atoms[first + begin : first + end]
            repeated = _tail(before, mine[0], units, overlap_tokens) if overlap_tokens else []
            chunk = chunk_of(len(chunks), _pieces(mine, repeated, units))
            if chunk is not None:
                chunks.append(chunk)
            before = mine
    return chunks


def _runs(atoms: Sequence[Atom]) -> Iterator[tuple[int, int]]:
    borders = [0, *(index for index, atom in enumerate(atoms) if atom.apart), len(atoms)]
    return ((first, last) for first, last in zip(borders, borders[1:], strict=False) if first < last)


def _breaks(atoms: Sequence[Atom], limit: int) -> list[tuple[int, int]]:
    """(begin, end) of each chunk. Raises ValueError when an atom alone is over the limit, which atoms_of excludes."""
    tokens = [0, *accumulate(atom.tokens for atom in atoms)]
    sections = [0, *accumulate(int(atom.section) for atom in atoms)]
    best = [0.0]
    back = [0]
    for end in range(1, len(atoms) + 1):
        lowest, chosen = float("inf"), -1
        for begin in range(end - 1, max(-1, end - 1 - MAX_REACH), -1):
            atom = atoms[begin]
            size = tokens[end] - tokens[begin]
            if size > limit:
                break
            size += atom.header
            if size > limit:
                continue
            crossed = sections[end] - sections[begin + 1]
            empty = 1 - size / limit
            price = best[begin] + atom.cost + PER_CHUNK + EMPTINESS * empty * empty + PER_SECTION * crossed
            if price < lowest:
                lowest, chosen = price, begin
        if chosen < 0:
            raise ValueError(f"an atom of {atoms[end - 1].tokens} tokens does not fit into {limit}")
        best.append(lowest)
        back.append(chosen)
    found: list[tuple[int, int]] = []
    end = len(atoms)
    while end:
        found.append((back[end], end))
        end = back[end]
    return found[::-1]


def _tail(before: Sequence[Atom], next_one: Atom, units: Sequence[Unit], limit: int) -> list[Atom]:
    """The last atoms of a chunk that come again in the next: whole sentences and rows, and of one too long its last words."""
    if units[next_one.unit].is_heading:
        return []
    found: list[Atom] = []
    left = limit
    for atom in reversed(before):
        if atom.tokens + atom.header <= left:
            found.insert(0, atom)
            left -= atom.tokens
            continue
        unit = units[atom.unit]
        if not found and not unit.rows and unit.kind not in LINED:
            found = _last_words(atom, unit, left)
        break
    while found and units[found[0].unit].text[found[0].start : found[0].end].isspace():
        found.pop(0)
    return found


def _last_words(atom: Atom, unit: Unit, limit: int) -> list[Atom]:
    text = unit.text[atom.start : atom.end]
    start, left = None, limit
    for begin, end in reversed(list(words(text))):
        left -= count_tokens(text[begin:end])
        if left < 0:
            break
        start = begin
    return [] if start is None else [replace(atom, start=atom.start + start, tokens=limit - max(left, 0), header=0)]


def _pieces(mine: Sequence[Atom], repeated: Sequence[Atom], units: Sequence[Unit]) -> list[Piece]:
    pieces = []
    for index, group in groupby([*repeated, *mine], key=lambda atom: atom.unit):
        atoms = list(group)
        fresh = next((atom.start for atom in atoms if atom.start >= mine[0].start), atoms[-1].end)
        again = 0
        if repeated:
            again = fresh if index == mine[0].unit else atoms[-1].end if index < mine[0].unit else 0
        pieces.append(Piece(units[index], atoms[0].start, atoms[-1].end, bool(atoms[0].header), again))
    return pieces
