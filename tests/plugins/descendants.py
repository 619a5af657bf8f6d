"""Processes that were started, and whether they have ended."""

from __future__ import annotations

import os
import select
from pathlib import Path


def children(of: int) -> set[int]:
    """Processes that descend from it."""
    parents = {}
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            parents[int(status.parent.name)] = int(status.read_text().rpartition(")")[2].split()[1])
        except (OSError, ValueError):
            continue
    found: set[int] = set()
    level = {of}
    while level := {pid for pid, parent in parents.items() if parent in level}:
        found |= level
    return found


def at_work_in(folder: Path) -> set[int]:
    """Processes whose working directory it is, whoever their parent is now, besides this one."""
    found = set()
    for place in Path("/proc").glob("[0-9]*/cwd"):
        try:
            if place.readlink() == folder:
                found.add(int(place.parent.name))
        except OSError:
            continue
    return found - {os.getpid()}


def until_gone(pids: set[int]) -> set[int]:
    """Those that live still after ten seconds."""
    return {pid for pid in pids if not _ends(pid)}


def _ends(pid: int) -> bool:
    try:
        watched = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        return bool(select.select([watched], [], [], 10)[0])
    finally:
        os.close(watched)
