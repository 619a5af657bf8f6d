"""A process that recognises one picture when it is told to: ``python recognising_process.py HOME DATABASE DIGEST``.

Prints ``ready``, waits for a line, then prints how it came by the result, and the result's digest."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path

from flow_compiler.engine.outcomes import Success
from flow_compiler.language.loader import flow_from_json
from stepflow_assets.assets.runtime import open_runtime
from stepflow_assets.settings import Settings

RECOGNIZE = flow_from_json(
    {
        "name": "recognize",
        "steps": [{"id": "recognized", "component": "/ocr/recognize", "input": {"$input": "$"}}],
        "output": {"$step": "recognized"},
    }
)


async def main(home: Path, database: str, picture: str, run: str) -> None:
    settings = Settings(home=home, database_url=database, ocr_workers=1, page_deadline=240)
    async with open_runtime(settings) as runtime:
        print("ready", flush=True)
        await asyncio.to_thread(sys.stdin.readline)
        item = runtime.engine.item(RECOGNIZE, run_id=run, key="page", input={"picture": {"$blob": picture}})
        ended = await item.evaluate()
        assert isinstance(ended.result, Success), ended.result
        print(json.dumps({"reuse": ended.records["recognized"].reuse, "page": ended.result.result["page"]}), flush=True)


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), *sys.argv[2:]))
