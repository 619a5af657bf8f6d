"""One configuration with every kind of plugin, run by the command and by Dagster: each step gives what its plugin gives,
and no process is left behind."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
from dagster.components.testing.utils import component_defs
from descendants import at_work_in, children, until_gone
from whole_configuration import (
    CODE,
    GIVEN,
    MCP_SERVER,
    NODE_PLUGIN,
    NODE_ROUTE,
    NODE_STEP,
    PLUGINS,
    ROUTES,
    STEPS,
    flow_of,
    step,
)

from flow_compiler.assets.component import StepflowComponent
from flow_compiler.assets.input_table import open_input_table
from flow_compiler.engine.outcomes import Success
from flow_compiler.engine.storage import open_stores

COMMAND = [sys.executable, "-c", "from flow_compiler.cli import main; main()"]

pytestmark = pytest.mark.process


@pytest.fixture(scope="module")
def mcp_url() -> Iterator[str]:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    with subprocess.Popen([sys.executable, MCP_SERVER, str(port)], stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        for line in process.stderr:
            if "running on" in line:
                break
        drained = threading.Thread(target=process.stderr.read, daemon=True)
        drained.start()
        try:
            yield f"http://127.0.0.1:{port}/mcp"
        finally:
            process.kill()
            process.wait()
            drained.join()


@pytest.fixture
def folder(tmp_path: Path, mcp_url: str, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the configuration, whose plugins know their test by ``WHOLE_KEY``."""
    monkeypatch.setenv("WHOLE_KEY", tmp_path.name)
    monkeypatch.setenv("WHOLE_MCP_URL", mcp_url)
    monkeypatch.setenv("STEPFLOW_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    shutil.copy(Path(__file__).with_name("whole_components.py"), tmp_path)
    (tmp_path / "all.yml").write_text(PLUGINS + ROUTES)
    write(tmp_path, STEPS)
    return tmp_path


def write(folder: Path, steps: list[dict[str, Any]]) -> None:
    (folder / "flow.yaml").write_text(json.dumps(flow_of(steps)))


@pytest.fixture
def with_node(folder: Path) -> Path:
    if shutil.which("node") is None:
        pytest.skip("needs Node.js (`node` on the PATH)")
    (folder / "all.yml").write_text(PLUGINS + NODE_PLUGIN + ROUTES.replace("pools:", f"{NODE_ROUTE}pools:"))
    write(folder, [*STEPS, NODE_STEP])
    return folder


def command(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*COMMAND, *arguments], capture_output=True, text=True, check=False)


RUN = ("run", "flow.yaml", "--config", "all.yml", "--input", '{"name": "Ada"}')


def require_given(result: dict[str, Any], folder: Path, runner: int | None = None) -> set[int]:
    """Every step gave what its plugin gives; the processes that computed."""
    assert {name: result[name] for name in GIVEN} == GIVEN
    near, far = result["near"], result["far"]
    assert (near["given"], far["given"], far["key"]) == ("hello Ada", 42, folder.name)
    assert near["pid"] != far["pid"]
    assert runner is None or near["pid"] == runner
    return {far["pid"]}


def test_the_command_calls_every_kind_of_plugin(folder: Path) -> None:
    ran = command(*RUN)
    assert (ran.returncode, ran.stderr) == (0, "")
    assert until_gone(require_given(json.loads(ran.stdout), folder)) == set()


def test_a_worker_in_another_language_is_one_of_them(with_node: Path) -> None:
    ran = command(*RUN)
    assert (ran.returncode, ran.stderr) == (0, "")
    result = json.loads(ran.stdout)
    require_given(result, with_node)
    assert result["node"]["data"] == {"b": 44}


def test_rules_of_one_route_decide_by_input_and_by_component(folder: Path) -> None:
    write(
        folder,
        [
            step("other", "/fake/greet", {"name": "Eve"}),
            step("denied", "/fake/fail", {"reason": "x"}, onError={"action": "useDefault", "defaultValue": 1}),
        ],
    )
    ran = command("run", "flow.yaml", "--config", "all.yml", "--step", "other", "--json")
    assert json.loads(ran.stdout)["result"]["other"] == "Hello, Eve!"
    ran = command("run", "flow.yaml", "--config", "all.yml")
    assert ran.returncode == 1
    assert "error routing component" in ran.stderr
    assert until_gone(at_work_in(folder)) == set()


def test_code_runs_only_where_the_pool_allows_it(folder: Path) -> None:
    write(
        folder,
        [
            step("blob", "/builtin/put_blob", {"data": CODE, "blob_type": "data"}),
            {**STEPS[-1], "component": "/closed/udf"},
        ],
    )
    flow = json.loads((folder / "flow.yaml").read_text())
    flow["steps"][1]["input"]["input"] = {"a": 1, "b": 1}
    (folder / "flow.yaml").write_text(json.dumps(flow))
    ran = command("run", "flow.yaml", "--config", "all.yml")
    assert ran.returncode == 1
    assert "error routing component" in ran.stderr and "does not allow code" in ran.stderr


def test_all_of_them_are_listed(folder: Path) -> None:
    listed = command("list-components", "--config", "all.yml", "--format", "json")
    found = {one["path"]: one for one in json.loads(listed.stdout)["components"]}
    wanted = {
        "/builtin/map",
        "/fake/greet",
        "/near/whole/pid",
        "/far/whole/double",
        "/tools/add",
        "/remote/add",
        "/python/udf",
    }
    assert wanted <= found.keys()
    assert not {"/closed/udf", "/fake/fail"} & found.keys()
    assert (found["/remote/add"]["pool"], found["/far/whole/double"]["version"]) == ("big", "2")
    assert found["/tools/add"]["input_schema"]["required"] == ["a", "b"]


@contextmanager
def held(folder: Path) -> Iterator[tuple[subprocess.Popen[str], set[int]]]:
    """The command with all plugins started, in a step that never ends; and its processes."""
    write(folder, [*STEPS, step("for_ever", "/builtin/sleep", {"duration_ms": 600_000, "code": {"$step": "code"}})])
    home = ("--home", "kept", "--run-id", "r")
    process = subprocess.Popen([*COMMAND, *RUN, *home], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    try:
        for line in process.stderr:  # progress is told from the third second on
            if f"{len(STEPS)} steps" in line:
                break
        yield process, children(process.pid)
    finally:
        process.kill()
        process.communicate()


@pytest.mark.parametrize(
    ("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGKILL, -signal.SIGKILL)]
)
def test_stopping_the_command_leaves_no_process(folder: Path, number: signal.Signals, status: int) -> None:
    with held(folder) as (process, processes):
        assert len(processes) >= 3  # the own process, the MCP server, the code
        assert len(at_work_in(folder)) >= 3  # the command, the own process, the MCP server
        process.send_signal(number)
        assert process.wait(timeout=30) == status
        assert until_gone(processes) == set()
    with closing(sqlite3.connect(folder / "kept" / "journal.db")) as database:
        (held_until,) = database.execute("SELECT max(expires_at) FROM flow_compiler_leases").fetchone()
    given_back = held_until <= time.time()
    assert given_back == (number != signal.SIGKILL)  # whoever is killed gives no lease back


def test_a_plugin_that_cannot_start_leaves_none_of_the_others(folder: Path) -> None:
    text = (folder / "all.yml").read_text()
    text = text.replace("routes:", "routes:\n  /zz: [{plugin: none}]", 1)
    (folder / "all.yml").write_text(text.replace("plugins:", "plugins:\n  none: {type: command, command: no-such}", 1))
    ran = command(*RUN)
    assert ran.returncode == 2
    assert "plugin none: no-such cannot be started" in ran.stderr.replace("'", "")
    assert until_gone(at_work_in(folder)) == set()


async def results(home: Path, run_id: str, item: str) -> dict[str, Any]:
    """Of the steps that the journal has."""
    async with open_stores(f"sqlite:///{home / 'stepflow.db'}", home / "artifacts") as stores:
        records = await stores.journal.load(run_id, item)
    return {step: record.outcome.result for (_, step), record in records.items() if isinstance(record.outcome, Success)}


def test_dagster_calls_every_kind_of_plugin(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In process: each op opens the plugins on a loop of its own, in tasks that are not those they are closed in."""
    monkeypatch.setattr(sys, "path", [*sys.path])
    monkeypatch.delitem(sys.modules, "whole_components", raising=False)
    attributes = {"flow": str(folder / "flow.yaml"), "config": str(folder / "all.yml")}
    definitions = component_defs(component=StepflowComponent.from_attributes_dict(attributes=attributes))
    job = definitions.resolve_job_def("whole")
    before = children(os.getpid())
    with (
        dg.DagsterInstance.ephemeral() as instance,
        closing(open_input_table(f"sqlite:///{folder / 'home' / 'stepflow.db'}", "whole")) as table,
    ):
        table.submit("ada", {"name": "Ada"})
        table.submit("bob", {"name": "Bob"})
        instance.add_dynamic_partitions("whole", ["ada", "bob"])
        tags = {"dagster/asset_partition_range_start": "ada", "dagster/asset_partition_range_end": "bob"}
        run_id = job.execute_in_process(instance=instance, tags=tags, raise_on_error=False).run_id
        outcomes = {row.key: row.outcome for row in table.rows()}
    require_given(asyncio.run(results(folder / "home", run_id, "ada")), folder, runner=os.getpid())
    assert outcomes["ada"] == "success"
    assert outcomes["bob"] == "failed"
    assert {op.pool for op in job.graph.nodes[0].definition.node_defs} == {None, "remotes"}
    assert until_gone(children(os.getpid()) - before) == set()
