"""/index/publish: from the artifacts of the steps before it to a live generation."""

from __future__ import annotations

import array
import asyncio
import hashlib
from types import SimpleNamespace
from typing import Any

import pytest
from index_cases import chunks
from pydantic import TypeAdapter

from flow_compiler.engine.components import ComponentContext, Effect, Resources
from flow_compiler.engine.stores import BlobRef
from stepflow_assets.components.contracts import Embedded, PublishInput
from stepflow_assets.components.index import publish
from stepflow_assets.documents.chunk import Chunk, ChunkSet, Outcome, PageFailure, Published
from stepflow_assets.documents.listing import DocumentListing
from stepflow_assets.documents.page import Ref
from stepflow_assets.errors import IndexProblem, VectorsRejected
from stepflow_assets.resources.search import SearchIndex


class Artifacts:
    """Bytes by digest, in memory: as much of a store as the component uses."""

    def __init__(self) -> None:
        self.bytes: dict[str, bytes] = {}

    async def put(self, data: bytes, kind: str = "binary") -> BlobRef:
        digest = hashlib.sha256(data).hexdigest()
        self.bytes[digest] = data
        return BlobRef(digest, len(data), kind)

    async def get(self, digest: str) -> bytes:
        return self.bytes[digest]


class Bench:
    """Runs the component as the engine would."""

    def __init__(self, index: SearchIndex) -> None:
        self.index, self.artifacts, self.numbers = index, Artifacts(), dict[str, float]()

    def ref(self, data: bytes) -> Ref:
        blob = asyncio.run(self.artifacts.put(data))
        return Ref(id=blob.id, size=blob.size)

    def input(self, *texts: str, document_id: str = "files:sub/folder/report.pdf", **changes: Any) -> PublishInput:
        made = chunks(*texts)
        ref = self.ref(TypeAdapter(list[Chunk]).dump_json(made)) if made else None
        fields: dict[str, Any] = {
            "document_id": document_id,
            "generation": 1,
            "document": DocumentListing(
                media_type="application/pdf",
                format="pdf",
                bytes=1234,
                sha256="a" * 64,
                source=Ref(id="0" * 64),
                page_count=2,
                pages=(),
            ),
            "chunks": ChunkSet(chunks=ref, count=len(made), characters=9, pages_ok=2, pages_blank=0),
        }
        return PublishInput(**{**fields, **changes})

    def publish(self, given: PublishInput) -> Published:
        self.numbers.clear()
        context = ComponentContext(
            run_id="run",
            item="files:report.pdf",
            step_id="search_index",
            attempt=1,
            artifacts=self.artifacts,  # type: ignore[arg-type]
            resources=Resources({SearchIndex: self.index}),
            report=lambda **numbers: self.numbers.update(numbers),
            mark_degraded=lambda: None,
        )
        result: Published = asyncio.run(publish(given, context))
        return result


@pytest.fixture
def bench(index: SearchIndex) -> Bench:
    return Bench(index)


def failure(page: int) -> PageFailure:
    return PageFailure(
        page=page, stage="ocr_blocks", error="page.timeout", category="timeout", retryable=True, message="too slow"
    )


def test_it_is_declared_as_an_idempotent_write() -> None:
    declared = SimpleNamespace(**vars(publish))
    assert declared.__component__.path == "/index/publish"
    assert declared.__component__.effect is Effect.WRITE


def test_chunks_become_the_live_generation_under_the_files_name(bench: Bench) -> None:
    result = bench.publish(bench.input("alpha words", "beta words"))
    assert (result.outcome, result.generation, result.chunks, result.written) == (Outcome.INDEXED, 1, 2, True)
    assert bench.numbers == {"chunks": 2, "chunks_written": 2}
    [hit] = bench.index.search("alpha")
    assert (hit.title, hit.media_type, hit.source_sha256) == ("report.pdf", "application/pdf", "a" * 64)


def test_equal_content_is_reported_as_not_written(bench: Bench) -> None:
    bench.publish(bench.input("alpha"))
    again = bench.publish(bench.input("alpha", generation=2))
    assert (again.written, again.generation) == (False, 1)
    assert bench.numbers == {"chunks": 1, "chunks_written": 0}


def test_a_document_without_text_is_empty_and_its_former_chunks_vanish(bench: Bench) -> None:
    bench.publish(bench.input("stale words"))
    result = bench.publish(bench.input(generation=2))
    assert (result.outcome, result.chunks, result.written) == (Outcome.EMPTY, 0, True)
    assert bench.index.search("stale") == []


@pytest.mark.parametrize("texts", [("kept words",), ()])
def test_failed_pages_make_it_partial(bench: Bench, texts: tuple[str, ...]) -> None:
    given = bench.input(*texts)
    result = bench.publish(
        given.model_copy(update={"chunks": given.chunks.model_copy(update={"failures": (failure(2),)})})
    )
    assert result.outcome is Outcome.PARTIAL
    assert result.chunks == len(texts)


def test_vectors_arrive_with_their_chunks(bench: Bench) -> None:
    ref = bench.ref(array.array("f", [1, 0, 0, 0, 1, 0]).tobytes())
    bench.publish(bench.input("east", "north", vectors=Embedded(vectors=ref, count=2, dimensions=3, model="test/3")))
    assert [hit.chunk.text for hit in bench.index.search("", vector=[0.0, 1.0, 0.0])] == ["north", "east"]


def test_no_chunks_and_no_vectors_is_an_empty_document_too(bench: Bench) -> None:
    result = bench.publish(bench.input(vectors=Embedded(vectors=None, count=0, dimensions=3, model="test/3")))
    assert result.outcome is Outcome.EMPTY


def test_vectors_of_the_wrong_size_are_rejected(bench: Bench) -> None:
    ref = bench.ref(b"\0" * 10)
    with pytest.raises(VectorsRejected):
        bench.publish(bench.input("east", vectors=Embedded(vectors=ref, count=1, dimensions=3, model="test/3")))


def test_lost_chunks_are_noticed(bench: Bench) -> None:
    given = bench.input("one", "two")
    with pytest.raises(IndexProblem, match="3 chunks were announced, 2 arrived"):
        bench.publish(given.model_copy(update={"chunks": given.chunks.model_copy(update={"count": 3})}))
    assert bench.index.live_all() == []


def test_a_late_run_is_superseded_and_no_failure(bench: Bench) -> None:
    newer = bench.publish(bench.input("newer", generation=5))

    late = bench.publish(bench.input("older", generation=4))

    assert (late.superseded, late.written, late.generation) == (True, False, 5)
    assert late.content_digest == newer.content_digest
    assert not newer.superseded


def test_a_late_run_of_a_forgotten_document_brings_nothing_back(bench: Bench) -> None:
    given = bench.input("older", generation=4)
    bench.index.delete_document(given.document_id, 5)

    assert bench.publish(given).superseded
    assert bench.index.live_all() == []
