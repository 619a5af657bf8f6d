"""Flows: stored, listed, described, deleted. Shapes as recorded from the reference's REST API."""

from __future__ import annotations

from api_in_process import OpenApi
from flows_served import DOUBLE, FATAL

from flow_compiler.language.loader import flow_from_json

FLOW_ID = flow_from_json(DOUBLE).digest


async def test_storing_a_flow_answers_its_digest_and_its_diagnostics(opened: OpenApi) -> None:
    async with opened() as api:
        answer = await api.post("/flows", {"flow": DOUBLE})
        assert (answer["flowId"], answer["stored"]) == (FLOW_ID, True)
        found = answer["diagnostics"]
        assert (found["numFatal"], found["numError"], found["numWarning"]) == (0, 0, 1)
        only = found["diagnostics"][0]
        assert (only["kind"], only["code"], only["level"], only["path"], only["experimental"]) == (
            "unvalidatedFieldAccess", 1003, 3, "$.steps[0].input.n", True,
        )  # fmt: skip
        assert (await api.post("/flows", {"flow": DOUBLE}))["flowId"] == FLOW_ID
        assert [each["flowId"] for each in (await api.get("/flows"))["flows"]] == [FLOW_ID]


async def test_a_fatal_flow_and_a_dry_run_are_not_stored(opened: OpenApi) -> None:
    async with opened() as api:
        fatal = await api.post("/flows", {"flow": FATAL})
        assert fatal["stored"] is False
        assert fatal["diagnostics"]["numFatal"] == 1
        assert (await api.post("/flows", {"flow": DOUBLE, "dryRun": True}))["stored"] is False
        assert (await api.http.get(f"/flows/{FLOW_ID}")).status_code == 404
        assert (await api.http.get(f"/flows/{fatal['flowId']}")).status_code == 404


async def test_a_stored_flow_is_given_back_with_its_integers_and_examples(opened: OpenApi) -> None:
    async with opened() as api:
        await api.post("/flows", {"flow": DOUBLE})
        answer = await api.get(f"/flows/{FLOW_ID}")
        assert flow_from_json(answer["flow"]).digest == FLOW_ID
        assert answer["allExamples"] == [{"name": "three", "input": {"n": 3}}]
        assert isinstance(answer["allExamples"][0]["input"]["n"], int)


async def test_variables_are_described_and_a_secret_keeps_its_value(opened: OpenApi) -> None:
    async with opened() as api:
        await api.post("/flows", {"flow": DOUBLE})
        answer = await api.get(f"/flows/{FLOW_ID}/variables")
        assert answer == {
            "flowId": FLOW_ID,
            "variables": {
                "unit": {"description": "of the number", "defaultValue": "m", "required": False, "envVar": "UNIT"},
                "key": {"required": True, "secret": True},
            },
        }


async def test_a_deleted_flow_is_gone_for_new_runs_and_stays_with_old_ones(opened: OpenApi) -> None:
    async with opened() as api:
        await api.post("/flows", {"flow": DOUBLE})
        run = await api.post("/runs", {"flowId": FLOW_ID, "input": [{"n": 1}], "wait": True})
        assert (await api.http.delete(f"/flows/{FLOW_ID}")).json() == {}
        assert (await api.http.delete(f"/flows/{FLOW_ID}")).status_code == 404
        refused = await api.http.post("/runs", json={"flowId": FLOW_ID, "input": [{"n": 1}]})
        assert (refused.status_code, refused.json()["code"]) == (404, "flow.unknown")
        kept = await api.get(f"/runs/{run['summary']['runId']}/flow")
        assert flow_from_json(kept["flow"]).digest == FLOW_ID == kept["flowId"]


async def test_a_stored_flow_can_be_evaluated_by_its_id(opened: OpenApi) -> None:
    calling = {
        "steps": [{"id": "e", "component": "/builtin/eval", "input": {"flow_id": FLOW_ID, "input": {"n": 2}}}],
        "output": {"$step": "e", "path": "$.result.result.one"},
    }
    async with opened() as api:
        await api.post("/flows", {"flow": DOUBLE})
        assert (await api.run(calling, [None]))["results"][0]["output"] == {"n": 2}
