"""Loading and validating large flows, and refusing files made to hurt."""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import yaml

from benchmarks.figures import Figure, plain
from benchmarks.large_flow import large_flow
from benchmarks.measuring import BIN, least, run
from flow_compiler.errors import FlowLoadError
from flow_compiler.language.diagnostics import diagnose
from flow_compiler.language.loader import parse_flow

_RUNS = 5
_GOAL = 0.5


def measure() -> list[Figure]:
    with tempfile.TemporaryDirectory() as folder:
        files = _written(Path(folder))
        figures = [figure for kind in ("yaml", "json") for figure in _reading(files, kind)]
    return [*figures, *_hostile()]


def _written(folder: Path) -> dict[tuple[str, int], Path]:
    files = {}
    for steps in (1000, 10_000):
        flow = large_flow(steps)
        texts = {"yaml": yaml.dump(flow, Dumper=yaml.CSafeDumper, sort_keys=False), "json": json.dumps(flow, indent=1)}
        for kind, text in texts.items():
            files[kind, steps] = folder / f"{steps}.{kind}"
            files[kind, steps].write_text(text)
    return files


def _reading(files: dict[tuple[str, int], Path], kind: str) -> list[Figure]:
    few, many = (_seconds(partial(_diagnosed, files[kind, steps].read_text())) for steps in (1000, 10_000))
    command = least([run([str(BIN / "flow-compiler"), "validate", str(files[kind, 1000])]) for _ in range(_RUNS)])
    return [
        Figure(f"1,000 steps in {kind.upper()}, read and validated", few, "s CPU", _against(many, few), goal=_GOAL),
        Figure(
            f"flow-compiler validate, 1,000 steps in {kind.upper()}", command.cpu, "s CPU", "start-up included", _GOAL
        ),
    ]


def _against(many: float, few: float) -> str:
    return f"10,000 steps {plain(many)} s, {plain(many / few)} × as long"


def _hostile() -> list[Figure]:
    """The slowest of the tests' own table."""
    from tests.language.hostile import READ, REFUSED

    refused = {name: _seconds(partial(_refused, text())) for name, text in REFUSED.items()}
    read = {name: _seconds(partial(_diagnosed, text())) for name, text in READ.items()}
    return [
        _slowest("hostile file refused, slowest", refused, goal=1.0),
        _slowest("hostile file read and diagnosed, slowest", read, goal=None),
    ]


def _slowest(name: str, found: dict[str, float], goal: float | None) -> Figure:
    slowest = max(found, key=lambda each: found[each])
    return Figure(name, found[slowest], "s CPU", f"{slowest}; {len(found)} files of at most 4 MiB", goal=goal)


def _refused(text: str) -> None:
    try:
        parse_flow(text)
    except FlowLoadError:
        return
    raise AssertionError("it was read")


def _diagnosed(text: str) -> None:
    diagnose(parse_flow(text))


def _seconds(work: Callable[[], object], runs: int = 3) -> float:
    """CPU of the quickest run."""
    found = []
    for _ in range(runs):
        began = time.process_time()
        work()
        found.append(time.process_time() - began)
    return min(found)
