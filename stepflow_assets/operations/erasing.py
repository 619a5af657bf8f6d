"""Forgetting documents and collecting what no document uses. Both really erase.

What stays of a forgotten document is the hash of its id and its last generation (a late writer of an older run is
refused by it). Dagster keeps its own history of runs, which names documents but holds none of their words; the
document's partition is removed.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

from flow_compiler.engine.stores import Stores
from flow_compiler.errors import Category
from stepflow_assets.errors import UnknownDocument
from stepflow_assets.operations.lookup import exact_document
from stepflow_assets.operations.workspace import Workspace


@dataclass(frozen=True)
class Erased:
    """Counts of what was removed."""

    documents: int = 0
    memo_entries: int = 0
    artifacts: int = 0
    index_documents: int = 0


async def forget(workspace: Workspace, document_ids: Sequence[str]) -> Erased:
    """Erase documents. Raises UnknownDocument before anything is touched, also for one that a run has in hand."""
    for document_id in document_ids:
        row = exact_document(workspace, document_id)
        if row.running:
            raise UnknownDocument(
                f"{document_id!r} is in hand of run {row.run_id}",
                code="catalog.in_hand",
                category=Category.CAPACITY,
                next_step="Wait for the run, or stop it with `stepflow-assets cancel`.",
            )
    total = Erased()
    async with workspace.stores() as stores:
        for document_id in document_ids:
            total = _sum(total, await _forget_one(workspace, stores, document_id))
    return total


async def _forget_one(workspace: Workspace, stores: Stores, document_id: str) -> Erased:
    forgotten = workspace.catalog.forget(document_id)
    if forgotten is None:
        return Erased()
    generation, only_here = forgotten
    in_index = workspace.index.delete_document(document_id, generation)
    journaled_keys, journaled_artifacts = await stores.journal.forget(document_id)
    used = workspace.catalog.used()
    memo_keys = only_here.memo_keys | (journaled_keys - used.memo_keys)
    artifacts = only_here.artifacts | (journaled_artifacts - used.artifacts)
    artifacts |= await stores.memo.refs(sorted(memo_keys)) - used.artifacts
    return Erased(
        documents=1,
        memo_entries=await stores.memo.delete(memo_keys),
        artifacts=await stores.artifacts.delete(artifacts),
        index_documents=int(in_index),
    )


async def collect(workspace: Workspace, *, min_age: float) -> Erased:
    """Erase memo entries and artifacts that no document uses and that are older than ``min_age`` seconds, and index
    generations of documents the catalog does not know. Younger ones may belong to a run that is still going."""
    oldest_kept = time.time() - min_age
    used = workspace.catalog.used()
    known = {row.document_id for row in workspace.catalog.rows()}
    async with workspace.stores() as stores:
        await stores.journal.prune(oldest_kept)
        memo_keys = set(await stores.memo.keys_older_than(oldest_kept)) - used.memo_keys
        memo_entries = await stores.memo.delete(memo_keys)
        kept = used.artifacts | await stores.memo.refs_all() | await stores.journal.refs_all()
        artifacts = [
            digest
            for digest, _, modified in await stores.artifacts.list()
            if modified < oldest_kept and digest not in kept
        ]
        erased = await stores.artifacts.delete(artifacts)
    orphans = [live for live in workspace.index.live_all() if live.document_id not in known]
    for live in orphans:
        workspace.index.delete_document(live.document_id, live.generation + 1)
    return Erased(memo_entries=memo_entries, artifacts=erased, index_documents=len(orphans))


def _sum(left: Erased, right: Erased) -> Erased:
    return Erased(
        left.documents + right.documents,
        left.memo_entries + right.memo_entries,
        left.artifacts + right.artifacts,
        left.index_documents + right.index_documents,
    )
