"""Places for runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from .runners import Place


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def anywhere(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    """In SQLite, and in PostgreSQL."""
    if request.param == "sqlite":
        return Place(tmp_path, f"sqlite:///{tmp_path}/journal.db")
    return Place(tmp_path, request.getfixturevalue("postgres_url"))


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path, f"sqlite:///{tmp_path}/journal.db")
