"""A process that records until the disk is full: ``disk_filler.py FOLDER LIMIT``.

Files may grow to LIMIT bytes (0: the disk itself is the limit). Prints the first failure, then what can still be read,
then whether recording works again with more room.
"""

import asyncio
import json
import resource
import signal
import sys

from flow_compiler.engine.outcomes import StepRecord, Success
from flow_compiler.engine.storage import open_stores
from flow_compiler.errors import StoreUnavailable


async def main(folder: str, limit: int) -> None:
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
    async with open_stores(f"sqlite:///{folder}/stores.db", f"{folder}/artifacts") as stores:
        if limit:
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, hard))
        written = 0
        try:
            while True:
                record = StepRecord(outcome=Success(result="x" * 5000))
                await asyncio.gather(*(stores.journal.record("run", f"{written + n}", "s", record) for n in range(20)))
                written += 20
        except StoreUnavailable as error:
            failure = {"message": error.message, "next_step": error.next_step, "retryable": error.retryable}
        try:
            await stores.artifacts.put(b"y" * 2_000_000)
            artifact = None
        except StoreUnavailable as error:
            artifact = error.message
        readable = sum([len(await stores.journal.load("run", f"{n}")) for n in range(written)])
        if limit:
            resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
            await stores.journal.record("run", "after", "s", StepRecord(outcome=Success(result=1)))
        listed = [digest for digest, _, _ in await stores.artifacts.list()]
    print(
        json.dumps(
            {"failure": failure, "artifact": artifact, "written": written, "readable": readable, "listed": listed}
        )
    )


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2])))
