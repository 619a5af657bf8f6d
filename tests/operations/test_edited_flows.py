"""Copies of the shipped flow that a person edited: what works, and what is said about what does not."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from flow_compiler.errors import FlowRejected
from stepflow_assets.documents.chunk import Outcome
from stepflow_assets.operations.erasing import forget
from stepflow_assets.operations.exporting import export
from stepflow_assets.operations.history import open_instance
from stepflow_assets.operations.workspace import Workspace
from stepflow_assets.resources.catalog import CatalogRow
from stepflow_assets.settings import Settings, shipped
from tests.operations.conftest import Place

SHIPPED = shipped("flows/document_ingestion.yaml").read_text("utf-8")
NOTE = "  - {id: note, component: /builtin/noop, mustExecute: true, input: {$step: chunks}}\n"
PAGES = ("Alder trees stand by the river.", "Beech trees stand on the hill.", "Nothing grows on the crest.")


def edited(place: Place, *changes: tuple[str, str]) -> Settings:
    text = SHIPPED
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    file = Path(place.settings.home).parent / "edited.yaml"
    file.write_text(text, "utf-8")
    return place.settings.model_copy(update={"flow": file})


def ingest(place: Place, settings: Settings) -> CatalogRow:
    place.write("a.pdf", *PAGES)
    return place.ingest(settings=settings)["a.pdf"]


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param([("max_tokens: 256", "max_tokens: 64")], id="other chunks"),
        pytest.param([("name: document_ingestion", "name: my documents")], id="another name"),
        pytest.param(
            [("vectors: {$if: {$variable: embedder}, then: {$step: embeddings}}", "vectors: null")], id="no vectors"
        ),
        pytest.param([("kinds: [ocr],", "kinds: [ocr], pool: gpu,")], id="another pool"),
        pytest.param(
            [("output: {$step: search_index}", f"{NOTE}output: {{$step: search_index}}")],
            id="a step more",
        ),
    ],
)
def test_edited_flows_index_documents(place: Place, changes: list[tuple[str, str]]) -> None:
    row = ingest(place, edited(place, *changes))
    assert (row.outcome, row.pages) == (Outcome.INDEXED, 3)
    assert place.found("alder") == ["docs:a.pdf"]


def test_a_flow_that_ends_in_something_else_fails_its_documents_with_a_sentence(place: Place) -> None:
    row = ingest(place, edited(place, ("output: {$step: search_index}", "output: {published: {$step: search_index}}")))
    assert row.outcome is Outcome.FAILED
    assert not row.running
    assert row.failure is not None
    assert (row.failure.error, row.failure.retryable) == ("flow.output", False)
    assert "/index/publish" in row.failure.next_step

    assert place.ingest()["a.pdf"].outcome is Outcome.INDEXED  # the flow was corrected


def test_a_component_that_is_not_there_is_named_with_the_nearest_known_one(place: Place) -> None:
    row = ingest(place, edited(place, ("/chunks/split", "/chunk/splitt")))
    assert row.failure is not None
    assert row.failure.error == "component.unknown"
    assert "'/chunk/splitt'; nearest known: /chunks/split" in row.failure.next_step


def test_a_renamed_step_is_missed_with_a_sentence(place: Place, caplog: pytest.LogCaptureFixture) -> None:
    settings = edited(place, ("id: pages\n", "id: leaves\n"), ("$step: pages,", "$step: leaves,"))
    row = ingest(place, settings)
    assert (row.outcome, place.found("alder")) == (Outcome.INDEXED, ["docs:a.pdf"])
    assert "the flow has no step pages: the check evidence_resolves is left out" in caplog.messages
    with Workspace(settings) as workspace, pytest.raises(FlowRejected, match="no step 'pages'"):
        asyncio.run(export(workspace, row, "pages"))


def test_forgetting_removes_the_partition_of_a_flow_whose_name_dagster_refuses(place: Place) -> None:
    settings = edited(place, ("name: document_ingestion", "name: my documents"))
    ingest(place, settings)
    with Workspace(settings) as workspace:
        asyncio.run(forget(workspace, ["docs:a.pdf"]))
    with open_instance(settings) as instance:
        assert instance.get_dynamic_partitions("my_documents") == []
