"""Every engine behind the SearchIndex protocol goes through the same behaviour suite: add it to ENGINES."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from stepflow_assets.resources.embedded_index import EmbeddedIndex
from stepflow_assets.resources.search import SearchIndex

ENGINES: dict[str, Callable[[Path], SearchIndex]] = {
    "embedded": lambda folder: EmbeddedIndex(folder / "index.db", busy_seconds=20),
}


@pytest.fixture(params=sorted(ENGINES))
def index(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SearchIndex]:
    made = ENGINES[request.param](tmp_path / "index")
    yield made
    made.close()
