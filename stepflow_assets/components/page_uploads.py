"""Cells and pictures of pages as artifacts: in small batches at the same time, each repeated on its own when it fails."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from tenacity import AsyncRetrying, retry_if_exception, stop_after_attempt, wait_exponential_jitter

from flow_compiler.errors import ComponentError, StoreError

T = TypeVar("T")
R = TypeVar("R")
_PAGES = 2  # of one batch: four artifacts
_AT_ONCE = 4  # batches of one call
_TRIES = 4
_WAIT = wait_exponential_jitter(initial=0.1, max=2.0, jitter=0.1)


async def in_batches(
    store: Callable[[T], Awaitable[R]], pages: Sequence[T], *, at_once: int = _AT_ONCE
) -> list[R | StoreError]:
    """What ``store`` returns for each page, in their order; where the store refused for good, its error for the pages of
    that batch only. ``store`` is repeated for a whole batch: it has to be idempotent, as content-addressed puts are."""
    room = asyncio.Semaphore(at_once)

    async def one(batch: Sequence[T]) -> list[R | StoreError]:
        async with room:
            try:
                return list(await _repeated(store, batch))
            except StoreError as error:
                return [error] * len(batch)

    starts = range(0, len(pages), _PAGES)
    stored = await asyncio.gather(*(one(pages[start : start + _PAGES]) for start in starts))
    return [page for batch in stored for page in batch]


async def _repeated(store: Callable[[T], Awaitable[R]], batch: Sequence[T]) -> list[R]:
    async for attempt in AsyncRetrying(
        stop=stop_after_attempt(_TRIES), wait=_WAIT, retry=retry_if_exception(_passes), reraise=True
    ):
        with attempt:
            # All of the batch have ended before it is repeated: no put of a failed attempt runs into the next.
            ended = await asyncio.gather(*map(store, batch), return_exceptions=True)
            return [_result(one) for one in ended]
    raise AssertionError("the last attempt raises")


def _result(ended: R | BaseException) -> R:
    if isinstance(ended, BaseException):
        raise ended
    return ended


def _passes(error: BaseException) -> bool:
    return isinstance(error, StoreError) and error.retryable


def of_store(error: StoreError) -> ComponentError:
    """The store's error as that of one page: raised, it would be that of every page of the batch."""
    return ComponentError(
        error.message,
        code=error.code,
        category=error.category,
        retryable=error.retryable,
        next_step=error.next_step,
    )
