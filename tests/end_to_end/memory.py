"""Peak memory of a command with all its processes: PSS, so that shared pages count once (Linux)."""

from __future__ import annotations

import subprocess
import threading
from pathlib import Path

import psutil

_SECONDS = 0.25


class PeakMemory:
    """Samples a process tree until it ends; ``peak`` is in bytes."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.peak = 0
        self._process = process
        self._thread = threading.Thread(target=self._sample, daemon=True)
        self._thread.start()

    def _sample(self) -> None:
        while self._process.poll() is None:
            self.peak = max(self.peak, sum(_pss(pid) for pid in self._tree()))
            threading.Event().wait(_SECONDS)

    def _tree(self) -> list[int]:
        try:
            root = psutil.Process(self._process.pid)
            return [root.pid, *(child.pid for child in root.children(recursive=True))]
        except psutil.NoSuchProcess:
            return []


def _pss(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:  # it has just ended
        return 0
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))
