"""The goals hold on the corpus: the whole of it, through the command."""

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
PAGED = ("scans_clean", "scans_degraded", "born_digital", "rtl", "tables", "layout_human", "parser_regression")


def test_no_goal_is_missed() -> None:
    only = [argument for family in PAGED for argument in ("--only", family)]
    command = [sys.executable, "-m", "stepflow_assets.evals", "--json", "--corpus", str(CORPUS), *only]

    ended = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)

    found = json.loads(ended.stdout)
    assert list(found["families"]) == list(PAGED)
    assert found["missed"] == []
    assert ended.returncode == 0
