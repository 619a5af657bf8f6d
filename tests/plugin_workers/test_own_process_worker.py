"""Python components in a process of their own: the same contracts, contexts, failures and numbers as in the engine's."""

from __future__ import annotations

import hashlib
import logging
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from served import HERE, Ask, Python, Serve, each, one_step

from flow_compiler.engine.components import ComponentContext, Effect, Resources
from flow_compiler.engine.outcomes import TaskErrorCode
from flow_compiler.engine.storage import memory_stores
from flow_compiler.errors import LeaseLost, PluginFailed
from flow_compiler.plugins.own_process import open_own_process


@asynccontextmanager
async def workshop(serve: Serve) -> AsyncIterator[Ask]:
    async with open_own_process("w", Python(["workshop"]), base=HERE) as components, serve(components) as ask:
        yield ask


async def test_declarations_are_those_of_the_module() -> None:
    async with open_own_process("w", Python(["workshop"]), base=HERE) as components:
        measure = components.get("/w/measure")
        assert (measure.version, measure.effect, measure.description) == ("7", Effect.PURE, "How long a page is.")
        assert measure.input_schema["required"] == ["number", "text"]
        assert measure.output_schema["properties"]["length"]["type"] == "integer"
        assert components.get("/w/batch").batch == 4
        assert components.get("/w/profiled").effect is Effect.WRITE  # its memo key could not be known here
        assert "/udf" in components


async def test_it_runs_in_another_process_that_sees_nothing_of_our_environment(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "secret")
    monkeypatch.setenv("DATABASE_URL", "postgresql://user:secret@host/db")
    async with workshop(serve) as ask:
        told = await ask("/w/process")
    assert told["pid"] != os.getpid()
    assert {"PATH", "HOME"} <= set(told["environment"])
    assert not {"OPENAI_API_KEY", "DATABASE_URL"} & set(told["environment"])


async def test_contracts_hold_in_both_directions(serve: Serve) -> None:
    async with workshop(serve) as ask:
        assert await ask("/w/measure", {"number": "3", "text": "abc"}) == {"number": 3, "length": 3}
        given = await ask.failure("/w/measure", {"number": 0})
        returned = await ask.failure("/w/broken_promise")
    assert (given.code, given.error) == (TaskErrorCode.INVALID_INPUT, "component.invalid_input")
    assert given.message == (
        'input of step "s" does not fit /w/measure: field number: Input should be greater than or equal to 1; '
        "field text: Field required"
    )
    assert returned.error == "component.broken_output"
    assert 'in step "s"' in returned.message
    assert "field length: Field required" in returned.message


@pytest.mark.parametrize(
    ("kind", "code", "error", "retryable"),
    [
        ("foreign", TaskErrorCode.COMPONENT_FAILED, "component.raised", False),
        ("input", TaskErrorCode.INVALID_INPUT, "component.invalid_input", False),
        ("resource", TaskErrorCode.RESOURCE_UNAVAILABLE, "component.resource_unavailable", True),
        ("component", TaskErrorCode.COMPONENT_FAILED, "w.special", True),
        ("lost", TaskErrorCode.UNREACHABLE, "component.worker_lost", True),
    ],
)
async def test_failures_are_what_they_are_in_process(
    serve: Serve, kind: str, code: TaskErrorCode, error: str, retryable: bool
) -> None:
    async with workshop(serve) as ask:
        failed = await ask.failure("/w/raise", kind)
    assert (failed.code, failed.error, failed.retryable, failed.message) == (code, error, retryable, "no")


async def test_a_missing_resource_is_named(serve: Serve) -> None:
    async with workshop(serve) as ask:
        assert (await ask.failure("/w/resource")).error == "component.resource_missing"


async def test_the_context_says_where_it_is(serve: Serve) -> None:
    async with workshop(serve) as ask:
        ended = await ask.flow(one_step("/w/where"), key="files:a.pdf")
    assert ended.result.result == {"run": "run", "item": "files:a.pdf", "step": "s", "attempt": 1}  # type: ignore[union-attr]


async def test_synchronous_functions_run_in_threads_and_report(serve: Serve) -> None:
    async with workshop(serve) as ask:
        ended = await ask.flow(one_step("/w/thread"), 5)
    record = ended.records["s"]
    assert (record.outcome.result, record.numbers, record.degraded) == ({"main": False}, {"calls": 5}, True)  # type: ignore[union-attr]


async def test_batches_are_collected_across_items_and_one_bad_input_fails_alone(serve: Serve) -> None:
    async with workshop(serve) as ask:
        ended = await ask.flow(each("/w/batch"), [1, 2, 13, "x", 4])
    results: list[dict[str, Any]] = ended.result.result  # type: ignore[union-attr]
    assert [result["outcome"] for result in results] == ["success", "success", "failed", "failed", "success"]
    assert [result["result"][0] for result in results if result["outcome"] == "success"] == [1, 2, 4]
    assert results[3]["error"]["code"] == "INVALID_INPUT"
    assert ended.records["m"].numbers["items"] >= 5


async def test_full_batches_are_one_call(serve: Serve) -> None:
    async with workshop(serve) as ask:
        ended = await ask.flow(each("/w/batch"), [1, 2, 3, 4])
    assert [result["result"] for result in ended.result.result] == [[n, 4] for n in (1, 2, 3, 4)]  # type: ignore[union-attr]


async def test_blobs_small_large_and_missing(serve: Serve) -> None:
    async with workshop(serve) as ask:
        told = await ask("/w/blobs")
    small = hashlib.sha256(b"\x00small").hexdigest()
    assert told == {"small": small, "back": b"\x00small".hex(), "large": 20 << 20, "missing": True}


async def test_flows_run_below_the_step_and_may_call_the_same_plugin(serve: Serve) -> None:
    page = {"number": {"$input": "$"}, "text": "abc"}
    inner = {
        "steps": [{"id": "e", "component": "/w/measure", "input": page}],
        "output": {"$step": "e", "path": "number"},
    }
    async with workshop(serve) as ask:
        assert await ask("/w/flows", {"flow": inner, "inputs": [3, 1, 2]}) == [3, 1, 2]


async def test_deeply_nested_calls_of_one_plugin_do_not_wait_for_each_other(serve: Serve) -> None:
    """Many more calls wait for flows than the plugin takes at once."""
    inner = {"steps": [{"id": "e", "component": "/w/where", "input": None}], "output": 1}
    middle = {
        "steps": [{"id": "f", "component": "/w/flows", "input": {"flow": {"$literal": inner}, "inputs": [0]}}],
        "output": {"$step": "f"},
    }
    async with workshop(serve) as ask:
        ended = await ask.flow(each("/w/flows"), [{"flow": middle, "inputs": [0]}] * 150)
    assert [result["result"] for result in ended.result.result] == [[[1]]] * 150  # type: ignore[union-attr]


class Hears:
    """Hooks that keep what components tell of their progress."""

    def __init__(self) -> None:
        self.heard: list[tuple[str, str, int, int | None]] = []

    async def gate(self, step_id: str) -> None:
        return None

    async def finished(self, step_id: str, record: object) -> None: ...

    def progressed(self, item: str, step_id: str, record: object) -> None: ...

    def advanced(self, item: str, step_id: str, done: int, total: int | None) -> None:
        self.heard.append((item, step_id, done, total))


async def test_progress_and_log_are_those_of_the_step(serve: Serve, caplog: pytest.LogCaptureFixture) -> None:
    hooks = Hears()
    with caplog.at_level(logging.INFO, "flow_compiler.components"):
        async with workshop(serve) as ask:
            await ask.flow(one_step("/w/tells"), 3, key="doc", hooks=hooks)
    assert hooks.heard == [("doc", "s", 3, 10)]
    told = [record for record in caplog.records if record.name == "flow_compiler.components"]
    assert [(record.levelname, record.getMessage()) for record in told] == [
        ("WARNING", "run run: step s, attempt 1: page 3 is odd")
    ]
    assert told[0].__dict__["step_id"] == "s"


async def test_variables_of_the_environment_are_those_that_the_configuration_gives(serve: Serve) -> None:
    given = Python(["workshop"], env={"GIVEN": "this"})
    async with open_own_process("w", given, base=HERE) as components, serve(components) as ask:
        assert await ask("/w/tells", 1) == "this"


async def test_what_a_component_prints_goes_to_the_log(serve: Serve, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "flow_compiler.plugins.w"):
        async with workshop(serve) as ask:
            assert await ask("/w/prints") == "quiet"
    assert {"more noise", "WARNING workshop: a warning"} <= {record.message for record in caplog.records}


async def test_a_result_that_fits_no_message_says_what_to_do(serve: Serve) -> None:
    async with workshop(serve) as ask:
        assert len(await ask("/w/large", 1 << 20)) == 1 << 20
        failed = await ask.failure("/w/large", 17 << 20)
    assert failed.error == "worker.too_large"
    assert "blob" in failed.next_step


async def test_an_input_that_fits_no_message_is_refused(serve: Serve) -> None:
    async with workshop(serve) as ask:
        failed = await ask.failure("/w/measure", {"number": 1, "text": "x" * (17 << 20)})
    assert (failed.code, failed.error) == (TaskErrorCode.INVALID_INPUT, "worker.too_large")


@pytest.mark.parametrize(
    ("module", "said"),
    [
        ("no_such_module", "cannot import no_such_module: ModuleNotFoundError"),
        ("served", "has no function under @component"),
    ],
)
async def test_a_module_that_cannot_be_served_says_why(module: str, said: str) -> None:
    with pytest.raises(PluginFailed, match=said):
        async with open_own_process("w", Python([module]), base=HERE):
            pass


def environment_with(folder: Path, *packages: str) -> str:
    """A virtual environment that has just these packages of ours."""
    import venv

    venv.create(folder, with_pip=False)
    site = folder / "lib" / f"python{sys.version_info[0]}.{sys.version_info[1]}" / "site-packages"
    for package in packages:
        found = Path(__import__(package).__file__ or "")
        source = found.parent if found.name == "__init__.py" else found
        (site / source.name).symlink_to(source)
    return str(folder / "bin" / "python")


NEEDED = ("pydantic", "pydantic_core", "annotated_types", "typing_extensions", "typing_inspection")


async def test_another_environment_needs_pydantic_and_nothing_else(serve: Serve, tmp_path: Path) -> None:
    python = environment_with(tmp_path / "env", *NEEDED)
    async with (
        open_own_process("w", Python(["workshop"], python), base=HERE) as components,
        serve(components) as ask,
    ):
        told = await ask("/w/process")
        assert told["prefix"] == str(tmp_path / "env")
        assert await ask("/w/measure", {"number": 1, "text": "abc"}) == {"number": 1, "length": 3}


async def test_an_environment_without_pydantic_says_so(tmp_path: Path) -> None:
    python = environment_with(tmp_path / "env")
    with pytest.raises(PluginFailed, match="pydantic is not installed for"):
        async with open_own_process("w", Python(["workshop"], python), base=HERE):
            pass


async def test_an_interpreter_that_is_not_there_is_named() -> None:
    with pytest.raises(PluginFailed, match="no/such/python cannot be started"):
        async with open_own_process("w", Python(["workshop"], "no/such/python"), base=HERE):
            pass


async def test_a_runner_that_lost_its_lease_ends_whatever_its_worker_waits_for(serve: Serve) -> None:
    """What ends a run is no answer to a worker's request: no component can catch it."""
    async with open_own_process("w", Python(["workshop"]), base=HERE) as components:
        flows = components.get("/w/flows")

        class Lost:
            width = 1

            async def __call__(self, flow: Any, given: Any, index: int | None = None) -> Any:
                raise LeaseLost("another runner has it")

            def check(self, flow: Any) -> None: ...

        context = ComponentContext(
            "run", "item", "s", 1, memory_stores().artifacts, Resources(), print, print, run_flow=Lost()
        )
        with pytest.raises(LeaseLost):
            await flows.call({"flow": {"steps": []}, "inputs": [1]}, context)
