"""Ask the providers in order until one gives a usable answer; keep who was asked and what happened."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from flow_compiler.errors import ComponentError
from stepflow_assets.documents.attempts import AttemptOutcome, ProviderAttempt
from stepflow_assets.documents.recognized import Usage
from stepflow_assets.errors import ProviderError, ProviderQuality, ProviderSkipped
from stepflow_assets.ocr.asking import Asked
from stepflow_assets.ocr.clock import Clock
from stepflow_assets.ocr.costs import cost_of
from stepflow_assets.ocr.protocol import Picture
from stepflow_assets.ocr.recognition import Answer
from stepflow_assets.ocr.registry import Candidate

Ask = Callable[[Candidate, Picture, bool], Awaitable[Asked]]
"""Asks a provider for a page; True: no other is left to ask. Raises ResourceUnavailable where that is nobody's failure."""


@dataclass(frozen=True)
class Read:
    """A usable answer. ``path`` has one entry per provider. ``attempts`` counts those that were asked, ``seconds`` is the time
    they worked, ``waited`` the time until they could; ``usage`` and ``cost`` (None: no prices) are of all that answered."""

    answer: Answer
    provider: str
    profile: str
    path: tuple[ProviderAttempt, ...]
    degraded: bool
    attempts: int
    seconds: float
    waited: float
    usage: Usage
    cost: float | None


async def read_page(candidates: Sequence[Candidate], picture: Picture, ask: Ask, clock: Clock) -> Read:
    """Raises, when no candidate gave a usable answer, an error that names each and what happened.

    A missing resource (closed pool, lost artifact) is no provider's failure and is raised as it is.
    """
    path: list[ProviderAttempt] = []
    errors: list[ComponentError] = []
    costs: list[float] = []
    usage, worked, began = Usage(), 0.0, clock.now()
    for candidate in candidates:
        name = candidate.provider.name
        asked = await ask(candidate, picture, candidate is candidates[-1])
        worked += asked.seconds
        answer = asked.answer
        if answer is not None:
            usage += answer.usage
            cost = cost_of(answer.usage, candidate.options)
            costs += [cost] if cost is not None else []
        if answer is None or answer.fault is not None:
            error = asked.error or _fault(answer)
            errors.append(error)
            path.append(_failed(name, error, asked.seconds))
            continue
        path.append(ProviderAttempt(provider=name, outcome=AttemptOutcome(answer.status)))
        return Read(
            answer,
            name,
            candidate.provider.profile,
            tuple(path),
            candidate.degraded,
            sum(attempt.outcome is not AttemptOutcome.SKIPPED for attempt in path),
            worked,
            max(0.0, clock.now() - began - worked),
            usage,
            round(sum(costs), 6) if costs else None,
        )
    raise _nobody_read(candidates, errors)


def _fault(answer: Answer | None) -> ComponentError:
    fault = answer.fault if answer and answer.fault else "no answer"
    return ProviderError(fault) if answer and answer.gave_up else ProviderQuality(fault)


def _failed(name: str, error: ComponentError, seconds: float) -> ProviderAttempt:
    match error:
        case ProviderSkipped():
            return ProviderAttempt(provider=name, outcome=AttemptOutcome.SKIPPED, reason=error.message)
        case ProviderQuality():
            outcome, reason = AttemptOutcome.QUALITY, error.message
        case _:
            outcome, reason = AttemptOutcome.FAILED, error.code
    return ProviderAttempt(provider=name, outcome=outcome, reason=reason, seconds=round(seconds, 2))


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
