"""A worker of sixty lines in another language (examples/node/worker.mjs) is a plugin like any other."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from served import Ask, Command, Serve

from flow_compiler.engine.failures import FOREIGN_FOR_GOOD, has_foreign_words
from flow_compiler.engine.outcomes import TaskErrorCode
from flow_compiler.plugins.command import open_command
from flow_compiler.worker.messages import failure_from_json

WORKER = Path(__file__).parents[2] / "examples" / "node" / "worker.mjs"
pytestmark = pytest.mark.skipif(shutil.which("node") is None, reason="needs Node.js (`node` on the PATH)")


@asynccontextmanager
async def node(serve: Serve) -> AsyncIterator[Ask]:
    async with (
        open_command("node", Command("node", ["worker.mjs"]), base=WORKER.parent) as components,
        serve(components) as ask,
    ):
        yield ask


def test_the_worker_has_at_most_sixty_lines() -> None:
    assert len(WORKER.read_text().splitlines()) <= 60


async def test_values_go_through_unchanged(serve: Serve) -> None:
    value = {"text": "Grüße\u2028 ", "int": 2**53 - 1, "list": [None, True, 1.5, {}], "line\nbreak": "\r\n"}
    async with node(serve) as ask:
        assert await ask("/echo", value) == value


async def test_a_failure_keeps_its_code_and_message_and_is_tried_again_as_the_flow_says(serve: Serve) -> None:
    retry = {"action": "retry", "maxRetries": 2}
    async with node(serve) as ask:
        failed = await ask.failure("/fail", {"code": "RESOURCE_UNAVAILABLE", "message": "the shelf is empty"})
        assert (failed.code, failed.message) == (TaskErrorCode.RESOURCE_UNAVAILABLE, "the shelf is empty")
        flow = {"steps": [{"id": "s", "component": "/fail", "input": {"message": "no"}, "onError": retry}]}
        attempts = (await ask.flow({**flow, "output": {"$step": "s"}})).records["s"].attempts
        assert attempts == 3


async def test_a_failure_that_says_so_is_not_tried_again(serve: Serve) -> None:
    step = {"id": "s", "component": "/fail", "input": {"$input": "$"}, "onError": {"action": "retry"}}
    async with node(serve) as ask:
        ended = await ask.flow({"steps": [step], "output": {"$step": "s"}}, {"message": "no", "retryable": False})
    assert ended.records["s"].attempts == 1
    assert ended.result.error == FOREIGN_FOR_GOOD  # type: ignore[union-attr]


def test_words_of_a_worker_without_a_code_of_its_own_go_into_no_log() -> None:
    unnamed = failure_from_json({"message": "cannot read 'My letter'", "retryable": False, "nextStep": "My letter"})
    named = failure_from_json({"message": "no paper", "error": "scanner.no_paper", "nextStep": "Add paper."})
    assert has_foreign_words(unnamed.error)
    assert "letter" not in unnamed.next_step
    assert (named.error, named.next_step) == ("scanner.no_paper", "Add paper.")


async def test_an_input_that_breaks_the_declared_schema_never_reaches_the_worker(serve: Serve) -> None:
    async with node(serve) as ask:
        failed = await ask.failure("/fail", {"code": "TIMEOUT"})
    assert failed.code is TaskErrorCode.INVALID_INPUT
    assert failed.message == 'input of step "s" does not fit /fail: field message: Field required'


async def test_blobs_have_the_ids_they_have_everywhere(serve: Serve) -> None:
    async with node(serve) as ask:
        told = await ask("/remember", {"b": 1, "a": "é"})
    assert told == {"blobId": hashlib.sha256('{"b":1,"a":"é"}'.encode()).hexdigest(), "data": {"b": 1, "a": "é"}}


async def test_flows_run_below_the_step_also_through_the_same_worker(serve: Serve) -> None:
    inner = {"steps": [{"id": "e", "component": "/echo", "input": [{"$input": "$"}]}], "output": {"$step": "e"}}
    async with node(serve) as ask:
        assert await ask("/twice", {"flow": inner, "input": 1}) == [[1]]
        ended = await ask.flow(
            {"steps": [{"id": "t", "component": "/twice", "input": {"$input": "$"}}], "output": {"$step": "t"}},
            {"flow": inner, "input": 1},
        )
    assert ended.records["t"].numbers == {"runs": 2}
    assert ended.records["t"].computed == 3
