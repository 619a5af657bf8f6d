"""How many workers there are: by the container's limits, under both versions of cgroups, wherever they are set."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from stepflow_assets.workers.limits import available_cpus, available_memory

MACHINE = len(os.sched_getaffinity(0))
OTHERS = "0::/\n"


def limits(folder: Path, files: dict[str, str], own: str = OTHERS) -> tuple[Path, Path]:
    """A cgroup mount with these files, and what the process is told about its own place in it."""
    for name, text in files.items():
        file = folder / "cgroup" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    (folder / "own").write_text(own)
    return folder / "cgroup", folder / "own"


def quota(microseconds: int) -> dict[str, str]:
    """As version 1 says it."""
    return {"cpu/cpu.cfs_quota_us": f"{microseconds}\n", "cpu/cpu.cfs_period_us": "100000\n"}


@pytest.mark.parametrize(
    ("files", "own", "cpus"),
    [
        ({}, OTHERS, MACHINE),
        ({"cpu.max": "max 100000"}, OTHERS, MACHINE),
        ({"cpu.max": "100000 100000"}, OTHERS, 1),
        ({"cpu.max": "50000 100000"}, OTHERS, 1),
        ({"cpu.max": "6400000 100000"}, OTHERS, MACHINE),
        ({"a/b/cpu.max": "100000 100000"}, "0::/a/b\n", 1),
        ({"a/cpu.max": "100000 100000", "a/b/cpu.max": "max 100000"}, "0::/a/b\n", 1),
        ({"a/cpu.max": "100000 100000"}, "0::/other\n", MACHINE),
        (quota(100_000), OTHERS, 1),
        (quota(-1), OTHERS, MACHINE),
        (
            {"cpu/a/cpu.cfs_quota_us": "100000\n", "cpu/a/cpu.cfs_period_us": "100000\n"},
            "4:cpu,cpuacct:/a\n0::/\n",
            1,
        ),
    ],
    ids=[
        "no limit files",
        "no limit",
        "one CPU",
        "half a CPU is one worker",
        "more than the machine has",
        "without a namespace",
        "set above",
        "somebody else's",
        "version 1",
        "version 1 without limit",
        "version 1 without a namespace",
    ],
)
def test_cpus_follow_the_containers_quota(files: dict[str, str], own: str, cpus: int, tmp_path: Path) -> None:
    assert available_cpus(*limits(tmp_path, files, own)) == min(cpus, MACHINE)


@pytest.mark.parametrize(
    ("files", "bytes"),
    [
        ({"memory.max": "268435456\n"}, 256 << 20),
        ({"memory.max": "max\n"}, None),
        ({"memory/memory.limit_in_bytes": "268435456\n"}, 256 << 20),
        ({"memory/memory.limit_in_bytes": "9223372036854771712\n"}, None),
    ],
    ids=["version 2", "no limit", "version 1", "version 1 without limit"],
)
def test_memory_follows_the_containers_limit(files: dict[str, str], bytes: int | None, tmp_path: Path) -> None:
    physical = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    assert available_memory(*limits(tmp_path, files)) == (bytes or physical)
