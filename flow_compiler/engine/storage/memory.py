"""Stores in memory, for tests and throw-away runs: the same behaviour, nothing kept."""

from __future__ import annotations

import asyncio
import hashlib
import tempfile
import time
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeVar

from flow_compiler.engine.outcomes import Failure, StepRecord, merge_numbers
from flow_compiler.engine.stores import (
    BlobRef,
    ItemPath,
    Lease,
    MemoEntry,
    Resumption,
    Stores,
    Trying,
    root_of,
    root_path,
)
from flow_compiler.errors import ArtifactCorrupt, ArtifactMissing, LeaseLost

T = TypeVar("T")


def memory_stores() -> Stores:
    leases = MemoryLeases()
    return Stores(journal=MemoryJournal(leases), memo=MemoryMemo(), leases=leases, artifacts=MemoryArtifacts())


@dataclass
class MemoryArtifacts:
    _kept: dict[str, tuple[bytes, float]] = field(default_factory=dict)
    _folder: tempfile.TemporaryDirectory[str] | None = None

    async def put(self, data: bytes, kind: str = "binary") -> BlobRef:
        digest = hashlib.sha256(data).hexdigest()
        self._kept.setdefault(digest, (bytes(data), time.time()))
        return BlobRef(digest, len(data), kind)

    async def get(self, digest: str) -> bytes:
        if digest not in self._kept:
            raise ArtifactMissing(f"artifact {digest} is not in memory")
        data = self._kept[digest][0]
        if hashlib.sha256(data).hexdigest() != digest:
            del self._kept[digest]
            raise ArtifactCorrupt(f"artifact {digest} had other bytes than its name says; it was removed")
        return data

    async def exists(self, digest: str) -> bool:
        return digest in self._kept

    async def local_path(self, digest: str) -> Path:
        data = await self.get(digest)
        if self._folder is None:
            self._folder = tempfile.TemporaryDirectory(prefix="stepflow-artifacts-")
        file = Path(self._folder.name) / digest
        if not await asyncio.to_thread(file.exists):
            await asyncio.to_thread(_write_whole, file, data)
        return file

    async def delete(self, digests: Iterable[str]) -> int:
        return sum(self._kept.pop(digest, None) is not None for digest in set(digests))

    async def list(self) -> Sequence[tuple[str, int, float]]:
        return sorted((digest, len(data), written) for digest, (data, written) in self._kept.items())


def _write_whole(file: Path, data: bytes) -> None:
    """The file is there with all its bytes, or not yet: another call may be looking for it."""
    with tempfile.NamedTemporaryFile(dir=file.parent, delete=False) as partial:
        partial.write(data)
    Path(partial.name).replace(file)


@dataclass
class MemoryLeases:
    _held: dict[str, Lease] = field(default_factory=dict)

    async def acquire(self, name: str, owner: str, ttl: float) -> Lease | None:
        held = self._held.get(name)
        if held is not None and held.owner != owner and held.expires_at > time.time():
            return None
        token = max(held.token + 1 if held else 1, time.time_ns() // 1000)
        self._held[name] = Lease(name, owner, token, time.time() + ttl)
        return self._held[name]

    async def renew(self, lease: Lease, ttl: float) -> Lease:
        if not self.is_newest(lease):
            raise LeaseLost(f"the lease on {lease.name} has passed to another owner")
        self._held[lease.name] = replace(lease, expires_at=time.time() + ttl)
        return self._held[lease.name]

    async def release(self, lease: Lease) -> None:
        if self.is_newest(lease):
            self._held[lease.name] = replace(lease, expires_at=time.time())

    def sweep(self, older_than: float) -> None:
        self._held = {name: lease for name, lease in self._held.items() if lease.expires_at >= older_than}

    def is_newest(self, lease: Lease) -> bool:
        held = self._held.get(lease.name)
        return held is not None and held.token == lease.token


@dataclass
class MemoryJournal:
    _leases: MemoryLeases
    _records: dict[tuple[str, ItemPath, str], StepRecord] = field(default_factory=dict)
    _trying: dict[tuple[str, ItemPath, str], Trying] = field(default_factory=dict)
    _recorded_at: dict[tuple[str, ItemPath, str], float] = field(default_factory=dict)
    _cancelled: set[str] = field(default_factory=set)

    async def load(self, run_id: str, item: ItemPath) -> Mapping[tuple[ItemPath, str], StepRecord]:
        return _below(self._records, run_id, item)

    async def resume(self, run_id: str, item: ItemPath) -> Resumption:
        trying = {
            (path, step): replace(kept, age=max(time.time() - self._recorded_at[run_id, path, step], 0.0))
            for (path, step), kept in _below(self._trying, run_id, item).items()
        }
        return Resumption(_below(self._records, run_id, item), trying)

    async def note(self, run_id: str, item: ItemPath, step: str, trying: Trying, lease: Lease | None = None) -> None:
        self._require(lease)
        key = (run_id, item, step)
        ended, noted = self._records.get(key), self._trying.get(key)
        if (ended and ended.attempts >= trying.attempts) or (noted and noted.attempts > trying.attempts):
            return
        self._records.pop(key, None)
        self._trying[key], self._recorded_at[key] = trying, time.time() - trying.age

    async def record(
        self, run_id: str, item: ItemPath, step: str, record: StepRecord, lease: Lease | None = None
    ) -> None:
        self._require(lease)
        key = (run_id, item, step)
        self._trying.pop(key, None)
        self._records[key], self._recorded_at[key] = record, time.time()

    def _require(self, lease: Lease | None) -> None:
        if lease is not None and not self._leases.is_newest(lease):
            raise LeaseLost(f"the lease on {lease.name} has passed to another owner")

    async def record_numbers(self, run_id: str) -> Mapping[str, float | int]:
        top = [key for key in self._records if key[0] == run_id and key[1] == root_of(key[1])]
        return merge_numbers([self._records[key].numbers for key in sorted(top)])

    async def forget(self, item_key: str) -> tuple[frozenset[str], frozenset[str]]:
        root = root_path(item_key)
        gone = [self._records[key] for key in self._records if root_of(key[1]) == root]
        for key in [key for key in self._recorded_at if root_of(key[1]) == root]:
            self._erase(key)
        return _used_by(gone)

    async def prune(self, older_than: float) -> int:
        newest: dict[str, float] = {}
        for key, recorded_at in self._recorded_at.items():
            newest[key[0]] = max(recorded_at, newest.get(key[0], 0.0))
        old = {run for run, recorded_at in newest.items() if recorded_at < older_than}
        for key in [key for key in self._recorded_at if key[0] in old]:
            self._erase(key)
        self._cancelled -= old
        self._leases.sweep(older_than)
        return len(old)

    async def used(
        self, run_ids: Collection[str] | None = None, besides: Collection[str] = ()
    ) -> tuple[frozenset[str], frozenset[str]]:
        roots = {root_path(key) for key in besides}
        return _used_by(
            [
                record
                for (run, path, _), record in self._records.items()
                if (run_ids is None or run in run_ids) and root_of(path) not in roots
            ]
        )

    def _erase(self, key: tuple[str, ItemPath, str]) -> None:
        for kept in (self._records, self._trying, self._recorded_at):
            kept.pop(key, None)

    async def cancel(self, run_id: str) -> None:
        self._cancelled.add(run_id)

    async def is_cancelled(self, run_id: str) -> bool:
        return run_id in self._cancelled


@dataclass
class MemoryMemo:
    _entries: dict[str, tuple[MemoEntry, float]] = field(default_factory=dict)

    async def get(self, keys: Sequence[str]) -> Mapping[str, MemoEntry]:
        return {key: self._entries[key][0] for key in keys if key in self._entries}

    async def put(self, entries: Sequence[MemoEntry]) -> None:
        for entry in entries:
            if isinstance(entry.record.outcome, Failure):
                raise ValueError(f"memo entry {entry.key}: failures are never remembered")
        for entry in entries:
            kept = self._entries.get(entry.key)
            if kept is None or kept[0].record.degraded:
                self._entries[entry.key] = (entry, time.time())

    async def delete(self, keys: Iterable[str]) -> int:
        return sum(self._entries.pop(key, None) is not None for key in set(keys))

    async def keys_older_than(self, epoch_seconds: float) -> Sequence[str]:
        older = ((written, key) for key, (_, written) in self._entries.items() if written < epoch_seconds)
        return [key for _, key in sorted(older)]

    async def refs(self, keys: Sequence[str]) -> frozenset[str]:
        return frozenset(ref for entry in (await self.get(keys)).values() for ref in entry.record.refs)

    async def refs_all(self) -> frozenset[str]:
        return await self.refs(list(self._entries))


def _below(kept: Mapping[tuple[str, ItemPath, str], T], run_id: str, item: ItemPath) -> dict[tuple[ItemPath, str], T]:
    return {
        (path, step): value
        for (run, path, step), value in kept.items()
        if run == run_id and root_of(path) == root_of(item) and (path == item or path.startswith(f"{item}/"))
    }


def _used_by(records: Collection[StepRecord]) -> tuple[frozenset[str], frozenset[str]]:
    keys = frozenset(record.memo_key for record in records if record.memo_key is not None)
    return keys, frozenset(ref for record in records for ref in record.refs)
