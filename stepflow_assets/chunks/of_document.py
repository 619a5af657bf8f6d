"""Chunks of a document from the files with its pages' blocks. Runs in a worker process: files in, bytes out.

Parsing, assembly and splitting are Python all the way: in the process that runs the flows they would hold up everything else.
"""

from __future__ import annotations

import gc
import os
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from pydantic import TypeAdapter

from stepflow_assets.chunks.assembly import assemble
from stepflow_assets.chunks.page_blocks import PageBlocks
from stepflow_assets.chunks.splitting import split
from stepflow_assets.chunks.units import Unit
from stepflow_assets.documents.chunk import Chunk
from stepflow_assets.documents.chunk_options import ChunkMethod, ChunkOptions
from stepflow_assets.documents.page import UnwordedBlock

_MANY = 100  # pages


@dataclass(frozen=True)
class PageFile:
    """``blocks`` is a file with a JSON list of Block (None: a blank page); ``page`` and ``page_id`` are null for a part."""

    page: int | None
    page_id: str | None
    provider: str | None
    profile: str | None
    blocks: str | None


@dataclass(frozen=True)
class MadeChunks:
    """``json`` is a JSON list of Chunk. ``furniture`` counts blocks that were left out, ``furniture_words`` their words."""

    json: bytes
    count: int
    characters: int
    tokens: int
    furniture: int
    furniture_words: int


def chunks_of_document(files: Sequence[PageFile], options: ChunkOptions) -> MadeChunks:
    """Pure: equal files give equal bytes. ``files`` are in page order."""
    made = _made(files, options)
    if len(files) > _MANY:
        # Measured: of a thousand pages' blocks 150 MiB stay with the process until a collection.
        gc.collect()
    return made


def _made(files: Sequence[PageFile], options: ChunkOptions) -> MadeChunks:
    assembly = assemble([_page(file) for file in files])
    chunks = _cut(assembly.units, options)
    return MadeChunks(
        _chunk_list().dump_json(chunks),
        len(chunks),
        sum(len(chunk.text) for chunk in chunks),
        sum(chunk.tokens for chunk in chunks),
        assembly.furniture,
        assembly.furniture_words,
    )


def _page(file: PageFile) -> PageBlocks:
    blocks = _block_list().validate_json(Path(file.blocks).read_bytes()) if file.blocks else ()
    return PageBlocks(file.page, file.page_id, tuple(blocks), file.provider, file.profile)


def _cut(units: Sequence[Unit], options: ChunkOptions) -> list[Chunk]:
    if options.method is ChunkMethod.SECTIONS:
        return split(units, options.max_tokens, options.overlap_tokens)
    os.environ.setdefault("TRANSFORMERS_NO_ADVISORY_WARNINGS", "1")  # docling-core loads it: no advice on stderr
    from stepflow_assets.chunks.docling_chunkers import split_by_docling

    hybrid = options.method is ChunkMethod.DOCLING_HYBRID
    return split_by_docling(units, options.max_tokens if hybrid else None)


@lru_cache(maxsize=1)
def _block_list() -> TypeAdapter[list[UnwordedBlock]]:
    return TypeAdapter(list[UnwordedBlock])


@lru_cache(maxsize=1)
def _chunk_list() -> TypeAdapter[list[Chunk]]:
    return TypeAdapter(list[Chunk])
