"""What native libraries do now and then, on demand: a page that takes its worker down or never ends, a reader that loses one."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from stepflow_assets.errors import PageError
from stepflow_assets.pages.page_bytes import PageBytes
from stepflow_assets.pages.prepare import prepare_pages

POISONED_PAGE = 2
Answer = list[PageBytes | PageError]


def crash_on_page_2(path: str, format: str, pages: Sequence[int], *more: Any) -> Answer:
    if POISONED_PAGE in pages:
        os.abort()
    return prepare_pages(path, format, pages, *more)


def hang_on_page_2(path: str, format: str, pages: Sequence[int], *more: Any) -> Answer:
    while POISONED_PAGE in pages:
        time.sleep(3600)
    return prepare_pages(path, format, pages, *more)


def forget_memory_on_page_2(path: str, format: str, pages: Sequence[int], *more: Any) -> Answer:
    if POISONED_PAGE in pages:
        raise MemoryError
    return prepare_pages(path, format, pages, *more)


def lose_page_2(path: str, format: str, pages: Sequence[int], *more: Any) -> Answer:
    """As if the file had one page less: the answer is shorter than what was asked."""
    return prepare_pages(path, format, [page for page in pages if page != POISONED_PAGE], *more)


def shift_page_2(path: str, format: str, pages: Sequence[int], *more: Any) -> Answer:
    """As long as what was asked, but with the page behind in its place."""
    return prepare_pages(path, format, [page + 1 if page == POISONED_PAGE else page for page in pages], *more)


def killed_once_at(page: int, log: Path, path: str, format: str, pages: Sequence[int], *more: Any) -> Answer:
    """Page by page; the first time that ``page`` is begun, the process is killed. ``log`` has a line for each begun page."""
    read: Answer = []
    for number in pages:
        with log.open("a+") as lines:
            lines.seek(0)
            first = f"{page}\n" not in lines.readlines()
            lines.write(f"{number}\n")
        if number == page and first:
            os.kill(os.getpid(), signal.SIGKILL)
        read += prepare_pages(path, format, [number], *more)
    return read
