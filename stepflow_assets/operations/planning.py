"""Which documents need work, decided from the catalog and the index alone: unchanged input costs a look, nothing more.

| the document | what happens |
|---|---|
| new, or its bytes changed | it is run |
| unchanged, live in the index, same flow | nothing |
| unchanged, but flow, component versions or variables changed | it is run; memo answers what stayed the same |
| unchanged, but missing from the index | it is run; only the index is written |
| failed before, can be tried again | it is run |
| failed before for good, same bytes | nothing (``retry`` or ``--refresh`` runs it) |
| failed for want of a password, and passwords are given now | it is run |
| in hand of a run that still lives | left to that run |
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from stepflow_assets.documents.chunk import Outcome
from stepflow_assets.errors import DocumentEncrypted, DocumentError
from stepflow_assets.resources.catalog import CatalogRow, SeenDocument
from stepflow_assets.resources.search import LiveGeneration
from stepflow_assets.resources.source_registry import Sources


class Reason(StrEnum):
    """Why a document is run, or not."""

    NEW = "new"
    CHANGED = "changed"
    FLOW_CHANGED = "flow changed"
    NOT_IN_INDEX = "not in the index"
    UNFINISHED = "unfinished"
    TRY_AGAIN = "failed before, can be tried again"
    DEGRADED = "read by a fallback, can be improved"
    PASSWORD_GIVEN = "password given"
    REFRESH = "refresh"
    UNCHANGED = "unchanged"
    FAILED_FOR_GOOD = "failed before, same bytes"
    RUNNING = "running elsewhere"


NO_WORK = frozenset({Reason.UNCHANGED, Reason.FAILED_FOR_GOOD, Reason.RUNNING})


@dataclass(frozen=True)
class Decision:
    document: SeenDocument
    reason: Reason

    @property
    def needs_work(self) -> bool:
        return self.reason not in NO_WORK


@dataclass(frozen=True)
class Circumstances:
    """What every decision of one plan looks at."""

    rows: Mapping[str, CatalogRow]
    live: Mapping[str, LiveGeneration]
    flow_identity: str
    refresh: bool = False
    passwords_given: bool = False


def plan(documents: Sequence[SeenDocument], given: Circumstances, sources: Sources) -> list[Decision]:
    """One decision per document, in order. Reads a file only when its size or modification time changed."""
    return [Decision(document, _decide(document, given, sources)) for document in documents]


def _decide(document: SeenDocument, given: Circumstances, sources: Sources) -> Reason:
    row = given.rows.get(document.document_id)
    if row is None:
        return Reason.NEW
    if row.running:
        return Reason.RUNNING
    if given.refresh:
        return Reason.REFRESH
    if row.outcome is None:
        return Reason.UNFINISHED
    if document.stamp != row.stamp and _changed(document, row, sources):
        return Reason.CHANGED
    if row.outcome is Outcome.FAILED:
        return _decide_failed(row, given)
    if row.flow_digest != given.flow_identity:
        return Reason.FLOW_CHANGED
    live = given.live.get(document.document_id)
    if live is None or live.generation != row.live_generation:
        return Reason.NOT_IN_INDEX
    return Reason.UNCHANGED


def _changed(document: SeenDocument, row: CatalogRow, sources: Sources) -> bool:
    """A document that cannot be read any more is run: it fails there, alone and with its reason."""
    try:
        return sources.version(document.uri) != row.version
    except DocumentError:
        return True


def _decide_failed(row: CatalogRow, given: Circumstances) -> Reason:
    if row.failure is not None and row.failure.retryable:
        return Reason.TRY_AGAIN
    if row.failure is not None and row.failure.error == DocumentEncrypted.code and given.passwords_given:
        return Reason.PASSWORD_GIVEN
    if row.flow_digest != given.flow_identity:
        return Reason.FLOW_CHANGED
    return Reason.FAILED_FOR_GOOD
