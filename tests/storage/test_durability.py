"""What was reported committed is there: after kill -9 at any moment, and with two processes writing at once."""

from __future__ import annotations

import json
import random
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from flow_compiler.engine.storage import open_stores

pytestmark = pytest.mark.process

WRITER = Path(__file__).with_name("record_writer.py")


def start_writer(url: str, artifacts: Path, run: str, tasks: int, *count: int) -> subprocess.Popen[str]:
    arguments = [sys.executable, str(WRITER), url, str(artifacts), run, str(tasks), *map(str, count)]
    return subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True)


async def assert_everything_is_there(url: str, artifacts: Path, run: str, reported: list[list[str]]) -> None:
    async with open_stores(url, artifacts) as stores:
        records = await stores.journal.load(run, "a")
        entries = await stores.memo.get([key for _, key in reported])
        for item, key in reported:
            record = records[item, "s"]
            assert entries[key].record == record
            assert await stores.artifacts.get(record.outcome.result["blob"]["$blob"]) == key.encode()
        for digest, _, _ in await stores.artifacts.list():
            await stores.artifacts.get(digest)  # no half-written artifact under a full name


@pytest.mark.parametrize("seed", range(3))
async def test_nothing_reported_is_lost_when_the_writer_is_killed(database_url, tmp_path, seed):
    lines = random.Random(seed).choice([1, 20, 300, 700])
    writer = start_writer(database_url, tmp_path / "artifacts", "run", tasks=16)
    reported = [json.loads(writer.stdout.readline()) for _ in range(lines)]
    writer.kill()
    rest, _ = writer.communicate()
    reported += [json.loads(line) for line in rest.splitlines() if line.endswith("]")]
    await assert_everything_is_there(database_url, tmp_path / "artifacts", "run", reported)
    if database_url.startswith("sqlite"):
        with sqlite3.connect(tmp_path / "stores.db") as connection:
            assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


async def test_a_killed_writer_leaves_no_lock_behind(database_url, tmp_path):
    killed = start_writer(database_url, tmp_path / "artifacts", "run", tasks=16)
    killed.stdout.readline()
    killed.kill()
    killed.communicate()
    next_one = start_writer(database_url, tmp_path / "artifacts", "run", 4, 5)
    output, _ = next_one.communicate(timeout=60)
    assert next_one.returncode == 0
    await assert_everything_is_there(
        database_url, tmp_path / "artifacts", "run", [json.loads(x) for x in output.split("\n")[:-1]]
    )


async def test_two_processes_that_create_and_fill_the_stores_at_once_both_succeed(database_url, tmp_path):
    writers = {run: start_writer(database_url, tmp_path / "artifacts", run, 8, 25) for run in ("one", "two")}
    for run, writer in writers.items():
        output, _ = writer.communicate(timeout=120)
        assert writer.returncode == 0
        reported = [json.loads(line) for line in output.splitlines()]
        assert len(reported) == 8 * 25
        await assert_everything_is_there(database_url, tmp_path / "artifacts", run, reported)
