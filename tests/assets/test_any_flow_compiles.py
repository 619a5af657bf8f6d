"""Flows that others wrote compile too, components or not; and compiling is the same each time."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import dagster as dg
import pytest

from flow_compiler.assets.compile import CompiledFlow, compile_flow
from flow_compiler.assets.description import describe_definitions
from flow_compiler.assets.options import CompileOptions
from flow_compiler.assets.runtime import FlowRuntime
from flow_compiler.engine.registry import ComponentRegistry
from flow_compiler.errors import FlowRejected
from flow_compiler.flow_files import load_flow
from flow_compiler.language.loader import parse_flow
from flow_compiler.language.model import Flow

ROOT = Path(__file__).parents[2]
UPSTREAM = ROOT.parent / "shared" / "stepflow" / "upstream"


@asynccontextmanager
async def nothing_to_run() -> AsyncIterator[FlowRuntime]:
    raise AssertionError("nothing is opened to compile a flow")
    yield


def compiled(flow: Flow) -> CompiledFlow:
    return compile_flow(flow, CompileOptions(nothing_to_run, ComponentRegistry([])))


def flow_files() -> list[Path]:
    return [
        path
        for path in sorted(UPSTREAM.rglob("*.yaml"))
        if "steps:" in path.read_text() or "output" in path.read_text()
    ]


@pytest.mark.corpus
@pytest.mark.skipif(not UPSTREAM.exists(), reason="the upstream flows are not here")
@pytest.mark.parametrize("file", flow_files(), ids=lambda path: str(path.relative_to(UPSTREAM)))
def test_an_upstream_flow_compiles(file: Path) -> None:
    found = compiled(load_flow(file))
    dg.Definitions.validate_loadable(found.definitions)
    assert found.asset_keys
    assert describe_definitions(found.definitions) == describe_definitions(compiled(load_flow(file)).definitions)


ODD_METADATA = """
name: m
metadata: {owners: 3, group: [], tags: {dagster/x: y, ok: 1, 'b d': c}}
steps: [{id: a, component: /x/a, metadata: {kinds: [a b, 1, ''], owners: [x], description: 7, pool: 9, group: b/c}}]
output: {$step: a}
"""


@pytest.mark.parametrize(
    "flow",
    [
        "output: 1",
        "name: 人口\nsteps: [{id: 東京, component: /x/a}, {id: 大阪, component: /x/b, input: {$step: 東京}}]\noutput: {$step: 大阪}",
        "name: class\nsteps: [{id: output, component: /x/a}, {id: input, component: /x/b}]\noutput: [{$step: output}, {$step: input}]",
        "name: a\nsteps: [{id: a b, component: /x/a}, {id: a-b, component: /x/b}]\noutput: [{$step: a b}, {$step: a-b}]",
        ODD_METADATA,
    ],
    ids=["only an output", "not latin", "reserved names", "colliding names", "odd metadata"],
)
def test_a_strange_flow_compiles(flow: str) -> None:
    dg.Definitions.validate_loadable(compiled(parse_flow(flow)).definitions)


def test_two_flows_live_in_one_code_location() -> None:
    first, second = (
        compiled(parse_flow(f"name: {name}\nsteps: [{{id: a, component: /x/a}}]\noutput: {{$step: a}}"))
        for name in "pq"
    )
    merged = dg.Definitions.merge(first.definitions, second.definitions)
    assert set(describe_definitions(merged)["jobs"]) == {"p", "q"}


def test_a_flow_that_cannot_run_is_refused() -> None:
    with pytest.raises(FlowRejected):
        compiled(parse_flow("steps: [{id: a, component: /x/a, input: {$step: nowhere}}]\noutput: {$step: a}"))


def test_the_package_imports_no_dagster() -> None:
    code = (
        "import sys, flow_compiler.assets.partitions, flow_compiler.assets.input_table; print('dagster' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "False\n"
