"""One run over many inputs: results by index, failures isolated, inputs taken only as they can be worked on."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

from flow_compiler.engine.engine import ItemResult
from flow_compiler.engine.outcomes import to_json
from flow_compiler.engine.run_batch import run_batch
from flow_compiler.language.reading import flow_from_json
from tests.engine.running import MakeEngine

_FIELD = flow_from_json({"output": {"$input": "$.x"}})


async def test_each_input_has_its_result_and_a_failure_is_only_its_own(make_engine: MakeEngine) -> None:
    results: dict[int, dict[str, Any]] = {}

    async def ended(index: int, result: ItemResult) -> None:
        results[index] = to_json(result.result)

    async with make_engine() as engine:
        await run_batch(engine, _FIELD, [{"x": 1}, {}, {"x": 3}], ended, run_id=str(uuid.uuid4()))
    assert {index: result["outcome"] for index, result in results.items()} == {0: "success", 1: "failed", 2: "success"}
    assert results[2]["result"] == 3


async def test_inputs_are_taken_as_they_can_be_worked_on(make_engine: MakeEngine) -> None:
    taken: list[int] = []
    most_ahead = 0
    done = 0

    def inputs() -> Iterator[dict[str, int]]:
        for index in range(40):
            taken.append(index)
            yield {"x": index}

    async def ended(_index: int, _result: ItemResult) -> None:
        nonlocal most_ahead, done
        most_ahead = max(most_ahead, len(taken) - done)
        done += 1

    async with make_engine() as engine:
        await run_batch(engine, _FIELD, inputs(), ended, run_id=str(uuid.uuid4()), at_once=3)
    assert done == 40
    assert most_ahead <= 4
