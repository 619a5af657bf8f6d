"""Exchanges as recorded from the REST API of Stepflow 0.13.0: a client made for it reads our answers.

``has`` is what the reference's answer said, as far as it does not differ from run to run; a type stands for any value of
it. Numbers are the one deviation: the reference gives ``1`` back as ``1.0``.
"""

from __future__ import annotations

from typing import Any

import pytest
from api_in_process import Api, OpenApi

FLOW: dict[str, Any] = {
    "name": "f",
    "description": "d",
    "steps": [
        {"id": "a", "component": "/builtin/noop", "input": {"n": {"$input": "n"}}},
        {"id": "b", "component": "/builtin/noop", "input": {"$step": "a"}},
    ],
    "output": {"$step": "b"},
    "examples": [{"name": "e1", "input": {"n": 1}}],
}
DUPLICATE = {
    "steps": [{"id": "a", "component": "/builtin/noop"}, {"id": "a", "component": "/builtin/noop"}],
    "output": {"$step": "zz"},
}
ITEMS = {"total": 1, "completed": 1, "running": 0, "failed": 0, "cancelled": 0}
SUMMARY = {
    "runId": str, "flowId": str, "flowName": "f", "status": 2, "items": ITEMS, "createdAt": str, "completedAt": str,
    "rootRunId": str, "createdAtSeqno": 0,
}  # fmt: skip
STEP = {
    "stepId": "a", "stepIndex": 0, "itemIndex": 0, "status": 2, "component": "/builtin/noop", "output": {"n": 1},
    "journalSeqno": int, "updatedAt": str,
}  # fmt: skip
RESULT = {"itemIndex": 0, "status": 2, "output": {"n": 1}, "completedAt": str}
FAILED_RESULT = {
    "itemIndex": 1, "status": 3, "errorMessage": "Input path $.n not found", "errorCode": 8, "completedAt": str,
}  # fmt: skip
NO_FLOW = "0" * 64

CASES: list[tuple[str, str, Any, int, Any]] = [
    ("POST", "/flows", {"flow": FLOW}, 200, {"flowId": str, "stored": True, "diagnostics": {
        "diagnostics": [{"kind": "unvalidatedFieldAccess", "code": 1003, "level": 3, "formatted": str,
                         "path": "$.steps[0].input.n", "experimental": True}],
        "numFatal": 0, "numError": 0, "numWarning": 1}}),
    ("POST", "/flows", {"flow": FLOW, "dryRun": True}, 200, {"stored": False}),
    ("POST", "/flows", {"flow": DUPLICATE}, 200, {"stored": False, "diagnostics": {"numFatal": 2, "numError": 0,
                                                                                   "numWarning": 4}}),
    ("POST", "/flows", {"flow": {"steps": [{"id": "a"}]}}, 400, {"error": {"code": 400, "status": "INVALID_ARGUMENT"}}),
    ("POST", "/flows", {}, 400, {"error": {"code": 400, "message": "flow is required", "status": "INVALID_ARGUMENT"}}),
    ("GET", "/flows/{flow}", None, 200, {"flow": {"name": "f"}, "flowId": str, "allExamples": FLOW["examples"]}),
    ("GET", f"/flows/{NO_FLOW}", None, 404, {"error": {"code": 404, "message": f"flow '{NO_FLOW}' not found",
                                                       "status": "NOT_FOUND"}}),
    ("GET", "/flows/{flow}/variables", None, 200, {"flowId": str, "variables": {}}),
    ("POST", "/runs", {"flowId": "{flow}", "input": [{"n": 1}], "wait": True}, 200, {"summary": SUMMARY,
                                                                                   "results": [RESULT]}),
    ("POST", "/runs", {"flowId": "{flow}", "input": [{"n": 1}, {"x": 1}], "wait": True}, 200, {
        "summary": {"status": 3, "items": {"total": 2, "completed": 1, "running": 0, "failed": 1, "cancelled": 0}},
        "results": [RESULT, FAILED_RESULT]}),
    ("POST", "/runs", {"flowId": "{flow}", "input": [{"n": 1}]}, 200, {"summary": {"status": 1}, "results": []}),
    ("POST", "/runs", {"flowId": "{flow}", "input": [], "wait": True}, 200, {"summary": {"status": 2}, "results": []}),
    ("POST", "/runs", {"flowId": NO_FLOW, "input": [{}]}, 404, {"error": {"code": 404, "status": "NOT_FOUND"}}),
    ("POST", "/runs", {"flowId": "{flow}", "input": [{}], "overrides": {"steps": {"zz": {"value": {}}}}}, 400,
     {"error": {"code": 400, "status": "INVALID_ARGUMENT"}}),
    ("GET", "/runs/{run}", None, 200, {"summary": {**SUMMARY, "orchestratorId": str, "finishedAtSeqno": int},
                                       "steps": [STEP, {"stepId": "b"}]}),
    ("GET", "/runs/{run}/items", None, 200, {"results": [RESULT]}),
    ("GET", "/runs/{run}/items?resultOrder=2", None, 200, {"results": [RESULT]}),
    ("GET", "/runs/{run}/flow", None, 200, {"flow": {"name": "f"}, "flowId": str}),
    ("GET", "/runs/{run}/steps", None, 200, {"steps": [STEP, {"stepId": "b"}]}),
    ("GET", "/runs/{run}/steps/a", None, 200, {"step": STEP}),
    ("GET", "/runs/{run}/steps/zz", None, 404, {"error": {"code": 404, "message": "step 'zz' not found",
                                                          "status": "NOT_FOUND"}}),
    ("GET", "/runs?status=2&limit=1", None, 200, {"runs": [SUMMARY]}),
    ("GET", "/runs?flowName=f&limit=1", None, 200, {"runs": [SUMMARY]}),
    ("POST", "/blobs", {"data": {"a": 1}, "blobType": "data"}, 200, {
        "blobId": "015abd7f5cc57a2dd94b7590f04ad8084273905ee33ec5cebeae62276a97f862"}),
    ("GET", "/health", None, 200, {"status": "healthy", "timestamp": str, "build": dict}),
    ("DELETE", "/flows/{flow}", None, 200, {}),
]  # fmt: skip


@pytest.mark.parametrize(("method", "path", "body", "status", "has"), CASES)
async def test_an_answer_has_what_the_references_has(
    opened: OpenApi, method: str, path: str, body: Any, status: int, has: Any
) -> None:
    async with opened() as api:
        names = await _names(api)
        answer = await api.http.request(method, _filled(path, names), json=_filled(body, names))
        assert answer.status_code == status
        assert _missing(has, answer.json()) == []


async def _names(api: Api) -> dict[str, str]:
    """The ids of a stored flow and of a run of it."""
    flow_id = (await api.post("/flows", {"flow": FLOW}))["flowId"]
    run = await api.post("/runs", {"flowId": flow_id, "input": [{"n": 1}], "wait": True})
    return {"{flow}": flow_id, "{run}": run["summary"]["runId"]}


def _filled(value: Any, names: dict[str, str]) -> Any:
    if isinstance(value, dict):
        return {key: _filled(each, names) for key, each in value.items()}
    if isinstance(value, str):
        for name, text in names.items():
            value = value.replace(name, text)
    return value


def _missing(has: Any, got: Any, place: str = "$") -> list[str]:
    """Where the answer differs from what it must have; more fields than that are ours."""
    if isinstance(has, type):
        return [] if isinstance(got, has) else [f"{place}: {got!r}"]
    if isinstance(has, dict):
        if not isinstance(got, dict):
            return [f"{place}: {got!r}"]
        return [each for key in has for each in _missing(has[key], got.get(key), f"{place}.{key}")]
    if isinstance(has, list):
        if not isinstance(got, list) or len(has) != len(got):
            return [f"{place}: {got!r}"]
        return [each for index in range(len(has)) for each in _missing(has[index], got[index], f"{place}[{index}]")]
    return [] if (has, type(has)) == (got, type(got)) else [f"{place}: {got!r}, not {has!r}"]
