"""``flow-compiler`` as a person uses it: what is printed where, and with which exit code."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from flow_compiler import cli

from .commands import BAD, GOOD, HERE, Answer, Command


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Command:
    """Runs ``flow-compiler`` with arguments; returns exit code, stdout, stderr. The working directory has the flows
    good.yaml and bad.yaml and the module flow_components."""
    (tmp_path / "good.yaml").write_text(GOOD)
    (tmp_path / "bad.yaml").write_text(BAD)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(HERE))

    def call(*arguments: str) -> Answer:
        monkeypatch.setattr(sys, "argv", ["flow-compiler", *arguments])
        with pytest.raises(SystemExit) as done:
            cli.main()
        said = capsys.readouterr()
        assert "Traceback" not in said.err
        return int(done.value.code or 0), said.out, said.err

    return call
