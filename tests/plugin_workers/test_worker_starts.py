"""A program that does not introduce itself properly: each mistake has its own words, and no process is left."""

from __future__ import annotations

import json
import logging
from typing import Any

import pytest
from served import HERE, Command, Serve, program

from flow_compiler.errors import PluginFailed
from flow_compiler.plugins.command import open_command


@pytest.mark.parametrize(
    ("what", "said", "code"),
    [
        ("exits", r"ended \(exit status 1\) before it introduced itself: no licence for this host", "plugin.failed"),
        ("noise", "the first thing its program wrote to standard output is a line that is not JSON", "plugin.protocol"),
        ("old", "does not speak version 1 of the protocol", "plugin.protocol"),
        ("silent", "did not introduce itself within 0.5 s", "plugin.start_timeout"),
    ],
)
async def test_what_a_program_does_instead_of_a_hello_is_said(what: str, said: str, code: str) -> None:
    within = 0.5 if what == "silent" else 30.0
    with pytest.raises(PluginFailed, match=said) as raised:
        async with open_command("p", program("scripted.py", what), base=HERE, start_within=within):
            pass
    assert raised.value.code == code


@pytest.mark.parametrize(
    ("components", "said"),
    [
        ({}, "hello is wrong at components"),
        ([{"description": "no path"}], "hello is wrong at components.0.path"),
        ([{"path": "a"}], "hello is wrong at components.0.path"),
        ([{"path": "/a"}, {"path": "/a"}], "serves /a twice"),
        ([{"path": "/a", "effect": "sometimes"}], "hello is wrong at components.0.effect"),
        ([{"path": "/a", "inputSchema": {"type": "thing"}}], "a schema of /a is none"),
    ],
)
async def test_a_wrong_hello_names_the_place(components: Any, said: str) -> None:
    with pytest.raises(PluginFailed, match=said):
        async with open_command("p", program("scripted.py", "hello", json.dumps(components)), base=HERE):
            pass


async def test_a_schema_that_refers_elsewhere_is_never_fetched(serve: Serve) -> None:
    told = [{"path": "/a", "inputSchema": {"$ref": "http://127.0.0.1:9/schema.json"}}]
    async with (
        open_command("p", program("scripted.py", "hello", json.dumps(told)), base=HERE) as components,
        serve(components) as ask,
    ):
        assert "refers to what is not in it" in (await ask.failure("/a")).message


async def test_a_program_that_is_not_there_is_named() -> None:
    with pytest.raises(PluginFailed, match="no-such-program cannot be started"):
        async with open_command("p", Command("no-such-program"), base=HERE):
            pass


async def test_a_program_is_found_in_the_path_that_it_is_given() -> None:
    with pytest.raises(PluginFailed, match="env cannot be started"):
        async with open_command("p", Command("env", env={"PATH": "/nowhere"}), base=HERE):
            pass


async def test_a_flood_of_standard_error_is_cut_off(serve: Serve, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "flow_compiler.plugins.p"):
        async with (
            open_command("p", program("scripted.py", "floods"), base=HERE) as components,
            serve(components) as ask,
        ):
            await ask("/a")
    told = [record.message for record in caplog.records]
    assert len(told) <= 2001
    assert told[0] == "line 0"


@pytest.mark.parametrize(
    ("request_of_it", "error"),
    [
        ({"method": "dance"}, "worker.bad_request"),
        ({"method": "put_blob", "params": {}}, "worker.bad_request"),
        ({"method": "put_blob", "params": {"base64": "%"}}, "worker.bad_request"),
        ({"method": "put_blob", "params": {"file": "/no/such/file"}}, "worker.bad_request"),
        ({"method": "get_blob", "params": {"blobId": "0" * 64}}, "store.artifact_missing"),
        ({"method": "get_blob", "params": {"blobId": "../etc/passwd"}}, "store.artifact_missing"),
        ({"method": "get_blob", "params": {"blobId": 5}}, "worker.bad_request"),
        ({"method": "run_flow", "params": {"flow": 5}}, "flow.unreadable"),
        ({"method": "run_flow", "params": {"flow": {"steps": []}, "index": -1}}, "worker.bad_request"),
        (
            {"method": "run_flow", "params": {"flow": {"steps": []}, "overrides": {"steps": {"x": {}}}}},
            "flow.overrides",
        ),
    ],
)
async def test_a_request_that_cannot_be_met_is_answered_with_an_error(
    serve: Serve, request_of_it: dict[str, Any], error: str
) -> None:
    async with open_command("p", program("scripted.py", "asks"), base=HERE) as components, serve(components) as ask:
        assert await ask("/a", request_of_it) == error
