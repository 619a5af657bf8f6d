"""Which documents need work: one row of the table per case."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from flow_compiler.engine.outcomes import Failure
from flow_compiler.errors import Category
from stepflow_assets.documents.chunk import Outcome
from stepflow_assets.operations.planning import Circumstances, Reason, plan
from stepflow_assets.resources.catalog import CatalogRow, SeenDocument
from stepflow_assets.resources.local_source import LocalFilesSource
from stepflow_assets.resources.search import LiveGeneration
from stepflow_assets.resources.source_registry import Sources

NOW = datetime(2026, 1, 2, tzinfo=UTC)
FLOW = "flow-1"


@pytest.fixture
def sources(tmp_path: Path) -> Sources:
    return Sources([], LocalFilesSource("files", max_bytes=1000))


@pytest.fixture
def seen(sources: Sources, tmp_path: Path) -> SeenDocument:
    file = tmp_path / "a.txt"
    file.write_text("one")
    [document] = sources.under(file)
    return document


@pytest.fixture
def row(sources: Sources, seen: SeenDocument) -> CatalogRow:
    """Indexed as it is now, by the flow as it is now."""
    return CatalogRow(
        document_id=seen.document_id,
        source=seen.source,
        path=seen.path,
        uri=seen.uri,
        bytes=seen.bytes,
        stamp=seen.stamp,
        version=sources.version(seen.uri),
        flow_digest=FLOW,
        outcome=Outcome.INDEXED,
        failure=None,
        pages=1,
        chunks=1,
        seconds=1.0,
        reused=0,
        computed=1,
        generation=3,
        live_generation=3,
        run_id="r",
        running=False,
        degraded=False,
        first_seen=NOW,
        last_finished=NOW,
    )


def failure(*, retryable: bool = False, error: str = "document.damaged") -> Failure:
    return Failure(message="m", error=error, category=Category.SOURCE, retryable=retryable)


FAILED = {"outcome": Outcome.FAILED, "live_generation": None}


@pytest.mark.parametrize(
    ("changes", "given", "reason"),
    [
        ({}, {}, Reason.UNCHANGED),
        ({}, {"refresh": True}, Reason.REFRESH),
        ({}, {"flow_identity": "flow-2"}, Reason.FLOW_CHANGED),
        ({}, {"live": {}}, Reason.NOT_IN_INDEX),
        ({"live_generation": 2}, {}, Reason.NOT_IN_INDEX),
        ({"outcome": Outcome.EMPTY}, {}, Reason.UNCHANGED),
        ({"outcome": Outcome.PARTIAL}, {}, Reason.UNCHANGED),
        ({"outcome": None}, {}, Reason.UNFINISHED),
        ({"running": True}, {}, Reason.RUNNING),
        ({"stamp": "other", "version": "other"}, {}, Reason.CHANGED),
        ({"stamp": "touched only"}, {}, Reason.UNCHANGED),
        ({**FAILED, "failure": failure()}, {}, Reason.FAILED_FOR_GOOD),
        ({**FAILED, "failure": failure()}, {"flow_identity": "flow-2"}, Reason.FLOW_CHANGED),
        ({**FAILED, "failure": failure(retryable=True)}, {}, Reason.TRY_AGAIN),
        ({**FAILED, "failure": failure(error="document.encrypted")}, {}, Reason.FAILED_FOR_GOOD),
        ({**FAILED, "failure": failure(error="document.encrypted")}, {"passwords_given": True}, Reason.PASSWORD_GIVEN),
    ],
)
def test_a_document_is_run_only_for_a_reason(
    changes: dict[str, object],
    given: dict[str, object],
    reason: Reason,
    seen: SeenDocument,
    row: CatalogRow,
    sources: Sources,
) -> None:
    changed = replace(row, **changes)  # type: ignore[arg-type]
    live = {seen.document_id: LiveGeneration(seen.document_id, 3, 1, "digest")}
    circumstances = Circumstances(
        **{"rows": {seen.document_id: changed}, "live": live, "flow_identity": FLOW, **given}  # type: ignore[arg-type]
    )

    [decision] = plan([seen], circumstances, sources)

    assert decision.reason is reason
    assert decision.needs_work == (reason not in {Reason.UNCHANGED, Reason.FAILED_FOR_GOOD, Reason.RUNNING})


def test_a_document_the_catalog_does_not_know_is_new(seen: SeenDocument, sources: Sources) -> None:
    [decision] = plan([seen], Circumstances(rows={}, live={}, flow_identity=FLOW), sources)

    assert decision.reason is Reason.NEW


@pytest.mark.parametrize("spoil", ["grown beyond the limit", "gone"])
def test_a_known_document_that_cannot_be_read_is_run_and_fails_there_alone(
    spoil: str, seen: SeenDocument, row: CatalogRow, sources: Sources, tmp_path: Path
) -> None:
    other = tmp_path / "b.txt"
    other.write_text("two")
    changed = replace(seen, stamp="another")
    (tmp_path / "a.txt").write_text("one" * 1000)
    if spoil == "gone":
        (tmp_path / "a.txt").unlink()

    given = Circumstances({seen.document_id: row}, {}, FLOW)
    decisions = plan([changed, *sources.under(other)], given, sources)

    assert [decision.reason for decision in decisions] == [Reason.CHANGED, Reason.NEW]
