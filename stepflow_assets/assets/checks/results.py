"""What steps of the document flow produced, read back as models."""

from __future__ import annotations

from typing import Any, TypeVar

from pydantic import BaseModel, TypeAdapter

from flow_compiler.assets.checks import CheckInput
from flow_compiler.engine.outcomes import Success
from stepflow_assets.documents.chunk import Chunk, ChunkSet
from stepflow_assets.documents.listing import DocumentListing
from stepflow_assets.documents.page import BlockList, PreparedPage, Ref
from stepflow_assets.documents.stored_chunks import stored_chunks

M = TypeVar("M", bound=BaseModel)


class CellText(BaseModel):
    """Of a text cell, what checks that count words look at."""

    text: str


# What is not named is never made into Python objects: quads are nine tenths of a cell.
_CELL_TEXTS = TypeAdapter(list[CellText])


def result_of(given: CheckInput, step_id: str) -> Any | None:
    """The step's result, or None when it did not run or failed."""
    record = given.records.get(step_id)
    return record.outcome.result if record and isinstance(record.outcome, Success) else None


def listing(given: CheckInput) -> DocumentListing | None:
    found = result_of(given, "document")
    return DocumentListing.model_validate(found) if found else None


def chunk_set(given: CheckInput) -> ChunkSet | None:
    found = result_of(given, "chunks")
    return ChunkSet.model_validate(found) if found else None


def map_results(given: CheckInput, step_id: str) -> list[Any]:
    """The items of a map step as Stepflow results, in order."""
    found = result_of(given, step_id)
    return list(found["results"]) if found else []


def prepared_pages(given: CheckInput) -> list[PreparedPage]:
    """The pages (or the part) that were prepared."""
    return _succeeded(map_results(given, "pages"), PreparedPage)


def block_lists(given: CheckInput) -> list[BlockList]:
    return _succeeded(map_results(given, "ocr_blocks"), BlockList)


def _succeeded(results: list[Any], model: type[M]) -> list[M]:
    return [model.model_validate(item["result"]) for item in results if item["outcome"] == "success"]


async def load_chunks(given: CheckInput, found: ChunkSet) -> tuple[Chunk, ...]:
    return () if found.chunks is None else await stored_chunks(found.chunks.id, given.artifacts.get)


async def cell_texts(given: CheckInput, ref: Ref) -> list[str]:
    return [cell.text for cell in _CELL_TEXTS.validate_json(await given.artifacts.get(ref.id))]
