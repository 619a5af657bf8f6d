"""``EngineSettings.calls``: so many component calls at once and no more, whatever runs inside whatever."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from flow_compiler.engine.components import BatchContext, ComponentContext, component
from flow_compiler.engine.outcomes import Success

from .running import QUICK, Flows, mapping, step


class Crowd:
    """How many are inside at the same time."""

    def __init__(self) -> None:
        self.now = 0
        self.most = 0

    async def visit(self) -> None:
        self.now += 1
        self.most = max(self.most, self.now)
        for _ in range(5):
            await asyncio.sleep(0)
        self.now -= 1


def limited(calls: int) -> dict[str, Any]:
    return {"settings": replace(QUICK, calls=calls)}


INNER = {"steps": [step("each", {"$input": "$"}, "/t/visit")], "output": {"$step": "each"}}
NESTED = {
    "steps": [step("m", {"items": {"$input": "$"}, "workflow": {"$literal": mapping("/t/visit")}}, "/builtin/map")],
    "output": {"$step": "m", "path": "successful"},
}


@pytest.mark.parametrize("calls", [1, 2, 5])
async def test_calls_of_nested_maps_share_one_limit(evaluate: Flows, calls: int) -> None:
    crowd = Crowd()

    @component("/t/visit")
    async def visit(_given: Any) -> None:
        await crowd.visit()

    async with asyncio.timeout(30):
        ended = await evaluate(NESTED, [list(range(8)) for _ in range(6)], visit, **limited(calls))
    assert ended.result == Success(result=6)
    assert crowd.most == calls


@pytest.mark.parametrize("calls", [1, 3])
async def test_a_component_gives_its_place_to_the_flows_it_waits_for(evaluate: Flows, calls: int) -> None:
    crowd = Crowd()

    @component("/t/visit")
    async def visit(given: int) -> int:
        await crowd.visit()
        return given

    @component("/t/outer")
    async def outer(given: int, context: ComponentContext) -> int:
        await crowd.visit()
        assert context.run_flow is not None
        both = await asyncio.gather(context.run_flow(INNER, given, 0), context.run_flow(INNER, given, 1))
        third = await context.run_flow(INNER, given, 2)
        await crowd.visit()
        return sum(each.result for each in [*both, third] if isinstance(each, Success))

    async with asyncio.timeout(30):
        ended = await evaluate(mapping("/t/outer"), list(range(10)), visit, outer, **limited(calls))
    assert isinstance(ended.result, Success)
    assert [each["result"] for each in ended.result.result["results"]] == [3 * number for number in range(10)]
    assert crowd.most == calls


async def test_a_batch_is_one_call(evaluate: Flows) -> None:
    sizes: list[int] = []

    @component("/t/batch", batch=8)
    async def batch(given: list[int], _context: BatchContext) -> list[int]:
        sizes.append(len(given))
        return given

    async with asyncio.timeout(30):
        ended = await evaluate(mapping("/t/batch"), list(range(16)), batch, **limited(1))
    assert isinstance(ended.result, Success)
    assert ended.result.result["successful"] == 16
    assert sizes == [8, 8]


async def test_a_failed_call_gives_its_place_back(evaluate: Flows) -> None:
    @component("/t/fail")
    async def fail(_given: Any) -> None:
        raise RuntimeError("no")

    async with asyncio.timeout(30):
        ended = await evaluate(mapping("/t/fail"), [1, 2, 3], fail, **limited(1))
    assert isinstance(ended.result, Success)
    assert ended.result.result["failed"] == 3
