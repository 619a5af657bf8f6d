"""What a person does in the Dagster UI, against the real webserver and daemon."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests.end_to_end.command import EXAMPLES, Home
from tests.end_to_end.dagster_server import DagsterUi, dagster_ui, wait_for

pytestmark = [pytest.mark.process, pytest.mark.timeout(560)]

ASSETS = ["document", "pages", "ocr_blocks", "chunks", "search_index"]


def materialize(ui: DagsterUi, keys: list[str], assets: list[str] = ASSETS) -> str:
    backfill = ui.backfill(assets, keys)
    wait_for(
        lambda: ui.backfill_status(backfill) not in {"REQUESTED", "CANCELING", "FAILING"},
        seconds=180,
        what=f"the backfill of {keys}",
    )
    return ui.backfill_status(backfill)


def test_a_person_adds_documents_materializes_a_range_and_backfills_what_failed(tmp_path: Path) -> None:
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    for name in ("article.pdf", "dam-inspection.md"):
        shutil.copy(EXAMPLES / name, inbox)
    (inbox / "report.pdf").write_bytes((EXAMPLES / "truncated.pdf").read_bytes())
    environment = {"STEPFLOW_SOURCES": json.dumps({"inbox": {"path": str(inbox)}})}
    home = Home(tmp_path / "home", environment)

    with dagster_ui(home.path, cwd=tmp_path, environment=environment) as ui:
        keys = [f"inbox:{name}" for name in ("article.pdf", "dam-inspection.md", "nowhere.pdf", "report.pdf")]
        for key in keys:
            ui.add_document(key)

        # A range of four: two are well, one is broken, one is not in its source.
        assert materialize(ui, keys) == "COMPLETED_FAILED"
        for asset in ASSETS:
            statuses = ui.statuses(asset)
            assert statuses["materialized"] == {"inbox:article.pdf", "inbox:dam-inspection.md"}
            assert statuses["failed"] == {"inbox:nowhere.pdf", "inbox:report.pdf"}
        rows = home.documents()
        assert {name: row["outcome"] for name, row in rows.items()} == {
            "inbox:article.pdf": "indexed",
            "inbox:dam-inspection.md": "indexed",
            "inbox:report.pdf": "failed",
        }
        assert rows["inbox:report.pdf"]["failure"]["code"] == "document.damaged"
        told = ui.errors_told()
        assert any(line.startswith("inbox:nowhere.pdf: document.not_found [source]: ") for line in told)
        assert any(line.startswith("inbox:report.pdf: document.damaged [source]: ") for line in told)

        # What became of the two that failed is shown on none of the checks of the others.
        good = {"inbox:article.pdf", "inbox:dam-inspection.md"}
        assert ui.checked("chunks", "evidence_resolves") == {"succeeded": good}
        assert ui.checked("ocr_blocks", "ocr_confidence") == {}  # nothing had to be recognised

        # The person mends both and backfills exactly what failed.
        shutil.copy(EXAMPLES / "report.pdf", inbox / "report.pdf")
        shutil.copy(EXAMPLES / "customer-questions.html", inbox / "nowhere.pdf")
        failed = sorted(ui.statuses("search_index")["failed"])
        assert materialize(ui, failed, ["search_index"]) == "COMPLETED_SUCCESS"  # which needs all the others
        assert ui.statuses("search_index")["failed"] == set()
        assert ui.statuses("search_index")["materialized"] == set(keys)
    assert {row["outcome"] for row in home.documents().values()} == {"indexed"}
    assert home.run("search", "dam inspection").code == 0
