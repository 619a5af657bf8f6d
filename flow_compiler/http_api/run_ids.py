"""Ids of runs: given by the client, so that asking twice begins one run; or made here, sortable by time."""

from __future__ import annotations

import os
import re
import time
import uuid

from flow_compiler.errors import RequestRefused

_ALLOWED = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")


def new_run_id() -> str:
    """A UUID of version 7: milliseconds first, the rest at random."""
    value = (time.time_ns() // 1_000_000) << 80 | int.from_bytes(os.urandom(10), "big")
    value = value & ~(0xF << 76) | 0x7 << 76
    value = value & ~(0x3 << 62) | 0x2 << 62
    return str(uuid.UUID(int=value))


def require_run_id(text: str) -> str:
    """Raises RequestRefused for what cannot be an id."""
    if not _ALLOWED.fullmatch(text):
        raise RequestRefused(
            "runId must be 1 to 128 letters, digits, dots, dashes or underscores, and begin with a letter or digit",
            next_step="Give another runId, such as a UUID, or leave it out.",
        )
    return text
