"""How many CPUs and how much memory this process may use: the container's limits, not the machine's size.

A container with a cgroup namespace sees its limits at the mount's root; without one they are on the process's own path, or
above it. All of these are looked at, and the smallest counts. Version 2 and version 1 are read.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

CGROUP = Path("/sys/fs/cgroup")
OWN = Path("/proc/self/cgroup")


def available_cpus(cgroup: Path = CGROUP, own: Path = OWN) -> int:
    """Whole CPUs, at least 1: the smaller of the affinity mask and the cgroup quota."""
    affinity = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    quotas = [quota // period for quota, period in _quotas(cgroup, own) if quota > 0 and period > 0]
    return max(1, min([affinity, *quotas]))


def available_memory(cgroup: Path = CGROUP, own: Path = OWN) -> int:
    """Bytes: the smaller of physical memory and the cgroup limit."""
    physical = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    files = [
        *(folder / "memory.max" for folder in _folders(cgroup, own, "")),
        *(folder / "memory.limit_in_bytes" for folder in _folders(cgroup, own, "memory")),
    ]
    return min([physical, *(limit for file in files for limit in _numbers(file) if limit > 0)])


def _quotas(cgroup: Path, own: Path) -> Iterator[tuple[int, int]]:
    """Microseconds of CPU, and the microseconds they are for."""
    for folder in _folders(cgroup, own, ""):
        match _numbers(folder / "cpu.max"):  # "<quota>|max <period>"
            case [quota, period]:
                yield quota, period
    for folder in _folders(cgroup, own, "cpu"):
        match _numbers(folder / "cpu.cfs_quota_us"), _numbers(folder / "cpu.cfs_period_us"):  # no quota: -1
            case [quota], [period]:
                yield quota, period


def _folders(cgroup: Path, own: Path, controller: str) -> Iterator[Path]:
    """The mount's root, and the folders of the process's own path below it. ``controller``: of version 1, else ''."""
    root = cgroup / controller
    yield root
    for line in _lines(own):  # "<id>:<controllers>:<path>"
        _, controllers, path = line.split(":", 2)
        if controller in controllers.split(","):
            inside = PurePosixPath(path.lstrip("/"))
            yield from (root / folder for folder in (inside, *inside.parents))


def _numbers(file: Path) -> list[int]:
    """Of the first line; words that are no numbers (``max``) are left out."""
    words = next(iter(_lines(file)), "").split()
    return [int(word) for word in words if word.lstrip("-").isdecimal()]


def _lines(file: Path) -> list[str]:
    try:
        return file.read_text().splitlines()
    except OSError:  # no cgroup of this version, or no limit at this level
        return []
