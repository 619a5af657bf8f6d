"""A process that records without end: ``record_writer.py URL ARTIFACTS RUN TASKS [COUNT]``.

Prints one JSON line for each record that was reported committed; with COUNT it ends after that many per task.
"""

import asyncio
import json
import os
import sys

from flow_compiler.engine.outcomes import StepRecord, Success
from flow_compiler.engine.storage import open_stores
from flow_compiler.engine.stores import MemoEntry, nested_path


async def main(url: str, artifacts: str, run: str, tasks: int, count: int) -> None:
    async with open_stores(url, artifacts) as stores:

        async def write(task: int) -> None:
            for number in range(count):
                blob = await stores.artifacts.put(f"{run} {task} {number}".encode())
                size = 100_000 if number % 10 == 9 else 10
                outcome = Success(result={"number": number, "blob": blob.to_json(), "text": "x" * size})
                item = nested_path("a", f"map{task}", number)
                record = StepRecord(outcome=outcome, refs=(blob.id,))
                await stores.journal.record(run, item, "s", record)
                await stores.memo.put([MemoEntry(f"{run} {task} {number}", "/x", record)])
                os.write(1, f"{json.dumps([item, f'{run} {task} {number}'])}\n".encode())

        await asyncio.gather(*(write(task) for task in range(tasks)))


if __name__ == "__main__":
    url, artifacts, run, tasks = sys.argv[1:5]
    asyncio.run(main(url, artifacts, run, int(tasks), int(sys.argv[5]) if len(sys.argv) > 5 else 10**9))
