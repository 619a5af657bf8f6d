"""What a person materializes in the UI, asset by asset, and what the catalog says of it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import dagster as dg

from stepflow_assets.assets.compiled import compile_documents
from stepflow_assets.documents.chunk import Outcome
from stepflow_assets.operations.erasing import collect
from stepflow_assets.operations.history import open_instance
from stepflow_assets.operations.workspace import Workspace
from tests.operations.conftest import Place

QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
TEXT = "Alder trees stand by the river."
KEY = "docs:a.pdf"


def materialize(place: Place, assets: Sequence[str]) -> dg.ExecuteInProcessResult:
    compiled = compile_documents(place.settings)
    with open_instance(place.settings) as instance:
        compiled.enter_keys(instance, [KEY])
        return compiled.definitions.resolve_job_def(compiled.name).execute_in_process(
            instance=instance,
            partition_key=KEY,
            asset_selection=[compiled.asset_keys[asset] for asset in assets],
            run_config=QUIET,
            raise_on_error=False,
        )


def test_blocks_and_chunks_link_to_the_document_in_the_viewer_and_no_version_knows(place: Place) -> None:
    place.write("a b&c.pdf", TEXT)
    elsewhere = place.settings.model_copy(update={"viewer_url": "https://viewer.example/of/us/"})
    place.ingest(settings=elsewhere)

    linked = {}
    with open_instance(elsewhere) as instance:
        for asset, key in compile_documents(elsewhere).asset_keys.items():
            [record] = instance.fetch_materializations(key, limit=1).records
            assert record.asset_materialization is not None
            found = record.asset_materialization.metadata.get("viewer")
            if found is not None:
                assert isinstance(found, dg.UrlMetadataValue)
                linked[asset] = found.value
    page = "https://viewer.example/of/us/document?name=docs%3Aa+b%26c.pdf"
    assert linked == {"ocr_blocks": f"{page}#pages", "chunks": f"{page}#chunks"}
    versions = [compile_documents(each).blueprint.code_versions for each in (elsewhere, place.settings)]
    assert versions[0] == versions[1]


def test_a_failed_document_whose_search_index_is_materialized_is_indexed(place: Place) -> None:
    (place.folder / "a.pdf").write_bytes(b"%PDF-1.4 cut off")
    assert place.ingest()["a.pdf"].outcome is Outcome.FAILED
    place.write("a.pdf", TEXT)

    assert materialize(place, ["search_index"]).success

    row = place.rows()["a.pdf"]
    assert (row.outcome, row.pages, row.running) == (Outcome.INDEXED, 1, False)
    assert place.found("alder") == [KEY]
    with Workspace(place.settings) as workspace:
        asyncio.run(collect(workspace, min_age=0))
    assert place.ingest()["a.pdf"].run_id == row.run_id  # finished, as if it had been ingested


def test_an_indexed_document_that_breaks_is_failed_when_only_its_search_index_is_materialized(place: Place) -> None:
    whole = place.write("a.pdf", TEXT)
    place.ingest()
    whole.write_bytes(whole.read_bytes()[:400])

    assert not materialize(place, ["search_index"]).success

    row = place.rows()["a.pdf"]
    assert row.outcome is Outcome.FAILED
    assert row.failure is not None
    assert row.failure.error == "document.damaged"
    assert place.found("alder") == [KEY]  # a failed version never costs the one before it


def test_assets_before_the_index_decide_nothing_and_what_they_computed_is_kept(place: Place) -> None:
    place.write("a.pdf", TEXT)
    before = place.ingest()["a.pdf"]
    place.write("a.pdf", "Beech trees stand on the hill.", "Nothing grows on the crest.")

    assert materialize(place, ["document", "pages", "ocr_blocks", "chunks"]).success

    row = place.rows()["a.pdf"]
    assert (row.outcome, row.version, row.running) == (Outcome.INDEXED, before.version, False)
    with Workspace(place.settings) as workspace:
        asyncio.run(collect(workspace, min_age=0))
    assert place.found("alder") == [KEY]
    assert place.ingest()["a.pdf"].computed == 1  # only the index is written


def data_version(place: Place, asset: str) -> str:
    with open_instance(place.settings) as instance:
        key = compile_documents(place.settings).asset_keys[asset]
        wanted = dg.AssetRecordsFilter(key, asset_partitions=[KEY])
        (record,) = instance.fetch_materializations(wanted, limit=1).records
    assert record.asset_materialization is not None
    return str((record.asset_materialization.tags or {})["dagster/data_version"])


def test_a_search_index_that_was_left_as_it_is_has_the_data_version_it_had(place: Place) -> None:
    place.write("a.pdf", TEXT)
    first = place.ingest()["a.pdf"]
    before = data_version(place, "search_index")

    again = place.ingest(refresh=True)["a.pdf"]

    assert again.generation > first.generation
    assert data_version(place, "search_index") == before
    place.write("a.pdf", "Beech trees stand on the hill.")
    place.ingest()
    assert data_version(place, "search_index") != before


def test_a_command_that_is_killed_is_not_started_anew_by_the_daemon(place: Place) -> None:
    place.write("a.pdf", TEXT)
    row = place.ingest()["a.pdf"]
    with open_instance(place.settings) as instance:
        run = instance.get_run_by_id(str(row.run_id))
    assert run is not None
    assert run.tags["dagster/max_retries"] == "0"
