"""A run is gone on with by what it was begun with: its finished steps are answers to that, and to nothing else."""

from __future__ import annotations

from collections.abc import Mapping

from flow_compiler.engine.leasing import held, new_owner
from flow_compiler.engine.outcomes import Json, StepRecord, Success
from flow_compiler.engine.stores import Stores, root_path
from flow_compiler.errors import FlowError
from flow_compiler.language.canonical import digest
from flow_compiler.language.model import Flow
from flow_compiler.language.secrets import REDACTED, Secrets

_ITEM = root_path("begun with")
_STEP = "digests"
_SECONDS = 5.0
"""Of the lease: looking and noting take milliseconds."""


async def require_same(stores: Stores, run_id: str, *, flow: Flow, given: Json, variables: Mapping[str, Json]) -> None:
    """Note what the run begins with; raises FlowError when it was begun with something else, also when two begin it at
    once. Secrets are no part of it: from a digest one can be guessed, and a key that was changed goes on with the same
    run."""
    secrets = Secrets.of(flow)
    told = {name: value for name, value in secrets.in_variables(variables).items() if value != REDACTED}
    now = {"flow": flow.digest, "input": digest(secrets.in_input(given)), "variables": digest(told)}
    async with held(stores.leases, f"begun:{run_id}", new_owner(), _SECONDS) as lease:
        begun = (await stores.journal.load(run_id, _ITEM)).get((_ITEM, _STEP))
        if begun is None:
            record = StepRecord(outcome=Success(result=now))
            await stores.journal.record(run_id, _ITEM, _STEP, record, lease.current)
            return
    known = begun.outcome.result if isinstance(begun.outcome, Success) else {}
    other = [name for name, value in now.items() if known.get(name) != value]
    if other:
        raise FlowError(
            f"the run {run_id} was begun with another {' and other '.join(other)}",
            code="run.begun_otherwise",
            next_step="Give what it was begun with, or leave --run-id out: what has not changed is remembered.",
        )
