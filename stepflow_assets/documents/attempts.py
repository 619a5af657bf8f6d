"""Who was asked to read a page, and what happened: kept with every page."""

from __future__ import annotations

from enum import StrEnum

from pydantic import BaseModel, ConfigDict


class AttemptOutcome(StrEnum):
    OK = "ok"
    BLANK = "blank"
    FAILED = "failed"  # it did not answer; ``reason`` is the error's code
    QUALITY = "quality"  # its answer could not be used; ``reason`` says why
    SKIPPED = "skipped"  # it was not asked: left alone after failures, or busy for longer than the page waits


class ProviderAttempt(BaseModel):
    """``seconds`` are only of attempts that failed, so that equal pages have equal results."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    provider: str
    outcome: AttemptOutcome
    reason: str = ""
    seconds: float | None = None

    def __str__(self) -> str:
        said = f"{self.provider}: {self.reason or self.outcome}"
        return said if self.seconds is None else f"{said} after {self.seconds:.2f} s"
