"""Deciding what to ingest and running it as a Dagster job in this process: the job that the UI runs too."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from flow_compiler.assets import run_lock
from flow_compiler.assets.partitions import ItemEnd
from flow_compiler.engine.outcomes import Failure, StepRecord
from flow_compiler.errors import FlowCompilerError, RunCancelled
from stepflow_assets.documents.chunk import Outcome
from stepflow_assets.operations.history import open_instance
from stepflow_assets.operations.interrupts import interrupts_noted
from stepflow_assets.operations.lookup import known_document
from stepflow_assets.operations.observing import Observer
from stepflow_assets.operations.orphans import close_dead_runs
from stepflow_assets.operations.planning import Circumstances, Decision, Reason, plan
from stepflow_assets.operations.workspace import Workspace
from stepflow_assets.resources.catalog import SeenDocument
from stepflow_assets.settings import Settings

if TYPE_CHECKING:
    from flow_compiler.assets.compile import CompiledFlow

_QUIET = {"console": {"config": {"log_level": "CRITICAL"}}}
_NO_RETRY = {"dagster/max_retries": "0"}
"""Of a run whose command was killed: Dagster's daemon must not start it anew, the next command goes on."""
_UPSTREAM_OF_PAGES = "pages["


def decide(workspace: Workspace, documents: Sequence[SeenDocument], *, refresh: bool = False) -> list[Decision]:
    """What to do with each document. Runs whose process died are closed first, so that their documents are free."""
    from stepflow_assets.assets.runtime import flow_identity

    if workspace.is_new:
        return [Decision(document, Reason.NEW) for document in documents]
    close_dead_runs(workspace)
    given = Circumstances(
        rows={row.document_id: row for row in workspace.catalog.rows()},
        live={live.document_id: live for live in workspace.index.live_all()},
        flow_identity=flow_identity(workspace.settings),
        refresh=refresh,
        passwords_given=workspace.settings.password_file is not None,
    )
    return plan(documents, given, workspace.sources)


def decide_retry(workspace: Workspace, named: Sequence[str], *, degraded: bool = False) -> list[Decision]:
    """Failed and partial documents (of ``named``, or all), with ``degraded`` also those a fallback has read.

    Raises UnknownDocument."""
    close_dead_runs(workspace)
    rows = [known_document(workspace, name) for name in named] or workspace.catalog.rows()
    again = (Outcome.FAILED, Outcome.PARTIAL, None)
    chosen = [(row, Reason.TRY_AGAIN) for row in rows if not row.running and row.outcome in again]
    if degraded:
        chosen += [
            (row, Reason.DEGRADED) for row in rows if not row.running and row.outcome not in again and row.degraded
        ]
    return [
        Decision(SeenDocument(row.document_id, row.source, row.path, row.uri, row.bytes, row.stamp), reason)
        for row, reason in chosen
    ]


def run_documents(
    workspace: Workspace, documents: Sequence[SeenDocument], *, observer: Observer, refresh: bool = False
) -> None:
    """Run the flow on the documents, in runs of ``documents_per_run``. Failures of documents are in the catalog.

    Raises RunCancelled when it was asked to stop, StoreError when a store cannot be used.
    """
    from stepflow_assets.assets.compiled import compile_documents
    from stepflow_assets.assets.loaded_code import keep_loaded_code

    settings = workspace.settings
    asyncio.run(_stores_are_usable(workspace))
    workspace.catalog.enter(documents)
    compiled = compile_documents(settings, _Telling(observer))
    keys = [document.document_id for document in documents]
    with open_instance(settings) as instance:
        compiled.enter_keys(instance, keys)
        keep_loaded_code()
        for start in range(0, len(keys), settings.documents_per_run):
            _run(settings, compiled, instance, keys[start : start + settings.documents_per_run], refresh)


async def _stores_are_usable(workspace: Workspace) -> None:
    """Said before a run is begun, and in the store's own words."""
    async with workspace.stores():
        pass


def _run(settings: Settings, compiled: CompiledFlow, instance: Any, keys: Sequence[str], refresh: bool) -> None:
    run_id = str(uuid.uuid4())
    config = {**compiled.run_config(keys, refresh=refresh), "loggers": _QUIET}
    job = compiled.definitions.resolve_job_def(compiled.name)
    try:
        with run_lock.RunLock(settings.run_locks, run_id), interrupts_noted() as noted:
            result = job.execute_in_process(
                run_config=config, instance=instance, run_id=run_id, tags=_NO_RETRY, raise_on_error=False
            )
    except Exception:
        run_lock.abandon(settings.run_locks, run_id)  # its end is not recorded: the next command closes it
        raise
    except BaseException:
        run_lock.remove(settings.run_locks, run_id)
        raise
    run_lock.remove(settings.run_locks, run_id)
    if not result.success:
        _raise_unless_documents_failed(instance, run_id)
    if noted.stop:  # Dagster captured it after its last look, and forgot it
        raise KeyboardInterrupt


def _raise_unless_documents_failed(instance: Any, run_id: str) -> None:
    """A run in which documents failed is what the catalog tells; one that broke otherwise is an error of ours."""
    from dagster import DagsterEventType, DagsterRunStatus

    run = instance.get_run_by_id(run_id)
    if run is not None and run.status is DagsterRunStatus.CANCELED:
        raise RunCancelled("the ingestion was stopped")
    for record in instance.all_logs(run_id, of_type=DagsterEventType.STEP_FAILURE):
        wrapper = record.dagster_event.step_failure_data.error
        error = wrapper and (wrapper.cause or wrapper)  # Dagster puts its own around what the op raised
        if error is not None and error.cls_name != "Failure":
            raise _broken(run_id, error.message)


def _broken(run_id: str, message: str) -> FlowCompilerError:
    return FlowCompilerError(
        f"the run broke: {message.strip().splitlines()[0].partition(': ')[2][:300]}",
        code="run.broken",
        retryable=True,
        next_step=f"Give the same command again: finished work is kept. Dagster's log of run {run_id} has the details.",
    )


class _Telling:
    """Dagster's progress as an observer sees it."""

    def __init__(self, observer: Observer) -> None:
        self._observer = observer

    def started(self, key: str) -> None:
        return

    def progressed(self, item: str, step_id: str, record: StepRecord) -> None:
        key, _, nested = item.rpartition("/")
        if nested.startswith(_UPSTREAM_OF_PAGES):
            self._observer.page_done(key)

    def ended(self, end: ItemEnd) -> None:
        self._observer.document_done(end.key, failed=isinstance(end.result, Failure))
