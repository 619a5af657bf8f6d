"""Runs: one input or many, waited for or not, looked at, cancelled, erased; and what outlives the server."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from api_in_process import Api, OpenApi
from flows_served import DOUBLE, HELD

from flow_compiler.http_api.limits import Limits

RUNNING, COMPLETED, FAILED, CANCELLED, RECOVERY_FAILED = 1, 2, 3, 4, 6


def _calls(folder: Path) -> list[list[str]]:
    file = folder / "calls"
    return [line.split() for line in file.read_text().splitlines()] if file.exists() else []


def _files(folder: Path) -> list[Path]:
    found = [file for file in folder.rglob("*") if file.is_file()]
    assert found
    return found


async def _until_traced(folder: Path, word: str) -> None:
    """A call of the step ``word``, or that it was ``stopped``, has left its trace."""
    while not any(word in call for call in _calls(folder)):  # noqa: ASYNC110  another process may leave it
        await asyncio.sleep(0.01)


async def _ended(api: Api, run_id: str) -> Any:
    return (await api.get(f"/runs/{run_id}", wait=True))["summary"]


async def test_a_run_that_is_waited_for_answers_its_results(opened: OpenApi) -> None:
    async with opened() as api:
        answer = await api.run(DOUBLE, [{"n": 1}])
        summary, results = answer["summary"], answer["results"]
        assert summary["status"] == COMPLETED
        assert summary["items"] == {"total": 1, "completed": 1, "running": 0, "failed": 0, "cancelled": 0}
        assert summary["rootRunId"] == summary["runId"]
        assert {"flowId", "flowName", "createdAt", "completedAt", "createdAtSeqno", "finishedAtSeqno"} <= summary.keys()
        assert results[0]["output"] == {"one": {"n": 1}, "unit": "m"}
        assert (results[0]["itemIndex"], results[0]["status"]) == (0, COMPLETED)
        assert "errorMessage" not in results[0]


async def test_the_items_of_a_batch_are_isolated_and_in_order(opened: OpenApi) -> None:
    inputs = [{"n": index} if index % 3 else {"other": index} for index in range(40)]
    async with opened() as api:
        answer = await api.run(DOUBLE, inputs, maxConcurrency=5)
        assert answer["summary"]["status"] == FAILED
        assert answer["summary"]["items"] == {"total": 40, "completed": 26, "running": 0, "failed": 14, "cancelled": 0}
        assert [each["itemIndex"] for each in answer["results"]] == list(range(40))
        for index, each in enumerate(answer["results"]):
            if index % 3:
                assert each["output"]["one"] == {"n": index}
            else:
                assert (each["status"], each["errorMessage"], each["errorCode"]) == (
                    FAILED, "Input path $.n not found", 8,
                )  # fmt: skip
                assert each["error"]["code"] == "flow.expression"


async def test_many_short_runs_end_without_waiting_for_a_claim_to_expire(opened: OpenApi) -> None:
    async with opened(Limits(lease_seconds=600)) as api:
        answers = await asyncio.gather(*(api.run(DOUBLE, [{"n": n}]) for n in range(40)))
        assert [each["results"][0]["output"]["one"]["n"] for each in answers] == list(range(40))


async def test_no_input_at_all_is_a_run_of_no_items(opened: OpenApi) -> None:
    async with opened() as api:
        answer = await api.run(DOUBLE, [])
        assert (answer["summary"]["status"], answer["results"]) == (COMPLETED, [])


@pytest.mark.parametrize("value", [2**53 + 1, 2**70, 1.0, 1.5, 1e300, "é\u0000\U0001f600", None, True, [[]], {"$x": 1}])
async def test_values_come_back_as_they_went_in(opened: OpenApi, value: Any) -> None:
    flow = {"steps": [{"id": "a", "component": "/builtin/noop", "input": {"$input": "$"}}], "output": {"$step": "a"}}
    async with opened() as api:
        result = (await api.run(flow, [value]))["results"][0]["output"]
        assert (result, type(result)) == (value, type(value))


async def test_text_that_is_no_unicode_can_still_be_read(opened: OpenApi) -> None:
    flow = {"steps": [{"id": "a", "component": "/test/half"}], "output": {"$step": "a"}}
    async with opened() as api:
        assert (await api.run(flow, [None]))["results"][0]["output"] == "x\ud800y"


async def test_one_input_need_not_be_a_list(opened: OpenApi) -> None:
    async with opened() as api:
        assert (await api.run(DOUBLE, {"n": 7}))["results"][0]["output"]["one"] == {"n": 7}


async def test_variables_and_overrides_are_those_of_the_run(opened: OpenApi) -> None:
    overrides = {"steps": {"a": {"value": {"input": {"extra": 1}}}}}
    async with opened() as api:
        answer = await api.run(DOUBLE, [{"n": 1}], variables={"unit": "km"}, overrides=overrides)
        assert answer["results"][0]["output"] == {"one": {"n": 1, "extra": 1}, "unit": "km"}
        refused = await api.http.post("/runs", json={"flow": DOUBLE, "overrides": {"steps": {"z": {"value": {}}}}})
        assert refused.status_code == 400
        assert "there is no step 'z'" in refused.json()["message"]


async def test_the_steps_of_a_run_say_how_they_stand(opened: OpenApi) -> None:
    async with opened() as api:
        run_id = (await api.run(DOUBLE, [{"n": 1}, {}]))["summary"]["runId"]
        steps = (await api.get(f"/runs/{run_id}"))["steps"]
        assert [(each["itemIndex"], each["stepId"], each["stepIndex"], each["status"]) for each in steps] == [
            (0, "a", 0, COMPLETED), (0, "b", 1, COMPLETED), (1, "a", 0, FAILED), (1, "b", 1, FAILED),
        ]  # fmt: skip
        one = (await api.get(f"/runs/{run_id}/steps/b"))["step"]
        assert (one["component"], one["output"]) == ("/builtin/noop", {"one": {"n": 1}, "unit": "m"})
        other = (await api.get(f"/runs/{run_id}/steps", itemIndex=1))["steps"]
        assert [each["errorCode"] for each in other] == [8, 8]
        assert (await api.http.get(f"/runs/{run_id}/steps/z")).json()["code"] == "step.unknown"


async def test_lists_are_pages_and_can_be_filtered(opened: OpenApi) -> None:
    async with opened() as api:
        failed = (await api.run(DOUBLE, [{}]))["summary"]["runId"]
        others = [(await api.run(DOUBLE, [{"n": n}]))["summary"]["runId"] for n in range(3)]
        page = await api.get("/runs", limit=2)
        assert [each["runId"] for each in page["runs"]] == [others[2], others[1]]
        rest = await api.get("/runs", limit=2, offset=page["nextOffset"])
        assert [each["runId"] for each in rest["runs"]] == [others[0], failed]
        for status in ("3", "failed", "EXECUTION_STATUS_FAILED"):
            assert [each["runId"] for each in (await api.get("/runs", status=status))["runs"]] == [failed]
        assert (await api.get("/runs", flowName="another"))["runs"] == []
        assert (await api.http.get("/runs", params={"status": "odd"})).status_code == 400


async def test_items_come_in_pages_and_in_either_order(opened: OpenApi) -> None:
    async with opened() as api:
        run_id = (await api.run(DOUBLE, [{"n": n} for n in range(5)]))["summary"]["runId"]
        page = await api.get(f"/runs/{run_id}/items", limit=3, offset=1)
        assert [each["itemIndex"] for each in page["results"]] == [1, 2, 3]
        ended = (await api.get(f"/runs/{run_id}/items", resultOrder=2))["results"]
        assert [each["completedAt"] for each in ended] == sorted(each["completedAt"] for each in ended)


async def test_asking_twice_with_the_same_id_begins_one_run(opened: OpenApi) -> None:
    async with opened() as api:
        first = await api.run(DOUBLE, [{"n": 1}], runId="mine")
        assert (await api.run(DOUBLE, [{"n": 1}], runId="mine"))["summary"] == first["summary"]
        assert len((await api.get("/runs"))["runs"]) == 1
        other = await api.http.post("/runs", json={"flow": DOUBLE, "input": [{"n": 2}], "runId": "mine"})
        assert (other.status_code, other.json()["code"]) == (409, "run.begun_otherwise")
        assert (await api.http.post("/runs", json={"flow": DOUBLE, "runId": "../x"})).status_code == 400


async def test_waiting_ends_with_the_patience_of_the_client(opened: OpenApi, tmp_path: Path) -> None:
    async with opened() as api:
        answer = await api.run(HELD, [{"folder": str(tmp_path)}], timeoutSecs=0.05)
        assert (answer["summary"]["status"], answer["results"]) == (RUNNING, [])
        (tmp_path / "go").touch()
        assert (await _ended(api, answer["summary"]["runId"]))["status"] == COMPLETED


async def test_a_cancelled_run_stops_at_once_and_stays_cancelled(opened: OpenApi, tmp_path: Path) -> None:
    async with opened() as api:
        run = {"flow": HELD, "input": [{"folder": str(tmp_path)}, {"folder": str(tmp_path)}], "maxConcurrency": 1}
        run_id = (await api.post("/runs", run))["summary"]["runId"]
        await _until_traced(tmp_path, "held")
        cancelled = (await api.post(f"/runs/{run_id}/cancel"))["summary"]
        assert (cancelled["status"], cancelled["items"]["cancelled"]) == (CANCELLED, 2)
        await _until_traced(tmp_path, "stopped")
    (tmp_path / "go").touch()
    async with opened() as api:
        assert (await _ended(api, run_id)) == cancelled
        assert [each["status"] for each in (await api.get(f"/runs/{run_id}/items"))["results"]] == [CANCELLED] * 2
        assert (await api.post(f"/runs/{run_id}/cancel"))["summary"] == cancelled
    assert [call[2] for call in _calls(tmp_path)] == ["before", "held", "held"]


async def test_another_server_can_cancel_a_run(opened: OpenApi, tmp_path: Path) -> None:
    async with opened() as working, opened() as other:
        run_id = (await working.post("/runs", {"flow": HELD, "input": [{"folder": str(tmp_path)}]}))["summary"]["runId"]
        await _until_traced(tmp_path, "held")
        await other.post(f"/runs/{run_id}/cancel")
        await _until_traced(tmp_path, "stopped")
        assert (await _ended(working, run_id))["status"] == CANCELLED


async def test_a_run_that_has_ended_stays_as_it_ended(opened: OpenApi) -> None:
    async with opened() as api:
        run_id = (await api.run(DOUBLE, [{"n": 1}]))["summary"]["runId"]
        assert (await api.post(f"/runs/{run_id}/cancel"))["summary"]["status"] == COMPLETED


async def test_only_a_run_that_has_ended_can_be_erased(opened: OpenApi, tmp_path: Path) -> None:
    async with opened() as api:
        run_id = (await api.post("/runs", {"flow": HELD, "input": [{"folder": str(tmp_path)}]}))["summary"]["runId"]
        refused = await api.http.delete(f"/runs/{run_id}")
        assert (refused.status_code, refused.json()["error"]["status"]) == (412, "FAILED_PRECONDITION")
        await api.post(f"/runs/{run_id}/cancel")
        assert (await api.http.delete(f"/runs/{run_id}")).json() == {}
        for path in ("", "/items", "/flow", "/steps", "/events"):
            assert (await api.http.get(f"/runs/{run_id}{path}")).status_code == 404


async def test_a_server_that_stops_leaves_its_runs_to_the_next(opened: OpenApi, tmp_path: Path) -> None:
    async with opened() as api:
        run_id = (await api.post("/runs", {"flow": HELD, "input": [{"folder": str(tmp_path)}]}))["summary"]["runId"]
        await _until_traced(tmp_path, "held")
    (tmp_path / "go").touch()
    async with opened(Limits(lease_seconds=600)) as api:  # nothing has to expire first
        assert (await _ended(api, run_id))["status"] == COMPLETED
        steps = [call[2] for call in _calls(tmp_path) if call[-1] != "stopped"]
        assert steps == ["before", "held", "held", "after"]


async def test_runs_are_begun_in_the_order_of_acceptance_as_many_as_may_be(opened: OpenApi, tmp_path: Path) -> None:
    async with opened(Limits(runs_at_once=1, runs_unfinished=3)) as api:
        runs = [
            (await api.post("/runs", {"flow": HELD, "input": [{"folder": str(tmp_path)}]}))["summary"]["runId"]
            for _ in range(3)
        ]
        full = await api.http.post("/runs", json={"flow": DOUBLE, "input": [{"n": 1}]})
        assert (full.status_code, full.json()["code"], full.json()["retryable"]) == (429, "server.full", True)
        (tmp_path / "go").touch()
        for run_id in runs:
            assert (await _ended(api, run_id))["status"] == COMPLETED
    assert [call[0] for call in _calls(tmp_path) if call[2] == "before"] == runs


async def test_more_inputs_than_allowed_are_refused(opened: OpenApi) -> None:
    async with opened(Limits(items_per_run=2)) as api:
        refused = await api.http.post("/runs", json={"flow": DOUBLE, "input": [1, 2, 3]})
        assert refused.status_code == 400
        assert "--max-items" in refused.json()["next_step"]


async def test_a_secret_is_used_never_shown_and_gone_with_the_run(opened: OpenApi, tmp_path: Path) -> None:
    secret = "s3cret-value-of-a-variable"
    flow = {**DOUBLE, "steps": DOUBLE["steps"], "output": {"$if": {"$variable": "key"}, "then": "known", "else": "not"}}
    async with opened() as api:
        answer = await api.run(flow, [{"n": 1}], variables={"key": secret})
        assert answer["results"][0]["output"] == "known"
        run_id = answer["summary"]["runId"]
        for path in (f"/runs/{run_id}", f"/runs/{run_id}/flow", f"/runs/{run_id}/events", "/runs"):
            assert secret not in (await api.http.get(path)).text
    assert [file for file in _files(tmp_path) if secret.encode() in file.read_bytes()] == []
