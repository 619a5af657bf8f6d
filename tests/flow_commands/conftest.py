"""``flow-compiler`` as a person uses it: what is printed where, and with which exit code."""

from __future__ import annotations

from pathlib import Path

import pytest

from .commands import BAD, GOOD, HERE, Command, calling


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Command:
    """Runs ``flow-compiler`` with arguments; returns exit code, stdout, stderr. The working directory has the flows
    good.yaml and bad.yaml and the module flow_components."""
    (tmp_path / "good.yaml").write_text(GOOD)
    (tmp_path / "bad.yaml").write_text(BAD)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(HERE))

    return calling(monkeypatch, capsys)
