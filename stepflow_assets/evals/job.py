"""The evaluation as a Dagster job: one asset per family, whose check says which goals it misses and shows the scores.

Annotations are no strings here: Dagster looks at that of the context."""

import asyncio
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import dagster as dg

from stepflow_assets.evals.families import FAMILIES
from stepflow_assets.settings import Settings

if TYPE_CHECKING:
    from stepflow_assets.evals.scores import Scores

JOB = "evaluate_corpus"
CHECK = "goals"


def evaluation(settings: Settings) -> list[dg.Definitions]:
    """The job of the corpus in the settings; nothing where none is configured."""
    corpus = settings.eval_corpus
    if corpus is None:
        return []
    keys = {family: dg.AssetKey(["eval", family]) for family in FAMILIES}

    @dg.multi_asset(
        name=JOB,
        can_subset=True,
        specs=[
            dg.AssetSpec(key, skippable=True, group_name="eval", description=f"Scores of the family {family}.")
            for family, key in keys.items()
        ],
        check_specs=[
            dg.AssetCheckSpec(CHECK, asset=key, description="The family reaches its goals; metadata are its scores.")
            for key in keys.values()
        ],
    )
    def evaluate_corpus(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult[None]]:
        chosen = [family for family, key in keys.items() if key in context.selected_asset_keys]
        for family, scores in asyncio.run(_scores(settings, corpus, chosen)):
            yield _result(keys[family], family, scores)

    job = dg.define_asset_job(
        JOB, selection=dg.AssetSelection.assets(*keys.values()), executor_def=dg.in_process_executor
    )
    return [dg.Definitions(assets=[evaluate_corpus], jobs=[job])]


async def _scores(settings: Settings, corpus: Path, families: Sequence[str]) -> "list[tuple[str, Scores]]":
    from stepflow_assets.evals.evaluating import evaluate

    return [found async for found in evaluate(settings, corpus, families)]


def _result(key: dg.AssetKey, family: str, scores: "Scores") -> dg.MaterializeResult[None]:
    from stepflow_assets.evals.goals import goals_of, missed

    faults = missed({family: scores})
    figures = {name: value for name, value in scores.to_json().items() if value is not None and value not in ([], {})}
    goals = {"goals": ", ".join(map(str, goals_of(family))), "missed": ", ".join(map(str, faults)) or "none"}
    check = dg.AssetCheckResult(asset_key=key, check_name=CHECK, passed=not faults, metadata={**figures, **goals})
    return dg.MaterializeResult(asset_key=key, metadata=figures, check_results=[check])
