"""What ``--help`` says agrees with what the code does."""

from __future__ import annotations

import re

import click
import pytest
from click.testing import CliRunner

from stepflow_assets.cli.app import COMMANDS, _home_flag, app
from stepflow_assets.conversion.formats import SUPPORTED


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_says_what_it_does_and_what_each_option_is_for(name: str) -> None:
    command = app.get_command(app.make_context("stepflow-assets", [], resilient_parsing=True), name)
    assert command is not None
    assert command.help
    options = [option for option in command.params if isinstance(option, click.Option)]
    assert [option.name for option in options if not option.help] == []


def test_ingest_names_every_supported_format() -> None:
    shown = CliRunner().invoke(app, ["ingest", "--help"]).output
    names = re.split(r", | and ", SUPPORTED)
    assert [name for name in names if name not in " ".join(shown.split())] == []


@pytest.mark.parametrize(
    ("arguments", "home"),
    [(["--home", "a", "documents"], "a"), (["--home=b", "documents"], "b"), (["documents"], None), (["--home"], None)],
)
def test_what_went_wrong_is_written_into_the_home_that_was_named(
    arguments: list[str], home: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.argv", ["stepflow-assets", *arguments])
    assert _home_flag() == home
