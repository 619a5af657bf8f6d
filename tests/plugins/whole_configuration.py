"""A configuration with every kind of plugin, a flow that calls each of them, and what its steps give."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

TESTS = Path(__file__).parents[1]
NODE = TESTS.parent / "examples" / "node" / "worker.mjs"
MCP_SERVER = TESTS / "plugin_workers" / "mcp_server.py"
CODE = {"code": "input['a'] + input['b']", "input_schema": {"type": "object"}}

PLUGINS = f"""
plugins:
  builtin: {{type: builtin}}
  fake:
    type: mock
    components:
      /greet:
        behaviors:
          Ada: {{outcome: success, result: hello Ada}}
  near: {{type: python, module: whole_components}}
  far: {{type: python, module: whole_components, process: own, env: {{WHOLE_KEY: "${{WHOLE_KEY:-none}}"}}}}
  tools: {{type: mcp, command: {sys.executable}, args: [{MCP_SERVER}]}}
  remote: {{type: mcp, url: "${{WHOLE_MCP_URL}}"}}
"""
NODE_PLUGIN = f"""\
  node: {{type: command, command: node, args: [worker.mjs], workingDirectory: {NODE.parent}}}
"""
ROUTES = """
routes:
  /builtin: [{plugin: builtin}]
  /fake:
    - {plugin: fake, componentAllow: [/greet], conditions: [{path: $, value: Ada}]}
    - {plugin: tools, componentDeny: [/fail]}
  /near: [{plugin: near, pool: small}]
  /far: [{plugin: far, pool: small}]
  /tools: [{plugin: tools}]
  /remote: [{plugin: remote, pool: big}]
  /python: [{plugin: near, pool: trusted}]
  /closed: [{plugin: near, pool: small}]
pools:
  trusted: {allowCode: true}
  big: {limit: remotes}
"""
NODE_ROUTE = "  /node: [{plugin: node}]\n"


def step(step_id: str, component: str, given: Any = None, **more: Any) -> dict[str, Any]:
    return {"id": step_id, "component": component, "input": given, **more}


STEPS = [
    step("built", "/builtin/noop", [1, {"$input": "name"}]),
    step("blob", "/builtin/put_blob", {"data": CODE, "blob_type": "data"}),
    step("mocked", "/fake/greet", {"$input": "name"}),
    step("passed_on", "/fake/add", {"a": 1, "b": 2}),
    step("near", "/near/whole/pid", {"$step": "mocked"}),
    step("twice", "/far/whole/double", 21),
    step("far", "/far/whole/pid", {"$step": "twice"}),
    step("stdio", "/tools/greet", {"name": {"$input": "name"}}),
    step("http", "/remote/add", {"a": {"$step": "twice"}, "b": 1}),
    step(
        "code",
        "/python/udf",
        {"blob_id": {"$step": "blob", "path": "blob_id"}, "input": {"a": {"$step": "http", "path": "total"}, "b": 1}},
    ),
]
GIVEN = {
    "built": [1, "Ada"],
    "mocked": "hello Ada",
    "passed_on": {"total": 3},
    "twice": 42,
    "stdio": "Hello, Ada!",
    "http": {"total": 43},
    "code": 44,
}
NODE_STEP = step("node", "/node/remember", {"b": {"$step": "code"}})


def flow_of(steps: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "name": "whole",
        "description": "Calls every kind of plugin.",
        "steps": steps,
        "output": {one["id"]: {"$step": one["id"]} for one in steps},
    }
