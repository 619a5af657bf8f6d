"""A home whose disk is full, or whose history is locked or damaged: a sentence, and the same command works afterwards."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from tests.end_to_end.command import EXAMPLES, Home
from tests.end_to_end.dagster_server import wait_for

pytestmark = [pytest.mark.process, pytest.mark.timeout(560)]

DOCUMENTS = [EXAMPLES / "article.pdf", EXAMPLES / "dam-inspection.md"]


@contextmanager
def small_disk(folder: Path, size: str) -> Iterator[Path]:
    folder.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", folder], capture_output=True).returncode:
        pytest.skip("a small disk cannot be mounted here")
    try:
        yield folder
    finally:
        subprocess.run(["umount", folder], check=True)


@pytest.mark.parametrize("size", ["100k", "600k", "1m", "2m"])
def test_a_full_disk_is_a_sentence_and_the_same_command_goes_on_when_there_is_room(size: str, tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", size) as disk:
        home = Home(disk / "home", {})
        full = home.run("ingest", "-q", *DOCUMENTS)
        subprocess.run(["mount", "-o", "remount,size=64m", disk], check=True)
        again = home.run("ingest", "-q", *DOCUMENTS)
        rows = home.documents()

    assert full.code == 3
    assert "next: " in full.err
    assert "Traceback" not in full.err
    assert "unexpected" not in full.err
    assert again.code == 0
    assert "2 run in" in again.out
    assert {row["outcome"] for row in rows.values()} == {"indexed"}


@pytest.mark.parametrize("name", ["index.db", "runs.db"])
def test_a_damaged_history_is_a_sentence(name: str, home: Home) -> None:
    assert home.run("ingest", "-q", DOCUMENTS[1]).code == 0
    [file] = (home.path / "dagster").rglob(name)
    file.write_bytes(b"\xff" * 100_000)

    done = home.run("ingest", "-q", DOCUMENTS[0])

    assert done.code == 3
    assert "Dagster's history in" in done.err
    assert "damaged" in done.err
    assert "Traceback" not in done.err


def test_a_locked_history_is_a_sentence_and_the_same_command_goes_on(home: Home) -> None:
    assert home.run("ingest", "-q", DOCUMENTS[1]).code == 0
    [file] = (home.path / "dagster").rglob("runs.db")
    with closing(sqlite3.connect(file)) as other:
        other.execute("BEGIN EXCLUSIVE")
        locked = home.run("ingest", "-q", DOCUMENTS[0])

    assert locked.code == 3
    assert "another process holds it locked" in locked.err
    assert "Traceback" not in locked.err
    assert home.run("ingest", "-q", DOCUMENTS[0]).code == 0


def test_documents_that_another_command_has_in_hand_are_said_to_be(home: Home) -> None:
    slow = EXAMPLES / "article-scan.pdf"
    first = home.start("--ocr-provider", "fault:hang", "ingest", "-q", slow)
    wait_for(lambda: home.running() or first.poll() is not None, seconds=60, what="the document in hand")

    second = home.run("ingest", "-q", slow)
    first.send_signal(signal.SIGINT)
    first.communicate(timeout=200)

    assert second.code == 1
    assert "1 running elsewhere" in second.out
    assert "nothing had to be recomputed" not in second.out
