"""Checks: evaluated per document inside the run, shown per partition, and a blocking one keeps later steps back."""

from __future__ import annotations

from typing import Any

import dagster as dg
import pytest
from dagster_ui import ui
from small_flow import FLOW, World, poisoned, world

from flow_compiler.assets.checks import CheckInput, CheckOutcome, Severity, StepCheck
from flow_compiler.assets.pools import PoolSettings
from flow_compiler.engine.outcomes import Failure, Success
from flow_compiler.errors import Category, ComponentError, StoreUnavailable

TWO_POOLS = {"gpu": PoolSettings()}


async def good_text(given: CheckInput) -> CheckOutcome | None:
    text = given.input["text"]
    if "none" in text:
        return None
    return CheckOutcome(
        passed="bad" not in text, score=0.0 if "bad" in text else 1.0, metadata={"words": 2}, sentence="too bad"
    )


async def broken(given: CheckInput) -> CheckOutcome | None:
    raise ComponentError("its model is away")


async def finds_no_store(given: CheckInput) -> CheckOutcome | None:
    raise StoreUnavailable("the store is away", next_step="Start it.")


async def stumbles(given: CheckInput) -> CheckOutcome | None:
    if "odd" in given.input["text"]:
        raise ValueError(f"cannot read {given.input['text']}")
    return CheckOutcome(passed=True)


async def sees_records(given: CheckInput) -> CheckOutcome | None:
    outcome = given.records["pages"].outcome
    return CheckOutcome(passed=isinstance(outcome, Success) and set(given.records) >= {"document", "pages", "chunks"})


def check(name: str, step: str, evaluate: Any = good_text, **options: Any) -> StepCheck:
    return StepCheck(name, step, f"{name} of {step}", evaluate, **options)


def evaluated(instance: dg.DagsterInstance, run_id: str) -> dict[str | None, bool]:
    """Read from the instance: a result lacks the events of a step that raised."""
    found = {}
    for entry in instance.all_logs(run_id, of_type=dg.DagsterEventType.ASSET_CHECK_EVALUATION):
        assert entry.dagster_event is not None
        evaluation = entry.dagster_event.asset_check_evaluation_data
        found[evaluation.partition] = evaluation.passed
    return found


def scores(flow: World, asset: str, key: str) -> dict[str, Any]:
    wanted = dg.AssetRecordsFilter(flow.compiled.asset_keys[asset], asset_partitions=[key])
    (record,) = flow.instance.fetch_materializations(wanted, limit=1).records
    assert record.asset_materialization is not None
    metadata = record.asset_materialization.metadata
    return {name: value.value for name, value in metadata.items() if name.startswith("eval/")}


WARNING = check("good text", "pages", threshold=0.5)
BLOCKING = check("readable", "ocr_blocks", severity=Severity.ERROR, blocking=True)


@pytest.mark.parametrize("pools", [{}, TWO_POOLS], ids=["one op", "three ops"])
def test_evaluations_are_shown_per_partition(instance_with_our_storage: dg.DagsterInstance, pools: Any) -> None:
    flow = world(
        instance_with_our_storage,
        {"a": "fine", "b": "bad", "c": "none"},
        checks=[WARNING, check("complete", "chunks", sees_records)],
        partitioned_checks=True,
        pools=pools,
    )
    assert flow.run(["a", "b", "c"]).success
    keys = flow.compiled.asset_keys
    with ui(instance_with_our_storage, flow.compiled.definitions) as shown:
        assert shown.checked(keys["pages"], "good_text") == {"succeeded": {"a"}, "failed": {"b"}}
        assert shown.checked(keys["chunks"], "complete") == {"succeeded": {"a", "b", "c"}}
        flow.inputs.by_key["b"] = "better"
        flow.run(["b"])
        assert shown.checked(keys["pages"], "good_text") == {"succeeded": {"a", "b"}}


@pytest.mark.usefixtures("planned_by_us")
@pytest.mark.parametrize("by_list", [True, False], ids=["list", "range"])
def test_a_document_that_fails_changes_no_check_of_another(
    instance_with_our_storage: dg.DagsterInstance, by_list: bool
) -> None:
    flow = world(
        instance_with_our_storage,
        {"doc0": "fine", "doc1": "none of it", "doc2": "poison"},
        checks=[WARNING, check("complete", "chunks", sees_records)],
        partitioned_checks=True,
    )
    result = flow.run(["doc0", "doc1", "doc2"]) if by_list else flow.run(first="doc0", last="doc2")
    assert not result.success
    keys = flow.compiled.asset_keys
    with ui(instance_with_our_storage, flow.compiled.definitions) as shown:
        assert shown.checked(keys["pages"], "good_text") == {"succeeded": {"doc0", "doc2"}}
        assert shown.checked(keys["chunks"], "complete") == {"succeeded": {"doc0", "doc1"}}
        assert shown.executions(keys["pages"], "good_text") == {("SUCCEEDED", "doc0"), ("SUCCEEDED", "doc2")}


def test_an_evaluation_says_score_threshold_and_sentence(instance: dg.DagsterInstance) -> None:
    flow = world(instance, {"b": "bad"}, checks=[WARNING])
    result = flow.run(["b"])
    (evaluation,) = result.get_asset_check_evaluations() or [None]
    assert evaluation is not None
    assert {name: value.value for name, value in evaluation.metadata.items()} == {
        "words": 2,
        "score": 0.0,
        "threshold": 0.5,
    }
    assert (evaluation.description, evaluation.partition, evaluation.severity) == (
        "too bad",
        "b",
        dg.AssetCheckSeverity.WARN,
    )


@pytest.mark.parametrize("pools", [{}, TWO_POOLS], ids=["one op", "three ops"])
@pytest.mark.usefixtures("planned_by_us")
def test_a_blocking_check_keeps_the_document_out_of_later_steps(instance: dg.DagsterInstance, pools: Any) -> None:
    flow = world(instance, {"a": "fine", "b": "bad"}, checks=[BLOCKING], pools=pools)
    result = flow.run(["a", "b"])
    assert not result.success
    assert flow.materialized(result.run_id)["b"] == {"document", "pages", "ocr_blocks"}
    (failure,) = [end.result for end in flow.inputs.ends if isinstance(end.result, Failure)]
    assert (failure.error, failure.category) == ("check.blocked", Category.QUALITY)
    assert flow.calls.made["publish"] == 1
    with ui(instance, flow.compiled.definitions) as shown:
        assert shown.statuses(flow.compiled.asset_keys["search_index"])["failed"] == {"b"}
    assert evaluated(instance, result.run_id) == {"a": True, "b": False}


def test_a_blocking_check_of_a_step_that_is_no_asset_blocks_and_is_not_shown(instance: dg.DagsterInstance) -> None:
    hidden = FLOW.replace("component: /t/blocks,", "component: /t/blocks, metadata: {asset: false},")
    flow = world(instance, {"a": "fine", "b": "bad"}, flow=hidden, checks=[BLOCKING])
    result = flow.run(["a", "b"])
    assert flow.inputs.outcomes == {"a": "ok", "b": "check.blocked"}
    assert flow.materialized(result.run_id)["b"] == {"document", "pages"}
    assert evaluated(instance, result.run_id) == {}


def test_a_warning_never_blocks(instance: dg.DagsterInstance) -> None:
    flow = world(instance, {"b": "bad"}, checks=[check("soft", "pages", severity=Severity.WARN, blocking=True)])
    assert flow.run(["b"]).success


def test_passed_evaluations_can_be_left_out(instance: dg.DagsterInstance) -> None:
    flow = world(instance, {"a": "fine", "b": "bad"}, checks=[WARNING], log_passed_checks=False)
    result = flow.run(["a", "b"])
    assert [evaluation.partition for evaluation in result.get_asset_check_evaluations()] == ["b"]


@pytest.mark.parametrize("pools", [{}, TWO_POOLS], ids=["one op", "three ops"])
@pytest.mark.parametrize("log_passed_checks", [True, False], ids=["all logged", "failed logged"])
def test_scores_are_on_the_materialization_whatever_is_logged(
    instance: dg.DagsterInstance, pools: Any, log_passed_checks: bool
) -> None:
    flow = world(instance, {"a": "fine"}, checks=[WARNING], pools=pools, log_passed_checks=log_passed_checks)
    assert flow.run(["a"]).success
    assert scores(flow, "pages", "a") == {"eval/good text": 1.0}
    assert scores(flow, "document", "a") == {}


def test_a_check_that_cannot_be_evaluated_has_failed(instance: dg.DagsterInstance) -> None:
    flow = world(instance, {"a": "fine"}, checks=[check("model", "pages", broken)])
    result = flow.run(["a"])
    assert result.success
    (evaluation,) = result.get_asset_check_evaluations()
    assert (evaluation.passed, evaluation.description) == (False, "could not be evaluated: its model is away")


def test_a_check_that_breaks_has_failed_and_quotes_nothing(
    instance: dg.DagsterInstance, caplog: pytest.LogCaptureFixture
) -> None:
    flow = world(instance, {"a": "odd secret", "b": "fine"}, checks=[check("model", "pages", stumbles)])
    result = flow.run(["a", "b"])
    assert result.success
    told = {evaluation.partition: evaluation for evaluation in result.get_asset_check_evaluations()}
    assert (told["a"].passed, told["a"].description) == (False, "could not be evaluated: ValueError")
    assert told["b"].passed
    assert "check model of pages raised ValueError" in caplog.text
    assert "in stumbles" in caplog.text
    assert "secret" not in caplog.text


def test_a_blocking_check_that_breaks_fails_its_document_alone(instance: dg.DagsterInstance) -> None:
    blocking = check("model", "pages", stumbles, severity=Severity.ERROR, blocking=True)
    flow = world(instance, {"a": "odd", "b": "fine"}, checks=[blocking])
    assert not flow.run(["a", "b"]).success
    assert flow.inputs.outcomes == {"a": "check.raised", "b": "ok"}


def test_a_blocking_check_blocks_even_when_only_assets_were_selected(instance: dg.DagsterInstance) -> None:
    flow = world(instance, {"b": "bad"}, checks=[BLOCKING])
    keys = flow.compiled.asset_keys
    result = flow.run(first="b", last="b", asset_selection=[keys["search_index"]])
    assert not result.success
    assert result.get_asset_check_evaluations() == []


def test_a_document_is_called_finished_when_its_evaluations_are_in_the_history(
    instance_with_our_storage: dg.DagsterInstance,
) -> None:
    """Whoever kills the process then loses none of them: no later run evaluates a finished document again."""
    flow = world(instance_with_our_storage, poisoned(3), checks=[WARNING, check("complete", "chunks", sees_records)])
    run_id = "0b1f2f8e-0000-4000-8000-000000000002"
    there: dict[str, bool] = {}
    flow.inputs.heard = lambda key: there.update({key: key in evaluated(instance_with_our_storage, run_id)})
    assert flow.run(sorted(flow.inputs.by_key), run_id=run_id).success
    assert there == dict.fromkeys(flow.inputs.by_key, True)


def test_an_evaluation_names_the_newest_materialization(instance: dg.DagsterInstance) -> None:
    flow = world(instance, {"b": "bad"} | poisoned(1), checks=[WARNING])
    flow.run(["b", "doc0"])
    result = flow.run(["b"])
    (evaluation,) = result.get_asset_check_evaluations()
    target = evaluation.target_materialization_data
    assert target is not None
    assert target.run_id == result.run_id
    newest = dg.AssetRecordsFilter(flow.compiled.asset_keys["pages"], asset_partitions=["b"])
    assert instance.fetch_materializations(newest, limit=1).records[0].storage_id == target.storage_id


def test_a_blocking_check_that_cannot_be_evaluated_fails_with_its_own_reason(instance: dg.DagsterInstance) -> None:
    blocking = check("stored", "pages", finds_no_store, severity=Severity.ERROR, blocking=True)
    flow = world(instance, {"a": "fine"}, checks=[blocking])
    assert not flow.run(["a"]).success

    (end,) = flow.inputs.ends
    assert isinstance(end.result, Failure)
    assert (end.result.error, end.result.category, end.result.retryable) == ("store.unavailable", "capacity", True)
    assert end.result.next_step == "Start it."
    assert "blocking check stored of pages: could not be evaluated: the store is away" in end.result.message
