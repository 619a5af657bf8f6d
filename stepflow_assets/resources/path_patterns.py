"""Which paths are wanted: include and exclude patterns, as people write them for ``--include`` and in settings."""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatchcase


def matches(path: str, pattern: str) -> bool:
    """A pattern without ``/`` looks at the last name, one with ``/`` at the whole path or its end; ``*`` crosses ``/``."""
    target = path if "/" in pattern else path.rsplit("/", 1)[-1]
    return fnmatchcase(target, pattern) or fnmatchcase(path, f"*/{pattern}")


def wanted(path: str, include: Sequence[str], exclude: Sequence[str]) -> bool:
    """No include pattern means everything; an exclude pattern wins."""
    if any(matches(path, pattern) for pattern in exclude):
        return False
    return not include or any(matches(path, pattern) for pattern in include)
