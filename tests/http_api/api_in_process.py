"""The API in this process, without a socket."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any

import httpx


@dataclass(frozen=True)
class Api:
    """A server without a socket. Answers are JSON."""

    http: httpx.AsyncClient

    async def get(self, path: str, **parameters: Any) -> Any:
        return (await self.http.get(path, params=parameters)).raise_for_status().json()

    async def post(self, path: str, body: Any = None) -> Any:
        return (await self.http.post(path, json=body)).raise_for_status().json()

    async def run(self, flow: Any, inputs: Any, **more: Any) -> Any:
        """The answer to a run that is waited for."""
        return await self.post("/runs", {"flow": flow, "input": inputs, "wait": True, **more})


OpenApi = Callable[..., AbstractAsyncContextManager[Api]]
