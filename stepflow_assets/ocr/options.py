"""What is configured for one OCR provider: its limits, its prices, and what it takes itself."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field


class ProviderOptions(BaseModel):
    """``options`` are the provider's own, checked by its own model; all else is the platform's. Prices are in one currency of
    your choice. None: the provider's own figure, or no limit."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    options: dict[str, Any] = Field(
        default_factory=dict, description="What the provider itself takes (model, address, …)."
    )
    deadline: float | None = Field(default=None, gt=0, description="Seconds that one call may take.")
    batch: int | None = Field(default=None, ge=1, description="Pages that one call holds at most.")
    concurrency: int | None = Field(default=None, ge=1, description="Calls of a server at once.")
    requests_per_minute: float | None = Field(default=None, gt=0, description="Calls begun in a minute at most.")
    longest_wait: float = Field(
        default=30.0, ge=0, description="Seconds that a page waits for a busy provider before the next one is asked."
    )
    failures: int = Field(default=5, ge=1, description="Failures in a row after which it is left alone for a while.")
    pause: float = Field(default=30.0, gt=0, description="Seconds that it is then left alone.")
    price_per_page: float = Field(default=0.0, ge=0, description="Price of a page.")
    price_per_million_input_tokens: float = Field(default=0.0, ge=0, description="Price of a million tokens sent.")
    price_per_million_output_tokens: float = Field(default=0.0, ge=0, description="Price of a million tokens received.")
