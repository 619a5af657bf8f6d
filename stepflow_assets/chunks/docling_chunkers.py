"""Chunks cut by docling-core's own chunkers, with this platform's token counter and places.

The assembled units become a ``DoclingDocument`` (documents.views); what the chunker says a chunk holds is found again in the
units, letter by letter, so that the chunk's text has no markup of docling's and every character knows its place. Loading the
chunkers takes seconds, once a process.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from docling_core.transforms.chunker import DocChunk, HierarchicalChunker
from docling_core.transforms.chunker.hierarchical_chunker import ChunkingDocSerializer, ChunkingSerializerProvider
from docling_core.transforms.chunker.hybrid_chunker import HybridChunker
from docling_core.transforms.chunker.tokenizer.base import BaseTokenizer
from docling_core.transforms.serializer.base import BaseDocSerializer, BaseTableSerializer, SerializationResult
from docling_core.transforms.serializer.common import create_ser_result
from docling_core.types.doc import DoclingDocument, TableItem

from stepflow_assets.chunks.making import Piece, chunk_of
from stepflow_assets.chunks.tokenizer import count_tokens
from stepflow_assets.chunks.units import Unit
from stepflow_assets.documents.chunk import Chunk
from stepflow_assets.documents.views.docling import DocumentView


def split_by_docling(units: Sequence[Unit], max_tokens: int | None) -> list[Chunk]:
    """Chunks in order, by the hybrid chunker within ``max_tokens``, or by the hierarchical one (None): a chunk for each element.

    Headings are in the chunks' headings, and in a text only where nothing stands below them. A chunk never crosses slides or
    sheets."""
    chunks: list[Chunk] = []
    for _, group in groupby(units, key=lambda unit: unit.container):
        for pieces in _pieces(list(group), max_tokens):
            chunk = chunk_of(len(chunks), pieces)
            if chunk is not None:
                chunks.append(chunk)
    return chunks


class OfflineTokenizer(BaseTokenizer):
    """docling-core's view of ``chunks.tokenizer``: no model, nothing to download."""

    max_tokens: int

    def count_tokens(self, text: str) -> int:
        return count_tokens(text)

    def get_max_tokens(self) -> int:
        return self.max_tokens

    def get_tokenizer(self) -> Any:
        return count_tokens


class _RowSerializer(BaseTableSerializer):
    """A table's rows as its unit has them, one a line, instead of docling's "row, column = value"."""

    texts: dict[str, str]

    def __init__(self, texts: dict[str, str]) -> None:
        self.texts = texts

    def serialize(
        self, *, item: TableItem, doc_serializer: BaseDocSerializer, doc: DoclingDocument, **kwargs: Any
    ) -> SerializationResult:
        return create_ser_result(text=self.texts[item.self_ref], span_source=item)


class _Serializers(ChunkingSerializerProvider):
    def __init__(self, texts: dict[str, str]) -> None:
        self._texts = texts

    def get_serializer(self, doc: DoclingDocument) -> BaseDocSerializer:
        return ChunkingDocSerializer(doc=doc, table_serializer=_RowSerializer(self._texts))


def _pieces(units: Sequence[Unit], max_tokens: int | None) -> Iterator[list[Piece]]:
    view = DocumentView("assembled")
    remaining: dict[str, _Remaining] = {}
    for unit in units:
        item = view.add(unit.blocks[0].model_copy(update={"text": unit.text, "level": unit.level, "latex": None}))
        remaining[item.self_ref] = _Remaining(unit)
    serializers = _Serializers({name: left.unit.text for name, left in remaining.items()})
    chunker = (
        HierarchicalChunker(serializer_provider=serializers, always_emit_headings=True)
        if max_tokens is None
        else HybridChunker(
            tokenizer=OfflineTokenizer(max_tokens=max_tokens),
            serializer_provider=serializers,
            always_emit_headings=True,
        )
    )
    for chunk in chunker.chunk(view.document):
        assert isinstance(chunk, DocChunk)
        names = [item.self_ref for item in chunk.meta.doc_items]
        if chunk.text:
            yield _found(chunk.text, [remaining[name] for name in dict.fromkeys(names)])
        else:  # headings with nothing below: those above the last are in its path
            yield [remaining[names[-1]].rest()]


def _found(text: str, items: Sequence[_Remaining]) -> list[Piece]:
    letters = _letters(text)
    pieces = []
    for item in items:
        taken = item.take(letters)
        if taken is not None:
            piece, letters = taken
            pieces.append(piece)
    return pieces


@dataclass
class _Remaining:
    """What of a unit no chunk has yet: chunks come in order, each with the next part of it."""

    unit: Unit
    at: int = 0

    def rest(self) -> Piece:
        begin, self.at = self.at, len(self.unit.text)
        return Piece(self.unit, begin, self.at)

    def take(self, letters: str) -> tuple[Piece, str] | None:
        """The part that ``letters`` begin with, and the letters after it; None where nothing of it is left or in them."""
        text, begin, header = self.unit.text, self.at, False
        if begin and self.unit.rows:
            first = _letters(text[: self.unit.rows[0]])
            if first and letters.startswith(first) and not _letters(text[begin:]).startswith(first):
                letters, header = letters[len(first) :], True
        used, end = 0, begin
        while end < len(text) and (not text[end].isalnum() or letters[used : used + 1] == text[end]):
            used += text[end].isalnum()
            end += 1
        if end == begin or (used == 0 and _letters(text[begin:])):
            return None
        self.at = end
        return Piece(self.unit, begin, end, header), letters[used:]


def _letters(text: str) -> str:
    return "".join(char for char in text if char.isalnum())
