"""What a chat completion says, and when it is none: read strictly, without repeating any of it in an error."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ValidationError

from stepflow_assets.documents.recognized import Usage
from stepflow_assets.errors import ProviderBusy, ProviderError, ProviderUnavailable

AGAIN = frozenset({408, 409, 425, 500, 502, 503, 504, 529})
BUSY = 429
_REFUSAL = "Check the provider's address, model and key in the settings, then run `stepflow-assets retry`."


@dataclass(frozen=True)
class Completion:
    """``confidence``: mean probability of the answer's tokens, None where the server told none. ``withheld``: the server's
    filter, or the model, refused to say what the page says."""

    text: str
    truncated: bool
    withheld: bool
    confidence: float | None
    model: str | None
    system_fingerprint: str | None
    usage: Usage


class _Token(BaseModel):
    logprob: float


class _Logprobs(BaseModel):
    content: list[_Token] | None = None


class _Piece(BaseModel):
    type: str = "text"
    text: str = ""


class _Message(BaseModel):
    content: str | list[_Piece] | None = None
    refusal: str | None = None


class _Choice(BaseModel):
    message: _Message
    finish_reason: str | None = None
    logprobs: _Logprobs | None = None


class _Tokens(BaseModel):
    prompt_tokens: int = 0
    completion_tokens: int = 0


class _Answer(BaseModel):
    model: str | None = None
    system_fingerprint: str | None = None
    choices: list[_Choice]
    usage: _Tokens | None = None


def completion_of(body: bytes) -> Completion:
    """Raises ProviderUnavailable or ProviderBusy for an error that a gateway put into a good answer, ProviderError for
    everything that is no completion."""
    try:
        data = json.loads(body)
    except ValueError:
        raise ProviderError("the server's answer is not JSON, or only the beginning of it") from None
    if isinstance(data, dict) and data.get("error") and not data.get("choices"):
        raise _error_in_body(data["error"])
    try:
        answer = _Answer.model_validate(data)
    except ValidationError as error:
        raise ProviderError(f"the server's answer has {error.error_count()} faults of form") from None
    if not answer.choices:
        raise ProviderError("the server's answer holds no choice")
    choice = answer.choices[0]
    content = choice.message.content
    tokens = answer.usage or _Tokens()
    return Completion(
        text=content if isinstance(content, str) else "".join(piece.text for piece in content or ()),
        truncated=choice.finish_reason == "length",
        withheld=choice.finish_reason == "content_filter" or bool(choice.message.refusal),
        confidence=_mean_probability(choice.logprobs),
        model=answer.model,
        system_fingerprint=answer.system_fingerprint,
        usage=Usage(
            requests=1, input_tokens=max(0, tokens.prompt_tokens), output_tokens=max(0, tokens.completion_tokens)
        ),
    )


def status_error(status: int, retry_after: float | None) -> ProviderError:
    """The error that an HTTP status other than 200 means."""
    said = f"the server answered {status}"
    if status == BUSY or (status == 503 and retry_after is not None):
        return ProviderBusy(said, retry_after=retry_after)
    if status in AGAIN:
        return ProviderUnavailable(said)
    if 300 <= status < 400:
        return ProviderError(f"{said}: it redirects, which is not followed", retryable=False, next_step=_REFUSAL)
    return ProviderError(f"the server refused the request with status {status}", retryable=False, next_step=_REFUSAL)


def _error_in_body(error: Any) -> ProviderError:
    code = error.get("code") if isinstance(error, dict) else None
    status = int(code) if isinstance(code, int) or (isinstance(code, str) and code.isdigit()) else 0
    if status == BUSY or status in AGAIN:
        return status_error(status, None)
    return ProviderError("the server put an error into a good answer", next_step=_REFUSAL)


def _mean_probability(logprobs: _Logprobs | None) -> float | None:
    if logprobs is None or not logprobs.content:
        return None
    if any(math.isnan(token.logprob) for token in logprobs.content):
        return None
    probabilities = [math.exp(min(0.0, token.logprob)) for token in logprobs.content]
    return round(sum(probabilities) / len(probabilities), 5)
