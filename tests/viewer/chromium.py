"""Headless Chromium as a person without a mouse, or without eyes, meets a page: keys, the accessibility tree, screenshots.

Spoken to over its DevTools protocol; nothing is injected into the page but questions.
"""

from __future__ import annotations

import base64
import json
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from websockets.sync.client import ClientConnection, connect

_KEYS = {"Tab": 9, "Enter": 13}
_ACTIVE = """(() => {
  const it = document.activeElement;
  return {tag: it.tagName.toLowerCase(), id: it.id, text: (it.textContent || '').trim().replace(/\\s+/g, ' '),
          label: it.getAttribute('aria-label') || ''};
})()"""


@dataclass(frozen=True)
class Node:
    """What a screen reader hears of an element."""

    role: str
    name: str
    level: int | None


class Browser:
    def __init__(self, socket: ClientConnection) -> None:
        self._socket, self._number = socket, 0
        self.log: list[str] = []
        for domain in ("Page", "Runtime", "Log", "Accessibility", "Network"):
            self._ask(f"{domain}.enable")

    def _ask(self, method: str, **parameters: Any) -> Any:
        self._number += 1
        self._socket.send(json.dumps({"id": self._number, "method": method, "params": parameters}))
        while True:
            told = json.loads(self._socket.recv(timeout=60))
            if told.get("id") == self._number:
                assert "error" not in told, (method, told["error"])
                return told["result"]
            self._hear(told)

    def _hear(self, told: dict[str, Any]) -> None:
        if told.get("method") == "Log.entryAdded":
            self.log.append(told["params"]["entry"]["text"])

    def size(self, width: int, height: int = 900, *, dark: bool = False) -> None:
        self._ask("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self._ask("Emulation.setEmulatedMedia", features=[scheme])

    def open(self, url: str) -> None:
        assert "errorText" not in self._ask("Page.navigate", url=url)
        self._loaded()

    def _loaded(self) -> None:
        """Until the page and its pictures are there."""
        self._until("document.readyState === 'complete' && [...document.images].every(each => each.complete)")

    def _until(self, condition: str) -> None:
        deadline = time.monotonic() + 60
        while not self.value(condition):
            assert time.monotonic() < deadline, f"{condition} never held"
            time.sleep(0.05)

    def value(self, expression: str) -> Any:
        return self._ask("Runtime.evaluate", expression=expression, returnByValue=True)["result"].get("value")

    def key(self, name: str) -> None:
        code = {"key": name, "code": name, "windowsVirtualKeyCode": _KEYS[name]}
        self._ask("Input.dispatchKeyEvent", type="keyDown", **code, **({"text": "\r"} if name == "Enter" else {}))
        self._ask("Input.dispatchKeyEvent", type="keyUp", **code)

    def enter(self) -> None:
        """Enter on a link to another page, and wait for it."""
        before = self.value("performance.timeOrigin")
        self.key("Enter")
        self._until(f"performance.timeOrigin !== {before}")
        self._loaded()

    def type(self, text: str) -> None:
        self._ask("Input.insertText", text=text)

    def focused(self) -> dict[str, str]:
        found: dict[str, str] = self.value(_ACTIVE)
        return found

    def tab_to(self, name: str, most: int = 100) -> None:
        """Press Tab until something of this name has the focus."""
        for _ in range(most):
            self.key("Tab")
            here = self.focused()
            if name in (here["text"], here["label"], here["id"]):
                return
        raise AssertionError(f"{name!r} was not reached with {most} tabs")

    def heard(self) -> list[Node]:
        """The accessibility tree in reading order, without what it ignores."""
        nodes = self._ask("Accessibility.getFullAXTree")["nodes"]
        return [
            Node(
                node.get("role", {}).get("value", ""),
                node.get("name", {}).get("value", ""),
                next((p["value"]["value"] for p in node.get("properties", ()) if p["name"] == "level"), None),
            )
            for node in _in_order(nodes)
            if not node.get("ignored")
        ]

    def picture(self, file: Path, *, whole: bool = True) -> Path:
        data = self._ask("Page.captureScreenshot", format="png", captureBeyondViewport=whole)["data"]
        file.write_bytes(base64.b64decode(data))
        return file


def _in_order(nodes: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    by_id = {node["nodeId"]: node for node in nodes}
    waiting = [nodes[0]["nodeId"]]
    while waiting:
        node = by_id[waiting.pop()]
        yield node
        waiting.extend(each for each in reversed(node.get("childIds", [])) if each in by_id)


@contextmanager
def browser(folder: Path) -> Iterator[Browser]:
    """A fresh profile in ``folder``; skips where Chromium is not installed."""
    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if program is None:
        pytest.skip("Chromium is not installed")
    arguments = ["--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--no-first-run"]
    quiet = ["--disable-background-networking", "--disable-component-update", "--disable-sync"]
    started = subprocess.Popen(
        [program, *arguments, *quiet, f"--user-data-dir={folder}", "--remote-debugging-port=0", "about:blank"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        with connect(_address(folder, started), max_size=None) as socket:
            yield Browser(socket)
    finally:
        started.terminate()
        try:
            started.wait(15)
        except subprocess.TimeoutExpired:
            started.kill()
            started.wait(15)


def _address(folder: Path, started: subprocess.Popen[bytes]) -> str:
    import urllib.request

    told = folder / "DevToolsActivePort"
    deadline = time.monotonic() + 60
    while not told.exists() or not told.read_text().strip():
        assert started.poll() is None, "Chromium ended"
        assert time.monotonic() < deadline, "Chromium did not start"
        time.sleep(0.1)
    port = told.read_text().splitlines()[0]
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/json/list", timeout=30) as answer:
        pages = [each for each in json.load(answer) if each["type"] == "page"]
    return str(pages[0]["webSocketDebuggerUrl"])
