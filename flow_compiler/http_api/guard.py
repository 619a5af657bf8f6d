"""Who may ask, and how much: before a request reaches a route, its host, origin, token and size are looked at."""

from __future__ import annotations

import hashlib
import hmac
import logging
from dataclasses import dataclass
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from flow_compiler.errors import RequestRefused
from flow_compiler.http_api.failures import answer_to

_log = logging.getLogger(__name__)

HEALTH = "/api/v1/health"
_LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclass(frozen=True)
class Access:
    """``token`` None: nobody has to give one. ``loopback``: only names of this machine are taken for ours, so that no
    web page can reach the server through a name of its own (DNS rebinding)."""

    token: str | None
    loopback: bool
    body_bytes: int


class Guard:
    """ASGI middleware. Answers what it refuses itself."""

    def __init__(self, app: ASGIApp, access: Access) -> None:
        self._app = app
        self._access = access
        self._expected = None if access.token is None else _digest(access.token)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        refused = self._refusal(scope["path"], headers)
        if refused is not None:
            await answer_to(refused)(scope, receive, send)
            return
        try:
            await self._app(scope, _Meter(receive, self._access.body_bytes), send)
        except Exception as error:  # noqa: BLE001  it was answered; its text, which may quote an input, goes nowhere
            _log.error("a request ended with an unexpected %s", type(error).__name__)

    def _refusal(self, path: str, headers: Headers) -> RequestRefused | None:
        host = headers.get("host", "")
        if self._access.loopback and _name(host) not in _LOOPBACK_NAMES:
            return RequestRefused(
                "the Host header names another machine than this one",
                code="request.host",
                next_step="Use http://127.0.0.1 or http://localhost with the port.",
            )
        origin = headers.get("origin")
        if origin is not None and urlsplit(origin).netloc != host:
            return RequestRefused(
                "requests of web pages from elsewhere are not answered",
                code="request.origin",
                next_step="Ask from a program, or put a proxy in front that serves the page and the API together.",
            )
        if self._expected is not None and path != HEALTH and not self._knows_token(headers):
            return RequestRefused(
                "the token is missing or wrong",
                code="request.token",
                next_step="Send the header Authorization: Bearer TOKEN.",
            )
        declared = headers.get("content-length", "")
        if declared.isdecimal() and int(declared) > self._access.body_bytes:
            return _too_large(self._access.body_bytes)
        return None

    def _knows_token(self, headers: Headers) -> bool:
        scheme, _, given = headers.get("authorization", "").partition(" ")
        assert self._expected is not None
        # Digests have one length: the comparison tells nothing about the token's.
        return hmac.compare_digest(_digest(given.strip()), self._expected) and scheme.lower() == "bearer"


class _Meter:
    """Counts what arrives: a length may be missing, or wrong."""

    def __init__(self, receive: Receive, most: int) -> None:
        self._receive = receive
        self._most = self._left = most

    async def __call__(self) -> Message:
        message = await self._receive()
        self._left -= len(message.get("body", b""))
        if self._left < 0:
            raise _too_large(self._most)
        return message


def _name(host: str) -> str:
    try:
        return (urlsplit(f"//{host}").hostname or "").lower()
    except ValueError:
        return ""


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()


def _too_large(most: int) -> RequestRefused:
    return RequestRefused(
        f"the request is larger than {most:,} bytes",
        code="request.too_large",
        next_step="Send large data as blobs of their own, or start the server with a larger --max-body.",
    )
