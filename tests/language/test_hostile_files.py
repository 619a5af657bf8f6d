"""Files made to hurt are refused, or read, in about a second of one core, whatever their size."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from flow_compiler.errors import FlowLoadError
from flow_compiler.language.diagnostics import diagnose
from flow_compiler.language.loader import parse_flow
from tests.language.hostile import READ, REFUSED

SECONDS = 2.0
"""Of CPU: the goal is one, of a core that nobody else uses; `make bench` measures it."""


@pytest.mark.parametrize("text", REFUSED.values(), ids=REFUSED)
def test_is_refused_with_a_sentence(text: Callable[[], str]) -> None:
    written = text()
    began = time.process_time()
    with pytest.raises(FlowLoadError) as error:
        parse_flow(written, "flow.yaml")
    assert time.process_time() - began < SECONDS
    assert len(str(error.value)) < 1200
    assert error.value.next_step


@pytest.mark.parametrize("text", READ.values(), ids=READ)
def test_is_read_and_diagnosed(text: Callable[[], str]) -> None:
    written = text()
    began = time.process_time()
    found = diagnose(parse_flow(written, "flow.yaml"))
    assert time.process_time() - began < SECONDS
    assert all(len(each.message) < 1200 and len(each.instead) < 1200 for each in found)


def files() -> dict[str, bytes]:
    return {
        "large.yaml": b"name: a\n" * 6_000_000,
        "large.json": b'{"output": [' + b"1," * 25_000_000 + b"1]}",
        "deep.yaml": REFUSED["lists in lists"]().encode(),
        "deep.json": REFUSED["objects in objects, JSON"]().encode(),
        "bomb.yaml": REFUSED["alias bomb, nine each"]().encode(),
        "twice.yaml": REFUSED["the same key"]().encode(),
        "utf16.yaml": "name: a\n".encode("utf-16"),
        "latin1.yaml": "name: é\n".encode("latin-1"),
        "nul.yaml": bytes(1000),
    }


def test_the_command_says_a_sentence_of_each(tmp_path: Path) -> None:
    given = files()
    for name, data in given.items():
        (tmp_path / name).write_bytes(data)
    command = [str(Path(sys.executable).with_name("flow-compiler")), "validate", *given]
    ended = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 2
    assert "Traceback" not in ended.stdout + ended.stderr
    for name in given:
        said = [line for line in ended.stdout.splitlines() if line.startswith(f"{name}:")]
        assert len(said) == 2, f"{name}: {said}"
        assert ": fatal 4005 " in said[0]
        assert said[1] == f"{name}: cannot be used as it is (1 fatal)"
