"""Calls that wait for a server, each in a thread of its own that nobody has to wait for."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any, TypeVar

from stepflow_assets.errors import ProviderTimeout

T = TypeVar("T")


async def in_thread(function: Callable[..., T], *args: Any, deadline: float) -> T:
    """The function's result. Raises what it raises, and ProviderTimeout after ``deadline`` seconds.

    A thread cannot be ended: one that is late is left behind (a daemon, so that it does not hold up the end of the process).
    """
    loop = asyncio.get_running_loop()
    done: asyncio.Future[T] = loop.create_future()

    def tell(result: T | None, error: BaseException | None) -> None:
        if done.done():
            return
        if error is not None:
            done.set_exception(error)
        else:
            done.set_result(result)  # type: ignore[arg-type]

    def work() -> None:
        result, error = None, None
        try:
            result = function(*args)
        except Exception as raised:  # noqa: BLE001  whoever awaits it gets it
            error = raised
        with suppress(RuntimeError):  # the loop may be closed by now: nobody waits
            loop.call_soon_threadsafe(tell, result, error)

    threading.Thread(target=work, name="ocr-call", daemon=True).start()
    try:
        async with asyncio.timeout(deadline):
            return await done
    except TimeoutError:
        if done.done() and not done.cancelled():  # the function's own
            raise
        raise ProviderTimeout(f"no answer within {deadline:g} s") from None
