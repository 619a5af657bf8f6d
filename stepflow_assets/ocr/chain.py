"""Ask the providers in order until one gives a usable answer; keep who was asked and what happened."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from flow_compiler.errors import ComponentError, ResourceUnavailable
from stepflow_assets.errors import ProviderError, ProviderQuality
from stepflow_assets.ocr.protocol import OcrProvider, Picture
from stepflow_assets.ocr.quality import QualityRules
from stepflow_assets.ocr.recognition import Answer
from stepflow_assets.ocr.registry import Candidate

Ask = Callable[[OcrProvider, Picture, QualityRules], Awaitable[Answer]]
"""Runs one attempt somewhere (a worker process, a server) and raises ComponentError when it ended without an answer."""


@dataclass(frozen=True)
class Read:
    """A usable answer. ``path`` has one entry per provider asked; only failed ones say how long they took, so that
    equal pages have equal results. ``seconds`` is the time providers worked, ``waited`` the time until they could."""

    answer: Answer
    provider: str
    path: tuple[str, ...]
    degraded: bool
    attempts: int
    seconds: float
    waited: float


async def read_page(candidates: Sequence[Candidate], picture: Picture, rules: QualityRules, ask: Ask) -> Read:
    """Raises, when no candidate gave a usable answer, an error that names each and what happened.

    A missing resource (closed pool, lost artifact) is no provider's failure and is raised as it is.
    """
    path: list[str] = []
    errors: list[ComponentError] = []
    worked = waited = 0.0
    for attempt, candidate in enumerate(candidates, start=1):
        name = candidate.provider.name
        start = time.perf_counter()
        try:
            answer = await ask(candidate.provider, picture, rules)
        except ResourceUnavailable:
            raise
        except ComponentError as error:
            spent = time.perf_counter() - start
            worked += spent
            errors.append(error)
            path.append(f"{name}: {error.code} after {spent:.2f} s")
            continue
        worked += answer.seconds
        waited += max(0.0, time.perf_counter() - start - answer.seconds)
        if answer.fault is None:
            path.append(f"{name}: {answer.status}")
            return Read(answer, name, tuple(path), candidate.degraded, attempt, worked, waited)
        errors.append(ProviderQuality(answer.fault))
        path.append(f"{name}: {answer.fault} after {answer.seconds:.2f} s")
    raise _nobody_read(candidates, errors)


def _nobody_read(candidates: Sequence[Candidate], errors: Sequence[ComponentError]) -> ComponentError:
    """The preferred provider's failure decides code and category; a retry helps if it may help any of them."""
    said = "; ".join(f"{item.provider.name}: {error.message}" for item, error in zip(candidates, errors, strict=True))
    first = errors[0]
    return ProviderError(
        f"no OCR provider could read this page ({said})",
        code=first.code,
        category=first.category,
        retryable=any(error.retryable for error in errors),
        next_step=first.next_step,
    )
