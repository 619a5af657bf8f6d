"""``/udf``: code from blobs, read in four ways, in processes of its own under limits."""

from __future__ import annotations

import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml
from served import HERE, Ask, Serve

from flow_compiler.engine.components import Component
from flow_compiler.engine.outcomes import TaskErrorCode, to_json
from flow_compiler.engine.registry import ComponentRegistry
from flow_compiler.plugins.udf import CodeLimits, open_udf
from flow_compiler.worker.code import NoCode, read_code

UPSTREAM = Path(__file__).parents[2].parent / "shared" / "stepflow" / "upstream"
ANY_OBJECT = {"type": "object"}


@asynccontextmanager
async def code(serve: Serve, limits: CodeLimits | None = None) -> AsyncIterator[Ask]:
    """``/python/udf`` as a route ``/python`` leads to it."""
    async with open_udf("python", base=HERE, limits=limits) as udf:
        routed = Component(**{**vars_of(udf), "path": "/python/udf"})
        async with serve(ComponentRegistry([routed])) as ask:
            yield ask


def vars_of(component: Component) -> dict[str, Any]:
    return {name: getattr(component, name) for name in Component.__dataclass_fields__}


def running(text: str, schema: Any = ANY_OBJECT) -> dict[str, Any]:
    """A flow that stores the code and runs it on the flow's input."""
    blob = {"data": {"$literal": {"code": text, "input_schema": schema}}, "blob_type": "data"}
    given = {"blob_id": {"$step": "code", "path": "blob_id"}, "input": {"$input": "$"}}
    return {
        "steps": [
            {"id": "code", "component": "/builtin/put_blob", "input": blob},
            {"id": "run", "component": "/python/udf", "input": given},
        ],
        "output": {"$step": "run"},
    }


@pytest.mark.parametrize(
    ("text", "given"),
    [
        ("def double(input):\n    return input['a'] * 2", {"a": 2}),
        ("def double(input):\n    return input['a'] * 2\ndouble", {"a": 2}),
        ("def _times(n, m):\n    return n * m\n\ndef double(input):\n    return _times(input['a'], 2)", {"a": 2}),
        (
            "def times(n, m):\n    return n * m\n\ndef double(input):\n    return times(input['a'], 2)\n\ndouble",
            {"a": 2},
        ),
        ("lambda input: input['a'] * 2", {"a": 2}),
        ("input['a'] * 2", {"a": 2}),
        ("input.a * 2", {"a": 2}),
        ("if input['a'] > 1:\n    return 4\nreturn 0", {"a": 2}),
        ("import math\nreturn math.floor(input['a']) * 2", {"a": 2.5}),
        ("async def double(input, context):\n    return input['a'] * context.attempt * 2", {"a": 2}),
        ("def double(input: dict, anything):\n    return input.a * anything.attempt * 2", {"a": 2}),
    ],
)
async def test_code_is_read_as_definition_expression_lambda_or_body(serve: Serve, text: str, given: Any) -> None:
    async with code(serve) as ask:
        assert to_json((await ask.flow(running(text), given)).result) == {"outcome": "success", "result": 4}


@pytest.mark.parametrize(
    "text", ["", "1 +", "x = 1", "def a(input): pass\ndef b(input): pass", "import os", "from subprocess import run"]
)
def test_what_gives_nothing_callable_is_refused(text: str) -> None:
    with pytest.raises(NoCode, match="Unable to compile code"):
        read_code(text)


@pytest.mark.parametrize(
    "expression", ["open('/etc/passwd')", "eval('1')", "exec('1')", "globals()", "input.__class__.open"]
)
async def test_other_built_ins_are_not_there(serve: Serve, expression: str) -> None:
    async with code(serve) as ask:
        failed = to_json((await ask.flow(running(f"lambda given: {expression}"), {})).result)["error"]
    assert failed["message"].startswith("Function execution failed: ")


async def test_modules_that_are_not_on_the_list_cannot_be_imported(serve: Serve) -> None:
    text = "def run(input):\n    import os\n    return os.environ"
    async with code(serve) as ask:
        failed = to_json((await ask.flow(running(text), {})).result)["error"]
    assert failed["message"].startswith("Function execution failed: code in a blob may import json, math, re")


async def test_input_is_held_to_the_blobs_schema(serve: Serve) -> None:
    schema = {"type": "object", "properties": {"a": {"type": "number"}}, "required": ["a"]}
    async with code(serve) as ask:
        failed = (await ask.flow(running("input['a']", schema), {})).result
    assert failed.code is TaskErrorCode.COMPONENT_FAILED  # type: ignore[union-attr]
    assert failed.message == "Function execution failed: Input validation failed: 'a' is a required property"  # type: ignore[union-attr]


async def test_the_context_runs_flows_and_keeps_blobs(serve: Serve) -> None:
    text = """
async def run(input, context):
    flow = {"steps": [{"id": "n", "component": "/builtin/noop", "input": {"$input": "$"}}], "output": {"$step": "n"}}
    flow_id = await context.put_blob(flow, "flow")
    status = await context.submit_run(flow_id=flow_id, inputs=[1, 2], wait=True)
    return {
        "evaluated": await context.evaluate_flow(flow, input["x"]),
        "outputs": [item["output"] for item in status["results"]],
        "status": status["status"],
        "where": [context.run_id, context.step_id, context.attempt],
        "blob": await context.get_blob(await context.put_blob({"z": 1.0, "a": 2})),
    }
"""
    async with code(serve) as ask:
        told = to_json((await ask.flow(running(text), {"x": 3})).result)["result"]
    assert told == {
        "evaluated": 3,
        "outputs": [1, 2],
        "status": "EXECUTION_STATUS_COMPLETED",
        "where": ["run", "run", 1],
        "blob": {"a": 2, "z": 1},
    }


def named(path: str) -> list[Any]:
    """The cases of one upstream file."""
    if not UPSTREAM.exists():
        return []
    flow = yaml.safe_load((UPSTREAM / path).read_text())
    return [pytest.param(flow, case, id=f"{path}:{case['name']}") for case in flow["test"]["cases"]]


FILES = ["error_handling", "udf_function", "udf_simple", "blob_simple"]


@pytest.mark.corpus
@pytest.mark.parametrize(("flow", "case"), [case for name in FILES for case in named(f"tests/python/{name}.yaml")])
async def test_upstream_flows_give_what_they_say(serve: Serve, flow: dict[str, Any], case: dict[str, Any]) -> None:
    bare = {name: part for name, part in flow.items() if name in ("steps", "output")}
    if "store_with_builtin" in str(bare):  # its timestamp is text that YAML would read as a date
        bare["steps"][0]["input"]["data"]["timestamp"] = "2024-01-01 00:00:00+00:00"
        case["output"]["result"]["retrieved_data"]["timestamp"] = "2024-01-01 00:00:00+00:00"
    async with code(serve) as ask:
        told = to_json((await ask.flow(bare, case["input"])).result)
    told.get("error", {}).pop("data", None)
    assert told == case["output"]


def there(folder: str) -> bool:
    return Path(folder).exists()


@pytest.mark.process
async def test_code_sees_no_environment_and_has_a_folder_of_its_own(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "secret")
    async with code(serve) as ask:
        told = to_json((await ask.flow(running(ESCAPED.format("[os.getcwd(), sorted(os.environ)]")), {})).result)
    folder, environment = told["result"]
    assert "stepflow-udf-" in folder
    assert not there(folder)
    assert environment == ["HOME", "LANG", "PATH", "PYTHONPATH", "PYTHONSAFEPATH", "TMPDIR"]


ESCAPED = """
def run(input):
    # What anybody finds who looks: the whitelist is no sandbox.
    os = [c for c in type.__subclasses__(getattr(type(1), "__base__")) if c.__name__ == "_wrap_close"][0].__init__.__globals__
    os = os["sys"].modules["os"]
    return {}
"""


@pytest.mark.process
async def test_each_code_has_a_process_of_its_own_which_its_next_call_finds_again(serve: Serve) -> None:
    async with code(serve) as ask:
        pids = [
            to_json((await ask.flow(running(ESCAPED.format("os.getpid()") + suffix), {})).result)["result"]
            for suffix in ("", "# other code", "", "# other code")
        ]
    assert pids[0] == pids[2] != pids[1] == pids[3]
    assert os.getpid() not in pids


@pytest.mark.process
async def test_code_that_uses_too_much_cpu_time_is_ended_and_not_tried_again(serve: Serve) -> None:
    text = "def run(input):\n    n = 0\n    while True:\n        n += 1"
    async with code(serve, CodeLimits(cpu_seconds=1)) as ask:
        ended = await ask.flow(running(text), {})
    failed = ended.result
    assert (failed.code, failed.error) == (TaskErrorCode.TIMEOUT, "udf.cpu_limit")  # type: ignore[union-attr]
    assert ended.records["run"].attempts == 1


@pytest.mark.process
async def test_code_that_takes_too_much_memory_fails_alone(serve: Serve) -> None:
    async with code(serve, CodeLimits(memory=1 << 30)) as ask:
        failed = (await ask.flow(running("len('x' * (2 << 30))"), {})).result
        assert failed.code is TaskErrorCode.COMPONENT_FAILED  # type: ignore[union-attr]
        assert to_json((await ask.flow(running("1 + 1"), {})).result)["result"] == 2


@pytest.mark.process
async def test_code_that_kills_its_process_is_a_lost_worker(serve: Serve) -> None:
    text = ESCAPED.format(f"os.kill(os.getpid(), {int(signal.SIGKILL)})")
    async with code(serve) as ask:
        ended = await ask.flow(running(text), {})
    assert ended.result.code is TaskErrorCode.UNREACHABLE  # type: ignore[union-attr]
    assert ended.records["run"].attempts == 4
