"""StepRecord ↔ table row, the same for journal and memo. Outcomes beyond 64 KiB live in the artifact store."""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

from sqlalchemy import Row

from flow_compiler.engine.outcomes import Reuse, StepRecord, from_json, to_json
from flow_compiler.engine.stores import ArtifactStore
from flow_compiler.errors import ArtifactCorrupt, ArtifactMissing

INLINE_BYTES = 64 * 1024

Name = TypeVar("Name")
_log = logging.getLogger(__name__)
_written = json.JSONEncoder(separators=(",", ":"), allow_nan=False).encode


async def row_of(record: StepRecord, artifacts: ArtifactStore) -> dict[str, Any]:
    """Column values. ASCII JSON: any character survives any database."""
    outcome: str | None = _written(to_json(record.outcome))
    outcome_ref: str | None = None
    if outcome is not None and len(outcome) > INLINE_BYTES:
        outcome_ref = (await artifacts.put(outcome.encode("ascii"), "data")).id
        outcome = None
    return {
        "outcome": outcome,
        "outcome_ref": outcome_ref,
        "attempts": record.attempts,
        "seconds": record.seconds,
        "numbers": _written(record.numbers) if record.numbers else "{}",
        "refs": _written(sorted(record.refs)) if record.refs else "[]",
        "memo_key": record.memo_key,
        "reuse": record.reuse.value,
        "degraded": record.degraded,
        "computed": record.computed,
        "reused": record.reused,
        "recorded_at": time.time(),
    }


async def records_of(
    rows: Mapping[Name, Row[Any]], artifacts: ArtifactStore
) -> tuple[dict[Name, StepRecord], list[Name]]:
    """Records by name, and the names whose outcome can no longer be read: as good as never finished, so computed anew."""
    large = {name: row.outcome_ref for name, row in rows.items() if row.outcome_ref is not None}
    texts = await asyncio.gather(*(_outcome_text(artifacts, digest) for digest in large.values()))
    fetched = dict(zip(large, texts, strict=True))
    lost = [name for name, text in fetched.items() if text is None]
    if lost:
        _log.warning("the outcomes of %d records are gone from the artifact store; they are computed anew", len(lost))
    read = {name: _record(row, fetched.get(name) or row.outcome) for name, row in rows.items() if name not in lost}
    return read, lost


async def _outcome_text(artifacts: ArtifactStore, digest: str) -> str | None:
    try:
        return (await artifacts.get(digest)).decode("ascii")
    except (ArtifactMissing, ArtifactCorrupt):
        return None


def _record(row: Row[Any], outcome: str) -> StepRecord:
    return StepRecord(
        outcome=from_json(json.loads(outcome)),
        attempts=row.attempts,
        seconds=row.seconds,
        numbers=json.loads(row.numbers),
        refs=tuple(json.loads(row.refs)),
        memo_key=row.memo_key,
        reuse=Reuse(row.reuse),
        degraded=row.degraded,
        computed=row.computed,
        reused=row.reused,
    )


def refs_of(rows: Iterable[Row[Any]]) -> frozenset[str]:
    """Every artifact digest of rows with ``refs`` and ``outcome_ref``."""
    found: set[str] = set()
    for row in rows:
        found.update(json.loads(row.refs))
        if row.outcome_ref is not None:
            found.add(row.outcome_ref)
    return frozenset(found)
