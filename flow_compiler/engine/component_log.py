"""What ``context.log`` is: a standard logger whose records name run, step and attempt."""

from __future__ import annotations

import logging
from collections.abc import MutableMapping
from typing import Any

_LOGGER = logging.getLogger("flow_compiler.components")
_LONGEST = 2000
"""Characters of one message: a log is no place for documents."""


class ComponentLog(logging.LoggerAdapter[logging.Logger]):
    """Records of one attempt of one step, on the logger ``flow_compiler.components``. ``run_id``, ``step_id`` and
    ``attempt`` are attributes of each record, beside what its author gives as ``extra``. The item's key is left out:
    it may come from a document."""

    def __init__(self, run_id: str, step_id: str, attempt: int) -> None:
        super().__init__(_LOGGER, {"run_id": run_id, "step_id": step_id, "attempt": attempt})

    def log(self, level: int, msg: object, *args: Any, **more: Any) -> None:
        if self.isEnabledFor(level):
            super().log(level, "%s", _Bounded(msg, args), **more)

    def process(self, msg: Any, kwargs: MutableMapping[str, Any]) -> tuple[Any, MutableMapping[str, Any]]:
        known = dict(self.extra or {})
        kwargs["extra"] = {**(kwargs.get("extra") or {}), **known}
        place = f"run {known['run_id']}: step {known['step_id']}, attempt {known['attempt']}: "
        return place.replace("%", "%%") + msg, kwargs


class _Bounded:
    """A message that is formatted when it is written, and cut where it is too long."""

    def __init__(self, msg: object, args: tuple[Any, ...]) -> None:
        self._msg = str(msg)
        self._args = args

    def __str__(self) -> str:
        try:
            said = self._msg % self._args if self._args else self._msg
        except (TypeError, ValueError):  # the author's mistake is no reason to lose what was to be said
            said = f"{self._msg} {self._args}"
        return said if len(said) <= _LONGEST else f"{said[:_LONGEST]}… ({len(said):,} characters)"
