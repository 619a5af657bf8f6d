"""How worker processes start: from multiprocessing's fork server, without running the owner's main module again.

multiprocessing imports the main script into each child. Workers run functions of importable modules only, so that would
cost time and memory, and a script without ``if __name__ == "__main__"`` would start itself in every worker.
"""

from __future__ import annotations

import io
import os
from multiprocessing import forkserver, popen_forkserver, reduction, spawn, util
from multiprocessing.context import ForkServerContext, ForkServerProcess, set_spawning_popen
from multiprocessing.process import BaseProcess
from typing import Any, cast

PRELOADED = ("stepflow_assets.workers.preload",)


class _Start(popen_forkserver.Popen):
    """CPython's own launch (the same from 3.11 to 3.13), but for what it tells the child about the main module."""

    def _launch(self, process_obj: BaseProcess) -> None:
        prepared = spawn.get_preparation_data(process_obj.name)
        kept = {name: value for name, value in prepared.items() if not name.startswith("init_main")}
        message = io.BytesIO()
        set_spawning_popen(self)
        try:
            reduction.dump(kept, message)
            reduction.dump(process_obj, message)
        finally:
            set_spawning_popen(None)
        start: Any = self
        self.sentinel, writer = forkserver.connect_to_new_process(start._fds)
        kept_writer = os.dup(writer)  # closes when this process ends: how the child would notice
        start.finalizer = util.Finalize(self, cast(Any, util).close_fds, (kept_writer, self.sentinel))
        with open(writer, "wb", closefd=True) as pipe:  # noqa: PTH123 - a file descriptor
            pipe.write(message.getbuffer())
        self.pid = forkserver.read_signed(self.sentinel)


class _WorkerProcess(ForkServerProcess):
    @staticmethod
    def _Popen(process_obj: BaseProcess) -> Any:
        return _Start(cast(Any, process_obj))


class _WorkerContext(ForkServerContext):
    Process = cast(Any, _WorkerProcess)


def worker_context() -> ForkServerContext:
    """The multiprocessing context of all pools of this process; its fork server starts with the first worker."""
    context = _WorkerContext()
    context.set_forkserver_preload(list(PRELOADED))
    return context
