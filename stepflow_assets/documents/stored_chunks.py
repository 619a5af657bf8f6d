"""The chunks an artifact holds, made into models once for all who ask for them while the document is at work: its checks, and
whoever indexes them. An artifact never changes, so what was read under its digest stays right.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Awaitable, Callable

from pydantic import TypeAdapter

from stepflow_assets.documents.chunk import Chunk

_MOST_BYTES = 4 << 20
"""Of JSON, over all documents kept: some twenty papers. What is larger by itself is not kept."""

_CHUNKS = TypeAdapter(tuple[Chunk, ...])


class _Kept:
    """The last used ones, by digest."""

    def __init__(self) -> None:
        self._found: OrderedDict[str, tuple[int, tuple[Chunk, ...]]] = OrderedDict()
        self._bytes = 0

    def get(self, digest: str) -> tuple[Chunk, ...] | None:
        if digest not in self._found:
            return None
        self._found.move_to_end(digest)
        return self._found[digest][1]

    def add(self, digest: str, size: int, chunks: tuple[Chunk, ...]) -> None:
        if size > _MOST_BYTES or digest in self._found:
            return
        self._found[digest] = size, chunks
        self._bytes += size
        while self._bytes > _MOST_BYTES:
            _, (dropped, _) = self._found.popitem(last=False)
            self._bytes -= dropped


_kept = _Kept()


def let_go() -> None:
    """When a run has ended: what was read may belong to documents that are forgotten next."""
    global _kept
    _kept = _Kept()


async def stored_chunks(digest: str, read: Callable[[str], Awaitable[bytes]]) -> tuple[Chunk, ...]:
    """``read`` gets the artifact's bytes, and raises where they are missing or corrupt. Used on the event loop only."""
    known = _kept.get(digest)
    if known is not None:
        return known
    data = await read(digest)
    chunks = _CHUNKS.validate_json(data)
    _kept.add(digest, len(data), chunks)
    return chunks
