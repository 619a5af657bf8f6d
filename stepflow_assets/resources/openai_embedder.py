"""Vectors from any server that speaks OpenAI's embeddings API.

Batches travel with bounded concurrency; 408, 409, 429 and 5xx answers and lost connections are tried again (three times,
honouring ``Retry-After``), other refusals are not. Error messages carry the status, never the texts, the key or the
server's answer, which may repeat either.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import httpx
from pydantic import BaseModel, SecretStr, ValidationError
from tenacity import AsyncRetrying, RetryCallState, retry_if_exception, stop_after_attempt

from flow_compiler.engine.retry_after import retry_after
from stepflow_assets.errors import EmbedderError, EmbedderUnavailable, EmbedderUnusable

if TYPE_CHECKING:
    from stepflow_assets.resources.embedder import OpenAiCompatibleOptions, Vectors

ATTEMPTS = 4
FIRST_WAIT = 0.5  # seconds, doubled each time
LONGEST_WAIT = 60.0
_AGAIN = frozenset({408, 409, 425, 429, 500, 502, 503, 504})


class _Row(BaseModel):
    index: int
    embedding: list[float]


class _Answer(BaseModel):
    data: list[_Row]


class _Busy(EmbedderUnavailable):
    """A refusal that names when to come back (seconds; None: not said)."""

    def __init__(self, message: str, wait: float | None) -> None:
        super().__init__(message)
        self.wait = wait

    def __reduce__(self) -> tuple[object, ...]:
        return EmbedderUnavailable, (self.message,)


class OpenAiCompatibleEmbedder:
    """``name`` holds model and dimensions, not the address: the same model elsewhere gives the same vectors."""

    def __init__(
        self,
        options: OpenAiCompatibleOptions,
        api_key: SecretStr | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._options = options
        self._api_key = api_key
        self._transport = transport
        self.dimensions = options.dimensions
        self.name = f"{options.model}-{options.dimensions}"

    async def embed(self, texts: Sequence[str]) -> Vectors:
        import numpy as np

        if not texts:
            return np.zeros((0, self.dimensions), dtype=np.float32)
        size = self._options.batch_size
        batches = [texts[start : start + size] for start in range(0, len(texts), size)]
        gate = asyncio.Semaphore(self._options.concurrency)
        try:
            async with self._client() as client, asyncio.TaskGroup() as group:
                tasks = [group.create_task(self._batch(client, gate, batch)) for batch in batches]
        except ExceptionGroup as failed:  # the first failure ended the other batches: it is the reason
            raise failed.exceptions[0] from failed
        return np.concatenate([task.result() for task in tasks])

    def _client(self) -> httpx.AsyncClient:
        headers = {"Authorization": f"Bearer {self._api_key.get_secret_value()}"} if self._api_key else {}
        return httpx.AsyncClient(
            base_url=self._options.base_url,
            headers=headers,
            timeout=self._options.timeout_seconds,
            transport=self._transport,
        )

    async def _batch(self, client: httpx.AsyncClient, gate: asyncio.Semaphore, texts: Sequence[str]) -> Vectors:
        retrying = AsyncRetrying(
            stop=stop_after_attempt(ATTEMPTS),
            wait=_wait,
            retry=retry_if_exception(lambda error: isinstance(error, EmbedderUnavailable)),
            reraise=True,
        )
        async with gate:
            vectors: Vectors = await retrying(self._ask, client, texts)
        return vectors

    async def _ask(self, client: httpx.AsyncClient, texts: Sequence[str]) -> Vectors:
        import numpy as np

        body: dict[str, Any] = {"model": self._options.model, "input": list(texts), "encoding_format": "float"}
        if self._options.shorten:
            body["dimensions"] = self.dimensions
        try:
            response = await client.post("embeddings", json=body)
        except httpx.TransportError as error:
            raise EmbedderUnavailable(f"the embedding server did not answer ({type(error).__name__})") from error
        if response.status_code in _AGAIN:
            raise _Busy(f"the embedding server answered {response.status_code}", _asked_to_wait(response))
        if response.status_code != httpx.codes.OK:
            raise EmbedderError(f"the embedding server refused the request with status {response.status_code}")
        try:
            rows = _Answer.model_validate_json(response.content).data
        except ValidationError as error:
            raise EmbedderUnusable(f"the answer has {error.error_count()} faults of form") from None
        rows.sort(key=lambda row: row.index)
        if [row.index for row in rows] != list(range(len(texts))):
            raise EmbedderUnusable(f"{len(texts)} texts were sent, {len(rows)} vectors came back")
        lengths = {len(row.embedding) for row in rows}
        if lengths != {self.dimensions}:
            raise EmbedderUnusable(f"vectors have {sorted(lengths)} dimensions, {self.dimensions} are configured")
        return np.asarray([row.embedding for row in rows], dtype=np.float32)


def _asked_to_wait(response: httpx.Response) -> float | None:
    seconds = retry_after(response.headers.get("retry-after"))
    return None if seconds is None else min(seconds, LONGEST_WAIT)


def _wait(state: RetryCallState) -> float:
    error = state.outcome.exception() if state.outcome else None
    if isinstance(error, _Busy) and error.wait is not None:
        return error.wait
    return float(FIRST_WAIT * 2 ** (state.attempt_number - 1))
