"""Which steps run: those that the output, a mustExecute or a chosen step really needs (notes/stepflow 1.7)."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from pydantic import BaseModel, ConfigDict

from flow_compiler.engine.components import ComponentContext, component
from flow_compiler.engine.contracts import Contract
from flow_compiler.engine.outcomes import Failure, Success, TaskErrorCode
from flow_compiler.language.reading import flow_from_json

from .running import Flows, MakeEngine, step

CHOICE = [step("cond", {"$input": "cond"}), step("a", 1), step("b", 2), step("null", None)]

LAZY = [
    ("output follows the condition", {"$if": {"$step": "cond"}, "then": {"$step": "a"}, "else": {"$step": "b"}}, True, 1, "a cond"),
    ("and the other branch", {"$if": {"$step": "cond"}, "then": {"$step": "a"}, "else": {"$step": "b"}}, False, 2, "b cond"),
    ("coalesce stops at a value", {"$coalesce": [{"$step": "a"}, {"$step": "b"}]}, None, 1, "a"),
    ("coalesce goes on after null", {"$coalesce": [{"$step": "null"}, {"$step": "b"}]}, None, 2, "b null"),
    ("a default is not computed for nothing", {"$variable": "given", "default": {"$step": "b"}}, None, 7, ""),
    ("a default is computed when needed", {"$variable": "absent", "default": {"$step": "b"}}, None, 2, "b"),
    ("a step under $literal is data", {"$literal": {"$step": "b"}}, None, {"$step": "b"}, ""),
]  # fmt: skip


@pytest.mark.parametrize("where", ["output", "step input"])
@pytest.mark.parametrize(("name", "expression", "cond", "value", "ran"), LAZY, ids=[case[0] for case in LAZY])
async def test_only_what_is_needed_runs(
    evaluate: Flows, where: str, name: str, expression: Any, cond: Any, value: Any, ran: str
) -> None:
    steps, output = list(CHOICE), expression
    if where == "step input":
        steps, output = [*CHOICE, step("last", expression)], {"$step": "last"}
    ended = await evaluate({"steps": steps, "output": output}, {"cond": cond}, variables={"given": 7})
    assert ended.result == Success(result=value)
    assert set(ended.records) - {"last"} == set(ran.split())


async def test_a_branch_starts_without_waiting_for_steps_beside_the_condition(evaluate: Flows) -> None:
    branch_ran = asyncio.Event()

    @component("/t/branch")
    async def branch(given: Any, context: Any) -> Any:
        branch_ran.set()
        return given

    @component("/t/slow")
    async def slow(given: Any, context: Any) -> Any:
        await branch_ran.wait()
        return given

    steps = [step("cond", True), step("slow", 0, "/t/slow"), step("branch", 1, "/t/branch")]
    output = {"slow": {"$step": "slow"}, "chosen": {"$if": {"$step": "cond"}, "then": {"$step": "branch"}}}
    ended = await evaluate({"steps": steps, "output": output}, None, branch, slow)
    assert ended.result == Success(result={"slow": 0, "chosen": 1})


async def test_chosen_steps_run_with_what_they_need_and_nothing_else(evaluate: Flows) -> None:
    steps = [step("a", 1), step("b", {"$step": "a"}), step("c", {"$step": "b"}), step("d", 4, mustExecute=True)]
    ended = await evaluate({"steps": steps, "output": {"$step": "c"}}, steps=["b"])
    assert set(ended.records) == {"a", "b"}
    assert ended.result == Success()


async def test_the_failure_of_a_chosen_step_is_the_result(evaluate: Flows) -> None:
    ended = await evaluate({"steps": [step("a", {}, "/py/boom"), step("b", {"$step": "a"})]}, steps=["b"])
    assert isinstance(ended.result, Failure)
    assert ended.records["b"].attempts == 0  # never called: what it refers to failed
    assert ended.records["a"].attempts == 1


async def test_evaluations_of_one_item_share_what_has_finished(make_engine: MakeEngine) -> None:
    calls: list[str] = []

    @component("/t/count")
    async def count(given: Any, context: Any) -> Any:
        calls.append(context.step_id)
        return given

    flow = flow_from_json(
        {"steps": [step("a", 1, "/t/count"), step("b", {"$step": "a"}, "/t/count")], "output": {"$step": "b"}}
    )
    async with make_engine(count) as engine:
        item = engine.item(flow, run_id="r", key="k", input=None)
        await item.evaluate(["a"])
        ended = await item.evaluate()
    assert calls == ["a", "b"]
    assert set(ended.records) == {"a", "b"}


ADVANCING = {
    "steps": [
        step("read", {"kind": {"$input": "kind"}}, "/t/count"),
        step("expensive", {"$step": "read"}, "/t/count"),
        step("cheap", {"$step": "read"}, "/t/count"),
        step("last", {"$if": {"$step": "read", "path": "kind"}, "then": {"$step": "expensive"}, "else": {"$step": "cheap"}}, "/t/count"),
    ],
    "output": {"$step": "last"},
}  # fmt: skip


async def test_advancing_calls_only_what_is_allowed_and_needed(make_engine: MakeEngine) -> None:
    calls: list[str] = []

    @component("/t/count")
    async def count(given: Any, context: Any) -> Any:
        calls.append(context.step_id)
        return given

    async with make_engine(count) as engine:
        item = engine.item(flow_from_json(ADVANCING), run_id="r", key="k", input={"kind": False})
        first = await item.advance({"read"})
        assert (calls, first.decided) == (["read"], False)
        second = await item.advance({"expensive", "cheap"})  # laziness leaves `expensive` out
        assert (calls, second.decided) == (["read", "cheap"], False)
        last = await item.advance({"last"})
    assert (calls, last.decided) == (["read", "cheap", "last"], True)
    assert last.result == Success(result={"kind": False})


async def test_a_long_chain_needs_no_stack(evaluate: Flows) -> None:
    length = 3000
    steps = [step("s0", 0), *(step(f"s{n}", {"$step": f"s{n - 1}"}) for n in range(1, length))]
    ended = await evaluate({"steps": steps, "output": {"$step": f"s{length - 1}"}})
    assert ended.result == Success(result=0)


async def test_steps_that_wait_for_each_other_fail_instead_of_hanging(evaluate: Flows) -> None:
    ended = await evaluate({"steps": [step("a", {"$step": "b"}), step("b", {"$step": "a"})], "output": {"$step": "a"}})
    assert isinstance(ended.result, Failure)
    assert ended.result.code is TaskErrorCode.ORCHESTRATOR_ERROR
    assert "wait for each other" in ended.result.next_step


async def test_a_failed_step_does_not_cancel_the_others(evaluate: Flows) -> None:
    steps = [step("bad", {}, "/py/boom"), step("a", 1), step("b", {"$step": "a"})]
    ended = await evaluate({"steps": steps, "output": [{"$step": "bad"}, {"$step": "b"}]})
    assert isinstance(ended.result, Failure)
    assert isinstance(ended.records["b"].outcome, Success)


async def test_an_undeclared_contract_cannot_change_what_others_see(evaluate: Flows) -> None:
    shared = {"$literal": {"deep": {"x": 1}}}
    steps = [step("a", shared), step("e", {"$step": "a"}, "/py/echo"), step("after", [{"$step": "e"}, {"$step": "a"}])]
    ended = await evaluate({"steps": steps, "output": {"$step": "after"}})
    assert ended.result == Success(result=[{"deep": {"x": 1}, "echoed": True}, {"deep": {"x": 1}}])


class Loose(BaseModel):
    data: Any


class Open(BaseModel):
    model_config = ConfigDict(extra="allow")


@pytest.mark.parametrize("contract", [Any, Loose, Open, dict[str, Any], list[dict[str, Any]] | dict[str, Any]])
async def test_what_a_component_does_to_its_input_reaches_no_other_step(evaluate: Flows, contract: Any) -> None:
    async def spoil(given: Any, context: ComponentContext) -> int:
        data = given["data"] if isinstance(given, dict) else given.data
        data["xs"].append(99)
        return 1

    spoil.__annotations__["given"] = contract
    steps = [
        step("a", {"xs": [1]}),
        step("b", {"data": {"$step": "a"}}, "/t/spoil"),
        step("after", [{"$step": "b"}, {"$step": "a"}]),
    ]
    ended = await evaluate({"steps": steps, "output": {"$step": "after"}}, None, component("/t/spoil")(spoil))
    assert ended.result == Success(result=[1, {"xs": [1]}])


class Typed(BaseModel):
    names: list[str]
    sizes: dict[str, tuple[int, float]]


def test_an_input_that_is_typed_throughout_is_not_copied() -> None:
    assert not Contract.of(Typed).untyped
    assert Contract.of(Loose).untyped
