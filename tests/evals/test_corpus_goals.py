"""The goals hold on the corpus, through the command: on the families whose text is scored."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
CORPUS = REPOSITORY.parent / "shared" / "corpus"
pytestmark = [
    pytest.mark.corpus,
    pytest.mark.process,
    pytest.mark.timeout(900),
    pytest.mark.skipif(not CORPUS.is_dir(), reason="the corpus is not beside the repository"),
]
FAMILIES = ("scans_clean", "scans_degraded", "born_digital", "rtl")


def test_no_goal_is_missed() -> None:
    only = [argument for family in FAMILIES for argument in ("--only", family)]
    command = [sys.executable, "-m", "stepflow_assets.evals", "--json", "--corpus", str(CORPUS), *only]

    ended = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)

    found = json.loads(ended.stdout)
    assert list(found["families"]) == list(FAMILIES)
    assert found["missed"] == []
    assert ended.returncode == 0
