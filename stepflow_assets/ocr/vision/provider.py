"""A vision model behind an OpenAI-compatible server as a provider: ``vision:NAME``, with what is configured under that name."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from pydantic import ValidationError

from stepflow_assets.documents.page import Confidence
from stepflow_assets.documents.recognized import RecognizedBlock, Usage
from stepflow_assets.errors import SettingsError
from stepflow_assets.ocr.options import ProviderOptions
from stepflow_assets.ocr.protocol import Capabilities, Feature, OcrPage, PageStatus, Picture, Runs
from stepflow_assets.ocr.scripts import ALL_SCRIPTS, scripts_of
from stepflow_assets.ocr.vision.client import ChatClient
from stepflow_assets.ocr.vision.completion import Completion
from stepflow_assets.ocr.vision.dialect import UnreadableAnswer, dialect_of
from stepflow_assets.ocr.vision.options import VisionOptions
from stepflow_assets.ocr.vision.picture import page_picture

_REVISION = 1  # raise it when this module changes what comes out
DEADLINE = 300.0  # seconds for one answer: at full load, tens of seconds a page are usual
CONCURRENCY = 8


def make_vision(name: str, configured: ProviderOptions) -> VisionProvider:
    """The provider ``vision:NAME`` (``vision`` for an empty name). Raises SettingsError."""
    known = f"vision:{name}" if name else "vision"
    if not configured.options:
        raise SettingsError(f"OCR provider {known} has no options: base_url, model and dialect are needed")
    try:
        options = VisionOptions.model_validate(dict(configured.options))
        scripts = scripts_of(options.languages) if options.languages else ALL_SCRIPTS
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise SettingsError(f"OCR provider {known}: {where}: {first['msg']}") from None
    return VisionProvider(
        known, options, frozenset(scripts), configured.deadline or DEADLINE, configured.concurrency or CONCURRENCY
    )


@dataclass(frozen=True)
class VisionProvider:
    """Thread-safe: threads share the server's connections and nothing else. ``deadline``: seconds for one answer."""

    name: str
    options: VisionOptions
    scripts: frozenset[str] = ALL_SCRIPTS
    deadline: float = DEADLINE
    concurrency: int = CONCURRENCY

    @property
    def capabilities(self) -> Capabilities:
        dialect = dialect_of(self.options.dialect)
        return Capabilities(
            scripts=self.scripts,
            seconds_per_page=self.options.seconds_per_page,
            features=dialect.features | (frozenset({Feature.HANDWRITING}) if self.options.handwriting else frozenset()),
            runs=Runs.THREAD,
            geometry=dialect.geometry,
            concurrency=self.concurrency,
        )

    @property
    def profile(self) -> str:
        """Without the address: the same model elsewhere reads the same."""
        return (
            f"vision {self.options.model} {dialect_of(self.options.dialect).version} r{_REVISION}"
            f" tokens<={self.options.max_tokens} pixels<={self.options.max_pixels}"
        )

    def recognize(self, pictures: Sequence[Picture]) -> list[OcrPage]:
        """Raises ProviderUnavailable (ProviderBusy, ProviderTimeout) and ProviderError; a page that the model did not read in its
        dialect is failed, with its answer kept."""
        return [self._page(picture) for picture in pictures]

    def _page(self, picture: Picture) -> OcrPage:
        client = ChatClient(self.options, self.deadline)
        answers: list[Completion] = []

        def ask(png: bytes, prompt: str) -> Completion:
            answers.append(client.ask(png, prompt))
            return answers[-1]

        sent = page_picture(picture.path, self.options.max_pixels)
        try:
            blocks = dialect_of(self.options.dialect).read(sent, ask).blocks
            reason = ""
        except UnreadableAnswer as error:
            blocks, reason = (), str(error)
        if any(answer.withheld for answer in answers):
            blocks, reason = (), "the model or its server withheld the answer"
        return page_of(blocks, answers, self._raw(answers), reason)

    def _raw(self, answers: Sequence[Completion]) -> bytes:
        raw = {
            "engine": self.profile,
            "answers": [
                {
                    "model": answer.model,
                    "system_fingerprint": answer.system_fingerprint,
                    "truncated": answer.truncated,
                    "confidence": answer.confidence,
                    "text": answer.text,
                }
                for answer in answers
            ],
        }
        return json.dumps(raw, ensure_ascii=False, separators=(",", ":")).encode()


def page_of(blocks: Sequence[RecognizedBlock], answers: Sequence[Completion], raw: bytes, reason: str = "") -> OcrPage:
    """A provider's answer from what the model said. The probability of a page's tokens is the confidence of each of its blocks."""
    usage = Usage(
        requests=sum(answer.usage.requests for answer in answers),
        input_tokens=sum(answer.usage.input_tokens for answer in answers),
        output_tokens=sum(answer.usage.output_tokens for answer in answers),
    )
    confidence = _mean(answers)
    truncated = any(answer.truncated for answer in answers)
    if reason:
        return OcrPage(
            PageStatus.FAILED, raw=raw, confidence=confidence, reason=reason, truncated=truncated, usage=usage
        )
    if confidence is not None:
        own = Confidence(value=confidence, kind="token_prob_page")
        blocks = [block if block.confidence else block.model_copy(update={"confidence": own}) for block in blocks]
    said = any(block.text.strip() for block in blocks)
    return OcrPage(
        PageStatus.OK if said else PageStatus.BLANK,
        raw=raw,
        confidence=confidence,
        blocks=tuple(blocks),
        truncated=truncated,
        usage=usage,
    )


def _mean(answers: Sequence[Completion]) -> float | None:
    """By characters. None where an answer has none: a mean over a part would say too much."""
    told = [(len(answer.text), answer.confidence) for answer in answers if answer.text]
    if not told or any(confidence is None for _, confidence in told):
        return None
    total = sum(size for size, _ in told)
    return round(sum(size * (confidence or 0.0) for size, confidence in told) / total, 5)
