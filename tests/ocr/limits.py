"""A clock that a test moves, and a provider that does what the test says."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Sequence

from stepflow_assets.documents.geometry import Quad
from stepflow_assets.documents.page import TextCell
from stepflow_assets.documents.recognized import RecognizedPage
from stepflow_assets.ocr.asking import Asked
from stepflow_assets.ocr.protocol import Capabilities, OcrPage, PageStatus, Picture, Runs


class HandClock:
    """Sleeping moves it at once."""

    def __init__(self) -> None:
        self.time = 100.0
        self.slept: list[float] = []

    def now(self) -> float:
        return self.time

    async def sleep(self, seconds: float) -> None:
        self.slept.append(round(seconds, 3))
        self.time += seconds
        await asyncio.sleep(0)


class Server:
    """Answers each call in a thread by what ``does`` says about its pictures; ``calls`` are their paths, call by call."""

    name = "server"
    profile = "server-1"

    def __init__(self, does: Callable[[list[str]], Exception | None] | None = None, *, batch=1, concurrency=1) -> None:
        self.calls: list[list[str]] = []
        self._does = does or (lambda paths: None)
        self._lock = threading.Lock()
        self.capabilities = Capabilities(
            frozenset({"Latn"}), 1.0, runs=Runs.THREAD, batch=batch, concurrency=concurrency
        )

    def recognize(self, pictures: Sequence[Picture]) -> list[OcrPage]:
        paths = [picture.path for picture in pictures]
        with self._lock:
            self.calls.append(paths)
        if (error := self._does(paths)) is not None:
            raise error
        return [read(path) for path in paths]


def read(path: str) -> OcrPage:
    text = f"What is written on the page that lies in the file {path}"
    return OcrPage(PageStatus.OK, (TextCell(text=text, quad=Quad.of_box(0.1, 0.1, 0.9, 0.2)),))


def text_of(asked: Asked) -> str | None:
    if asked.answer is None or asked.answer.page is None:
        return None
    return RecognizedPage.model_validate_json(asked.answer.page).lines[0].text.rpartition(" ")[2]
