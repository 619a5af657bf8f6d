"""Every recorded case of the reference implementation, through the engine (notes/stepflow; README beside the cases)."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from flow_compiler.engine.outcomes import Success, to_json
from flow_compiler.errors import FlowError
from flow_compiler.language.diagnostics import reject_if_fatal
from flow_compiler.language.overrides import apply_overrides
from flow_compiler.language.reading import flow_from_json

CASES_FILE = Path(__file__).parents[3] / "shared" / "stepflow" / "conformance.jsonl"
pytestmark = pytest.mark.skipif(not CASES_FILE.exists(), reason="the recorded cases are not beside this checkout")

CASES = [json.loads(line) for line in CASES_FILE.read_text().splitlines()] if CASES_FILE.exists() else []

KNOWN_GAPS: dict[tuple[str, str], str] = {}
"""(feature, name) → why it does not pass yet. A case that passes must not be listed."""

REFUSED = ("parse_error", "rejected", "request_error")


def without_data(value: Any) -> Any:
    """Of a failure only code and message were promised."""
    match value:
        case {"outcome": "failed", "error": dict(error)}:
            return {"outcome": "failed", "error": {"code": error["code"], "message": error["message"]}}
        case dict():
            return {key: without_data(member) for key, member in value.items()}
        case list():
            return [without_data(member) for member in value]
        case _:
            return value


async def run(case: dict[str, Any], make_engine: Any) -> tuple[str, list[Any], list[str]]:
    flow = flow_from_json(case["flow"])
    if case["overrides"] is not None:
        flow = apply_overrides(flow, case["overrides"])
    else:
        reject_if_fatal(flow)
    inputs = case["input"] if case["feature"] == "batch" else [case["input"]]
    async with make_engine() as engine:
        items = [
            engine.item(flow, run_id="run", key=str(index), input=given, variables=case["variables"])
            for index, given in enumerate(inputs)
        ]
        ended = await asyncio.gather(*(item.evaluate() for item in items))
    status = "COMPLETED" if all(isinstance(item.result, Success) for item in ended) else "FAILED"
    executed = sorted({step_id for item in ended for step_id in item.records})
    return status, [without_data(to_json(item.result)) for item in ended], executed


async def check(case: dict[str, Any], make_engine: Any) -> None:
    expected = case["expect"]
    if any(kind in expected for kind in REFUSED):
        with pytest.raises(FlowError):
            await run(case, make_engine)
        return
    status, items, executed = await run(case, make_engine)
    if case.get("upstream_bug"):
        assert items == without_data(case["intended"])
        return
    assert (status, items) == (expected["status"], without_data(expected["items"]))
    if expected.get("executed") is not None:
        assert executed == sorted(expected["executed"])


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['feature']}: {case['name']}")
async def test_behaves_as_recorded(case: dict[str, Any], make_engine: Any) -> None:
    if (case["feature"], case["name"]) in KNOWN_GAPS:
        with pytest.raises((AssertionError, FlowError)):
            await check(case, make_engine)
    else:
        await check(case, make_engine)


def test_gaps_name_recorded_cases() -> None:
    assert set(KNOWN_GAPS) <= {(case["feature"], case["name"]) for case in CASES}
