"""Units cut into chunks of at most ``max_tokens``, at the places where a reader minds least.

Between two places that a chunk must not cross (slides, sheets) the breaks are chosen together, by dynamic programming
over atoms: the price of a chunk is a constant, the emptiness it leaves, a price for each section it runs over, and the
cost of the break before it (``atoms``). Linear in the document: only chunks that fit are looked at.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from itertools import accumulate, groupby

from stepflow_assets.chunks.anchors import Taken, places
from stepflow_assets.chunks.atoms import LINED, Atom, atoms_of
from stepflow_assets.chunks.tokenizer import count_tokens
from stepflow_assets.chunks.units import Unit
from stepflow_assets.documents.chunk import Chunk
from stepflow_assets.documents.evidence import Place

PER_CHUNK = 2.0
EMPTINESS = 6.0
PER_SECTION = 7.0
MAX_REACH = 256  # atoms in one chunk


def split(units: Sequence[Unit], max_tokens: int) -> list[Chunk]:
    """Chunks in order. Every character of every unit is in exactly one, apart from repeated table headers."""
    atoms = list(atoms_of(units, max_tokens))
    chunks: list[Chunk] = []
    for first, last in _runs(atoms):
        for begin, end in _breaks(atoms[first:last], max_tokens):
            chunk = _chunk(len(chunks), atoms[first + begin : first + end], units)
            if chunk is not None:
                chunks.append(chunk)
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


def _chunk(ordinal: int, atoms: Sequence[Atom], units: Sequence[Unit]) -> Chunk | None:
    text = ""
    taken: list[Taken] = []
    used: list[tuple[Unit, int]] = []
    header: list[Taken] = []
    before: Unit | None = None
    for index, group in groupby(atoms, key=lambda atom: atom.unit):
        unit = units[index]
        pieces = list(group)
        # A row keeps its spaces: they stand for empty cells at its ends.
        start, end = _trimmed(unit.text, pieces[0].start, pieces[-1].end, "\n" if unit.rows else None)
        if start == end:
            continue
        piece = unit.text[start:end]
        if pieces[0].header:
            piece = f"{unit.text[: unit.rows[0]].rstrip()}\n{piece}"
            header = list(unit.taken(0, unit.rows[0]))
        text = f"{text}{_between(before, unit)}{piece}" if before is not None else piece
        taken.extend(unit.taken(start, end))
        used.append((unit, end - start))
        before = unit
    if not used:
        return None
    found = places([*taken, *header])
    return Chunk(
        id=f"{ordinal:04d}-{_digest(text, found)}",
        ordinal=ordinal,
        text=text,
        headings=_common_path([unit.headings for unit, _ in used]),
        kinds=tuple(dict.fromkeys(unit.kind for unit, _ in used)),
        tokens=count_tokens(text),
        places=found,
        confidence=_confidence(used),
        provider=", ".join(dict.fromkeys(unit.provider for unit, _ in used if unit.provider)) or None,
    )


def _trimmed(text: str, start: int, end: int, characters: str | None) -> tuple[int, int]:
    """Without ``characters`` (null: white space) at both ends; equal when nothing else is there."""
    part = text[start:end]
    if not part.strip():
        return start, start
    start += len(part) - len(part.lstrip(characters))
    return start, end - (len(part) - len(part.rstrip(characters)))


def _between(before: Unit | None, unit: Unit) -> str:
    # A table goes on over a page break; two on one slide or sheet, and a sheet's loose cells, are different ones.
    lined = unit.kind == "list_item" or (unit.kind in LINED and not unit.container)
    same = before is not None and before.kind == unit.kind and lined
    return "\n" if same else "\n\n"


def _common_path(paths: Sequence[tuple[str, ...]]) -> tuple[str, ...]:
    """The headings above all of it."""
    shortest = min(paths, key=len)
    same = 0
    while same < len(shortest) and all(path[same] == shortest[same] for path in paths):
        same += 1
    return shortest[:same]


def _confidence(used: Sequence[tuple[Unit, int]]) -> float | None:
    """Mean over the characters whose confidence is known."""
    known = [(unit.confidence, length) for unit, length in used if unit.confidence is not None]
    total = sum(length for _, length in known)
    return round(sum(value * length for value, length in known) / total, 4) if total else None


def _digest(text: str, found: Sequence[Place]) -> str:
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass"))
    for place in found:
        digest.update(b"\0" + place.model_dump_json().encode("utf-8", "surrogatepass"))
    return digest.hexdigest()[:8]
