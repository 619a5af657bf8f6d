"""Run as a program: works on documents until one of them hangs, says so in a marker file, and waits to be killed."""

from __future__ import annotations

import sys
from pathlib import Path

import dagster as dg
from small_flow import world


def main(home: Path) -> None:
    with dg.DagsterInstance.local_temp(str(home)) as instance:
        flow = world(instance, {"done": "text", "stuck": "slow"}, documents_at_once=1, run_locks=home / "runs")
        flow.calls.reached = (home / "stuck").touch
        flow.inputs.heard = lambda key: (home / key).touch()
        flow.run(["done", "stuck", "waiting"])


if __name__ == "__main__":
    main(Path(sys.argv[1]))
