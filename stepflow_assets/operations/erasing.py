"""Forgetting documents and collecting what no document uses. Both really erase.

What stays of a forgotten document is the hash of its id and its last generation (a late writer of an older run is
refused by it). Dagster's history names it by that hash where it tells what runs did with other documents too.
"""

from __future__ import annotations

import os
import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from urllib.parse import unquote_to_bytes, urlsplit

from flow_compiler.assets.history_files import database_holds, empty_log, rewrite_database
from flow_compiler.engine.storage.database import parse_database_url
from flow_compiler.engine.stores import Stores
from flow_compiler.errors import Category
from stepflow_assets.documents.identity import split_document_id
from stepflow_assets.errors import UnknownDocument
from stepflow_assets.operations.history import forget_in_history, is_in_history
from stepflow_assets.operations.lookup import exact_document
from stepflow_assets.operations.orphans import close_dead_runs
from stepflow_assets.operations.workspace import Workspace


@dataclass(frozen=True)
class Erased:
    """Counts of what was removed."""

    documents: int = 0
    memo_entries: int = 0
    artifacts: int = 0
    index_documents: int = 0


async def forget(workspace: Workspace, document_ids: Sequence[str]) -> Erased:
    """Erase documents. Dagster's history goes first and the catalog's row last, so that the same call finishes what a
    killed one began. What was forgotten before, or what only Dagster knows, may be named too: its traces in history go.

    Raises UnknownDocument before anything is touched, also for one that a run has in hand; FlowCompilerError
    (``history.in_use``) while a run that had one is not over, StoreUnavailable.
    """
    close_dead_runs(workspace)
    named = {document_id: _names_of(workspace, document_id) for document_id in document_ids}
    forget_in_history(workspace.settings, named)
    total = Erased()
    async with workspace.stores() as stores:
        going = {other.run_id for other in workspace.catalog.running() if other.run_id}
        in_hand = await stores.journal.used(going, besides=named)  # in no catalog row before their end
        for document_id in named:
            total = _sum(total, await _forget_one(workspace, stores, document_id, in_hand))
    _leave_no_trace(workspace, {name for document_id, names in named.items() for name in (document_id, *names)})
    return total


def _leave_no_trace(workspace: Workspace, names: Collection[str]) -> None:
    """SQLite overwrites what it deletes, but not what it left behind in a page whose rows it moved: the file is rewritten
    when its bytes still hold a name. PostgreSQL vacuums by itself."""
    url = parse_database_url(workspace.settings.database)
    if url.get_backend_name() != "sqlite" or not names:
        return
    file = Path(str(url.database))
    empty_log(file)
    if database_holds(file, names):
        rewrite_database(file)


def _names_of(workspace: Workspace, document_id: str) -> Sequence[str]:
    """What else a message may call it."""
    row = workspace.catalog.get(document_id)
    if row is None:
        if workspace.catalog.forgotten(document_id) is None and not is_in_history(workspace.settings, document_id):
            exact_document(workspace, document_id)  # says which names are near
        _, path = split_document_id(document_id)
        return sorted({path, PurePosixPath(path).name} - {""})
    if row.running:
        raise UnknownDocument(
            f"{document_id!r} is in hand of run {row.run_id}",
            code="catalog.in_hand",
            category=Category.CAPACITY,
            next_step="Wait for the run, or stop it with `stepflow-assets cancel`.",
        )
    file = os.fsdecode(unquote_to_bytes(urlsplit(row.uri).path))
    return sorted({row.path, PurePosixPath(row.path).name, row.uri, file} - {""})


async def _forget_one(
    workspace: Workspace, stores: Stores, document_id: str, in_hand: tuple[frozenset[str], frozenset[str]]
) -> Erased:
    """``used`` counts this document too, which is not to be kept for its own sake. ``in_hand``: memo keys and artifacts
    that runs need which are going on."""
    row = workspace.catalog.get(document_id)
    generation = row.generation + 1 if row else workspace.catalog.forgotten(document_id)
    only_here, used = workspace.catalog.only_used_by(document_id), workspace.catalog.used()
    kept_keys, kept_artifacts = used.memo_keys - only_here.memo_keys, used.artifacts - only_here.artifacts
    in_index = workspace.index.delete_document(document_id, generation or 0)
    journaled_keys, journaled_artifacts = await stores.journal.forget(document_id)
    kept_keys, kept_artifacts = kept_keys | in_hand[0], kept_artifacts | in_hand[1]
    memo_keys = (only_here.memo_keys | journaled_keys) - kept_keys
    artifacts = only_here.artifacts | journaled_artifacts | await stores.memo.refs(sorted(memo_keys))
    erased = Erased(
        documents=int(row is not None),
        memo_entries=await stores.memo.delete(memo_keys),
        artifacts=await stores.artifacts.delete(artifacts - kept_artifacts),
        index_documents=int(in_index),
    )
    workspace.catalog.forget(document_id)
    return erased


async def collect(workspace: Workspace, *, min_age: float) -> Erased:
    """Erase memo entries and artifacts that no document uses and that are older than ``min_age`` seconds, and index
    generations of documents the catalog does not know. Younger ones may belong to a run that is still going."""
    oldest_kept = time.time() - min_age
    used = workspace.catalog.used()
    known = {row.document_id for row in workspace.catalog.rows()}
    async with workspace.stores() as stores:
        await stores.journal.prune(oldest_kept)
        in_hand_keys, in_hand_artifacts = await stores.journal.used()
        memo_keys = set(await stores.memo.keys_older_than(oldest_kept)) - used.memo_keys - in_hand_keys
        memo_entries = await stores.memo.delete(memo_keys)
        kept = used.artifacts | await stores.memo.refs_all() | in_hand_artifacts
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
