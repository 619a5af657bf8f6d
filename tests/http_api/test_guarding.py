"""Who may ask, and how much; and how every refusal is told."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from api_in_process import OpenApi
from flows_served import DOUBLE, FATAL

from flow_compiler.http_api.app import routed
from flow_compiler.http_api.guard import Access
from flow_compiler.http_api.served_components import Reach

TOKEN = "a-token-of-the-tests"
JSON = {"content-type": "application/json"}


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 401),
        ({"authorization": "Bearer wrong"}, 401),
        ({"authorization": f"Basic {TOKEN}"}, 401),
        ({"authorization": "Bearer"}, 401),
        ({"authorization": f"Bearer {TOKEN}x"}, 401),
        ({"authorization": f"Bearer {TOKEN}"}, 200),
        ({"authorization": f"bearer {TOKEN}"}, 200),
    ],
)
async def test_with_a_token_only_who_has_it_is_answered(opened: OpenApi, headers: dict[str, str], status: int) -> None:
    async with opened(access=Access(TOKEN, loopback=True, body_bytes=1000)) as api:
        answer = await api.http.get("/runs", headers=headers)
        assert answer.status_code == status
        assert TOKEN not in answer.text
        assert (await api.http.get("/health")).status_code == 200


@pytest.mark.parametrize("host", ["evil.example", "evil.example:7840", "127.0.0.1.evil.example", "", "[bad"])
async def test_on_loopback_only_names_of_this_machine_are_ours(opened: OpenApi, host: str) -> None:
    async with opened() as api:
        refused = await api.http.get("/health", headers={"host": host})
        assert (refused.status_code, refused.json()["code"]) == (403, "request.host")


@pytest.mark.parametrize("host", ["localhost", "localhost:1", "127.0.0.1:7840", "[::1]:7840", "LOCALHOST"])
async def test_this_machine_has_several_names(opened: OpenApi, host: str) -> None:
    async with opened() as api:
        assert (await api.http.get("/health", headers={"host": host})).status_code == 200


async def test_a_web_page_from_elsewhere_is_not_answered(opened: OpenApi) -> None:
    async with opened() as api:
        refused = await api.http.get("/runs", headers={"origin": "http://evil.example"})
        assert (refused.status_code, refused.json()["code"]) == (403, "request.origin")
        assert (await api.http.get("/runs", headers={"origin": "null"})).status_code == 403
        own = await api.http.get("/runs", headers={"origin": "http://127.0.0.1:7840"})
        assert own.status_code == 200
        assert "access-control-allow-origin" not in own.headers
        plain = await api.http.post("/runs", content=b"{}", headers={"content-type": "text/plain"})
        assert (plain.status_code, plain.json()["code"]) == (415, "request.media_type")


async def test_a_request_that_is_too_large_is_refused_with_what_to_do(opened: OpenApi) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(20):
            yield b"x" * 100

    async with opened(access=Access(None, loopback=True, body_bytes=1000)) as api:
        for body in (b"x" * 1001, pieces()):
            refused = await api.http.post("/blobs", content=body)
            assert (refused.status_code, refused.json()["code"]) == (413, "request.too_large")
            assert "--max-body" in refused.json()["next_step"]
        assert (await api.http.post("/blobs", content=b"x" * 1000)).status_code == 200


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "code"),
    [
        ("GET", "/nothing", None, 404, "request.no_such_path"),
        ("PUT", "/runs", None, 405, "request.method"),
        ("GET", "/runs/unknown", None, 404, "run.unknown"),
        ("GET", "/runs/unknown?wait=true", None, 404, "run.unknown"),
        ("GET", "/runs/unknown/events", None, 404, "run.unknown"),
        ("POST", "/runs/unknown/cancel", None, 404, "run.unknown"),
        ("DELETE", "/runs/unknown", None, 404, "run.unknown"),
        ("GET", "/flows/unknown", None, 404, "flow.unknown"),
        ("DELETE", "/flows/unknown", None, 404, "flow.unknown"),
        ("GET", "/blobs/unknown", None, 404, "blob.unknown"),
        ("GET", "/runs?limit=0", None, 400, "request.invalid"),
        ("GET", "/runs?status=odd", None, 400, "request.invalid"),
        ("POST", "/runs", b"{", 400, "request.not_json"),
        ("POST", "/runs", b'{"flow": NaN}', 400, "request.not_json"),
        ("POST", "/runs", b'{"a": 1, "a": 2}', 400, "request.not_json"),
        ("POST", "/runs", b"[" * 100_000, 400, "request.not_json"),
        ("POST", "/runs", b'{"input": [' + b"9" * 5000 + b"]}", 400, "request.not_json"),
        ("POST", "/runs", b"\xff", 400, "request.not_json"),
        ("POST", "/runs", b"[]", 400, "request.invalid"),
        ("POST", "/runs", b"{}", 400, "request.invalid"),
        ("POST", "/runs", b'{"flow": {}, "flowId": "x"}', 400, "request.invalid"),
        ("POST", "/runs", b'{"flow": 1}', 400, "flow.unreadable"),
        ("POST", "/runs", b'{"flow": {"steps": [{"id": "a"}]}}', 400, "flow.unreadable"),
        ("POST", "/runs", b'{"flow": {"output": {"$step": "a"}}}', 400, "flow.rejected"),
        ("POST", "/runs", b'{"flow": {}, "maxConcurrency": 0}', 400, "request.invalid"),
        ("POST", "/flows", b"{}", 400, "flow.unreadable"),
        ("POST", "/flows", b'{"flow": {"output": {"$from": 1}}}', 400, "flow.unreadable"),
        ("POST", "/blobs", b"{}", 400, "request.invalid"),
        ("POST", "/blobs", b'{"data": 1, "rawData": ""}', 400, "request.invalid"),
        ("POST", "/blobs", b'{"rawData": "~"}', 400, "request.invalid"),
        ("POST", "/blobs", b'{"data": 1, "blobType": "odd"}', 400, "request.invalid"),
    ],
)
async def test_every_refusal_says_what_and_what_next(
    opened: OpenApi, method: str, path: str, body: Any, status: int, code: str
) -> None:
    async with opened() as api:
        answer = await api.http.request(method, path, content=body, headers=JSON if body else {})
        told = answer.json()
        assert (answer.status_code, told["code"]) == (status, code)
        assert {"category", "retryable", "message", "next_step"} <= told.keys()
        assert told["error"]["code"] == status
        assert told["error"]["message"] == told["message"]
        assert told["next_step"]


async def test_a_refusal_quotes_no_input(opened: OpenApi) -> None:
    async with opened() as api:
        answer = await api.http.post("/runs", json={"flow": FATAL, "maxConcurrency": "very private"})
        assert answer.status_code == 400
        assert "very private" not in answer.text


async def test_files_are_loaded_only_from_the_folder_that_was_given(opened: OpenApi, tmp_path: Path) -> None:
    folder = tmp_path / "files"
    folder.mkdir()
    (folder / "inside.json").write_text('{"a": 1}')
    (tmp_path / "outside.json").write_text("{}")
    (folder / "link.json").symlink_to(tmp_path / "outside.json")
    flow = {
        "steps": [{"id": "f", "component": "/builtin/load_file", "input": {"path": {"$input": "$"}}}],
        "output": {"$step": "f"},
    }
    async with opened(reach=Reach(files=folder)) as api:
        loaded = (await api.run(flow, ["inside.json"]))["results"][0]["output"]
        assert loaded["data"] == {"a": 1}
        assert loaded["metadata"]["resolved_path"] == "inside.json"
        outside = ["../outside.json", "link.json", str(tmp_path / "outside.json"), "/etc/hostname", "a\0b", "missing"]
        for result in (await api.run(flow, outside))["results"]:
            assert result["errorMessage"] == 'step "f" failed'
            assert str(tmp_path) not in result["error"]["nextStep"].replace(str(tmp_path / "outside.json"), "")


async def test_without_a_folder_no_file_can_be_loaded_by_anything(opened: OpenApi) -> None:
    inner = {"steps": [{"id": "f", "component": "/builtin/load_file", "input": {"path": "/etc/hostname"}}]}
    inner["output"] = {"$step": "f"}  # type: ignore[assignment]
    mapped = {
        "steps": [{"id": "m", "component": "/builtin/map", "input": {"workflow": {"$literal": inner}, "items": [1]}}],
        "output": {"$step": "m", "path": "$.results[0].error.data.next_step"},
    }
    async with opened() as api:
        assert "--files" in (await api.run(inner, [None]))["results"][0]["error"]["nextStep"]
        assert "--files" in (await api.run(mapped, [None]))["results"][0]["output"]
        paths = [each["path"] for each in (await api.get("/components", excludeSchemas=True))["components"]]
        assert "/builtin/load_file" not in paths
        assert "/builtin/map" in paths


async def test_where_others_may_ask_only_named_servers_are_asked_for_completions(opened: OpenApi) -> None:
    with socket.create_server(("127.0.0.1", 0)) as asked:
        port = asked.getsockname()[1]
        flow = {
            "steps": [
                {"id": "o", "component": "/builtin/openai", "input": {"messages": [], "base_url": {"$input": "$"}}}
            ],
            "output": {"$step": "o"},
        }
        others = [f"http://127.0.0.1:{port}/v1", f"http://localhost:{port}/v10", f"http://x@localhost:{port}/v1"]
        async with opened(reach=Reach(openai_urls=frozenset({f"http://localhost:{port}/v1/"}))) as api:
            for result in (await api.run(flow, others))["results"]:
                assert "--openai-url" in result["error"]["nextStep"]
            asked.settimeout(0)
            with pytest.raises(BlockingIOError):
                asked.accept()
            named = (await api.run(flow, f"http://localhost:{port}/v1", timeoutSecs=0))["summary"]["runId"]
            connection = await asyncio.to_thread(_accepted, asked)
            connection.close()
            await api.post(f"/runs/{named}/cancel")


def _accepted(listening: socket.socket) -> socket.socket:
    listening.settimeout(60)
    return listening.accept()[0]


async def test_components_are_listed_with_their_schemas(opened: OpenApi) -> None:
    async with opened() as api:
        answer = await api.get("/components")
        assert (answer["complete"], answer["failedPlugins"]) == (True, [])
        sleep = next(each for each in answer["components"] if each["path"] == "/builtin/sleep")
        assert (sleep["componentId"], sleep["plugin"]) == ("/builtin/sleep", "builtin")
        assert "duration_ms" in sleep["inputSchema"]["properties"]
        assert "inputSchema" not in (await api.get("/components", excludeSchemas=True))["components"][0]


async def test_the_api_describes_itself(opened: OpenApi) -> None:
    async with opened() as api:
        described = await api.get("/openapi.json")
    assert described["openapi"].startswith("3.")
    for path, operations in described["paths"].items():
        for operation in operations.values():
            assert operation["summary"], path
            content = operation["responses"]["200"]["content"]
            assert all(each["schema"] for each in content.values()), path
            assert "4XX" in operation["responses"], path


def test_the_api_has_the_references_paths() -> None:
    paths = {
        f"{method.upper()} {path.removeprefix('/api/v1')}"
        for path, operations in routed(None).openapi()["paths"].items()
        for method in operations
    }
    assert {
        "POST /flows", "GET /flows/{flow_id}", "DELETE /flows/{flow_id}", "GET /flows/{flow_id}/variables",
        "POST /runs", "GET /runs", "GET /runs/{run_id}", "DELETE /runs/{run_id}", "GET /runs/{run_id}/items",
        "GET /runs/{run_id}/flow", "GET /runs/{run_id}/steps", "GET /runs/{run_id}/steps/{step_id}",
        "GET /runs/{run_id}/events", "POST /runs/{run_id}/cancel", "GET /components", "POST /blobs",
        "GET /blobs/{blob_id}", "GET /health",
    } <= paths  # fmt: skip


# Ids as the notes give them for the reference: compact JSON in the order of the keys; bytes as they are.
@pytest.mark.parametrize(
    ("sent", "blob_id"),
    [
        (
            {"data": {"message": "Hello, blobs!", "number": 42, "nested": {"array": [1, 2, 3], "boolean": True}}},
            "868591347a85",
        ),
        ({"data": {"a": 1}, "blobType": "data"}, "015abd7f5cc57a2dd94b7590f04ad8084273905ee33ec5cebeae62276a97f862"),
        ({"jsonData": {"a": 1}}, "015abd7f5cc57a2dd94b7590f04ad8084273905ee33ec5cebeae62276a97f862"),
        ({"rawData": "aGVsbG8="}, "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"),
    ],
)
async def test_blobs_have_the_ids_of_the_reference(opened: OpenApi, sent: dict[str, Any], blob_id: str) -> None:
    async with opened() as api:
        answer = await api.post("/blobs", sent)
        assert answer["blobId"].startswith(blob_id)
        kept = await api.get(f"/blobs/{answer['blobId']}")
        if "rawData" in sent:
            assert (kept["blobType"], kept["rawData"]) == ("binary", sent["rawData"])
        else:
            assert (kept["blobType"], kept["data"]) == ("data", sent.get("data", sent.get("jsonData")))


async def test_bytes_are_stored_as_they_are(opened: OpenApi) -> None:
    headers = {"content-type": "text/plain"}
    async with opened() as api:
        stored = (await api.http.post("/blobs?filename=a.txt", content=b"hello", headers=headers)).json()
        assert stored["filename"] == "a.txt"
        kept = await api.get(f"/blobs/{stored['blobId']}")
        assert (kept["rawData"], kept["filename"], kept["contentType"]) == ("aGVsbG8=", "a.txt", "text/plain")


async def test_health_needs_neither_token_nor_runs(opened: OpenApi) -> None:
    async with opened() as api:
        answer = await api.get("/health")
        assert answer["status"] == "healthy"
        assert answer["build"]["version"]
        assert (await api.post("/flows", {"flow": DOUBLE}))["stored"]
