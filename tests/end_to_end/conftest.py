"""Homes for tests that run the real command."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.end_to_end.command import Home

SHARED = Path(__file__).parents[3] / "shared"


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home", {})


@pytest.fixture(scope="session")
def corpus() -> Path:
    folder = SHARED / "corpus"
    if not (folder / "manifest.json").exists():
        pytest.skip("the corpus (../shared/corpus) is not there")
    return folder
