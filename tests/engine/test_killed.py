"""kill -9 of a running process, then the same run again: finished steps are not repeated, the result is the same."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.process
SCRIPT = Path(__file__).with_name("killed_run.py")
NEVER = -1


def start(folder: Path, block_at: int) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, str(SCRIPT), str(folder), str(block_at)], stdout=subprocess.PIPE, text=True
    )


def lines(process: subprocess.Popen[str]) -> Iterator[dict[str, Any]]:
    assert process.stdout is not None
    for line in process.stdout:
        yield json.loads(line)


def test_a_killed_run_goes_on_and_ends_as_if_nothing_had_happened(tmp_path: Path) -> None:
    calls: Counter[tuple[str, int]] = Counter()
    with start(tmp_path, block_at=6) as killed:
        for line in lines(killed):
            calls.update(line.items())
            if line.get("write") == 9:  # the other worker of the map has come to the end: only item 6 is in flight
                break
        killed.kill()
    with start(tmp_path, NEVER) as again:
        *told, last = lines(again)
    for line in told:
        calls.update(line.items())
    assert again.returncode == 0

    with start(tmp_path / "other", NEVER) as undisturbed:
        *_, expected = lines(undisturbed)
    assert last["result"] == expected["result"]
    twice = {call for call, times in calls.items() if times > 1}
    assert twice <= {("write", 6), ("write", 9)}  # 9 may not have been committed when the kill came
    assert calls["write", 6] == 2
    assert last["reused"] >= 18
    assert last["computed"] == 20 - last["reused"]
