"""What runs inside a worker process: its set-up, and the border at which exceptions become errors of our trees."""

from __future__ import annotations

import ctypes
import logging
import os
import resource
import signal
import sys
import traceback
from collections.abc import Callable
from multiprocessing import forkserver
from pathlib import Path
from typing import Any

from flow_compiler.errors import Category, ComponentError, FlowCompilerError

_PR_SET_PDEATHSIG = 1


def prepare_worker(initializer: Callable[[], None] | None, memory: int | None) -> None:
    """Runs first in every worker. It dies with its parent, leaves Ctrl-C to it, and dies at once when told to end.

    ``memory``: bytes it may take beyond what it has now; the allocation that would pass it fails.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # A Python-level handler would never run while native code hangs; the default ends the process immediately.
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    _die_with_parent()
    from stepflow_assets.workers import preload  # noqa: F401 - already there where the fork server loaded it

    logging.getLogger().addHandler(logging.NullHandler())  # libraries' chatter is not for the user's terminal
    logging.captureWarnings(True)
    if initializer is not None:
        initializer()
    if memory is not None:
        _limit_memory(memory)


def call(function: Callable[..., Any], args: tuple[Any, ...]) -> Any:
    """Call ``function`` and let only errors of our trees out: others may not survive pickling, and their messages may
    quote the document. What is kept of those is their type and the place they were raised."""
    try:
        return function(*args)
    except FlowCompilerError:
        raise
    except MemoryError:
        raise ComponentError(
            "the worker process ran out of memory",
            code="worker.out_of_memory",
            category=Category.CAPACITY,
            retryable=True,
            next_step="Give the process more memory, or run fewer workers at once.",
        ) from None
    except Exception as error:  # noqa: BLE001 - the process border: every exception crosses it as ours
        raise ComponentError(
            f"{function.__module__}.{function.__qualname__}: {type(error).__name__} at {_place(error)}",
            code="worker.unexpected",
            next_step="Report this together with the document.",
        ) from None


def _place(error: BaseException) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    frame = frames[-1]
    return f"{os.path.basename(frame.filename)}:{frame.lineno}"  # noqa: PTH119 - a name, not a path on this host


def _limit_memory(more: int) -> None:
    """Of private memory (``RLIMIT_DATA``): files that are mapped, and what is only reserved, do not count."""
    if sys.platform != "linux":  # elsewhere the limit does not count what malloc takes from mmap
        return
    status = Path("/proc/self/status").read_text()
    used = int(status.partition("VmData:")[2].split()[0]) << 10
    resource.setrlimit(resource.RLIMIT_DATA, (used + more, used + more))


def _die_with_parent() -> None:
    """SIGKILL when the fork server ends, which itself ends with the process that owns the pool, however that died.

    The fork server stays while any holder of its "alive" pipe does, and hands that pipe to each child: a worker must let
    go of it, or workers and server would keep each other alive (a test holds this, since the attribute is private).
    """
    if sys.platform != "linux":
        return
    alive = getattr(forkserver._forkserver, "_forkserver_alive_fd", None)
    if alive is not None:
        os.close(alive)
    parent = os.getppid()
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it died between the two calls
        os._exit(1)
