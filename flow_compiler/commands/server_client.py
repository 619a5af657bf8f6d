"""A server's REST API as commands use it. Whatever goes wrong is an error of our tree."""

from __future__ import annotations

import ipaddress
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from types import TracebackType
from typing import Any
from urllib.parse import quote

import httpx

from flow_compiler.errors import Category, FlowCompilerError, RequestRefused, ServerUnavailable
from flow_compiler.language.expressions import Json

_PAUSES = (0.2, 0.5, 1.0, 2.0, 4.0, 8.0)
"""Between attempts while a server that we have spoken with does not answer: it may be starting again."""
_ANSWER_SECONDS = 60.0
_SILENCE_SECONDS = 45.0
"""Of a stream: three heartbeats."""


@dataclass(frozen=True)
class Happened:
    """An event of a run: ``StepCompleted`` and its fields."""

    kind: str
    fields: dict[str, Json]


class OutOfTime(Exception):
    """The deadline of the caller has passed."""


class ServerClient:
    """Asking twice is safe: runs are begun under an id of ours, so an attempt that was cut off is repeated."""

    def __init__(self, url: str, token: str | None) -> None:
        self.url = url.rstrip("/").removesuffix("/api/v1")
        address = httpx.URL(self.url)
        if address.scheme not in ("http", "https") or not address.host:
            raise RequestRefused(f"{url} is no address of a server", next_step="Write it as http://HOST:PORT.")
        self._http = httpx.Client(
            base_url=f"{self.url}/api/v1",
            headers={} if token is None else {"Authorization": f"Bearer {token}"},
            timeout=httpx.Timeout(_ANSWER_SECONDS, connect=10.0),
            trust_env=not _is_loopback(address.host),  # a proxy would look for this machine on its own
        )
        self._answered = False

    def __enter__(self) -> ServerClient:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._http.close()

    def begin(self, run: dict[str, Json]) -> dict[str, Json]:
        """The summary of the run; ``run`` has a ``runId``."""
        return self._dict(self._ask("POST", "/runs", body=run), "summary")

    def run(self, run_id: str) -> dict[str, Json]:
        """``{summary, steps}``."""
        return self._ask("GET", f"/runs/{_part(run_id)}")

    def runs(self, **wanted: str | int | None) -> dict[str, Json]:
        """``{runs, nextOffset?}``."""
        return self._ask("GET", "/runs", params={key: value for key, value in wanted.items() if value is not None})

    def results(self, run_id: str) -> Iterator[dict[str, Json]]:
        """How each item ended, in order."""
        offset: int | None = 0
        while offset is not None:
            page = self._ask("GET", f"/runs/{_part(run_id)}/items", params={"offset": offset})
            yield from page.get("results", [])
            offset = page.get("nextOffset")

    def cancel(self, run_id: str) -> dict[str, Json]:
        return self._dict(self._ask("POST", f"/runs/{_part(run_id)}/cancel"), "summary")

    def follow(self, run_id: str, deadline: float | None) -> Iterator[Happened | None]:
        """The run's events until it ends, over restarts of the server; None when it only said that it is there. Raises
        OutOfTime past ``deadline`` (``time.monotonic()``)."""
        since = 0
        failures = 0
        while True:
            try:
                for number, happened in self._stream(run_id, since, deadline):
                    failures = 0
                    if happened is not None:
                        since = number + 1
                    yield happened
                    if happened is not None and happened.kind == "RunCompleted":
                        return
            except httpx.TransportError as error:
                if deadline is not None and time.monotonic() >= deadline:
                    raise OutOfTime from error
                if failures >= len(_PAUSES):
                    raise self._away(error) from error
            time.sleep(_PAUSES[min(failures, len(_PAUSES) - 1)])
            failures += 1

    def _stream(self, run_id: str, since: int, deadline: float | None) -> Iterator[tuple[int, Happened | None]]:
        left = _SILENCE_SECONDS if deadline is None else min(_SILENCE_SECONDS, deadline - time.monotonic())
        timeout = httpx.Timeout(_ANSWER_SECONDS, read=max(left, 0.01))
        path = f"/runs/{_part(run_id)}/events"
        with self._http.stream("GET", path, params={"since": since}, timeout=timeout) as answer:
            if answer.is_error:
                answer.read()
                raise _told(answer)
            for line in answer.iter_lines():
                if deadline is not None and time.monotonic() >= deadline:
                    raise OutOfTime
                if line.startswith("data: "):
                    event = json.loads(line.removeprefix("data: "))
                    (kind, fields), *_ = event["event"].items()
                    yield int(event["sequenceNumber"]), Happened(kind, fields)
                elif line.startswith(":"):
                    yield since, None

    def _ask(
        self, method: str, path: str, *, body: Json = None, params: dict[str, Any] | None = None
    ) -> dict[str, Json]:
        pauses = iter(_PAUSES if self._answered else _PAUSES[:3])
        while True:
            try:
                answer = self._http.request(method, path, json=body, params=params)
                break
            except httpx.TransportError as error:
                pause = next(pauses, None)
                if pause is None:
                    raise self._away(error) from error
                time.sleep(pause)
        self._answered = True
        if answer.is_error:
            raise _told(answer)
        try:
            said = answer.json()
        except ValueError as error:
            raise self._no_server() from error
        if not isinstance(said, dict):
            raise self._no_server()
        return said

    def _dict(self, answer: dict[str, Json], key: str) -> dict[str, Json]:
        found = answer.get(key)
        if not isinstance(found, dict):
            raise self._no_server()
        return found

    def _away(self, error: httpx.TransportError) -> ServerUnavailable:
        why = "it took too long" if isinstance(error, httpx.TimeoutException) else str(error) or type(error).__name__
        return ServerUnavailable(f"the server at {self.url} does not answer: {why}")

    def _no_server(self) -> ServerUnavailable:
        return ServerUnavailable(f"what answers at {self.url} is no server of flows")


def _told(answer: httpx.Response) -> FlowCompilerError:
    """The error that the server told, ours or the reference's."""
    try:
        body = answer.json()
    except ValueError:
        body = {}
    body = body if isinstance(body, dict) else {}
    inner = body.get("error")
    message = body.get("message") or (inner.get("message") if isinstance(inner, dict) else None)
    kind = ServerUnavailable if answer.status_code >= 500 or answer.status_code == 429 else RequestRefused
    category = body.get("category")
    return kind(
        f"the server says: {message}" if message else f"the server answered {answer.status_code} to a request",
        code=body["code"] if isinstance(body.get("code"), str) else None,
        category=Category(category) if category in tuple(Category) else None,
        next_step=body.get("next_step") or None,
    )


def _part(text: str) -> str:
    """Text as one part of a path."""
    return quote(text, safe="")


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
