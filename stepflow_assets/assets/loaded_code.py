"""Loaded code lives as long as the process: the garbage collector need not look through it again and again."""

from __future__ import annotations

import gc


def keep_loaded_code() -> None:
    """Call it when everything is imported. Dagster and SQLAlchemy are half a million objects, and each full collection
    of a run visited them all: a fifth of its CPU. Once in a process: later calls do nothing."""
    if gc.get_freeze_count() == 0:
        gc.freeze()
