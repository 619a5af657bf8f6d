"""The loop example: its cases pass, and a run that was killed goes on with the iteration it was in."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

LOOP = Path(__file__).parents[2] / "examples" / "loop"
MAIN = [sys.executable, "-c", "from flow_compiler.cli import main; main()"]

HELD_STEP = """
import os, time
from pathlib import Path
from flow_compiler import ComponentContext, component
from loop_components import Count, counter_step

@component("/held/counter_step")
def held(count: Count, context: ComponentContext) -> dict:
    os.write(1, f"step {count.current} attempt {context.attempt}\\n".encode())
    while count.current == 3 and not Path("open").exists():
        time.sleep(0.02)
    return counter_step(count)
"""


@pytest.mark.process
def test_its_cases_pass(tmp_path: Path) -> None:
    done = subprocess.run([*MAIN, "test", str(LOOP)], capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode == 0, done.stdout
    assert done.stdout.splitlines()[-1].startswith("3 passed, 0 failed, 0 not run")


@pytest.mark.process
def test_a_killed_loop_goes_on_and_repeats_no_finished_iteration(tmp_path: Path) -> None:
    (tmp_path / "held_step.py").write_text(HELD_STEP)
    flow = (LOOP / "count.yaml").read_text().replace("/python/counter_step", "/held/counter_step")
    (tmp_path / "count.yaml").write_text(flow)
    quick = "recovery: {leaseTtlSecs: 1}\n"  # how long the killed runner holds the item
    (tmp_path / "stepflow-config.yml").write_text((LOOP / "stepflow-config.yml").read_text() + quick)
    arguments = ["run", "count.yaml", "--module", "held_step"]
    arguments += ["--home", "home", "--run-id", "r1", "--input", '{"current": 0, "target": 5}']
    environment = {**os.environ, "PYTHONPATH": str(LOOP)}
    with subprocess.Popen(
        [*MAIN, *arguments], stdout=subprocess.PIPE, text=True, cwd=tmp_path, env=environment
    ) as killed:
        assert killed.stdout is not None
        first = [killed.stdout.readline() for _ in range(4)]
        killed.kill()
    assert first == [f"step {number} attempt 1\n" for number in range(4)]

    (tmp_path / "open").touch()
    again = subprocess.run(
        [*MAIN, *arguments, "--json"], capture_output=True, text=True, cwd=tmp_path, env=environment, timeout=120
    )
    assert again.returncode == 0, again.stderr
    *second, document = again.stdout.splitlines()
    assert json.loads(document)["result"] == {"result": "Reached target 5", "iterations": 6, "terminated": False}
    steps = Counter(line.split()[1] for line in second)
    assert steps == Counter(["3", "4", "5"])
