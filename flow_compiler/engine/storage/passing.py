"""Stores in memory for one run over many inputs, where an input that has ended leaves nothing behind: memory does not
grow with the number of inputs. Only blobs that components put stay until the end."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from flow_compiler.engine.outcomes import StepRecord, merge_numbers
from flow_compiler.engine.storage.memory import MemoryArtifacts, MemoryJournal, MemoryLeases, MemoryMemo
from flow_compiler.engine.stores import ItemPath, Lease, MemoEntry, Resumption, Stores, Trying, root_of, root_path

_REMEMBERED = 10_000
"""Results of pure components that are remembered for the inputs after them."""


def passing_stores() -> Stores:
    """A root item that was forgotten (``journal.forget``) takes no memory any more, and costs no other one time."""
    leases = MemoryLeases()
    return Stores(journal=PassingJournal(leases), memo=_LatestMemo(), leases=leases, artifacts=MemoryArtifacts())


@dataclass
class PassingJournal:
    """A journal of its own for each root item, so that neither looking one up nor forgetting it looks at the others."""

    _leases: MemoryLeases
    _by_root: dict[ItemPath, MemoryJournal] = field(default_factory=dict)
    _cancelled: set[str] = field(default_factory=set)

    def _of(self, item: ItemPath) -> MemoryJournal:
        return self._by_root.setdefault(root_of(item), MemoryJournal(self._leases))

    async def load(self, run_id: str, item: ItemPath) -> Mapping[tuple[ItemPath, str], StepRecord]:
        return await self._of(item).load(run_id, item)

    async def resume(self, run_id: str, item: ItemPath) -> Resumption:
        return await self._of(item).resume(run_id, item)

    async def note(self, run_id: str, item: ItemPath, step: str, trying: Trying, lease: Lease | None = None) -> None:
        await self._of(item).note(run_id, item, step, trying, lease)

    async def record(
        self, run_id: str, item: ItemPath, step: str, record: StepRecord, lease: Lease | None = None
    ) -> None:
        await self._of(item).record(run_id, item, step, record, lease)

    async def record_numbers(self, run_id: str) -> Mapping[str, float | int]:
        return merge_numbers([dict(await each.record_numbers(run_id)) for each in self._by_root.values()])

    async def forget(self, item_key: str) -> tuple[frozenset[str], frozenset[str]]:
        self._leases.sweep(time.time())
        gone = self._by_root.pop(root_path(item_key), None)
        return await gone.used() if gone is not None else (frozenset(), frozenset())

    async def prune(self, older_than: float) -> int:
        return sum([await each.prune(older_than) for each in self._by_root.values()])

    async def used(
        self, run_ids: Collection[str] | None = None, besides: Collection[str] = ()
    ) -> tuple[frozenset[str], frozenset[str]]:
        found = [await each.used(run_ids, besides) for each in self._by_root.values()]
        return frozenset().union(*(keys for keys, _ in found)), frozenset().union(*(refs for _, refs in found))

    async def cancel(self, run_id: str) -> None:
        self._cancelled.add(run_id)

    async def is_cancelled(self, run_id: str) -> bool:
        return run_id in self._cancelled


@dataclass
class _LatestMemo(MemoryMemo):
    """The entries that were used last."""

    _entries: OrderedDict[str, tuple[MemoEntry, float]] = field(default_factory=OrderedDict)

    async def get(self, keys: Sequence[str]) -> Mapping[str, MemoEntry]:
        found = await super().get(keys)
        for key in found:
            self._entries.move_to_end(key)
        return found

    async def put(self, entries: Sequence[MemoEntry]) -> None:
        await super().put(entries)
        while len(self._entries) > _REMEMBERED:
            self._entries.popitem(last=False)
