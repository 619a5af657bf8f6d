"""Failed attempts in the log, so that a cause is not lost where a failure is tried again, replaced or counted.

What a component's exception says, and the key of an item, may come from a document: neither is logged. Of an exception
that is not of the package's tree, the type and the lines of code it went through are.
"""

from __future__ import annotations

import logging
import traceback
from pathlib import Path

from pydantic import ValidationError

from flow_compiler.engine.failures import CallFailed
from flow_compiler.engine.stores import ItemPath, root_of
from flow_compiler.errors import FlowCompilerError

_ENGINE = Path(__file__).parent
_log = logging.getLogger("flow_compiler.engine")


def log_failed_attempt(run_id: str, path: ItemPath, step_id: str, attempt: int, failed: CallFailed) -> None:
    inside = path.removeprefix(root_of(path)).removeprefix("/")
    step = f"{inside}/{step_id}" if inside else step_id
    cause = failed.__cause__
    expected = cause is None or isinstance(cause, FlowCompilerError | ValidationError | CallFailed)
    _log.log(
        logging.INFO if expected else logging.WARNING,  # what the tree has is told where the run's outcome is
        "run %s: attempt %d of step %s failed: %s%s",
        run_id,
        attempt,
        step,
        failed.failure.error,
        "" if cause is None or expected else f" ({type(cause).__name__})\n{_frames(cause)}",
    )


def _frames(error: BaseException) -> str:
    """One line for each, from where the engine calls the component."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if Path(frame.filename).parent != _ENGINE]
    return "\n".join(f"  {frame.filename}:{frame.lineno} in {frame.name}: {frame.line}" for frame in own)
