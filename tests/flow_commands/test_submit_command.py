"""``flow-compiler submit``: an input under a partition key."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import dagster as dg
import pytest

from flow_compiler.assets.input_table import open_input_table

from .commands import GOOD, Command


def test_a_submitted_input_is_there_for_the_flows_partition(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path))
    code, out, _ = command(
        "submit", "good.yaml", "--key", "one", "--input", '{"number": 4}', "--variables", "{size: 2}"
    )
    assert (code, out) == (0, "one: submitted to doubling\n")
    with closing(open_input_table(f"sqlite:///{tmp_path / '.stepflow' / 'stepflow.db'}", "doubling")) as inputs:
        assert [(row.key, row.input, row.variables) for row in inputs.rows()] == [("one", {"number": 4}, {"size": 2})]
    with dg.DagsterInstance.get() as instance:
        assert instance.get_dynamic_partitions("doubling") == ["one"]


def test_without_a_dagster_home_submit_says_what_is_left_to_do(
    command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DAGSTER_HOME", raising=False)
    code, out, _ = command("submit", "good.yaml", "--key", "one")
    assert (code, out) == (0, "one: submitted to doubling; add the partition one in the Dagster UI\n")


@pytest.mark.process
def test_submit_imports_no_dagster_where_there_is_no_home_of_it(tmp_path: Path) -> None:
    (tmp_path / "good.yaml").write_text(GOOD)
    check = (
        "import sys; from flow_compiler.cli import app;"
        "app(['submit', 'good.yaml', '--key', 'one'], standalone_mode=False); print('dagster' in sys.modules)"
    )
    home_less = {name: value for name, value in os.environ.items() if name != "DAGSTER_HOME"}
    done = subprocess.run(
        [sys.executable, "-c", check], capture_output=True, text=True, check=True, cwd=tmp_path, env=home_less
    )
    assert done.stdout.splitlines()[-1] == "False"


def test_a_key_that_cannot_be_a_partition_is_refused(command: Command) -> None:
    code, _, err = command("submit", "good.yaml", "--key", "a...b")
    assert code == 2
    assert "'a...b' cannot be a partition key" in err
