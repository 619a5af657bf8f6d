"""Families of the corpus, one after the other, through the flow of a throw-away home."""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from pathlib import Path

from stepflow_assets.assets.runtime import open_runtime
from stepflow_assets.evals.corpus import documents, families_of
from stepflow_assets.evals.families import FAMILIES
from stepflow_assets.evals.reading import read_documents
from stepflow_assets.evals.scores import Scores
from stepflow_assets.evals.scoring import score
from stepflow_assets.settings import Settings

_PATIENCE = 600.0  # seconds for a page: a busy machine shows in the seconds, and must not in the scores


async def evaluate(
    settings: Settings, corpus: Path, families: Sequence[str] = FAMILIES
) -> AsyncIterator[tuple[str, Scores]]:
    """The scores of each family as soon as it is read. Flow, providers and workers are those of the settings; stores and
    index are new and are deleted, so that nothing is remembered and every second is paid.

    Raises FileNotFoundError when ``corpus`` has no manifest.json."""
    listed = documents(corpus, families)
    with tempfile.TemporaryDirectory(prefix="stepflow-eval-") as folder:
        home = Path(folder) / "home"
        home.mkdir()
        stores = {"home": home, "database_url": None, "artifacts": None, "index": None}
        patience = {"page_deadline": max(settings.page_deadline, _PATIENCE)}
        given = settings.model_copy(update={**stores, **patience})
        async with open_runtime(given) as runtime:
            for family, members in families_of(listed):
                reading = await read_documents(runtime, given, [member.file for member in members])
                total = sum((score(member, reading.documents[member.file]) for member in members), Scores())
                yield family, replace(total, seconds=reading.seconds)
