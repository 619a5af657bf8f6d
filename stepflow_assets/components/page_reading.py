"""Pages of one file, read in a worker: what takes the worker down is found, and hurts no other page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from flow_compiler.errors import ComponentError, ResourceUnavailable
from stepflow_assets.errors import DocumentError, PageCrashed, PageError, PageTimeout
from stepflow_assets.workers.pool import WorkerPool

if TYPE_CHECKING:
    from stepflow_assets.pages.page_bytes import PageBytes

_TRIES_ALONE = 2  # what ends a worker may have been the machine; what ends a second one is the page


@dataclass(frozen=True)
class PageReading:
    """How pages of the file ``path`` are read, wherever they are asked for."""

    pool: WorkerPool
    path: str
    format: str
    passwords: Sequence[str]
    most_picture_bytes: int

    async def pages(self, numbers: Sequence[int]) -> list[PageBytes | ComponentError]:
        """One entry per number, in order; a page that cannot be read is its error.

        All in one call with one page's deadline. When that call fails, and the file as a whole is not the reason, each page
        is read alone, with the deadline to itself. One that ends its worker there too is tried once more, then quarantined.
        """
        if len(numbers) == 1:
            return [await self._alone(numbers[0])]
        try:
            return await self._call(numbers)
        except (DocumentError, ResourceUnavailable) as error:
            return [error] * len(numbers)
        except ComponentError:
            return [await self._alone(number) for number in numbers]

    async def _alone(self, number: int) -> PageBytes | ComponentError:
        for tries in range(1, _TRIES_ALONE + 1):
            try:
                return (await self._call([number]))[0]
            except (PageTimeout, PageCrashed) as error:
                if tries == _TRIES_ALONE:
                    return _quarantined(error, tries)
            except ComponentError as error:
                return error
        raise AssertionError("the last try returns")

    async def _call(self, numbers: Sequence[int]) -> list[PageBytes | ComponentError]:
        """Raises PageError ``page.lost`` when the answer is not for these pages: never taken as pages that do not exist."""
        from stepflow_assets.pages.prepare import prepare_pages

        found: list[PageBytes | PageError] = await self.pool.run(
            prepare_pages, self.path, self.format, numbers, self.passwords, self.most_picture_bytes
        )
        pages = [None if isinstance(page, ComponentError) else page.page for page in found]
        if len(pages) != len(numbers) or any(
            page not in (None, number) for page, number in zip(pages, numbers, strict=True)
        ):
            raise PageError(
                f"{len(numbers)} pages were asked for, and the reader answered for others",
                code="page.lost",
                retryable=True,
            )
        return list(found)


def _quarantined(error: PageTimeout | PageCrashed, tries: int) -> ComponentError:
    """A page that ends its worker each time. It costs no other page anything; only ``retry`` reads it again."""
    return type(error)(
        f"quarantined, it ended its worker {tries} times alone: {error.message}",
        retryable=False,
        next_step="Look at the page with its own program; `stepflow-assets retry` reads it once more.",
    )
