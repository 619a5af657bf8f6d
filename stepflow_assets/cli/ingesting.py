"""Ingestion as commands show it: plan, progress, table. Shared by ``ingest``, ``retry`` and ``demo``."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import click

from stepflow_assets.cli.output import document_json, plain, print_documents, print_json_lines
from stepflow_assets.cli.progress import IngestProgress
from stepflow_assets.documents.chunk import Outcome
from stepflow_assets.operations.gathering import gather
from stepflow_assets.operations.planning import Decision, Reason
from stepflow_assets.operations.workspace import Workspace
from stepflow_assets.resources.catalog import CatalogRow, SeenDocument
from stepflow_assets.settings import Settings


@dataclass(frozen=True)
class Request:
    """What a person asked for."""

    paths: tuple[str, ...] = ()
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    refresh: bool = False
    dry_run: bool = False
    quiet: bool = False
    as_json: bool = False


def ingest_once(settings: Settings, request: Request) -> bool:
    """Plan, run, show. True when every document looked at ended well (now or before)."""
    from stepflow_assets.operations.ingesting import decide

    with Workspace(settings) as workspace:
        documents = gather(workspace.sources, request.paths, request.include, request.exclude)
        decisions = decide(workspace, documents, refresh=request.refresh)
        if request.dry_run:
            _show_plan(decisions, request)
            return True
        return run_decisions(workspace, decisions, request)


def run_decisions(workspace: Workspace, decisions: Sequence[Decision], request: Request) -> bool:
    """Run what needs work, then show every document of the plan."""
    todo = [decision for decision in decisions if decision.needs_work]
    started = time.monotonic()
    if todo:
        from stepflow_assets.operations.ingesting import run_documents

        with IngestProgress(len(todo), quiet=request.quiet or request.as_json) as progress:
            for refresh, group in _by_refresh(todo, request.refresh):
                run_documents(workspace, group, observer=progress, refresh=refresh)
    rows = _rows(workspace, decisions)
    if request.as_json:
        print_json_lines(document_json(row) for row in rows)
    else:
        if rows:
            print_documents(rows, _notes(decisions))
        _summary(decisions, rows, time.monotonic() - started)
    return not any(row.running or row.outcome in (Outcome.FAILED, Outcome.PARTIAL) for row in rows)


def _by_refresh(todo: Sequence[Decision], everything: bool) -> Iterator[tuple[bool, list[SeenDocument]]]:
    """What a fallback has read is computed anew: the memo would answer with the fallback's result."""
    for refresh in (True, False):
        group = [d.document for d in todo if (everything or d.reason is Reason.DEGRADED) is refresh]
        if group:
            yield refresh, group


def _rows(workspace: Workspace, decisions: Sequence[Decision]) -> list[CatalogRow]:
    found = (workspace.catalog.get(decision.document.document_id) for decision in decisions)
    return [row for row in found if row is not None]


def _notes(decisions: Sequence[Decision]) -> dict[str, str]:
    return {d.document.document_id: str(d.reason) for d in decisions if not d.needs_work}


def _summary(decisions: Sequence[Decision], rows: Sequence[CatalogRow], seconds: float) -> None:
    if not decisions:
        click.echo("no documents there", err=True)
        return
    done = sum(decision.needs_work for decision in decisions)
    counts = {str(outcome): sum(row.outcome is outcome and not row.running for row in rows) for outcome in Outcome}
    elsewhere = counts["running elsewhere"] = sum(row.running for row in rows)
    parts = ", ".join(f"{count} {outcome}" for outcome, count in counts.items() if count)
    if done == 0 and elsewhere:
        click.echo(f"{_counted(rows)} ({parts}): another command or run has them in hand; nothing was run here")
    elif done == 0:
        click.echo(f"{_counted(rows)} ({parts}): nothing had to be recomputed")
    else:
        click.echo(f"{_counted(rows)} ({parts}): {done} run in {seconds:.1f} s, {len(decisions) - done} unchanged")


def _counted(things: Sequence[object]) -> str:
    return "1 document" if len(things) == 1 else f"{len(things)} documents"


def _show_plan(decisions: Sequence[Decision], request: Request) -> None:
    if request.as_json:
        print_json_lines(
            {"document": d.document.document_id, "run": d.needs_work, "reason": d.reason} for d in decisions
        )
        return
    for decision in decisions:
        verb = "run " if decision.needs_work else "keep"
        click.echo(plain(f"{verb}  {decision.document.document_id}  ({decision.reason})"))
    click.echo(f"{sum(d.needs_work for d in decisions)} of {_counted(decisions)} would be run", err=True)


def watch_and_ingest(settings: Settings, request: Request) -> None:
    """Ingest again whenever something under the paths changes, until interrupted."""
    from watchfiles import watch

    folders = [Path(path) for path in request.paths] or [source.path for source in settings.sources.values()]
    click.echo(f"watching {', '.join(str(folder) for folder in folders)}; Ctrl-C ends", err=True)
    quieter = replace(request, refresh=False)
    for _changes in watch(*folders, step=200, raise_interrupt=True):
        existing = tuple(path for path in request.paths if Path(path).exists())
        if existing or not request.paths:
            ingest_changes(settings, replace(quieter, paths=existing))


def ingest_changes(settings: Settings, request: Request) -> None:
    """One round of watching: says something only when there was something to do."""
    from stepflow_assets.operations.ingesting import decide

    with Workspace(settings) as workspace:
        documents = gather(workspace.sources, request.paths, request.include, request.exclude)
        todo = [decision for decision in decide(workspace, documents) if decision.needs_work]
        if todo:
            run_decisions(workspace, todo, request)
