"""Surya as a provider: its own client in its own environment (docs/pages.md has what its weights may be used for)."""

from __future__ import annotations

import html
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from pydantic import ValidationError

from flow_compiler.engine.retry_after import retry_after
from stepflow_assets.documents.recognized import Usage
from stepflow_assets.errors import ProviderError, ProviderUnavailable, SettingsError
from stepflow_assets.ocr.options import ProviderOptions
from stepflow_assets.ocr.protocol import Capabilities, Geometry, OcrPage, Picture, Runs
from stepflow_assets.ocr.scripts import ALL_SCRIPTS
from stepflow_assets.ocr.surya.options import SuryaOptions
from stepflow_assets.ocr.surya.process import SuryaProcess
from stepflow_assets.ocr.vision.completion import Completion, status_error
from stepflow_assets.ocr.vision.dialect import UnreadableAnswer
from stepflow_assets.ocr.vision.provider import CONCURRENCY, DEADLINE, page_of
from stepflow_assets.ocr.vision.surya2 import Surya2, blocks_of

_REVISION = 1  # raise it when this package changes what comes out


def make_surya(option: str, configured: ProviderOptions) -> SuryaProvider:
    """Raises SettingsError."""
    if option:
        raise SettingsError(f"OCR provider surya takes no option, not {option!r}")
    try:
        options = SuryaOptions.model_validate(dict(configured.options))
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise SettingsError(f"OCR provider surya: {where}: {first['msg']}") from None
    return SuryaProvider(options, configured.deadline or DEADLINE, configured.concurrency or CONCURRENCY)


@dataclass(frozen=True)
class SuryaProvider:
    """``deadline``: seconds for one answer. Nothing of Surya is loaded in this process."""

    options: SuryaOptions
    deadline: float = DEADLINE
    concurrency: int = CONCURRENCY

    @property
    def name(self) -> str:
        return "surya"

    @property
    def capabilities(self) -> Capabilities:
        return Capabilities(
            scripts=ALL_SCRIPTS,
            seconds_per_page=self.options.seconds_per_page,
            features=Surya2.features,
            runs=Runs.THREAD,
            geometry=Geometry.BLOCK,
            concurrency=self.concurrency,
        )

    @property
    def profile(self) -> str:
        return f"surya {self.options.model} {Surya2.version} r{_REVISION} tokens<={self.options.max_tokens}"

    def recognize(self, pictures: Sequence[Picture]) -> list[OcrPage]:
        """Raises ProviderUnavailable (ProviderBusy, ProviderTimeout) and ProviderError: a failing server is no blank page."""
        process = process_of(self.options, self.deadline, self.concurrency)
        return [self._page(process.ask(picture.path)) for picture in pictures]

    def _page(self, answer: Mapping[str, Any]) -> OcrPage:
        if "failed" in answer:
            raise _failure(answer)
        received, said = answer["tokens"]
        completion = Completion(
            text=answer["text"],
            truncated=answer["truncated"],
            withheld=answer["withheld"],
            confidence=answer["confidence"],
            model=answer["model"],
            system_fingerprint=answer["system_fingerprint"],
            usage=Usage(requests=1, input_tokens=received, output_tokens=said),
        )
        raw = json.dumps({"engine": self.profile} | dict(answer), ensure_ascii=False, separators=(",", ":")).encode()
        if completion.withheld:
            return page_of((), [completion], raw, "the model or its server withheld the answer")
        try:
            if completion.text.strip() and not answer["blocks"]:
                raise UnreadableAnswer("surya's parser finds no block in the answer")
            blocks = tuple(block for one in answer["blocks"] for block in blocks_of(_div(one)))
        except UnreadableAnswer as error:
            return page_of((), [completion], raw, str(error))
        return page_of(blocks, [completion], raw)


@lru_cache(maxsize=8)
def process_of(options: SuryaOptions, deadline: float, parallel: int) -> SuryaProcess:
    """One process of Surya per configuration, in each of our processes."""
    return SuryaProcess(options, deadline, parallel)


def _failure(answer: Mapping[str, Any]) -> ProviderError:
    status = answer.get("status")
    if not isinstance(status, int) or status == 200:
        return ProviderUnavailable(str(answer["failed"]))
    return status_error(status, retry_after(answer.get("retry_after")))


def _div(block: Mapping[str, Any]) -> str:
    """A block of Surya's parser as the model wrote it, for the parser that knows kinds, lists and tables."""
    box = " ".join(f"{value:g}" for value in block["box"])
    return f'<div data-label="{html.escape(block["label"])}" data-bbox="{box}">{block["html"]}</div>'
