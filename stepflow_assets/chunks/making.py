"""Chunks of a document from the files with its pages' blocks. Runs in a worker process: files in, bytes out.

Parsing, assembly and splitting are Python all the way: in the process that runs the flows they would hold up everything else.
"""

from __future__ import annotations

import gc
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from pydantic import TypeAdapter

from stepflow_assets.chunks.assembly import assemble
from stepflow_assets.chunks.page_blocks import PageBlocks
from stepflow_assets.chunks.splitting import split
from stepflow_assets.documents.chunk import Chunk
from stepflow_assets.documents.page import Block

_MANY = 100  # pages


@dataclass(frozen=True)
class PageFile:
    """``blocks`` is a file with a JSON list of Block (None: a blank page); ``page`` and ``page_id`` are null for a part."""

    page: int | None
    page_id: str | None
    provider: str | None
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


def chunks_of_document(files: Sequence[PageFile], max_tokens: int) -> MadeChunks:
    """Pure: equal files give equal bytes. ``files`` are in page order."""
    made = _made(files, max_tokens)
    if len(files) > _MANY:
        # Measured: of a thousand pages' blocks 150 MiB stay with the process until a collection.
        gc.collect()
    return made


def _made(files: Sequence[PageFile], max_tokens: int) -> MadeChunks:
    assembly = assemble([_page(file) for file in files])
    chunks = split(assembly.units, max_tokens)
    return MadeChunks(
        _chunk_list().dump_json(list(chunks)),
        len(chunks),
        sum(len(chunk.text) for chunk in chunks),
        sum(chunk.tokens for chunk in chunks),
        assembly.furniture,
        assembly.furniture_words,
    )


def _page(file: PageFile) -> PageBlocks:
    blocks = _block_list().validate_json(Path(file.blocks).read_bytes()) if file.blocks else ()
    return PageBlocks(file.page, file.page_id, tuple(blocks), file.provider)


@lru_cache(maxsize=1)
def _block_list() -> TypeAdapter[list[Block]]:
    return TypeAdapter(list[Block])


@lru_cache(maxsize=1)
def _chunk_list() -> TypeAdapter[list[Chunk]]:
    return TypeAdapter(list[Chunk])
