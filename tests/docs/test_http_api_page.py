"""The examples of the page on the HTTP API are run as they stand, against a server on another port."""

from __future__ import annotations

import os
import re
import select
import shlex
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from test_examples import ROOT, Place

_BLOCK = re.compile(r"^```(\w+) (\S+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_PRINTED = "http://127.0.0.1:7840"


@pytest.mark.process
def test_the_examples_of_the_page_on_the_http_api(tmp_path: Path) -> None:
    place = Place(tmp_path)
    blocks = _BLOCK.findall((ROOT / "docs" / "http-api.md").read_text(encoding="utf-8"))
    assert len(blocks) >= 5
    url, printed = "", ""
    server: subprocess.Popen[str] | None = None
    try:
        for language, role, text in blocks:
            match role.split("=", 1):
                case ["file", name]:
                    place.write(name, text)
                case ["serve"]:
                    command, _, expected = text.removeprefix("$ ").partition("\n")
                    assert expected.strip() == _PRINTED
                    server = _serving([*shlex.split(command), "--port", "0"], tmp_path)
                    url = _first_line(server)
                    assert url.startswith("http://127.0.0.1:")
                case ["run"] if language == "console":
                    command, _, expected = text.replace(_PRINTED, url).removeprefix("$ ").partition("\n")
                    assert place.printed(*shlex.split(command)).strip() == expected.strip()
                case ["run"]:
                    printed = place.printed(sys.executable, "-c", text.replace(_PRINTED, url))
                case ["output"]:
                    assert printed == text
                case _:
                    raise AssertionError(f"no test knows what to do with a block marked {role!r}")
        assert server is not None
        server.send_signal(signal.SIGINT)
        assert server.wait(60) == 0
    finally:
        if server is not None and server.poll() is None:
            server.kill()
            server.wait(60)
        if server is not None and server.stdout is not None:
            server.stdout.close()


def _serving(command: list[str], folder: Path) -> subprocess.Popen[str]:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return subprocess.Popen(command, cwd=folder, env=os.environ | {"PATH": path}, stdout=subprocess.PIPE, text=True)


def _first_line(server: subprocess.Popen[str]) -> str:
    assert server.stdout is not None
    ready, _, _ = select.select([server.stdout], [], [], 60)
    return server.stdout.readline().strip() if ready else ""
