"""What a trivial Python step costs, alone and in a map, beside the reference's server and worker. CPU of all processes."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.figures import Figure, plain, skipped
from benchmarks.large_flow import large_flow
from benchmarks.measuring import CommandFailed, run
from benchmarks.stepflow_reference.environment import HERE, make

STEPS, ITEMS = 1000, 10_000
_REFERENCE_STEPS = 200
_RUNS = 3
_MS = "ms CPU"


def measure() -> list[Figure]:
    references = {kind: _reference(kind) for kind in ("memory", "sqlite")}
    figures = []
    for kind, name, step_goal, map_goal in (
        ("memory", "not journaled", 0.1, None),
        ("sqlite", "journaled", 1.0, 3.0),
    ):
        chain, mapped = (_least(what, kind, count) for what, count in (("chain", STEPS), ("map", ITEMS)))
        step = chain["cpu"] / STEPS * 1000
        figures.append(Figure(f"Python step, {name}", step, _MS, _chain(references[kind], step), goal=step_goal))
        against = f"wall {plain(mapped['wall'])} s; {_map(references[kind], mapped['cpu'])}"
        figures.append(Figure(f"map of {ITEMS:,} items, {name}", mapped["cpu"], "s CPU", against, goal=map_goal))
    found = references["memory"]
    if isinstance(found, str):
        return [*figures, skipped("the reference", found)]
    validating = found["validate"]
    against = f"its server alone; wall {plain(validating['wall'])} s with its client"
    return [*figures, Figure("1,000 steps in JSON, validated by the reference", validating["cpu"], "s CPU", against)]


def _chain(reference: dict[str, Any] | str, ours: float) -> str:
    if isinstance(reference, str):
        return reference
    cpu, wall = (reference["chain"][key] / _REFERENCE_STEPS * 1000 for key in ("cpu", "wall"))
    return f"the reference {plain(cpu)} ms ({plain(cpu / ours)} ×), wall {plain(wall)} ms"


def _map(reference: dict[str, Any] | str, ours: float) -> str:
    if isinstance(reference, str):
        return reference
    found = reference["map"]
    return f"the reference {plain(found['cpu'])} s ({plain(found['cpu'] / ours)} ×), wall {plain(found['wall'])} s"


def _least(what: str, kind: str, count: int) -> dict[str, float]:
    found = [once(what, kind, count) for _ in range(_RUNS)]
    return min(found, key=lambda each: each["cpu"])


def once(what: str, kind: str, count: int) -> dict[str, float]:
    """One measurement in a process of its own: seconds of CPU and of wall clock, bytes of memory at most."""
    printed = run([sys.executable, "-m", "benchmarks.steps_run", what, kind, str(count)]).output
    found: dict[str, float] = json.loads(printed)
    return found


def _reference(kind: str) -> dict[str, Any] | str:
    """What it used, or why it cannot be measured here."""
    try:
        python = make()
    except (OSError, subprocess.CalledProcessError) as error:
        return f"the reference cannot be installed here ({error})"
    with tempfile.TemporaryDirectory() as folder:
        flow = Path(folder) / "flow.json"
        flow.write_text(json.dumps(large_flow(1000)))
        arguments = [kind, folder, str(_REFERENCE_STEPS), str(ITEMS), str(flow)]
        try:
            found: dict[str, Any] = json.loads(run([str(python), str(HERE / "drive.py"), *arguments]).output)
        except CommandFailed as error:
            return f"the reference does not run here ({str(error).splitlines()[-1]})"
        return found
