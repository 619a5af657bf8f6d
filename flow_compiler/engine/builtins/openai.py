"""``/builtin/openai``: a chat completion from OpenAI, or from a server that speaks the same."""

from __future__ import annotations

import asyncio
import json
import os
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field

from flow_compiler.engine.components import ComponentContext, component
from flow_compiler.engine.failures import CallFailed, failure_of
from flow_compiler.engine.http_client import HttpClient
from flow_compiler.engine.retry_after import retry_after
from flow_compiler.errors import Category, ComponentError, InvalidInput, ResourceUnavailable

if TYPE_CHECKING:
    import httpx

DEFAULT_URL = "https://api.openai.com/v1"
DEFAULT_MODEL = "gpt-3.5-turbo"
MAX_BYTES = 16 * 1024 * 1024
"""What an answer may have."""
_DEADLINE = 600.0
"""Seconds for the whole answer."""
_AGAIN = frozenset({408, 409, 425, 429})
"""Statuses besides 5xx after which trying again may help."""


class ChatMessage(BaseModel):
    model_config = ConfigDict(extra="allow")
    role: str
    content: Any = ...


class OpenAIInput(BaseModel):
    messages: list[ChatMessage]
    max_tokens: int | None = Field(default=None, ge=1)
    temperature: float | None = Field(default=None, ge=0, le=2)
    api_key: str | None = None
    model: str = DEFAULT_MODEL
    base_url: str | None = None


class OpenAIOutput(BaseModel):
    response: str


@component("/builtin/openai", builtin=True)
async def openai(given: OpenAIInput, context: ComponentContext) -> OpenAIOutput:
    """Asks ``model`` for the next message. The server is ``base_url``, else OPENAI_BASE_URL of the environment, else
    OpenAI's. The key is ``api_key``; that of the environment, OPENAI_API_KEY, goes to no server that a flow names.

    A server that is away, slow or busy (429, 5xx) is an error that ``onError: {action: retry}`` tries again; what it
    refuses is not. Nothing that the server says in an error is passed on but its status."""
    url = _url(given)
    headers = {"content-type": "application/json", "accept": "application/json"}
    key = given.api_key or (os.environ.get("OPENAI_API_KEY") if given.base_url is None else None)
    if key:
        headers["authorization"] = f"Bearer {_header(key)}"
    client = context.resource(HttpClient).client
    try:
        async with asyncio.timeout(_DEADLINE):
            answer = await _answer(client, url, headers, _body(given))
    except TimeoutError:
        raise _away(f"the server did not answer within {_DEADLINE:.0f} s", Category.TIMEOUT) from None
    return OpenAIOutput(response=_text_of(answer))


def _body(given: OpenAIInput) -> bytes:
    body = given.model_dump(mode="json", include={"model", "messages", "max_tokens", "temperature"}, exclude_none=False)
    return json.dumps({name: value for name, value in body.items() if value is not None}).encode()


def _url(given: OpenAIInput) -> str:
    base = given.base_url or os.environ.get("OPENAI_BASE_URL") or DEFAULT_URL
    try:
        parts = urlsplit(base)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.username is None
        _ = parts.port  # raises for one that is no number
    except ValueError:
        usable = False
    if not usable:
        raise InvalidInput(
            "the base URL is not one", next_step="Write it as https://HOST/v1, without a user or password."
        )
    return f"{base.rstrip('/')}/chat/completions"


def _header(key: str) -> str:
    if not key.isascii() or not key.isprintable():
        raise InvalidInput("the API key has characters that no key has", next_step="Correct the API key.")
    return key


async def _answer(client: httpx.AsyncClient, url: str, headers: dict[str, str], body: bytes) -> bytes:
    import httpx

    try:
        async with client.stream("POST", url, headers=headers, content=body) as response:
            _require_success(response)
            answer = bytearray()
            async for block in response.aiter_bytes():
                answer += block
                if len(answer) > MAX_BYTES:
                    raise ComponentError(
                        f"the server's answer is larger than {MAX_BYTES // 2**20} MiB",
                        category=Category.PROVIDER,
                        code="openai.answer",
                        next_step="Ask for less, with `max_tokens`.",
                    )
            return bytes(answer)
    except httpx.InvalidURL:
        raise InvalidInput("the base URL is not one", next_step="Write it as https://HOST/v1.") from None
    except httpx.TimeoutException as error:
        raise _away(f"the server did not answer in time ({type(error).__name__})", Category.TIMEOUT) from None
    except httpx.HTTPError as error:  # its text may quote what the server sent
        raise _away(f"the server cannot be reached ({type(error).__name__})") from None


def _require_success(response: httpx.Response) -> None:
    status = response.status_code
    if status in _AGAIN or status >= 500:
        after = retry_after(response.headers.get("retry-after"))
        wait = f"; it asks to wait {after:g} s" if after is not None else ""
        raise _away(f"the server answered with status {status}{wait}")
    if response.is_redirect:
        raise ComponentError(
            f"the server redirects (status {status}), which is not followed",
            category=Category.PROVIDER,
            code="openai.refused",
            next_step="Give the base URL that it leads to.",
        )
    if status != 200:
        raise ComponentError(
            f"the server refused the request with status {status}",
            category=Category.PROVIDER,
            code="openai.refused",
            next_step=_REFUSALS.get(status, "Correct the model, the messages or the parameters."),
        )


_REFUSALS = {
    401: "Give a valid key: `api_key`, or OPENAI_API_KEY for the configured server.",
    403: "The key may not use this model: give another key or model.",
    404: "Correct the model or the base URL: the server knows one of them not.",
}


def _away(message: str, category: Category = Category.CAPACITY) -> CallFailed:
    """Unlike a mistake in a built-in's input, it keeps its own code, so that the flow's ``retry`` counts."""
    return CallFailed(
        failure_of(
            ResourceUnavailable(
                message,
                code="openai.unavailable",
                category=category,
                next_step="Run again later; `onError: {action: retry}` on the step does so by itself.",
            )
        )
    )


def _text_of(answer: bytes) -> str:
    try:
        text = json.loads(answer)["choices"][0]["message"]["content"]
    except (ValueError, KeyError, IndexError, TypeError, RecursionError):
        text = None
    if not isinstance(text, str):
        raise ComponentError(
            "the server's answer has no text (choices[0].message.content)",
            category=Category.PROVIDER,
            code="openai.answer",
            next_step="See whether the base URL is that of a server for chat completions.",
        )
    return text
