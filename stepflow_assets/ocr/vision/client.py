"""One request to an OpenAI-compatible server: a picture and a prompt in, a completion out.

Connections are kept and used again by all threads. Nothing but the configured address is contacted: redirects are not followed
and no proxy is taken from the environment. Errors carry a status at most, never the key, the page's text or the server's words.
"""

from __future__ import annotations

import base64
import os
import time
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import httpx
from tenacity import RetryCallState, Retrying, retry_if_exception, stop_after_attempt

from flow_compiler.engine.retry_after import retry_after
from stepflow_assets.errors import ProviderBusy, ProviderError, ProviderTimeout, ProviderUnavailable
from stepflow_assets.ocr.vision.completion import Completion, completion_of, status_error
from stepflow_assets.ocr.vision.options import VisionOptions

ATTEMPTS = 3  # of what may be a hiccup: a lost connection, a 5xx
FIRST_WAIT = 0.5  # seconds, doubled each time
LONGEST_ANSWER = 64 * 1024 * 1024  # bytes; token probabilities take a few hundred for each token
_CONNECTING = 10.0  # seconds


@dataclass(frozen=True)
class ChatClient:
    """``deadline``: seconds for one answer with all its attempts."""

    options: VisionOptions
    deadline: float

    def ask(self, png: bytes, prompt: str, max_tokens: int | None = None) -> Completion:
        """Raises ProviderUnavailable (ProviderBusy with the server's Retry-After, ProviderTimeout past the deadline) and
        ProviderError for a refusal or an answer that is no completion. A busy server is not asked again here."""
        until = time.monotonic() + self.deadline
        body, headers = self._request(png, prompt, max_tokens), self._headers()

        def passing(error: BaseException) -> bool:
            again = isinstance(error, ProviderUnavailable) and not isinstance(error, (ProviderBusy, ProviderTimeout))
            return again and time.monotonic() + FIRST_WAIT < until

        attempts = Retrying(
            stop=stop_after_attempt(ATTEMPTS), wait=_wait, retry=retry_if_exception(passing), reraise=True
        )
        answer: bytes = attempts(self._post, body, headers, until)
        return completion_of(answer)

    def _request(self, png: bytes, prompt: str, max_tokens: int | None) -> dict[str, Any]:
        picture = f"data:image/png;base64,{base64.b64encode(png).decode()}"
        content: list[dict[str, Any]] = [{"type": "image_url", "image_url": {"url": picture}}]
        if prompt:
            content.append({"type": "text", "text": prompt})
        body: dict[str, Any] = {
            "model": self.options.model,
            "messages": [{"role": "user", "content": content}],
            "temperature": 0,
            "max_tokens": min(max_tokens or self.options.max_tokens, self.options.max_tokens),
        }
        return body | {"logprobs": True} if self.options.logprobs else body

    def _post(self, body: dict[str, Any], headers: dict[str, str], until: float) -> bytes:
        left = until - time.monotonic()
        if left <= 0:
            raise ProviderTimeout(f"the server did not answer within {self.deadline:g} s")
        timeout = httpx.Timeout(left, connect=min(left, _CONNECTING))
        try:
            with _connections(self.options.base_url).stream(
                "POST", "chat/completions", json=body, headers=headers, timeout=timeout
            ) as response:
                if response.status_code != httpx.codes.OK:
                    raise status_error(response.status_code, retry_after(response.headers.get("retry-after")))
                return self._body(response, until)
        except httpx.TimeoutException as error:
            if isinstance(error, (httpx.ConnectTimeout, httpx.PoolTimeout)):
                raise ProviderUnavailable(f"the server cannot be reached ({type(error).__name__})") from None
            raise ProviderTimeout(f"the server did not answer within {self.deadline:g} s") from None
        except (httpx.TransportError, httpx.InvalidURL, httpx.DecodingError) as error:
            raise ProviderUnavailable(f"the connection to the server failed ({type(error).__name__})") from None

    def _body(self, response: httpx.Response, until: float) -> bytes:
        received = bytearray()
        for chunk in response.iter_bytes():
            received += chunk
            if len(received) > LONGEST_ANSWER:
                raise ProviderError(f"the server's answer is longer than {LONGEST_ANSWER} bytes", retryable=False)
            if time.monotonic() > until:
                raise ProviderTimeout(f"the server did not answer within {self.deadline:g} s")
        return bytes(received)

    def _headers(self) -> dict[str, str]:
        name = self.options.api_key_env
        if name is None:
            return {}
        key = os.environ.get(name, "").strip()
        if not key:
            raise ProviderUnavailable(
                f"the environment variable {name}, which should hold the server's key, is not set",
                next_step=f"Set {name} where the platform runs, then run `stepflow-assets retry`.",
            )
        return {"Authorization": f"Bearer {key}"}


@lru_cache(maxsize=16)
def _connections(base_url: str) -> httpx.Client:
    """One pool of connections per server and process. httpx's client is safe to use from many threads."""
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=64, keepalive_expiry=30.0)
    return httpx.Client(
        base_url=base_url,
        follow_redirects=False,
        trust_env=False,
        verify=httpx.create_ssl_context(trust_env=True),  # a certificate authority of one's own, by SSL_CERT_FILE
        limits=limits,
    )


def _wait(state: RetryCallState) -> float:
    return float(FIRST_WAIT * 2 ** (state.attempt_number - 1))
