"""The one HTTP client of an engine, made when it is first needed and closed with the engine."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import httpx

_CONNECT, _SILENCE = 10.0, 120.0
"""Seconds to connect, and without a byte."""


class HttpClient:
    """Connections are kept between calls. Redirects are not followed: they may lead a key elsewhere."""

    def __init__(self) -> None:
        self._client: httpx.AsyncClient | None = None

    @property
    def client(self) -> httpx.AsyncClient:
        if self._client is None:
            import httpx

            self._client = httpx.AsyncClient(
                timeout=httpx.Timeout(_SILENCE, connect=_CONNECT), follow_redirects=False, limits=httpx.Limits()
            )
        return self._client

    async def close(self) -> None:
        if self._client is not None:
            await self._client.aclose()
            self._client = None
