"""``dg`` in the root of the repository."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.process


def dg(tmp_path: Path, *arguments: str, dagster_home: bool = True) -> str:
    """Output of a ``dg`` command on a home of its own (and with telemetry off, as dagster.yaml says)."""
    environment = {**os.environ, "STEPFLOW_HOME": str(tmp_path / "home"), "HOME": str(tmp_path)}
    environment.pop("DAGSTER_HOME", None)
    if dagster_home:
        home = tmp_path / "dagster"
        home.mkdir()
        shutil.copy(ROOT / "dagster.yaml", home)
        environment["DAGSTER_HOME"] = str(home)
    program = Path(sys.executable).with_name("dg")
    done = subprocess.run(
        [program, *arguments], cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=200
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_definitions_can_be_loaded(tmp_path: Path) -> None:
    assert "All definitions loaded successfully." in dg(tmp_path, "check", "defs")


@pytest.mark.parametrize("command", [("check", "defs"), ("list", "defs", "--json")])
def test_a_fresh_clone_needs_no_dagster_home(tmp_path: Path, command: tuple[str, ...]) -> None:
    assert dg(tmp_path, *command, dagster_home=False)


def test_definitions_are_listed(tmp_path: Path) -> None:
    listed = json.loads(dg(tmp_path, "list", "defs", "--json"))
    assert [asset["asset_key"] for asset in listed["assets"]] == [
        f"document_ingestion/{step}" for step in ("chunks", "document", "ocr_blocks", "pages", "search_index")
    ]
    assert [job["name"] for job in listed["jobs"]] == ["document_ingestion"]
    assert len(listed["asset_checks"]) == 6


def test_the_flow_component_is_listed(tmp_path: Path) -> None:
    listed = json.loads(dg(tmp_path, "list", "components", "--json"))
    assert "flow_compiler.assets.StepflowComponent" in [component["key"] for component in listed["items"]]
