"""What the commands say without a server: help that is quick, and what is missing by name."""

from __future__ import annotations

import importlib.util
import subprocess
import sys

import click
import pytest
from click.testing import CliRunner

from flow_compiler.cli import app
from flow_compiler.errors import FlowCompilerError

COMMANDS = ("serve", "submit", "runs", "cancel")


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_says_what_it_does_and_what_each_option_is_for(name: str) -> None:
    command = app.get_command(app.make_context("flow-compiler", [], resilient_parsing=True), name)
    assert command is not None
    assert command.help
    assert command.epilog
    assert command.epilog.startswith("Exit codes: 0")
    options = [option for option in command.params if isinstance(option, click.Option)]
    assert [option.name for option in options if not option.help and not option.hidden] == []


def test_help_loads_nothing_that_serving_needs() -> None:
    names = ", ".join(f"flow_compiler.commands.{name}" for name in COMMANDS)
    heavy = "{'fastapi', 'uvicorn', 'httpx', 'sqlalchemy', 'dagster'}"
    code = f"import sys, {names}; print(sorted({heavy} & sys.modules.keys()))"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert said == "[]\n"


def test_serving_without_its_packages_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    known = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "uvicorn" else known(name))
    done = CliRunner().invoke(app, ["serve", "--port", "0"])
    assert isinstance(done.exception, FlowCompilerError)
    assert done.exception.message == "serving needs uvicorn, which is not installed"
    assert "stepflow-assets[serve]" in done.exception.next_step


@pytest.mark.parametrize("token", ["short", "with a space in between", "é" * 20, ""])
def test_a_token_that_could_be_guessed_or_not_be_sent_is_refused(token: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLOW_COMPILER_TOKEN", token)
    done = CliRunner().invoke(app, ["serve", "--port", "0", "--host", "0.0.0.0"])
    assert done.exit_code == 2
    assert "token" in done.output
    assert not token or token not in done.output.replace("at least", "")
