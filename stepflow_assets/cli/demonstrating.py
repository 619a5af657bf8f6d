"""The demo, step by step: ingest, table, answers with pictures."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from stepflow_assets.cli.ingesting import Request, run_decisions
from stepflow_assets.cli.output import print_json_lines
from stepflow_assets.cli.picture_file import write_picture
from stepflow_assets.cli.search import hit_json, print_hit
from stepflow_assets.operations.demonstration import SOURCE, demo_settings, shipped_questions
from stepflow_assets.operations.evidencing import draw_chunk
from stepflow_assets.operations.gathering import gather
from stepflow_assets.operations.ingesting import decide
from stepflow_assets.operations.searching import search
from stepflow_assets.operations.workspace import Workspace
from stepflow_assets.resources.search import Hit


def demonstrate(flags: Mapping[str, Any], question: str, *, quiet: bool, as_json: bool) -> bool:
    """True when every question found something."""
    settings = demo_settings(flags)
    questions = [question] if question else shipped_questions()
    with Workspace(settings) as workspace:
        documents = gather(workspace.sources, [str(settings.sources[SOURCE].path)])
        decisions = decide(workspace, documents)
        if not question or any(decision.needs_work for decision in decisions):
            run_decisions(workspace, decisions, Request(quiet=quiet, as_json=as_json))
        folder = settings.home / "demo"
        own = [document.document_id for document in documents]
        answers = [
            _answer(workspace, text, folder / f"answer-{number}.png", own) for number, text in enumerate(questions, 1)
        ]
    if as_json:
        print_json_lines(
            {"question": text, "answer": hit and hit_json(hit), "picture": picture and str(picture)}
            for text, hit, picture in answers
        )
    else:
        for text, hit, picture in answers:
            _show(text, hit, picture)
    return all(hit is not None for _, hit, _ in answers)


def _answer(
    workspace: Workspace, question: str, picture: Path, documents: list[str]
) -> tuple[str, Hit | None, Path | None]:
    hits = search(workspace, question, limit=1, documents=documents)
    if not hits:
        return question, None, None
    write_picture(picture, asyncio.run(draw_chunk(workspace, hits[0].chunk_id, crop=False)).picture)
    return question, hits[0], picture


def _show(question: str, hit: Hit | None, picture: Path | None) -> None:
    click.echo()
    click.echo(click.style(f"? {question}", bold=True))
    if hit is None:
        click.echo("   nothing found")
        return
    print_hit(1, hit)
    click.echo(f"   picture {picture}")
