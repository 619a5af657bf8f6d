"""A run of its own process, for :mod:`test_killed`: ``python killed_run.py FOLDER BLOCK_AT``."""

from __future__ import annotations

import asyncio
import json
import os
import sys
import threading
from pathlib import Path
from typing import Any

from flow_compiler.engine.components import ComponentContext, component
from flow_compiler.engine.engine import Engine, EngineSettings
from flow_compiler.engine.outcomes import to_json
from flow_compiler.engine.registry import ComponentRegistry
from flow_compiler.engine.storage import open_stores
from flow_compiler.language.reading import flow_from_json

FLOW = {
    "steps": [
        {
            "id": "pages",
            "component": "/builtin/map",
            "input": {
                "items": {"$input": "$"},
                "max_concurrency": 2,
                "workflow": {
                    "$literal": {
                        "steps": [
                            {"id": "page", "component": "/t/page", "input": {"$input": "$"}},
                            {"id": "write", "component": "/t/write", "input": {"$step": "page"}},
                        ],
                        "output": {"$step": "write"},
                    }
                },
            },
        }
    ],
    "output": {"$step": "pages"},
}


async def main(folder: Path, block_at: int) -> None:
    def tell(**line: Any) -> None:
        os.write(1, f"{json.dumps(line)}\n".encode())  # whole lines, whichever thread writes

    @component("/t/page", effect="pure")
    def page(given: int, context: ComponentContext) -> int:
        tell(page=given)
        return given * 10

    @component("/t/write")
    def write(given: int, context: ComponentContext) -> int:
        tell(write=given // 10)
        if given // 10 == block_at:
            threading.Event().wait()
        return given + 1

    settings = EngineSettings(lease_ttl=1.0)
    async with (
        open_stores(f"sqlite:///{folder}/journal.sqlite", folder / "artifacts") as stores,
        Engine(ComponentRegistry.of(page, write), stores, settings=settings) as engine,
    ):
        item = engine.item(flow_from_json(FLOW), run_id="run", key="document", input=list(range(10)))
        ended = await item.evaluate()
    record = ended.records["pages"]
    tell(result=to_json(ended.result), computed=record.computed, reused=record.reused)


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), int(sys.argv[2])))
