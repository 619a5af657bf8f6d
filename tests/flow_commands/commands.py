"""What the tests of the commands share."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from flow_compiler import cli

HERE = Path(__file__).parent
SHIPPED = HERE.parents[1] / "flows" / "document_ingestion.yaml"
GOOD = """\
name: doubling
description: Doubles a number.
schemas: {type: object, properties: {input: {type: object}, variables: {properties: {size: {type: integer}}}}}
steps:
  - {id: given, component: /builtin/noop, input: {number: {$input: number}, size: {$variable: size}}}
  - {id: doubled, component: /test/double, input: {$step: given}}
  - {id: extra, component: /builtin/noop, input: 1}
output: {result: {$step: doubled, path: number}, size: {$step: given, path: size}, more: {$if: {$step: given}, then: 1, else: {$step: extra}}}
"""
BAD = "name: bad\nsteps:\n  - {id: a, component: noop, skipIf: true}\noutput: {$step: b}\n"
Answer = tuple[int, str, str]
Command = Callable[..., Answer]
WITH_MODULE = ("--module", "flow_components")


def calling(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """Runs ``flow-compiler`` in this process, in the working directory."""

    def call(*arguments: str) -> Answer:
        monkeypatch.setattr(sys, "argv", ["flow-compiler", *arguments])
        with pytest.raises(SystemExit) as done:
            cli.main()
        said = capsys.readouterr()
        assert "Traceback" not in said.err
        return int(done.value.code or 0), said.out, said.err

    return call
