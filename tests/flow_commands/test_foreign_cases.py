"""``flow-compiler test`` over the flow files of the Stepflow repository, given in this repository's root."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
UPSTREAM = ROOT.parent / "shared" / "stepflow" / "upstream"
SERVICES = ("grpc/", "docling_grpc_e2e")


@pytest.mark.process
@pytest.mark.skipif(not UPSTREAM.is_dir(), reason="the upstream flows (../shared/stepflow/upstream) are not here")
def test_every_case_passes_or_needs_what_is_not_there() -> None:
    done = subprocess.run(
        [sys.executable, "-c", "from flow_compiler.cli import main; main()", "test", str(UPSTREAM), "--json"],
        capture_output=True,
        text=True,
        cwd=ROOT,
    )
    cases = json.loads(done.stdout)["cases"]
    failed = {case["name"]: case["differences"] or case["reason"] for case in cases if case["status"] == "failed"}
    assert failed == {}, done.stderr
    assert done.returncode == 0, done.stderr
    away = {case["file"].removeprefix(f"{UPSTREAM}/"): case["reason"] for case in cases if case["status"] == "not run"}
    for file, reason in away.items():
        if "langchain" in file:
            assert "langchain_core" in reason
        else:
            assert any(part in file for part in SERVICES)
            assert reason.startswith("it needs a network service: ")
    assert sum(case["status"] == "passed" for case in cases) >= 32
