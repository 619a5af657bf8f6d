"""What reading a page costs: for the order in which providers are asked, and as it was."""

from __future__ import annotations

from stepflow_assets.documents.recognized import Usage
from stepflow_assets.ocr.options import ProviderOptions
from stepflow_assets.ocr.protocol import OcrProvider

_MILLION = 1_000_000
_USUAL = Usage(requests=1, input_tokens=3000, output_tokens=2400)  # of a dense page and a vision model (notes/ocr 1.5)


def cost_of(usage: Usage, options: ProviderOptions) -> float | None:
    """Of one page, in the currency of the configured prices; None where none is configured."""
    if not (
        options.price_per_page or options.price_per_million_input_tokens or options.price_per_million_output_tokens
    ):
        return None
    tokens = (
        usage.input_tokens * options.price_per_million_input_tokens
        + usage.output_tokens * options.price_per_million_output_tokens
    )
    return round(options.price_per_page + tokens / _MILLION, 6)


def expected_cost(provider: OcrProvider, options: ProviderOptions) -> tuple[float, float]:
    """What providers are ordered by: money for a usual page, then seconds."""
    return cost_of(_USUAL, options) or 0.0, provider.capabilities.seconds_per_page
