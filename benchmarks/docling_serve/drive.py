"""Runs in docling-serve's own environment: starts its server with two local workers and sends it PDFs; prints JSON.

``python drive.py WARM FILE…``: the first WARM files warm it up and are not counted. The others are sent at once, asynchronously,
and asked for until each has its result. CPU is of the server and its children, the client's is not counted; ``texts``
are those of the warm files.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import httpx

_TICKS = os.sysconf("SC_CLK_TCK")
_SETTINGS = {
    "DOCLING_SERVE_ENG_KIND": "local",
    "DOCLING_SERVE_ENG_LOC_NUM_WORKERS": "2",
    "DOCLING_SERVE_ALLOW_EXTERNAL_PLUGINS": "true",
    "DOCLING_SERVE_DEFAULT_LAYOUT_PRESET": "geometric_layout",
    "DOCLING_SERVE_LOAD_MODELS_AT_BOOT": "false",
    "DOCLING_SERVE_ENABLE_UI": "false",
    "HF_HUB_OFFLINE": "1",
}
_OPTIONS = {"do_ocr": "false", "do_table_structure": "false", "include_images": "false", "to_formats": "text"}
_BETWEEN_LOOKS = 0.05  # seconds
_START = 180.0
_ENOUGH = 300.0


def main() -> None:
    warm, files = int(sys.argv[1]), [Path(name) for name in sys.argv[2:]]
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    program = str(Path(sys.executable).parent / "docling-serve")
    server = subprocess.Popen(
        [program, "run", "--host", "127.0.0.1", "--port", str(port)],
        env={**os.environ, **_SETTINGS},
        stdout=sys.stderr,
        start_new_session=True,
    )
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60) as client:
            _wait_until_ready(client, server)
            texts = _converted(client, files[:warm])
            used, began = _cpu(server.pid), time.perf_counter()
            _converted(client, files[warm:])
            print(json.dumps({"cpu": _cpu(server.pid) - used, "wall": time.perf_counter() - began, "texts": texts}))
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        server.wait(30)


def _wait_until_ready(client: httpx.Client, server: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + _START
    while time.monotonic() < until and server.poll() is None:
        try:
            if client.get("/ready").status_code == 200:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.2)
    raise SystemExit("docling-serve does not become ready")


def _converted(client: httpx.Client, files: list[Path]) -> list[str]:
    """The texts of the files, all sent before the first is asked for."""
    tasks = [_sent(client, file) for file in files]
    waiting, until = set(tasks), time.monotonic() + _ENOUGH
    while waiting and time.monotonic() < until:
        for task in sorted(waiting):
            if client.get(f"/v1/status/poll/{task}").json()["task_status"] in ("success", "failure"):
                waiting.discard(task)
        time.sleep(_BETWEEN_LOOKS)
    return [_text(client.get(f"/v1/result/{task}").json()) for task in tasks]


def _sent(client: httpx.Client, file: Path) -> str:
    sent = client.post("/v1/convert/file/async", data=_OPTIONS, files={"files": (file.name, file.read_bytes())})
    return str(sent.raise_for_status().json()["task_id"])


def _text(result: dict[str, Any]) -> str:
    if result.get("status") != "success":
        raise SystemExit(f"docling-serve did not convert a file: {str(result)[:500]}")
    return str(result["document"]["text_content"])


def _cpu(session: int) -> float:
    """Seconds of all processes of the session, those that ended under a parent that waited for them included."""
    used = 0.0
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                fields = (folder / "stat").read_text().rpartition(")")[2].split()
            except OSError:  # it has just ended
                continue
            if int(fields[3]) == session:
                used += sum(map(int, fields[11:15])) / _TICKS
    return used


if __name__ == "__main__":
    main()
