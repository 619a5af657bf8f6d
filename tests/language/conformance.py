"""Recorded behaviour of the reference, judged: ``python tests/language/conformance.py FILE.jsonl…``.

Runs any file of recorded cases (format: ../shared/stepflow/README.md), prints each failing case with what was expected
and what came, and last ``N passed, N failed``. The exit status is 0 when none failed, 2 when a file cannot be read.
"""

from __future__ import annotations

import asyncio
import json
import logging
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

if __name__ == "__main__":  # as a script, only this folder is on the path
    sys.path.insert(0, str(Path(__file__).parents[2]))

from flow_compiler.engine.components import Resources
from flow_compiler.engine.engine import Engine, EngineSettings
from flow_compiler.engine.outcomes import Success, to_json
from flow_compiler.engine.settings import Backoff
from flow_compiler.engine.storage import memory_stores
from flow_compiler.errors import FlowCompilerError, FlowError, FlowLoadError
from flow_compiler.language.diagnostics import diagnose, reject_if_fatal
from flow_compiler.language.model import Flow
from flow_compiler.language.overrides import apply_overrides
from flow_compiler.language.reading import flow_from_json
from tests.engine.py_components import PY

OURS = 4000
"""Codes of findings from here on are not the reference's."""
QUICK = EngineSettings(backoff=Backoff(min_seconds=0.001, max_seconds=0.001))
UNREADABLE = 2


@dataclass(frozen=True)
class Difference:
    """One thing that a case expects and that came out otherwise."""

    what: str
    expected: Any
    got: Any

    def __str__(self) -> str:
        return f"{self.what}\n    expected {json.dumps(self.expected)}\n    got      {json.dumps(self.got)}"


async def differences(case: dict[str, Any]) -> list[Difference]:
    """Empty when the case behaves as recorded (as *intended*, where the reference contradicts its documentation)."""
    expected = case["expect"]
    try:
        flow = flow_from_json(case["flow"])
    except FlowLoadError as error:
        return [] if "parse_error" in expected else [Difference("the flow is readable", True, error.message)]
    if "parse_error" in expected:
        return [Difference("the flow is refused", expected["parse_error"], "it was read")]
    return [*_findings(flow, expected), *await _behaviour(flow, case)]


def _findings(flow: Flow, expected: dict[str, Any]) -> Iterator[Difference]:
    recorded = expected.get("diagnostics")
    if recorded is None:
        return
    wanted = sorted([code, path] for code, path in recorded)
    found = sorted([each.code, each.path] for each in diagnose(flow) if each.code < OURS)
    if wanted != found:
        yield Difference("diagnostics", wanted, found)


async def _behaviour(flow: Flow, case: dict[str, Any]) -> list[Difference]:
    expected = case["expect"]
    refusal = next((kind for kind in ("rejected", "request_error") if kind in expected), None)
    try:
        if case.get("overrides") is not None:
            flow = apply_overrides(flow, case["overrides"])
        else:
            reject_if_fatal(flow)
    except FlowError as error:
        return [] if refusal else [Difference("the run starts", True, error.message)]
    if refusal:
        return [Difference("the run is refused", expected[refusal], "it started")]
    ran = await _run(flow, case)
    wanted = _promised(case)
    return [Difference(what, wanted[what], ran[what]) for what in wanted if wanted[what] != ran[what]]


def _promised(case: dict[str, Any]) -> dict[str, Any]:
    expected = case["expect"]
    if case.get("upstream_bug"):
        return {"items": _without_data(case["intended"])}
    promised = {"status": expected["status"], "items": _without_data(expected["items"])}
    if expected.get("executed") is not None:
        promised["executed"] = sorted(expected["executed"])
    return promised


async def _run(flow: Flow, case: dict[str, Any]) -> dict[str, Any]:
    inputs = case["input"] if case["feature"] == "batch" else [case["input"]]
    async with Engine(PY, memory_stores(), Resources(), QUICK) as engine:
        items = [
            engine.item(flow, run_id="run", key=str(index), input=given, variables=case.get("variables"))
            for index, given in enumerate(inputs)
        ]
        ended = await asyncio.gather(*(item.evaluate() for item in items))
    return {
        "status": "COMPLETED" if all(isinstance(item.result, Success) for item in ended) else "FAILED",
        "items": [_without_data(to_json(item.result)) for item in ended],
        "executed": sorted({step_id for item in ended for step_id in item.records}),
    }


def _without_data(value: Any) -> Any:
    """Of a failure only code and message were promised."""
    match value:
        case {"outcome": "failed", "error": dict(error)}:
            return {"outcome": "failed", "error": {"code": error["code"], "message": error["message"]}}
        case dict():
            return {key: _without_data(member) for key, member in value.items()}
        case list():
            return [_without_data(member) for member in value]
        case _:
            return value


def name_of(case: dict[str, Any]) -> str:
    return f"{case['feature']}: {case['name']}"


def read_cases(file: Path) -> list[dict[str, Any]]:
    """Raises OSError, ValueError (with the line) for what is no recorded case."""
    lines = enumerate(file.read_text("utf-8").split("\n"), start=1)
    return [_case(line, f"line {number}") for number, line in lines if line.strip()]


def _case(line: str, place: str) -> dict[str, Any]:
    try:
        case = json.loads(line)
    except ValueError as error:
        raise ValueError(f"{place} is no JSON: {error}") from error
    if not isinstance(case, dict):
        raise ValueError(f"{place} must be an object")
    wanted = ["feature", "name", "flow", "expect"]
    expected = case.get("expect")
    if not isinstance(expected, dict):
        case.pop("expect", None)
    elif case.get("upstream_bug"):
        wanted += ["intended", "input"]
    elif not expected.keys() & {"parse_error", "rejected", "request_error"}:
        wanted += ["input", "expect.status", "expect.items"]
    has = {*case, *(f"expect.{key}" for key in expected or {})}
    if missing := [name for name in wanted if name not in has]:
        raise ValueError(f"{place} has no {', '.join(f'`{name}`' for name in missing)}")
    if case["feature"] == "batch" and "input" in wanted and not isinstance(case["input"], list):
        raise ValueError(f"{place}: the `input` of a batch must be a list")
    return case


async def _failed(case: dict[str, Any]) -> bool:
    try:
        found: Sequence[object] = await differences(case)
    except FlowCompilerError as error:
        found = [f"{error.code}: {error.message}"]
    if found:
        print(f"FAILED {name_of(case)}", *(f"  {each}" for each in found), sep="\n")
    return bool(found)


async def _judge(cases: Sequence[dict[str, Any]]) -> int:
    failed = [case for case in cases if await _failed(case)]
    print(f"{len(cases) - len(failed)} passed, {len(failed)} failed")
    return 1 if failed else 0


def main(files: Sequence[str]) -> int:
    if not files:
        print(__doc__, file=sys.stderr)
        return UNREADABLE
    cases = []
    for file in files:
        try:
            cases += read_cases(Path(file))
        except (OSError, ValueError) as error:
            print(f"{file} cannot be read: {error}", file=sys.stderr)
            return UNREADABLE
    return asyncio.run(_judge(cases))


if __name__ == "__main__":
    logging.disable(logging.WARNING)  # many cases are about steps that fail
    sys.exit(main(sys.argv[1:]))
