"""Empty catalogs of every kind."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from stepflow_assets.resources.sql_catalog import SqlCatalog, open_catalog


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'catalog.db'}"
    url: str = request.getfixturevalue("postgres_url")
    return url


@pytest.fixture
def catalog(database_url: str) -> Iterator[SqlCatalog]:
    catalog = open_catalog(database_url)
    yield catalog
    catalog.close()
