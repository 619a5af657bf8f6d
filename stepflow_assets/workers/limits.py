"""How many CPUs and how much memory this process may use: the container's limits, not the machine's size."""

from __future__ import annotations

import os
from pathlib import Path

CGROUP = Path("/sys/fs/cgroup")


def available_cpus(cgroup: Path = CGROUP) -> int:
    """Whole CPUs, at least 1: the smaller of the affinity mask and the cgroup v2 quota (``cpu.max``)."""
    affinity = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    words = _words(cgroup / "cpu.max")  # "<quota µs>|max <period µs>"
    if len(words) != 2 or words[0] == "max":
        return max(1, affinity)
    return max(1, min(affinity, int(words[0]) // int(words[1])))


def available_memory(cgroup: Path = CGROUP) -> int:
    """Bytes: the smaller of physical memory and the cgroup v2 limit (``memory.max``)."""
    physical = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    words = _words(cgroup / "memory.max")
    return physical if not words or words[0] == "max" else min(physical, int(words[0]))


def _words(file: Path) -> list[str]:
    try:
        return file.read_text().split()
    except OSError:  # no cgroup v2, or the root cgroup: there is no limit to read
        return []
