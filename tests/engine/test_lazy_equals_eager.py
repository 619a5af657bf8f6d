"""Property: the lazy engine gives what a naive evaluator gives that runs every step in order first.

It holds for every kind of expression and path, defaults, ``onError``, flows inside (map, iterate, eval) and batches.
"""

from __future__ import annotations

import asyncio
import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from flow_compiler.engine.components import ComponentContext, Resources, component
from flow_compiler.engine.engine import Engine, ItemResult
from flow_compiler.engine.outcomes import FlowResult, Success, to_json
from flow_compiler.engine.registry import ComponentRegistry
from flow_compiler.engine.run_batch import run_batch
from flow_compiler.engine.storage import memory_stores
from flow_compiler.language.canonical import ordered_json
from flow_compiler.language.reading import flow_from_json
from tests.engine import eager
from tests.engine.py_components import PY
from tests.engine.random_flows import INPUTS, flows
from tests.engine.running import QUICK


@component("/py/eval_inside")
async def eval_inside(given: dict[str, Any], context: ComponentContext) -> Any:
    """A flow that is stored, then evaluated as ``/builtin/eval`` does."""
    assert context.run_flow is not None
    stored = await context.put_blob(ordered_json(given["flow"]), "flow")
    flow = json.loads(await context.get_blob(stored.id))
    return {"result": to_json(await context.run_flow(flow, given["input"], 0))}


COMPONENTS = PY | ComponentRegistry.of(eval_inside)


async def lazy(flow: dict[str, Any], inputs: list[Any]) -> list[FlowResult]:
    """The results of one run over the inputs, in their order."""
    results: dict[int, FlowResult] = {}

    async def ended(index: int, result: ItemResult) -> None:
        results[index] = result.result

    async with Engine(COMPONENTS, memory_stores(), Resources(), QUICK) as engine:
        parsed = flow_from_json(flow)
        await run_batch(engine, parsed, inputs, ended, run_id="run", variables=eager.GIVEN, at_once=2)
    return [results[index] for index in range(len(inputs))]


def found(result: FlowResult) -> str:
    return exactly(eager.comparable(result.result) if isinstance(result, Success) else eager.FAILED)


def exactly(value: Any) -> str:
    """As text: 1, 1.0 and true are equal in Python."""
    return "FAILED" if value is eager.FAILED else json.dumps(value)


@settings(max_examples=200, deadline=None)
@given(flows(), st.lists(st.sampled_from(INPUTS), min_size=1, max_size=3))
def test_lazy_equals_eager(flow: dict[str, Any], inputs: list[Any]) -> None:
    expected = [exactly(eager.run(flow, given)) for given in inputs]
    assert [found(result) for result in asyncio.run(lazy(flow, inputs))] == expected
