"""The catalog as the source of partitions: takes documents in hand for a run and records how they ended."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pydantic import ValidationError

from flow_compiler.assets.partitions import ItemEnd, ItemInput, ItemRefusal
from flow_compiler.engine.outcomes import Failure, FlowResult, Json
from flow_compiler.errors import Category, FlowCompilerError
from stepflow_assets.documents.chunk import Outcome, Published
from stepflow_assets.documents.identity import is_forgotten_name, split_document_id
from stepflow_assets.errors import DocumentForgotten, DocumentNotFound
from stepflow_assets.resources.catalog import Catalog, Erasable, Finish, SeenDocument, Taken
from stepflow_assets.resources.source_registry import Sources


@dataclass(frozen=True)
class DocumentInputs:
    """PartitionInputs of a document flow. ``flow_identity`` names flow, component versions and variables: it is
    stored with each finished document, so that a changed flow is noticed."""

    catalog: Catalog
    sources: Sources
    variables: Mapping[str, Json]
    flow_identity: str

    async def take(self, run_id: str, keys: Sequence[str]) -> Sequence[ItemInput | ItemRefusal]:
        return await asyncio.to_thread(lambda: [self._take(run_id, key) for key in keys])

    async def ended(self, run_id: str, end: ItemEnd) -> None:
        await asyncio.to_thread(self._ended, run_id, end)

    def _take(self, run_id: str, key: str) -> ItemInput | ItemRefusal:
        try:
            seen = self._find(key)
            version = self.sources.version(seen.uri)
            taken = self.catalog.take(run_id, key, version)
        except FlowCompilerError as error:
            return ItemRefusal(key, Failure.of(error))
        return ItemInput(key, _flow_input(taken), self.variables)

    def _find(self, key: str) -> SeenDocument:
        row = self.catalog.get(key)
        if row is not None:
            return SeenDocument(key, row.source, row.path, row.uri, row.bytes, row.stamp)
        if is_forgotten_name(key):
            raise DocumentForgotten("this document was forgotten: history keeps only the hash of its id")
        source, path = split_document_id(key)
        seen = self.sources.find(source, path)
        if seen is None:
            raise DocumentNotFound(
                f"no document {path!r} in source {source!r}",
                next_step="Partition keys are <source>:<path>; check both, or configure the source in stepflow.toml.",
            )
        self.catalog.enter([seen])
        return seen

    def _ended(self, run_id: str, end: ItemEnd) -> None:
        row = self.catalog.get(end.key)
        if row is None:  # refused before it was entered, or forgotten meanwhile: there is nothing to record it on
            return
        if not end.complete or _superseded(end.result):
            self.catalog.release(end.key, run_id, Erasable(end.memo_keys, end.artifacts))
            return
        taken = self.catalog.taken(run_id, end.key)
        generation, version = (taken.generation, taken.version) if taken else (row.generation, row.version or "")
        self.catalog.finish(_finish(run_id, end, generation, version, self.flow_identity))


def _flow_input(taken: Taken) -> Json:
    return {
        "document_id": taken.document_id,
        "generation": taken.generation,
        "source": {"uri": taken.uri, "version": taken.version},
    }


def _finish(run_id: str, end: ItemEnd, generation: int, version: str, identity: str) -> Finish:
    listed = next((report.numbers for report in end.assets if report.step_id == "document"), {})
    result = _published(end.result)
    published = result if isinstance(result, Published) else None
    return Finish(
        document_id=end.key,
        run_id=run_id,
        generation=generation,
        outcome=published.outcome if published else Outcome.FAILED,
        version=version,
        flow_digest=identity,
        failure=result if isinstance(result, Failure) else None,
        pages=int(listed.get("pages", 0)) or None,  # a format without pages has none
        chunks=published.chunks if published else None,
        live_generation=published.generation if published else None,
        seconds=end.seconds,
        computed=sum(report.computed for report in end.assets),
        reused=sum(report.reused for report in end.assets),
        degraded=any(report.degraded for report in end.assets),
        memo_keys=end.memo_keys,
        artifacts=end.artifacts,
    )


def _superseded(result: FlowResult) -> bool:
    """A newer version is live: the run that published it says how the document is."""
    published = _published(result)
    return isinstance(published, Published) and published.superseded


def _published(result: FlowResult) -> Published | Failure:
    """What the flow says it indexed. Flows are edited: one may end in something else."""
    if isinstance(result, Failure):
        return result
    try:
        return Published.model_validate(result.result)
    except ValidationError:
        return Failure(
            message="the flow's output is not what /index/publish gives",
            error="flow.output",
            category=Category.INPUT,
            next_step="Write `output: {$step: ID}` in the flow, with the id of the step that calls /index/publish.",
        )
