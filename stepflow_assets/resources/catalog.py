"""The catalog protocol: the truth about documents. Dagster's partitions are a view of it.

One row per document (source, path, version seen, state, generation counter, live outcome), the run that has it in hand,
and which memo entries and artifacts each document used (what forget and gc may erase).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from flow_compiler.engine.outcomes import Failure
from stepflow_assets.documents.chunk import Outcome


@dataclass(frozen=True)
class SeenDocument:
    """A file as a source listed it, before anything was read. ``stamp`` is a cheap change hint (size and mtime)."""

    document_id: str
    source: str
    path: str
    uri: str
    bytes: int
    stamp: str


@dataclass(frozen=True)
class CatalogRow:
    document_id: str
    source: str
    path: str
    uri: str
    bytes: int
    stamp: str
    version: str | None  # of the last finished run (SHA-256 for local files)
    flow_digest: str | None  # flow + component versions + profiles of the last finished run
    outcome: Outcome | None  # of the last finished run
    failure: Failure | None
    pages: int | None
    chunks: int | None
    seconds: float | None
    reused: int | None
    computed: int | None
    generation: int  # counter: highest number handed out
    live_generation: int | None
    run_id: str | None  # run that has it in hand now, else of the last finish
    running: bool
    degraded: bool
    first_seen: datetime  # aware, UTC
    last_finished: datetime | None


@dataclass(frozen=True)
class Taken:
    document_id: str
    uri: str
    version: str
    generation: int


@dataclass(frozen=True)
class Finish:
    """What a run says of a document when it ends there."""

    document_id: str
    run_id: str
    generation: int
    outcome: Outcome
    version: str
    flow_digest: str
    failure: Failure | None = None
    pages: int | None = None
    chunks: int | None = None
    live_generation: int | None = None
    seconds: float = 0.0
    computed: int = 0
    reused: int = 0
    degraded: bool = False
    memo_keys: frozenset[str] = field(default_factory=frozenset)
    artifacts: frozenset[str] = field(default_factory=frozenset)


@dataclass(frozen=True)
class Erasable:
    """What forgetting a document allows to erase: used by it and by no other."""

    memo_keys: frozenset[str]
    artifacts: frozenset[str]


class Catalog(Protocol):
    """Synchronous (SQLAlchemy); callers on an event loop use a thread. Every method is one transaction."""

    def enter(self, documents: Sequence[SeenDocument]) -> None:
        """Insert, or refresh, documents that a source listed. A row's ``stamp`` stays the one that belongs to its ``version``:
        the new one is taken over by the run that takes the document in hand after this and finishes."""
        ...

    def get(self, document_id: str) -> CatalogRow | None: ...

    def rows(self, *, outcomes: Iterable[Outcome] | None = None, source: str | None = None) -> Sequence[CatalogRow]: ...

    def take(self, run_id: str, document_id: str, version: str) -> Taken:
        """Raise the generation counter and mark the document running. The same run taking it again gets the same number.
        The counter of a forgotten document goes on where it was."""
        ...

    def taken(self, run_id: str, document_id: str) -> Taken | None:
        """What :meth:`take` gave this run, in whichever process it was; None when it never took the document."""
        ...

    def release(self, document_id: str, run_id: str, used: Erasable) -> None:
        """The run lets go of a document without deciding its outcome (a step of the flow was not selected). What it used
        is added to the document's uses."""
        ...

    def finish(self, finish: Finish) -> bool:
        """Record the end; replaces the document's uses (a failure adds to them: the live generation still needs its own).
        False when a newer generation has finished already (superseded), or the document was forgotten meanwhile."""
        ...

    def only_used_by(self, document_id: str) -> Erasable:
        """What forgetting the document allows to erase."""
        ...

    def forgotten(self, document_id: str) -> int | None:
        """The generation of its deletion, also when it was entered again since; None when it was never forgotten."""
        ...

    def forget(self, document_id: str) -> tuple[int, Erasable] | None:
        """Remove the row; only the id's hash and the raised counter stay. Returns (deletion generation, erasable)."""
        ...

    def close_run(self, run_id: str, failure: Failure) -> Sequence[str]:
        """The run is gone: documents it still had in hand become failed with this reason (ids returned)."""
        ...

    def used(self) -> Erasable:
        """Everything that some document uses: gc keeps it."""
        ...

    def running(self) -> Sequence[CatalogRow]: ...
