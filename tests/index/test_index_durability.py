"""The embedded index survives what happens to processes and files."""

from __future__ import annotations

import random
import shutil
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import apsw
import pytest
from generation_writer import content
from index_cases import chunks, document

from stepflow_assets.resources.embedded_index import EmbeddedIndex, tokenizer

WRITER = Path(__file__).with_name("generation_writer.py")


def start_writer(path: Path, *names: str, generations: int = 0) -> subprocess.Popen[str]:
    command = [sys.executable, str(WRITER), str(path), str(generations), *names]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def assert_sound(path: Path) -> None:
    """SQLite's own checks and FTS5's comparison of its words with the chunks."""
    connection = apsw.Connection(str(path))
    tokenizer.register(connection)
    assert connection.execute("PRAGMA integrity_check").get == "ok"
    connection.execute("INSERT INTO words (words, rank) VALUES ('integrity-check', 1)")
    orphans = "SELECT count(*) FROM {0} WHERE {1} NOT IN (SELECT key FROM {2})"
    for table, column, parent in (("chunks", "document", "documents"), ("vectors", "chunk", "chunks")):
        assert connection.execute(orphans.format(table, column, parent)).get == 0
    connection.close()


def assert_each_document_has_one_complete_generation(path: Path, at_least: dict[str, int]) -> None:
    index = EmbeddedIndex(path)
    for name, said in at_least.items():
        live = index.live(f"files:{name}")
        if live is None:
            assert said == 0
            continue
        assert live.generation >= said, "what was said to be written is lost"
        expected = content(name, live.generation)
        assert [chunk.text for chunk in index.chunks(f"files:{name}")] == expected
        assert live.chunks == len(expected)
        hits = index.search(name, limit=100)
        assert sorted(hit.chunk.text for hit in hits) == sorted(expected)
        assert {hit.generation for hit in hits} <= {live.generation}
    index.close()


@pytest.mark.process
def test_twenty_kills_while_writing_leave_each_document_with_one_complete_generation(tmp_path: Path) -> None:
    path, moments = tmp_path / "index.db", random.Random(20)
    said = {"alpha": 0, "beta": 0}
    for _ in range(20):
        writer = start_writer(path, *said)
        assert writer.stdout is not None
        assert writer.stdout.readline() == "ready\n"
        time.sleep(moments.uniform(0, 0.08))  # the moment of the kill
        writer.kill()
        for line in writer.stdout.read().splitlines(keepends=True):
            if line.endswith("\n"):
                name, generation = line.split()
                said[name] = int(generation)
        writer.wait()
        assert_each_document_has_one_complete_generation(path, said)
    assert min(said.values()) > 20
    assert_sound(path)


@pytest.mark.process
def test_a_kill_while_the_file_is_made_leaves_it_usable(tmp_path: Path) -> None:
    moments = random.Random(3)
    for attempt in range(5):
        path = tmp_path / str(attempt) / "index.db"
        writer = start_writer(path, "alpha")
        while not path.exists():
            assert writer.poll() is None
        time.sleep(moments.uniform(0, 0.004))
        writer.kill()
        writer.communicate()
        index = EmbeddedIndex(path)
        index.write_generation(document(), 1, chunks("words"))
        assert len(index.search("words")) == 1
        index.close()
        assert_sound(path)


@pytest.mark.process
def test_two_processes_write_at_once(tmp_path: Path) -> None:
    path = tmp_path / "index.db"
    writers = [start_writer(path, *names, generations=40) for names in (("alpha", "beta"), ("gamma", "delta"))]
    for writer in writers:
        writer.communicate()
        assert writer.returncode == 0
    assert_each_document_has_one_complete_generation(path, dict.fromkeys(("alpha", "beta", "gamma", "delta"), 40))
    assert_sound(path)


@pytest.mark.parametrize("what", ["file", "file and log", "folder", "replaced"])
def test_an_index_deleted_while_it_is_open_is_opened_anew(tmp_path: Path, what: str) -> None:
    path = tmp_path / "index" / "index.db"
    index = EmbeddedIndex(path)
    index.write_generation(document(), 1, chunks("former words"))
    if what == "replaced":
        other = EmbeddedIndex(tmp_path / "other" / "index.db")
        other.write_generation(document(), 1, chunks("other words"))
        other.close()
        shutil.rmtree(path.parent)
        shutil.move(tmp_path / "other", path.parent)
    elif what == "folder":
        shutil.rmtree(path.parent)
    else:
        path.unlink()
        if what == "file and log":
            Path(f"{path}-wal").unlink()
            Path(f"{path}-shm").unlink()
    expected = ["other words"] if what == "replaced" else []
    assert [hit.chunk.text for hit in index.search("former other words")] == expected
    assert index.write_generation(document(), 1, chunks("former words")).written
    assert [hit.chunk.text for hit in index.search("words")] == ["former words"]
    index.close()
    assert_sound(path)


@pytest.mark.process
def test_a_process_that_still_has_the_deleted_file_open_does_no_harm_to_the_new_one(tmp_path: Path) -> None:
    path = tmp_path / "index.db"
    script = """
        import sys
        from index_cases import chunks, document
        from stepflow_assets.resources.embedded_index import EmbeddedIndex

        index = EmbeddedIndex(sys.argv[1])
        index.write_generation(document("a"), 1, chunks(*(f"former words {at} " * 40 for at in range(50))))
        print("ready", flush=True)
        for line in sys.stdin:
            print(len(index.search("former")), len(index.search("new")), flush=True)
    """
    holder = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(script), str(path)],
        cwd=WRITER.parent,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert holder.stdin is not None
    assert holder.stdout is not None
    assert holder.stdout.readline() == "ready\n"
    path.unlink()
    index = EmbeddedIndex(path)
    index.write_generation(document("b"), 1, chunks("new words"))
    assert [hit.chunk.text for hit in index.search("former new words")] == ["new words"]
    holder.stdin.write("search\n")
    holder.stdin.close()
    assert holder.stdout.read() == "0 1\n"
    assert holder.wait() == 0
    assert [hit.chunk.text for hit in index.search("former new words")] == ["new words"]
    index.close()
    assert_sound(path)


@pytest.mark.parametrize("generations", [1, 3])
def test_a_forgotten_document_is_in_no_byte_of_the_index(tmp_path: Path, generations: int) -> None:
    """Also not in FTS5's segments, where words of deleted rows stay until a merge: hence the other documents."""
    path = tmp_path / "index.db"
    index = EmbeddedIndex(path)
    for number in range(40):
        index.write_generation(document(f"kept{number}"), 1, chunks(*many_words(number)))
        if number == 20:
            index.write_generation(document("zqsecretname"), 1, chunks(*secrets(1)), [[1.0, 2.0]] * 20)
    for generation in range(2, generations + 1):
        index.write_generation(document("zqsecretname"), generation, chunks(*secrets(generation)), [[1.0, 2.0]] * 20)
    index.delete_document("files:zqsecretname", 9)
    index.close()
    left = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    for secret in (b"confidential", b"private", b"secretname"):
        assert secret not in left
    assert b"kept words" in left


def secrets(generation: int) -> list[str]:
    return [f"zqconfidential{generation} xkprivate{generation}part{part}" for part in range(20)]


def many_words(number: int) -> list[str]:
    return ["kept words " + " ".join(f"zq{number}y{row}y{column}" for column in range(60)) for row in range(20)]


def test_an_index_made_by_other_token_rules_is_tokenised_anew(tmp_path: Path) -> None:
    path = tmp_path / "index.db"
    index = EmbeddedIndex(path)
    index.write_generation(document(), 1, chunks("水道局の人口"))
    index.close()
    connection = apsw.Connection(str(path))
    connection.register_fts5_tokenizer("stepflow", lambda _connection, _arguments: lambda _utf8, _flags, _locale: ["x"])
    connection.execute("INSERT INTO words (words) VALUES ('rebuild'); UPDATE facts SET value = 0 WHERE name = 'tokens'")
    connection.close()
    assert [hit.chunk.text for hit in index.search("人口")] == ["水道局の人口"]
    index.write_generation(document(), 2, chunks("new"))
    index.close()
    assert_sound(path)
