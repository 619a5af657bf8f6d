"""What a run was begun with, when several begin it at once."""

from __future__ import annotations

import asyncio
from pathlib import Path

from flow_compiler.commands.same_run import require_same
from flow_compiler.engine.storage import open_stores
from flow_compiler.errors import FlowError
from flow_compiler.language.loader import parse_flow

FLOW = parse_flow("steps: [{id: a, component: /builtin/noop}]\noutput: {$step: a}")


def test_of_those_that_begin_a_run_at_once_with_other_inputs_one_begins_it(tmp_path: Path) -> None:
    async def all_at_once() -> list[BaseException | None]:
        async with open_stores(f"sqlite:///{tmp_path}/journal.db", tmp_path / "artifacts") as stores:
            begun = (require_same(stores, "r", flow=FLOW, given=number, variables={}) for number in range(5))
            return await asyncio.gather(*begun, return_exceptions=True)

    refused = [error for error in asyncio.run(all_at_once()) if error is not None]
    assert len(refused) == 4
    assert all(isinstance(error, FlowError) and error.code == "run.begun_otherwise" for error in refused)
