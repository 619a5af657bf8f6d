"""The three durable stores as the interpreter sees them. Implementations live beside this module.

All calls are asynchronous and safe from many tasks; implementations may batch writes, but a call that returned
is committed (design, idea 2: "Finished means: its record is committed").
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from flow_compiler.engine.outcomes import StepRecord

ItemPath = str
"""Where in a run: ``"<item key>"``, then ``/<map step>[<index>]`` per nested map, e.g. ``files:a.pdf/pages[3]``.

Build it with :func:`root_path` and :func:`nested_path`: keys and step ids may hold any characters, and only the escaping
done there keeps ``root_of`` exact.
"""


def root_path(item_key: str) -> ItemPath:
    """The path of a root item. ``[`` occurs in a path only where a nested map is entered, so keys have it escaped."""
    return item_key.replace("%", "%25").replace("[", "%5B")


def nested_path(item: ItemPath, step: str, index: int) -> ItemPath:
    """The path of item ``index`` of the map ``step`` below ``item``."""
    escaped = step.replace("%", "%25").replace("[", "%5B").replace("/", "%2F")
    return f"{item}/{escaped}[{index}]"


def outermost_map(item: ItemPath) -> tuple[str, str] | None:
    """The map step of the root item's flow that ``item`` lies below, and the index of its item; None for a root item."""
    step, bracket, rest = item[len(root_of(item)) + 1 :].partition("[")
    if not bracket:
        return None
    return step.replace("%2F", "/").replace("%5B", "[").replace("%25", "%"), rest.partition("]")[0]


def root_of(item: ItemPath) -> ItemPath:
    """The path of the root item that ``item`` is, or lies below."""
    bracket = item.find("[")
    return item if bracket < 0 else item[: item.rfind("/", 0, bracket)]


def depth_of(item: ItemPath) -> int:
    """How many flows it lies inside: 0 for a root item."""
    return item.count("[")


@dataclass(frozen=True)
class BlobRef:
    """Stepflow's runtime reference to an artifact: ``{"$blob": id, "blobType"?, "size"?}``."""

    id: str  # lowercase hex SHA-256 of the bytes
    size: int
    kind: str = "binary"  # Stepflow's blobType: data, flow or binary

    def to_json(self) -> dict[str, str | int]:
        return {"$blob": self.id, "blobType": self.kind, "size": self.size}


class ArtifactStore(Protocol):
    """Immutable bytes addressed by their SHA-256; put-if-absent."""

    async def put(self, data: bytes, kind: str = "binary") -> BlobRef: ...

    async def get(self, digest: str) -> bytes:
        """Raises ArtifactMissing, ArtifactCorrupt (digest checked on every read)."""
        ...

    async def exists(self, digest: str) -> bool: ...

    async def local_path(self, digest: str) -> Path:
        """A readable file with the bytes, for worker processes (the stored file itself, or a cached copy)."""
        ...

    async def delete(self, digests: Iterable[str]) -> int: ...

    async def list(self) -> Sequence[tuple[str, int, float]]:
        """(digest, bytes, last-modified epoch seconds) of every artifact; used by gc."""
        ...


@dataclass(frozen=True)
class Lease:
    """A claim on a name. ``token`` rises with each owner: a write that carries an older one is refused."""

    name: str
    owner: str
    token: int
    expires_at: float  # database time, epoch seconds


class Leases(Protocol):
    async def acquire(self, name: str, owner: str, ttl: float) -> Lease | None:
        """The lease, or None while another live owner holds it. Time is the database's."""
        ...

    async def renew(self, lease: Lease, ttl: float) -> Lease:
        """Raises LeaseLost."""
        ...

    async def release(self, lease: Lease) -> None: ...


@dataclass(frozen=True)
class Trying:
    """How it stands with a step that was begun and has not ended."""

    attempts: int  # begun so far, over all runners of the run
    retries: int = 0  # used of the flow's ``maxRetries``
    transport_retries: int = 0  # used of those after a worker died
    pause: float | None = None  # seconds between the last attempt and the next one; None: an attempt is under way
    age: float = 0.0  # seconds since the attempt, or the pause, began; by the database's clock, never negative


@dataclass(frozen=True)
class Resumption:
    """What runners before left of an item and of everything nested below it."""

    records: Mapping[tuple[ItemPath, str], StepRecord] = field(default_factory=dict)
    trying: Mapping[tuple[ItemPath, str], Trying] = field(default_factory=dict)


class Journal(Protocol):
    """(run, item path, step) → record. What recovery inside one run reads."""

    async def load(self, run_id: str, item: ItemPath) -> Mapping[tuple[ItemPath, str], StepRecord]:
        """All *finished* records of the item and everything nested below it, in one read. Failures are included
        for reporting; the interpreter never replays them as results."""
        ...

    async def resume(self, run_id: str, item: ItemPath) -> Resumption:
        """The finished records, and how it stands with the steps that were begun and have not ended."""
        ...

    async def note(self, run_id: str, item: ItemPath, step: str, trying: Trying, lease: Lease | None = None) -> None:
        """Commit that an attempt begins, or the pause before one. Takes the place of a record with fewer attempts, and
        is without effect after one with as many. With a lease: raises LeaseLost as :meth:`record` does."""
        ...

    async def record(
        self, run_id: str, item: ItemPath, step: str, record: StepRecord, lease: Lease | None = None
    ) -> None:
        """Commit one record. With a lease: raises LeaseLost when the lease is no longer the newest for its name."""
        ...

    async def record_numbers(self, run_id: str) -> Mapping[str, float | int]: ...

    async def forget(self, item_key: str) -> tuple[frozenset[str], frozenset[str]]:
        """Erase every record of the root item in all runs; returns (memo keys, artifact digests) they named."""
        ...

    async def prune(self, older_than: float) -> int:
        """Erase the records of runs whose newest record is older (epoch seconds); returns how many runs. For gc."""
        ...

    async def used(
        self, run_ids: Collection[str] | None = None, besides: Collection[str] = ()
    ) -> tuple[frozenset[str], frozenset[str]]:
        """What records of the runs (None: of all) name: memo keys, and artifact digests, outcomes kept as artifacts
        included. Whoever erases leaves it alone while a run is going on, which has told of it nowhere else. Records of
        the root items ``besides`` are not looked at."""
        ...

    async def cancel(self, run_id: str) -> None:
        """Ask the run to stop; its runner polls :meth:`is_cancelled`."""
        ...

    async def is_cancelled(self, run_id: str) -> bool: ...


@dataclass(frozen=True)
class MemoEntry:
    """The remembered success of a pure or read component."""

    key: str
    component: str
    record: StepRecord


class Memo(Protocol):
    """Memo key → record. What reuse across runs, documents and hosts reads."""

    async def get(self, keys: Sequence[str]) -> Mapping[str, MemoEntry]: ...

    async def put(self, entries: Sequence[MemoEntry]) -> None:
        """Last writer wins only over a degraded entry; otherwise the first entry stays."""
        ...

    async def delete(self, keys: Iterable[str]) -> int: ...

    async def keys_older_than(self, epoch_seconds: float) -> Sequence[str]: ...

    async def refs(self, keys: Sequence[str]) -> frozenset[str]:
        """Artifact digests that the entries refer to, outcomes kept as artifacts included."""
        ...

    async def refs_all(self) -> frozenset[str]:
        """The same over all entries. For gc."""
        ...


@dataclass(frozen=True)
class Stores:
    """What an engine needs to remember anything."""

    journal: Journal
    memo: Memo
    leases: Leases
    artifacts: ArtifactStore
