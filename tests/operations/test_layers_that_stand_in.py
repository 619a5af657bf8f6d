"""A scan with a text layer of its own is indexed by that layer where no provider can read it; a scan without one fails."""

from __future__ import annotations

from stepflow_assets.documents.chunk import Outcome
from tests.operations.conftest import Place
from tests.pages.pdf_files import pdf, picture, scan, together
from tests.pages.test_route import some_hidden_text


def test_the_layer_of_a_scan_stands_in_for_recognition_that_failed(place: Place) -> None:
    pdf(place.folder / "layer.pdf", together(picture(scan()), some_hidden_text))
    pdf(place.folder / "bare.pdf", picture(scan()))

    rows = place.ingest(settings=place.settings.model_copy(update={"ocr_provider": "fault:fail"}))

    assert (rows["layer.pdf"].outcome, rows["layer.pdf"].degraded) == (Outcome.INDEXED, True)
    assert place.found("quick brown fox") == ["docs:layer.pdf"]
    assert rows["bare.pdf"].outcome is Outcome.FAILED
    assert rows["bare.pdf"].failure.error == "provider.failed"
