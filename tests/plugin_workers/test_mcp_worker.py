"""MCP servers as plugins, against a real server over stdio and over HTTP on loopback."""

from __future__ import annotations

import asyncio
import hashlib
import http.server
import logging
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from served import HERE, Serve, one_step

from flow_compiler.engine.outcomes import TaskErrorCode
from flow_compiler.errors import PluginFailed
from flow_compiler.plugins.mcp import open_mcp

SCRIPT = str(HERE / "mcp_server.py")


@dataclass(frozen=True)
class Mcp:
    command: str | None = None
    args: Sequence[str] = ()
    env: Mapping[str, str] = field(default_factory=dict)
    working_directory: str | None = None
    url: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


STDIO = Mcp(sys.executable, [SCRIPT])


async def test_tools_are_components_with_their_schemas() -> None:
    async with open_mcp("m", STDIO, base=HERE) as components:
        add = components.get("/add")
    assert add.description == "Adds two numbers."
    assert add.input_schema["required"] == ["a", "b"]
    assert add.output_schema["properties"]["total"]["type"] == "integer"


async def test_structured_results_text_and_pictures(serve: Serve) -> None:
    picture = b"\x89PNG\r\n\x1a\n"
    blob = {"$blob": hashlib.sha256(picture).hexdigest(), "blobType": "binary", "size": 8, "mimeType": "image/png"}
    async with open_mcp("m", STDIO, base=HERE) as components, serve(components) as ask:
        assert await ask("/add", {"a": 1, "b": 2}) == {"total": 3}
        assert await ask("/greet", {"name": "Ada"}) == "Hello, Ada!"
        assert await ask("/several", {}) == ["one", blob]


async def test_failures_of_tools_and_of_inputs(serve: Serve) -> None:
    async with open_mcp("m", STDIO, base=HERE) as components, serve(components) as ask:
        raised = await ask.failure("/fail", {"reason": "no paper left"})
        missing = await ask.failure("/add", {"a": 1})
    assert raised.code is TaskErrorCode.COMPONENT_FAILED
    assert "no paper left" in raised.message
    assert missing.code is TaskErrorCode.INVALID_INPUT
    assert missing.message == 'input of step "s" does not fit /add: field b: Field required'


async def test_the_server_sees_nothing_of_our_environment_and_its_log_is_kept(
    serve: Serve, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "secret")
    given = Mcp(STDIO.command, STDIO.args, {"GIVEN": "1"})
    with caplog.at_level(logging.INFO, "flow_compiler.plugins.m"):
        async with open_mcp("m", given, base=HERE) as components, serve(components) as ask:
            told = await ask("/environment", {})
            await ask("/greet", {"name": "Ada"})
    assert "GIVEN" in told["result"]
    assert "OPENAI_API_KEY" not in told["result"]
    assert "greeting" in {record.message for record in caplog.records}


async def test_a_server_that_does_not_start_is_named() -> None:
    with pytest.raises(PluginFailed, match="no MCP server answers at no-such-program"):
        async with open_mcp("m", Mcp("no-such-program"), base=HERE):
            pass


async def test_the_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "flow_compiler.plugins.mcp_session", raising=False)
    monkeypatch.setitem(sys.modules, "mcp", None)
    with pytest.raises(PluginFailed, match="not installed") as raised:
        async with open_mcp("m", STDIO, base=HERE):
            pass
    assert "stepflow-assets[mcp]" in raised.value.next_step


@pytest.mark.process
async def test_a_server_that_died_is_started_again_and_the_call_is_attempt_two(serve: Serve, tmp_path: Path) -> None:
    async with open_mcp("m", STDIO, base=HERE) as components, serve(components) as ask:
        ended = await ask.flow(one_step("/die"), {"marker": str(tmp_path / "marker")})
    assert ended.result.result == {"result": "alive"}  # type: ignore[union-attr]
    assert ended.records["s"].attempts == 2


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


@contextmanager
def running(port: int) -> Iterator[subprocess.Popen[str]]:
    """The server over HTTP, once it listens."""
    with subprocess.Popen([sys.executable, SCRIPT, str(port)], stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        for line in process.stderr:
            if "running on" in line:
                break
        drained = threading.Thread(target=process.stderr.read, daemon=True)
        drained.start()
        try:
            yield process
        finally:
            process.kill()
            process.wait()
            drained.join()


@pytest.mark.process
async def test_a_server_over_http(serve: Serve) -> None:
    port = free_port()
    with running(port):
        url = Mcp(url=f"http://127.0.0.1:{port}/mcp")
        async with open_mcp("m", url, base=HERE) as components, serve(components) as ask:
            sums = await asyncio.gather(*(ask("/add", {"a": n, "b": n}) for n in range(20)))
    assert sums == [{"total": 2 * n} for n in range(20)]


@pytest.mark.process
async def test_a_server_over_http_that_went_away_is_unreachable_until_it_is_back(serve: Serve) -> None:
    port = free_port()
    url = Mcp(url=f"http://127.0.0.1:{port}/mcp")
    with running(port) as process:
        async with open_mcp("m", url, base=HERE) as components, serve(components, transport_retries=1) as ask:
            assert await ask("/add", {"a": 1, "b": 1}) == {"total": 2}
            os.kill(process.pid, signal.SIGKILL)
            process.wait()
            assert (await ask.failure("/add", {"a": 1, "b": 1})).code is TaskErrorCode.UNREACHABLE
            with running(port):
                assert await ask("/add", {"a": 1, "b": 1}) == {"total": 2}


@pytest.mark.process
async def test_headers_go_to_the_server_and_a_redirect_to_another_host_is_not_followed() -> None:
    seen: list[tuple[str, str | None]] = []

    class Redirecting(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            seen.append((self.path, self.headers.get("Authorization")))
            self.send_response(307)
            self.send_header("Location", f"http://localhost:{other.server_port}/stolen")
            self.send_header("Content-Length", "0")
            self.end_headers()

        do_GET = do_POST

        def log_message(self, *_: object) -> None:
            pass

    with (
        http.server.ThreadingHTTPServer(("127.0.0.1", 0), Redirecting) as first,
        http.server.ThreadingHTTPServer(("127.0.0.1", 0), Redirecting) as other,
    ):
        for listening in (first, other):
            threading.Thread(target=listening.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{first.server_port}/mcp"
        with pytest.raises(PluginFailed, match="no MCP server answers"):
            async with open_mcp("m", Mcp(url=url, headers={"Authorization": "Bearer x"}), base=HERE):
                pass
        private = Mcp(url=f"{url}?key=hidden".replace("//", "//somebody:hidden@"), headers={"X-Key": "hidden\n"})
        with pytest.raises(
            PluginFailed, match=f"no MCP server answers at http://127.0.0.1:{first.server_port}: "
        ) as told:
            async with open_mcp("m", private, base=HERE):
                pass
        assert "hidden" not in str(told.value)
        first.shutdown()
        other.shutdown()
    assert seen
    assert set(seen) == {("/mcp", "Bearer x")}
