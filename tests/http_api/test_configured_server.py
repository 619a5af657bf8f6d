"""A real server with a configuration: what its routes lead to is served, and nothing else."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from server_process import ServerProcess, compiler, environment, server

pytestmark = pytest.mark.process

SHOUT = """\
import json, os, sys

for line in sys.stdin:
    message = json.loads(line)
    if message["type"] == "hello":
        answer = {"type": "hello", "protocol": 1, "components": [{"path": "/shout"}, {"path": "/end"}, {"path": "/see"}]}
    elif message["type"] != "call":
        continue
    elif message["component"] == "/end":
        os._exit(1)
    elif message["component"] == "/see":
        answer = {"type": "result", "id": message["id"], "result": sorted(os.environ)}
    else:
        answer = {"type": "result", "id": message["id"], "result": message["input"].upper()}
    print(json.dumps(answer), flush=True)
"""
CONFIG = """\
plugins:
  builtin: {type: builtin}
  ours: {type: python, module: served_steps}
  loud: {type: command, command: python3, args: [shout.py]}
  fake: {type: mock, components: {/answer: {behaviors: {{n: 1}: {outcome: success, result: one}}}}}
routes:
  /: [{plugin: builtin, componentDeny: [/sleep]}]
  /core: [{plugin: builtin}]
  /ours: [{plugin: ours}]
  /loud: [{plugin: loud}]
  /fake: [{plugin: fake}]
  /trusted: [{plugin: ours, pool: code}]
  /untrusted: [{plugin: ours}]
pools: {code: {allowCode: true}}
retry: {transportMaxRetries: 1, backoff: {type: constant, delayMs: 1}}
validateSchemas: true
storageConfig: {type: sqlite, databaseUrl: "sqlite:kept.db"}
"""
SECRET = "never-in-a-plugin"


@pytest.fixture
def config(tmp_path: Path) -> Path:
    (tmp_path / "shout.py").write_text(SHOUT)
    (tmp_path / "mine.yml").write_text(CONFIG)
    return tmp_path / "mine.yml"


@pytest.fixture
def served(config: Path, tmp_path: Path) -> Iterator[ServerProcess]:
    with server(tmp_path / "home", "--config", str(config), OPENAI_API_KEY=SECRET) as running:
        yield running


def _call(running: ServerProcess, component: str, given: Any, **flow: Any) -> Any:
    """The result of one item: a flow with one step."""
    step = {"id": "s", "component": component, "input": {"$literal": given}}
    asked = {"flow": {"steps": [step], "output": {"$step": "s"}, **flow}, "input": [None], "wait": True}
    answer = httpx.post(f"{running.url}/api/v1/runs", json=asked, timeout=60, trust_env=False)
    return answer.raise_for_status().json()["results"][0]


def _listed(running: ServerProcess) -> list[str]:
    answer = httpx.get(f"{running.url}/api/v1/components?excludeSchemas=true", timeout=60, trust_env=False)
    return [each["path"] for each in answer.raise_for_status().json()["components"]]


def test_flows_call_what_the_routes_lead_to(served: ServerProcess, tmp_path: Path) -> None:
    assert _call(served, "/noop", {"n": 1})["output"] == {"n": 1}
    assert _call(served, "/fake/answer", {"n": 1})["output"] == "one"
    assert _call(served, "/ours/test/call", {"folder": str(tmp_path), "number": 2})["output"] == {"number": 2}
    assert _call(served, "/test/call", {"folder": str(tmp_path), "number": 3})["output"] == {"number": 3}
    assert _call(served, "/loud/shout", "hello")["output"] == "HELLO"
    assert {"/core/sleep", "/ours/test/call", "/loud/shout", "/fake/answer"} <= set(_listed(served))


def test_what_no_route_leads_to_is_not_served(served: ServerProcess) -> None:
    for path in ("/fake/other", "/sleep", "/python/any"):
        assert _call(served, path, {"duration_ms": 0})["errorMessage"] == "error routing component"


def test_files_are_not_loaded_wherever_the_built_in_components_are(served: ServerProcess) -> None:
    for path in ("/load_file", "/core/load_file", "/builtin/load_file"):
        assert "--files" in _call(served, path, {"path": "mine.yml"})["error"]["nextStep"]
    assert not [path for path in _listed(served) if path.endswith("load_file")]


def test_code_runs_only_where_its_pool_allows_it(served: ServerProcess) -> None:
    stored = {"code": "def twice(input):\n    return input['n'] * 2", "input_schema": {"type": "object"}}
    answer = httpx.post(f"{served.url}/api/v1/blobs", json={"data": stored}, trust_env=False).raise_for_status().json()
    given = {"blob_id": answer["blobId"], "input": {"n": 21}}
    assert _call(served, "/trusted/udf", given)["output"] == 42
    assert "allowCode" in _call(served, "/untrusted/udf", given)["error"]["nextStep"]


def test_a_plugin_that_ends_is_started_again_and_the_flow_is_told(served: ServerProcess) -> None:
    assert _call(served, "/loud/end", None)["status"] == 3
    assert _call(served, "/loud/shout", "still there")["output"] == "STILL THERE"


def test_a_plugin_sees_nothing_of_the_servers_environment(served: ServerProcess) -> None:
    seen = _call(served, "/loud/see", None)["output"]
    assert "PATH" in seen
    assert not [name for name in seen if name.startswith(("OPENAI", "FLOW_COMPILER", "STEPFLOW", "PYTHONPATH"))]


def test_schemas_are_enforced_where_the_configuration_asks_for_it(served: ServerProcess) -> None:
    schemas = {"type": "object", "properties": {"steps": {"properties": {"s": {"type": "string"}}}}}
    assert _call(served, "/noop", "text", schemas=schemas)["output"] == "text"
    assert _call(served, "/noop", 1, schemas=schemas)["status"] == 3


def test_plugins_end_with_the_server(config: Path, tmp_path: Path) -> None:
    with server(tmp_path / "home", "--config", str(config)) as running:
        assert _call(running, "/loud/shout", "there")["output"] == "THERE"
        assert running.stop() == 0
    assert not _processes_in(tmp_path)


def test_runs_are_kept_where_the_configuration_says(config: Path, tmp_path: Path) -> None:
    command = compiler("serve", "--port", "0", "--config", str(config))
    process = subprocess.Popen(command, env=environment(), cwd=tmp_path, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("http://")
        assert (tmp_path / "kept.db").exists()
        assert not (tmp_path / ".flow-server").exists()
    finally:
        process.terminate()
        process.wait(60)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "plugins: {p: {type: command, command: no-such-program}}\nroutes: {/p: [{plugin: p}]}\n",
            "plugin p: no-such-program cannot be started",
        ),
        ("routes: {/p: [{plugin: p}]}\n", "names the plugin 'p'"),
        ("plugins: {p: {type: mcp, url: 'http://${NOT_SET_ANYWHERE}/'}}\n", "NOT_SET_ANYWHERE"),
    ],
)
def test_a_configuration_that_cannot_be_served_is_a_sentence(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "mine.yml").write_text(text)
    command = compiler("serve", "--port", "0", "--home", str(tmp_path / "home"), "--config", str(tmp_path / "mine.yml"))
    done = subprocess.run(command, env=environment(), capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2
    assert done.stderr.startswith("error: ")
    assert said in done.stderr
    assert "next: " in done.stderr
    assert "Traceback" not in done.stderr
    assert not done.stdout


def _processes_in(folder: Path) -> list[str]:
    """Command lines of what runs in the folder."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if (process / "cwd").readlink() == folder:
                found.append((process / "cmdline").read_text())
        except OSError:
            continue
    return found
