"""`stepflow-assets dev` starts the viewer beside the Dagster UI; they end together, also where the UI is killed."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from tests.end_to_end.dagster_server import DagsterUi, wait_for

pytestmark = [pytest.mark.process, pytest.mark.timeout(300)]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:
            return b"Nothing has been ingested into this home yet." in answer.read()
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return False


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL], ids=["ended", "killed"])
def test_the_viewer_comes_and_goes_with_the_dagster_ui(tmp_path: Path, number: signal.Signals) -> None:
    port, viewer = free_port(), f"http://127.0.0.1:{free_port()}"
    program = str(Path(sys.executable).with_name("stepflow-assets"))
    command = [program, "--home", str(tmp_path / "home"), "--viewer-url", viewer, "dev", "--port", str(port)]
    with (tmp_path / "dev.log").open("w") as log:
        server = subprocess.Popen(command, stdout=log, stderr=log, cwd=tmp_path, start_new_session=True)
    try:
        wait_for(lambda: answers(viewer), seconds=120, what="the viewer", alive=server)
        wait_for(DagsterUi(port).ready, seconds=120, what="the webserver", alive=server)
        server.send_signal(number)  # to it alone: its group has the viewer too
        server.wait(60)
        wait_for(lambda: not answers(viewer), seconds=30, what="the end of the viewer")
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(server.pid, signal.SIGKILL)  # the group outlives its killed leader
