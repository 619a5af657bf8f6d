"""A chunk made of pieces of units: its text, places, headings and id."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from stepflow_assets.chunks.anchors import Taken, places
from stepflow_assets.chunks.atoms import LINED
from stepflow_assets.chunks.tokenizer import count_tokens
from stepflow_assets.chunks.units import Unit
from stepflow_assets.documents.chunk import Chunk
from stepflow_assets.documents.evidence import Place


@dataclass(frozen=True)
class Piece:
    """Characters ``start`` to ``end`` of a unit; up to ``repeated`` they are the end of the chunk before. ``header``: the table's
    first row comes before them once more."""

    unit: Unit
    start: int
    end: int
    header: bool = False
    repeated: int = 0


def chunk_of(ordinal: int, pieces: Sequence[Piece]) -> Chunk | None:
    """None where the pieces have no text. Equal pieces at the same place in the order give an equal chunk."""
    text = ""
    overlap = 0
    taken: list[Taken] = []
    used: list[tuple[Unit, int]] = []
    header: list[Taken] = []
    before: Unit | None = None
    for piece in pieces:
        unit = piece.unit
        # A row keeps its spaces: they stand for empty cells at its ends.
        start, end = _trimmed(unit.text, piece.start, piece.end, "\n" if unit.rows else None)
        if start == end:
            continue
        if before is not None:
            text += _between(before, unit)
        if piece.header:
            text += f"{unit.text[: unit.rows[0]].rstrip()}\n"
            header = list(unit.taken(0, unit.rows[0]))
        if piece.repeated > start:
            overlap = len(text) + min(piece.repeated, end) - start
        text += unit.text[start:end]
        taken.extend(unit.taken(start, end))
        used.append((unit, end - start))
        before = unit
    if len(text) <= overlap:  # nothing, or nothing new
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
        provider=_listed(unit.provider for unit, _ in used),
        profile=_listed(unit.profile for unit, _ in used),
        overlap=overlap,
    )


def _listed(names: Iterable[str | None]) -> str | None:
    return ", ".join(dict.fromkeys(name for name in names if name)) or None


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
