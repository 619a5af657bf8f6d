"""Calls of one provider: when it may be asked, how many pages at once, for how long, and what its failures mean."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flow_compiler.errors import ComponentError, ResourceUnavailable
from stepflow_assets.errors import (
    ProviderBusy,
    ProviderError,
    ProviderSkipped,
    ProviderTimeout,
    ProviderUnavailable,
)
from stepflow_assets.ocr.breaker import Breaker
from stepflow_assets.ocr.clock import Clock
from stepflow_assets.ocr.collecting import Collector
from stepflow_assets.ocr.options import ProviderOptions
from stepflow_assets.ocr.protocol import OcrProvider, Picture, Runs
from stepflow_assets.ocr.quality import QualityRules
from stepflow_assets.ocr.rates import RateLimit
from stepflow_assets.ocr.recognition import Answer, recognize_pages
from stepflow_assets.ocr.threads import in_thread
from stepflow_assets.workers.pool import WorkerPool

_SERVER_DEADLINE = 330.0  # a provider keeps its own, which is shorter
_JOIN_WITHIN = 0.02  # seconds that a page waits for others of its batch
_FIRST_PAUSE = 0.5  # seconds, doubled each time, where a busy provider names none


@dataclass(frozen=True)
class Asked:
    """What became of a page: its answer, or why there is none. ``seconds`` are what the provider worked."""

    answer: Answer | None
    error: ComponentError | None
    seconds: float


@dataclass(frozen=True)
class _Page:
    picture: Picture
    alone: bool  # no other provider is left to ask


class ProviderCalls:
    """All calls of a provider in this process go through one of these. Lives in one event loop."""

    def __init__(
        self, provider: OcrProvider, options: ProviderOptions, rules: QualityRules, pool: WorkerPool, clock: Clock
    ) -> None:
        self._provider, self._rules, self._pool, self._clock = provider, rules, pool, clock
        self._waits_here = provider.capabilities.runs is Runs.THREAD
        self._deadline = options.deadline or (_SERVER_DEADLINE if self._waits_here else pool.deadline)
        self._longest_wait = options.longest_wait
        self._breaker = Breaker(options.failures, options.pause, clock)
        self._rate = RateLimit(options.requests_per_minute, clock)
        size = options.batch or provider.capabilities.batch
        at_once = options.concurrency or provider.capabilities.concurrency
        places = at_once if self._waits_here else pool.workers
        self._collector = Collector(size, places, _JOIN_WITHIN, self._batch) if size > 1 or self._waits_here else None

    async def ask(self, picture: Picture, *, alone: bool = True) -> Asked:
        """``alone``: no other provider is left to ask. Raises ResourceUnavailable (a closed pool), which is nobody's failure."""
        page = _Page(picture, alone)
        if self._collector is not None:
            return await self._collector.result(page)
        # One page a call, and in a worker: a page that hangs or kills it takes no other with it, cancelling ends it.
        return (await self._attempt([page]))[0]

    async def _batch(self, pages: Sequence[_Page]) -> list[Asked]:
        """A call that failed as a whole is made again for each page on its own: one bad page costs only itself."""
        asked = await self._attempt(pages)
        error = asked[0].error
        if len(pages) == 1 or error is None or not _may_be_a_page(error):
            return asked
        return [(await self._attempt([page]))[0] for page in pages]

    async def _attempt(self, pages: Sequence[_Page]) -> list[Asked]:
        began = self._clock.now()
        try:
            answers = await self._answers(pages)
        except ResourceUnavailable:
            raise
        except ComponentError as error:
            spent = 0.0 if isinstance(error, ProviderSkipped) else self._clock.now() - began
            return [Asked(None, error, spent / len(pages)) for _ in pages]
        return [Asked(answer, None, answer.seconds) for answer in answers]

    async def _answers(self, pages: Sequence[_Page]) -> list[Answer]:
        """Waits for the call's turn, and while the provider says that it is busy, ``longest_wait`` seconds from when it first did."""
        until: float | None = None
        pause, busy = _FIRST_PAUSE, None
        alone = any(page.alone for page in pages)
        while True:
            # An engine of our own is asked all the same where nobody else is left: that costs only its time.
            if not self._breaker.let_through() and not (alone and not self._waits_here):
                raise busy or ProviderSkipped(f"left alone after {self._breaker.in_a_row} failures in a row")
            decided = False
            try:
                patience = self._longest_wait if until is None else max(0.0, until - self._clock.now())
                if not await self._rate.turn(patience):
                    raise busy or ProviderSkipped(f"busy for more than {self._longest_wait:g} s")
                answers = await self._run([page.picture for page in pages])
                self._breaker.succeeded()
                decided = True
                return answers
            except ProviderBusy as error:
                if error is busy:
                    self._breaker.failed()
                    decided = True
                    raise
                busy, until = error, until or self._clock.now() + self._longest_wait
                self._rate.hold(max(pause, error.retry_after or 0.0))
                pause *= 2
            except ComponentError as error:
                if error.retryable and not isinstance(error, ProviderSkipped | ResourceUnavailable):
                    self._breaker.failed()
                    decided = True
                raise
            finally:
                if not decided:
                    self._breaker.undecided()

    async def _run(self, pictures: Sequence[Picture]) -> list[Answer]:
        work = (self._provider, list(pictures), self._rules)
        if not self._waits_here:
            return await self._pool.run(recognize_pages, *work, deadline=self._deadline)
        return await in_thread(_in_our_errors, *work, deadline=self._deadline)


def _in_our_errors(provider: OcrProvider, pictures: Sequence[Picture], rules: QualityRules) -> list[Answer]:
    """As a worker process does it: what a provider raises is an error of our tree, without the text of a stranger's."""
    try:
        return recognize_pages(provider, pictures, rules)
    except ComponentError:
        raise
    except Exception as error:
        raise ProviderError(f"{provider.name} raised {type(error).__name__}") from error


def _may_be_a_page(error: ComponentError) -> bool:
    """A provider that is away or busy is so for every page."""
    return isinstance(error, ProviderTimeout) or not isinstance(error, ProviderUnavailable)
