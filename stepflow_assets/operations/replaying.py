"""What the steps of the flow made of a document, by evaluating it again: memo answers, so nothing is computed twice."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from flow_compiler.engine.outcomes import Failure, Json, Success
from flow_compiler.errors import ComponentError, FlowRejected
from stepflow_assets.assets.runtime import document_flow, open_replay
from stepflow_assets.errors import UnknownDocument
from stepflow_assets.operations.workspace import Workspace
from stepflow_assets.resources.catalog import CatalogRow


async def replay(
    workspace: Workspace, row: CatalogRow, steps: Sequence[str], *, computing: bool = True
) -> dict[str, Json]:
    """Results of ``steps`` for the version the catalog holds; what the memo lacks is computed, unless ``computing`` is
    off: it then counts as failed (``memo.absent``).

    Raises ComponentError with the reason of a failed step, FlowRejected when the flow has no such step."""
    if row.version is None:
        raise UnknownDocument(
            f"{row.document_id!r} has not been ingested yet", next_step="Run `stepflow-assets ingest`."
        )
    given = {
        "document_id": row.document_id,
        "generation": row.live_generation or row.generation,
        "source": {"uri": row.uri, "version": row.version},
    }
    run_id = f"replay-{uuid.uuid4()}"
    flow = document_flow(workspace.settings.flow_file)
    for step in steps:
        if step not in flow:
            raise FlowRejected(
                f"{workspace.settings.flow_file}: the flow has no step {step!r}",
                next_step=f"What a document became is read from the steps {', '.join(steps)}: keep these ids in the flow.",
            )
    async with open_replay(workspace.settings, computing=computing) as engine:
        item = engine.item(
            flow, run_id=run_id, key=row.document_id, input=given, variables=workspace.settings.variables
        )
        ended = await item.evaluate(list(steps))
    results: dict[str, Json] = {}
    for step in steps:
        outcome = ended.records[step].outcome
        if isinstance(outcome, Failure):
            raise reason_of(outcome)
        assert isinstance(outcome, Success)
        results[step] = outcome.result
    return results


def reason_of(failure: Failure) -> ComponentError:
    """A recorded failure as the error it was."""
    return ComponentError(
        failure.message,
        code=failure.error,
        category=failure.category,
        retryable=failure.retryable,
        next_step=failure.next_step,
    )
