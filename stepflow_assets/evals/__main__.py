"""``python -m stepflow_assets.evals [--only FAMILY]… [--corpus PATH] [--json]``: scores per family, exit status 1 when a
goal is missed."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path

import click

from stepflow_assets.errors import SettingsError
from stepflow_assets.evals.evaluating import evaluate
from stepflow_assets.evals.families import FAMILIES
from stepflow_assets.evals.goals import missed
from stepflow_assets.evals.report import table
from stepflow_assets.evals.scores import Scores
from stepflow_assets.settings import Settings

BESIDE = Path(__file__).resolve().parents[2].parent / "shared" / "corpus"


@click.command()
@click.option("--only", multiple=True, type=click.Choice(FAMILIES), help="Only this family (may be repeated).")
@click.option("--corpus", type=click.Path(path_type=Path), help="Folder with manifest.json and ground truth.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout.")
def main(only: tuple[str, ...], corpus: Path | None, as_json: bool) -> None:
    """Read the documents of the corpus and hold what came of them against their ground truth."""
    settings = Settings.load()
    folder = corpus or settings.eval_corpus or BESIDE
    if not (folder / "manifest.json").is_file():
        raise click.ClickException(f"{folder} has no manifest.json: name a corpus with --corpus")
    scores = asyncio.run(_scores(settings, folder, only or FAMILIES))
    faults = missed(scores)
    if as_json:
        found = {family: result.to_json() for family, result in scores.items()}
        click.echo(json.dumps({"families": found, "missed": [str(fault) for fault in faults]}, indent=1))
    else:
        click.echo(table(scores, faults))
    sys.exit(1 if faults else 0)


async def _scores(settings: Settings, corpus: Path, families: tuple[str, ...]) -> dict[str, Scores]:
    scores: dict[str, Scores] = {}
    async for family, found in evaluate(settings, corpus, families):
        click.echo(f"{family}: {found.documents} documents, {found.seconds:.0f} s", err=True)
        scores[family] = found
    return scores


if __name__ == "__main__":
    try:
        main()
    except SettingsError as error:
        sys.exit(f"error: {error}")
