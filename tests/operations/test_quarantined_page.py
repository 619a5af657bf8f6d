"""One page that kills its worker each time: the rest of its document is indexed, and the page is named with its reason."""

from __future__ import annotations

import pytest
from dagster import DagsterEventType

from stepflow_assets.documents.chunk import Outcome
from stepflow_assets.operations.history import open_instance
from stepflow_assets.pages import prepare
from stepflow_assets.resources.catalog import CatalogRow
from tests.operations.conftest import Place
from tests.pages import poison

pytestmark = pytest.mark.process


def failed_pages(place: Place, row: CatalogRow) -> object:
    """As the check of the document's pages names them."""
    assert row.run_id is not None
    with open_instance(place.settings) as instance:
        events = instance.all_logs(row.run_id, of_type=DagsterEventType.ASSET_CHECK_EVALUATION)
        data = [entry.dagster_event.asset_check_evaluation_data for entry in events if entry.dagster_event]
    (check,) = [evaluation for evaluation in data if evaluation.check_name == "pages_accounted"]
    return check.metadata["failed_pages"].value


def test_a_page_that_kills_its_worker_each_time_is_quarantined_and_the_document_is_partial(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    place.write("a.pdf", "Alder trees stand by the river.", "Poison ivy grows here.", "Birches stand on the hill.")
    monkeypatch.setattr(prepare, "prepare_pages", poison.crash_on_page_2)

    row = place.ingest()["a.pdf"]

    assert (row.outcome, row.pages) == (Outcome.PARTIAL, 3)
    assert failed_pages(place, row) == "2 (page.crashed)"
    assert place.found("alder") == place.found("birches") == ["docs:a.pdf"]
    assert place.found("ivy") == []

    monkeypatch.undo()
    assert place.ingest()["a.pdf"].run_id == row.run_id, "it is left alone until somebody asks for it"
    assert place.ingest(refresh=True)["a.pdf"].outcome is Outcome.INDEXED
    assert place.found("ivy") == ["docs:a.pdf"]


@pytest.mark.parametrize("reader", [poison.lose_page_2, poison.shift_page_2])
def test_a_reader_that_returns_fewer_pages_than_the_file_has_is_caught(
    reader: object, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    place.write("a.pdf", "Alder trees stand by the river.", "Poison ivy grows here.", "Birches stand on the hill.")
    monkeypatch.setattr(prepare, "prepare_pages", reader)

    row = place.ingest()["a.pdf"]

    assert (row.outcome, row.pages) == (Outcome.PARTIAL, 3)
    assert failed_pages(place, row) == "2 (page.lost)"
