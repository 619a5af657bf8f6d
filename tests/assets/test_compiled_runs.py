"""What a run of a compiled flow leaves in Dagster and tells the partition inputs."""

from __future__ import annotations

import logging
from typing import Any

import dagster as dg
import pytest
from dagster_ui import ui
from small_flow import ASSETS, FLOW, QUIET, World, poisoned, world

from flow_compiler.assets.pools import PoolSettings
from flow_compiler.engine.outcomes import Failure

TWO_POOLS = {"gpu": PoolSettings(kubernetes={"job_spec_config": {}}, limit="gpu", tags={"team": "ocr"})}


def latest(world: World, asset: str, key: str) -> dg.AssetMaterialization:
    filtered = dg.AssetRecordsFilter(world.compiled.asset_keys[asset], asset_partitions=[key])
    (record,) = world.instance.fetch_materializations(filtered, limit=1).records
    assert record.asset_materialization is not None
    return record.asset_materialization


def plain(metadata: Any) -> dict[str, Any]:
    return {name: value.value for name, value in metadata.items()}


@pytest.mark.parametrize("pools", [{}, TWO_POOLS], ids=["one op", "three ops"])
@pytest.mark.parametrize("by_list", [True, False], ids=["list", "range"])
@pytest.mark.usefixtures("planned_by_us")
def test_one_poisoned_of_ten_is_the_only_failed_one(instance: dg.DagsterInstance, pools: Any, by_list: bool) -> None:
    flow = world(instance, poisoned(10, 4), pools=pools)
    keys = set(flow.inputs.by_key)
    result = flow.run(sorted(keys)) if by_list else flow.run(first="doc0", last="doc9")

    assert not result.success
    found = flow.materialized(result.run_id)
    assert {key for key in keys if found[key] == set(ASSETS)} == keys - {"doc4"}
    assert found["doc4"] == {"document", "pages"}
    assert flow.inputs.outcomes == dict.fromkeys(keys - {"doc4"}, "ok") | {"doc4": "t.poisoned"}
    assert len(flow.inputs.ends) == 10
    assert flow.calls.made["blocks"] == 10  # a later op repeats nothing, the failure included
    with ui(instance, flow.compiled.definitions) as shown:
        for asset in ASSETS:
            failed = {"doc4"} if asset in {"ocr_blocks", "chunks", "search_index"} else set()
            statuses = shown.statuses(flow.compiled.asset_keys[asset])
            assert statuses == {"materialized": keys - failed, "failed": failed, "materializing": set()}


def told(instance: dg.DagsterInstance, run_id: str) -> list[str]:
    return [entry.user_message for entry in instance.all_logs(run_id) if entry.level == logging.ERROR]


def test_the_run_says_of_each_failed_item_what_happened_and_what_to_do(instance: dg.DagsterInstance) -> None:
    flow = world(instance, poisoned(2, 1))
    result = flow.run(["doc0", "doc1", "lost"])
    (step,) = [event for event in result.all_events if event.is_step_failure]
    failure = step.step_failure_data.user_failure_data
    words = {
        "doc1": "t.poisoned [source]: this page cannot be read. Replace it.",
        "lost": "t.unknown [source]: no such document.",
    }
    assert failure is not None
    assert plain(failure.metadata) == {
        "failed": words,
        "failed_count": 2,
        "reasons": {"t.poisoned": 1, "t.unknown": 1},
    }
    assert {f"{key}: {text}" for key, text in words.items()} <= set(told(instance, result.run_id))


def test_the_words_of_a_foreign_exception_are_in_the_outcome_and_not_in_dagster(instance: dg.DagsterInstance) -> None:
    flow = world(instance, {"a": "foreign words"})
    result = flow.run(["a"])
    (end,) = flow.inputs.ends
    assert isinstance(end.result, Failure)
    assert end.result.message == "cannot read foreign words"
    assert "a: component.raised [internal]: The component raised ValueError; see its log, then run again." in told(
        instance, result.run_id
    )
    assert not [entry for entry in instance.all_logs(result.run_id) if "foreign words" in entry.to_json()]


@pytest.mark.usefixtures("planned_by_us")
def test_running_the_failed_partitions_again_clears_them(instance: dg.DagsterInstance) -> None:
    flow = world(instance, poisoned(3, 1))
    flow.run(["doc0", "doc1", "doc2"])
    flow.inputs.by_key["doc1"] = "cured"
    with ui(instance, flow.compiled.definitions) as shown:
        failed = shown.statuses(flow.compiled.asset_keys["search_index"])["failed"]
        assert flow.run(sorted(failed)).success
        assert failed == {"doc1"}
        assert all(not shown.statuses(key)["failed"] for key in flow.compiled.asset_keys.values())


@pytest.mark.usefixtures("planned_by_us")
def test_a_step_that_laziness_left_out_is_not_shown_as_failed(instance: dg.DagsterInstance) -> None:
    lazy = """
name: lazy
steps:
  - {id: read, component: /t/read, input: {text: {$input: text}}}
  - {id: rare, component: /t/embed, input: {$step: read}}
  - {id: pages, component: /t/pages, input: {document: {$step: read}}}
  - {id: blocks, component: /t/blocks, input: {pages: {$step: pages}, rare: {$if: {$variable: rare, default: null}, then: {$step: rare}}}}
output: {$step: blocks}
"""
    flow = world(instance, poisoned(3, 1), flow=lazy)
    assert not flow.run(first="doc0", last="doc2").success
    with ui(instance, flow.compiled.definitions) as shown:
        found = {asset: shown.statuses(key) for asset, key in flow.compiled.asset_keys.items()}
    assert found["rare"] == {"materialized": set(), "failed": set(), "materializing": set()}
    assert found["blocks"] == {"materialized": {"doc0", "doc2"}, "failed": {"doc1"}, "materializing": set()}
    assert flow.calls.made["embed"] == 0


def test_a_document_that_cannot_be_taken_fails_alone(instance: dg.DagsterInstance) -> None:
    flow = world(instance, poisoned(2))
    result = flow.run(["doc0", "missing", "doc1"])
    assert not result.success
    assert flow.inputs.outcomes == {"doc0": "ok", "missing": "t.unknown", "doc1": "ok"}


def test_metadata_are_numbers_under_fixed_keys(instance: dg.DagsterInstance) -> None:
    flow = world(instance, poisoned(1))
    flow.run(["doc0"])
    metadata = plain(latest(flow, "chunks", "doc0").metadata)
    assert metadata.pop("seconds") >= 0
    assert metadata == {"chunks": 1, "eval/confidence": 0.5, "computed": 1, "reused": 0}
    assert plain(latest(flow, "document", "doc0").metadata)["bytes"] == len("text 0")


def test_a_second_run_shows_what_it_reused(instance: dg.DagsterInstance) -> None:
    flow = world(instance, poisoned(1))
    flow.run(["doc0"])
    flow.run(["doc0"])
    assert flow.calls.made["read"] == 1  # pure: remembered
    metadata = plain(latest(flow, "document", "doc0").metadata)
    assert (metadata["computed"], metadata["reused"]) == (0, 1)


PAGED = """
name: paged
steps:
  - id: pages
    component: /builtin/map
    metadata: {items: pages}
    input:
      items: [{text: same everywhere}, {text: {$input: text}}]
      workflow:
        $literal:
          steps: [{id: read, component: /t/read, input: {$input: $}}]
          output: {$step: read}
output: {$step: pages}
"""


@pytest.mark.parametrize(("metadata", "name"), [("{items: pages}", "pages_reused"), ("{}", "items_reused")])
def test_a_map_shows_how_many_of_its_items_were_there_already(
    instance: dg.DagsterInstance, metadata: str, name: str
) -> None:
    flow = world(instance, {"a": "one", "b": "two"}, flow=PAGED.replace("{items: pages}", metadata))
    for expected, key in ((0, "a"), (1, "b"), (2, "a")):
        run = flow.run([key])
        assert plain(latest(flow, "pages", key).metadata)[name] == expected
    job = flow.compiled.definitions.resolve_job_def("paged")
    with dg.DagsterInstance.ephemeral() as other:  # resumed: the map is replayed as a whole
        config = flow.compiled.run_config(["a"])
        job.execute_in_process(instance=other, run_config={**config, **QUIET}, run_id=run.run_id)
        flow.instance = other
        assert plain(latest(flow, "pages", "a").metadata)[name] == 2


def test_refresh_ignores_what_is_remembered(instance: dg.DagsterInstance) -> None:
    flow = world(instance, poisoned(1))
    flow.run(["doc0"])
    flow.run(["doc0"], refresh=True)
    assert flow.calls.made["read"] == 2


@pytest.mark.parametrize("pools", [{}, TWO_POOLS], ids=["one op", "three ops"])
def test_a_subset_runs_what_it_needs_and_reports_what_was_selected(instance: dg.DagsterInstance, pools: Any) -> None:
    flow = world(instance, poisoned(2), pools=pools)
    chosen = [flow.compiled.asset_keys[asset] for asset in ("pages", "ocr_blocks")]
    result = flow.run(first="doc0", last="doc1", asset_selection=chosen)
    assert result.success
    assert flow.materialized(result.run_id) == {"doc0": {"pages", "ocr_blocks"}, "doc1": {"pages", "ocr_blocks"}}
    assert flow.calls.made == {"read": 2, "pages": 2, "blocks": 2}
    assert [end.complete for end in flow.inputs.ends] == [False, False]


@pytest.mark.parametrize("pools", [{}, TWO_POOLS], ids=["one op", "three ops"])
def test_the_asset_that_the_flow_ends_in_decides_for_the_whole_flow(instance: dg.DagsterInstance, pools: Any) -> None:
    flow = world(instance, poisoned(2, 1), pools=pools)
    result = flow.run(first="doc0", last="doc1", asset_selection=[flow.compiled.asset_keys["search_index"]])
    assert not result.success
    assert flow.materialized(result.run_id) == {"doc0": {"search_index"}}
    assert flow.inputs.outcomes == {"doc0": "ok", "doc1": "t.poisoned"}
    assert [end.complete for end in flow.inputs.ends] == [True, True]


def test_an_asset_decides_nothing_while_a_step_that_must_run_was_left_out(instance: dg.DagsterInstance) -> None:
    must = FLOW.replace(
        "output: {$step: search_index}",
        "  - {id: note, component: /t/embed, mustExecute: true}\noutput: {$step: search_index}",
    )
    flow = world(instance, poisoned(1), flow=must)
    flow.run(first="doc0", last="doc0", asset_selection=[flow.compiled.asset_keys["search_index"]])
    assert [end.complete for end in flow.inputs.ends] == [False]
    assert flow.calls.made["embed"] == 0


@pytest.mark.parametrize("pools", [{}, TWO_POOLS], ids=["one op", "three ops"])
@pytest.mark.usefixtures("planned_by_us")
def test_a_failure_in_a_subset_is_shown_on_the_selected_assets_only(instance: dg.DagsterInstance, pools: Any) -> None:
    flow = world(instance, poisoned(2, 1), pools=pools)
    chosen = [flow.compiled.asset_keys[asset] for asset in ("pages", "chunks")]
    assert not flow.run(first="doc0", last="doc1", asset_selection=chosen).success
    assert isinstance(flow.inputs.ends[-1].result, Failure) or isinstance(flow.inputs.ends[0].result, Failure)
    with ui(instance, flow.compiled.definitions) as shown:
        failed = {asset: shown.statuses(key)["failed"] for asset, key in flow.compiled.asset_keys.items()}
    assert failed == {"document": set(), "pages": set(), "ocr_blocks": set(), "chunks": {"doc1"}, "search_index": set()}


def test_a_resumed_run_repeats_nothing(instance: dg.DagsterInstance) -> None:
    flow = world(instance, poisoned(3))
    first = flow.run(["doc0", "doc1", "doc2"])
    made = dict(flow.calls.made)
    job = flow.compiled.definitions.resolve_job_def(flow.compiled.name)
    again = job.execute_in_process(
        run_config=flow.compiled.run_config(["doc0", "doc1", "doc2"]),
        instance=dg.DagsterInstance.ephemeral(),
        run_id=first.run_id,
    )
    assert again.success
    assert dict(flow.calls.made) == made


def test_an_empty_batch_is_a_success(instance: dg.DagsterInstance) -> None:
    flow = world(instance, {})
    assert flow.run([]).success
    assert flow.inputs.ends == []


def test_a_run_without_partitions_says_what_to_do(instance: dg.DagsterInstance) -> None:
    flow = world(instance, poisoned(1))
    result = flow.run()
    (failure,) = [event for event in result.all_events if event.is_step_failure]
    assert "Choose partitions" in str(failure.step_failure_data.error)


def test_the_same_key_twice_is_worked_on_once(instance: dg.DagsterInstance) -> None:
    flow = world(instance, poisoned(1))
    flow.run(["doc0", "doc0"])
    assert [end.key for end in flow.inputs.ends] == ["doc0"]


def test_an_op_of_a_pool_carries_its_tags(instance: dg.DagsterInstance) -> None:
    flow = world(instance, {}, pools=TWO_POOLS)
    job = flow.compiled.definitions.resolve_job_def("small")
    ops = {node.name: node.definition for node in job.graph.nodes[0].definition.nodes}
    assert sorted(ops) == ["small_cpu", "small_cpu_2", "small_gpu_1"]
    assert ops["small_gpu_1"].tags["dagster-k8s/config"] == '{"job_spec_config": {}}'
    assert ops["small_gpu_1"].tags["stepflow/pool"] == "gpu"
    assert ops["small_gpu_1"].pool == "gpu"


def test_assets_show_lineage_and_texts(instance: dg.DagsterInstance) -> None:
    flow = world(instance, {})
    specs = {spec.key.path[-1]: spec for spec in flow.compiled.assets.specs}
    assert {name: sorted(dep.asset_key.path[-1] for dep in spec.deps) for name, spec in specs.items()} == {
        "document": [],
        "pages": ["document"],
        "ocr_blocks": ["pages"],
        "chunks": ["document", "ocr_blocks"],
        "search_index": ["chunks"],
    }
    document = specs["document"]
    assert document.description == "Reads it."
    assert set(document.kinds) == {"source"}
    assert document.owners == ["team:documents"]
    assert document.group_name == "small_group"


def test_a_flow_without_assets_reports_its_result(instance: dg.DagsterInstance) -> None:
    flow = world(instance, {"a": "x"}, flow="name: bare\noutput: {$input: text}")
    result = flow.run(["a"])
    assert result.success
    assert flow.materialized(result.run_id) == {"a": {"output"}}


def test_staleness_follows_data_and_code(instance: dg.DagsterInstance) -> None:
    flow = world(instance, poisoned(2))
    keys = flow.compiled.asset_keys
    flow.run(["doc0", "doc1"])
    flow.inputs.by_key["doc0"] = "changed"
    flow.run(first="doc0", last="doc0", asset_selection=[keys["document"]])
    with ui(instance, flow.compiled.definitions) as shown:
        assert shown.stale(keys["pages"], "doc0")[0] == "STALE"
        assert shown.stale(keys["pages"], "doc1") == ("FRESH", [])
        assert shown.stale(keys["search_index"], "doc1") == ("FRESH", [])
    flow.run(["doc0"])
    edited = world(instance, {}, flow=FLOW.replace("{pages: {$step: pages}}", "{pages: {$step: pages}, more: 1}"))
    with ui(instance, flow.compiled.definitions) as shown:
        assert shown.stale(keys["search_index"], "doc0") == ("FRESH", [])
    with ui(instance, edited.compiled.definitions) as shown:
        assert shown.stale(keys["ocr_blocks"], "doc0") == ("STALE", ["has a new code version"])
        assert shown.stale(keys["pages"], "doc0") == ("FRESH", [])
