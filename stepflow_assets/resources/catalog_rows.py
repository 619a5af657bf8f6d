"""Catalog rows: from what a source or a run says to columns, and from columns to CatalogRow."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Row

from flow_compiler.engine.outcomes import Failure
from flow_compiler.engine.storage.stored_text import original, stored
from stepflow_assets.documents.chunk import Outcome
from stepflow_assets.resources.catalog import CatalogRow, Finish, SeenDocument


def seen_values(seen: SeenDocument, generation: int) -> dict[str, Any]:
    """A new row; ``generation`` is 0, or the number of the deletion of a document that returns."""
    return {
        "document_id": stored(seen.document_id),
        "source": stored(seen.source),
        "path": stored(seen.path),
        "uri": stored(seen.uri),
        "bytes": seen.bytes,
        "stamp": stored(seen.stamp),
        "seen_stamp": stored(seen.stamp),
        "generation": generation,
        "finished_generation": generation,
        "running": False,
        "degraded": False,
        "first_seen": time.time(),
    }


def ended(finish: Finish, row: Row[Any], stamp: str, now: float) -> dict[str, Any]:
    """The columns that change when ``finish`` is said of ``row``. A superseded one only tells what is live in the index.

    ``stamp`` is the one seen when the run took the document: a file changed since then is noticed by it.
    """
    values: dict[str, Any] = {"running": bool(row.running) and row.run_id != stored(finish.run_id)}
    if finish.live_generation is not None and finish.live_generation > (row.live_generation or 0):
        values["live_generation"] = finish.live_generation
    if finish.generation < row.finished_generation:
        return values
    if finish.outcome is not Outcome.FAILED:  # a failure leaves the live generation as it was
        values["live_generation"] = finish.live_generation
    if not values["running"]:
        values["run_id"] = stored(finish.run_id)
    return values | {
        "outcome": finish.outcome.value,
        "failure": None if finish.failure is None else failure_json(finish.failure),
        "version": finish.version,
        "stamp": stamp,
        "flow_digest": finish.flow_digest,
        "pages": finish.pages,
        "chunks": finish.chunks,
        "seconds": finish.seconds,
        "computed": finish.computed,
        "reused": finish.reused,
        "degraded": finish.degraded,
        "finished_generation": finish.generation,
        "last_finished": now,
    }


def catalog_row(row: Row[Any]) -> CatalogRow:
    return CatalogRow(
        document_id=original(row.document_id),
        source=original(row.source),
        path=original(row.path),
        uri=original(row.uri),
        bytes=row.bytes,
        stamp=original(row.stamp),
        version=row.version,
        flow_digest=row.flow_digest,
        outcome=None if row.outcome is None else Outcome(row.outcome),
        failure=None if row.failure is None else Failure(**json.loads(row.failure)),
        pages=row.pages,
        chunks=row.chunks,
        seconds=row.seconds,
        reused=row.reused,
        computed=row.computed,
        generation=row.generation,
        live_generation=row.live_generation,
        run_id=None if row.run_id is None else original(row.run_id),
        running=row.running,
        degraded=row.degraded,
        first_seen=_utc(row.first_seen),
        last_finished=None if row.last_finished is None else _utc(row.last_finished),
    )


def failure_json(failure: Failure) -> str:
    return json.dumps(failure.model_dump())


def _utc(epoch_seconds: float) -> datetime:
    return datetime.fromtimestamp(epoch_seconds, UTC)
