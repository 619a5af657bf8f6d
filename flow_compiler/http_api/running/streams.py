"""How many clients follow events at the same time."""

from __future__ import annotations

from fastapi.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from flow_compiler.errors import RequestRefused


class Streams:
    """Used from one event loop."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._open = 0

    def enter(self) -> None:
        """Raises RequestRefused where as many are open as may be."""
        if self._open >= self._most:
            raise RequestRefused(
                f"{self._most} clients follow events already",
                code="server.too_many_streams",
                retryable=True,
                next_step="Ask again in a while, wait with GET /api/v1/runs/{id}?wait=true, or start the server with "
                "a larger --max-streams.",
            )
        self._open += 1

    def leave(self) -> None:
        self._open -= 1


class CountedStream(StreamingResponse):
    """Leaves when its client has gone, or all is said."""

    streams: Streams

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            self.streams.leave()
