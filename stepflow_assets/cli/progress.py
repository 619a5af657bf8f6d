"""Progress of an ingestion on stderr: documents done, pages read, what is being worked on."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import TYPE_CHECKING

from stepflow_assets.operations.observing import Observer

if TYPE_CHECKING:
    from rich.progress import Progress

_PLAIN_INTERVAL = 10.0  # seconds between lines where there is no terminal


class IngestProgress(Observer):
    """A bar on a terminal, a line now and then elsewhere; nothing when ``quiet``. A context manager."""

    def __init__(self, total: int, *, quiet: bool) -> None:
        self._total, self._quiet = total, quiet
        self._done = self._pages = self._failed = 0
        self._last_line = time.monotonic()
        self._bar = None if quiet or not sys.stderr.isatty() else _bar()

    def __enter__(self) -> IngestProgress:
        if self._bar is not None:
            self._bar.start()
            self._task = self._bar.add_task("starting", total=self._total)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.stop()

    def page_done(self, document_id: str) -> None:
        self._pages += 1
        self._show(document_id)

    def document_done(self, document_id: str, *, failed: bool) -> None:
        self._done += 1
        self._failed += failed
        self._show(document_id)

    def _show(self, document_id: str) -> None:
        text = f"{self._pages} pages, {self._failed} failed, {document_id}"
        if self._bar is not None:
            self._bar.update(self._task, completed=self._done, description=text[-60:])
        elif not self._quiet and time.monotonic() - self._last_line > _PLAIN_INTERVAL:
            self._last_line = time.monotonic()
            print(f"{self._done} of {self._total} documents, {text}", file=sys.stderr, flush=True)  # noqa: T201


def _bar() -> Progress:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bar

    return Bar(
        BarColumn(bar_width=24),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.description}", markup=False),
        console=Console(stderr=True),
        transient=True,
    )
