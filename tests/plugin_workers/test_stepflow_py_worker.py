"""Components written for stepflow_py run unchanged, in the environment where that package is installed."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import stepflow_py_environment
import yaml
from served import HERE, Ask, Python, Serve

from flow_compiler.engine.outcomes import TaskErrorCode, to_json
from flow_compiler.engine.registry import ComponentRegistry
from flow_compiler.language.canonical import blob_id
from flow_compiler.plugins.own_process import open_own_process

pytestmark = pytest.mark.process
UPSTREAM = Path(__file__).parents[2].parent / "shared" / "stepflow" / "upstream"


@pytest.fixture(scope="session")
def python() -> str:
    made = stepflow_py_environment.make()
    if made is None:
        pytest.skip("stepflow-py cannot be fetched from the package registry")
    return str(made)


@asynccontextmanager
async def plugin(serve: Serve, python: str, prefix: str = "") -> AsyncIterator[Ask]:
    """What the module serves; under a prefix as a route would have it."""
    async with open_own_process("sf", Python(["written_for_stepflow_py"], python), base=HERE) as components:
        routed = ComponentRegistry(replace(component, path=prefix + component.path) for component in components)
        async with serve(routed) as ask:
            yield ask


async def test_components_are_found_under_their_own_paths_with_their_schemas(python: str) -> None:
    async with open_own_process("sf", Python(["written_for_stepflow_py"], python), base=HERE) as components:
        assert {"/iterate", "/counter_step", "/told/where", "/text_analyzer"} <= {part.path for part in components}
        assert components.get("/iterate").description == "Runs a flow over its own output."
        assert "target" in str(components.get("/counter_step").input_schema)
        assert components.get("/udf").description.startswith("Runs the Python function in a blob")  # ours, not theirs


async def test_the_context_and_threads_are_as_they_know_them(serve: Serve, python: str) -> None:
    async with plugin(serve, python) as ask:
        told = await ask("/told/where", {})
        assert told.pop("pid") != os.getpid()
        assert told == {"run": "run", "step": "s", "attempt": 1}
        assert await ask("/in_thread", {}) is True


async def test_blobs_have_the_ids_that_the_reference_gives_them(serve: Serve, python: str) -> None:
    async with plugin(serve, python) as ask:
        told = await ask("/blobs", {"b": 2.0})
    assert told == {"blob_id": blob_id({"a": [{"b": 2}], "z": 1}), "data": {"a": [{"b": 2}], "z": 1}}


async def test_runs_are_submitted_and_waited_for(serve: Serve, python: str) -> None:
    inner = {"steps": [{"id": "n", "component": "/builtin/noop", "input": {"$input": "$"}}], "output": {"$step": "n"}}
    async with plugin(serve, python) as ask:
        told = await ask("/many", {"flow": inner, "inputs": [1, 2, 3]})
    assert told == {"status": "EXECUTION_STATUS_COMPLETED", "outputs": [1, 2, 3]}


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        ("runtime", TaskErrorCode.RESOURCE_UNAVAILABLE),
        ("validation", TaskErrorCode.INVALID_INPUT),
        ("component", TaskErrorCode.COMPONENT_NOT_FOUND),
        ("execution", TaskErrorCode.COMPONENT_FAILED),
        ("value", TaskErrorCode.COMPONENT_FAILED),
        ("os", TaskErrorCode.RESOURCE_UNAVAILABLE),
    ],
)
async def test_exceptions_have_the_codes_that_stepflow_py_gives_them(
    serve: Serve, python: str, kind: str, code: TaskErrorCode
) -> None:
    async with plugin(serve, python) as ask:
        failed = await ask.failure("/fail", {"kind": kind})
    assert (failed.code, failed.message) == (code, "no")


async def test_an_input_that_does_not_fit_names_the_field(serve: Serve, python: str) -> None:
    async with plugin(serve, python) as ask:
        failed = await ask.failure("/counter_step", {"current": "1", "target": 2})
    assert failed.code is TaskErrorCode.INVALID_INPUT
    assert failed.message == "the input does not fit /counter_step: Expected `int`, got `str` - at `$.current`"


@pytest.mark.corpus
@pytest.mark.parametrize(
    ("file", "prefix"),
    [
        ("examples/loop-components/iterate.yaml", "/python"),
        ("examples/langchain/udf.yaml", "/python"),
        ("examples/langchain/decorated_runnable.yaml", ""),
    ],
)
async def test_upstream_examples_give_what_they_say(serve: Serve, python: str, file: str, prefix: str) -> None:
    flow: dict[str, Any] = yaml.safe_load((UPSTREAM / file).read_text())
    bare = {name: part for name, part in flow.items() if name in ("steps", "output")}
    async with plugin(serve, python, prefix) as ask:
        for case in flow["test"]["cases"]:
            assert to_json((await ask.flow(bare, case["input"])).result) == case["output"], case["name"]
