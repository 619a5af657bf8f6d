"""What the embedded index says when its file cannot be used, and that it never writes over what is not its own."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from pathlib import Path

import apsw
import pytest
from index_cases import chunks, document

from flow_compiler.errors import Category
from stepflow_assets.errors import IndexUnavailable
from stepflow_assets.resources.embedded_index import EmbeddedIndex


def foreign_database(path: Path) -> None:
    connection = apsw.Connection(str(path))
    connection.execute("CREATE TABLE theirs (value); INSERT INTO theirs VALUES ('precious')")
    connection.close()


def claimed_database(path: Path) -> None:
    connection = apsw.Connection(str(path))
    connection.execute("PRAGMA application_id = 42")
    connection.close()


def newer_index(path: Path) -> None:
    index = EmbeddedIndex(path)
    index.write_generation(document(), 1, chunks("words"))
    index.close()
    connection = apsw.Connection(str(path))
    connection.execute("PRAGMA user_version = 999")
    connection.close()


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda path: path.write_text("just some notes\n"), "not an index of ours"),
        (lambda path: path.write_bytes(b"x" * 20_000), "not an index of ours"),
        (foreign_database, "not an index of ours"),
        (claimed_database, "not an index of ours"),
        (newer_index, "newer version"),
    ],
    ids=["short text", "bytes", "another program's database", "another program's empty database", "newer version"],
)
def test_a_file_that_is_not_ours_is_left_as_it_is(tmp_path: Path, make: object, says: str) -> None:
    path = tmp_path / "index.db"
    make(path)  # type: ignore[operator]
    before = path.read_bytes()
    index = EmbeddedIndex(path)
    for use in (lambda: index.search("words"), lambda: index.write_generation(document(), 1, chunks("words"))):
        with pytest.raises(IndexUnavailable, match=says) as raised:
            use()
        assert raised.value.category is Category.INDEX
        assert not raised.value.retryable
        assert "Move the file away" in raised.value.next_step or "version" in raised.value.next_step
    index.close()
    assert path.read_bytes() == before


def test_a_damaged_index_says_so(tmp_path: Path) -> None:
    path = tmp_path / "index.db"
    index = EmbeddedIndex(path)
    index.write_generation(document(), 1, chunks(*(f"words {at} " * 50 for at in range(200))))
    index.close()
    data = bytearray(path.read_bytes())
    data[8192:] = b"\xa5" * (len(data) - 8192)
    path.write_bytes(data)
    with pytest.raises(IndexUnavailable, match="damaged") as raised:
        index.search("words")
    assert not raised.value.retryable
    assert path.read_bytes() == data


def test_an_empty_file_is_a_new_index(tmp_path: Path) -> None:
    path = tmp_path / "index.db"
    path.touch()
    index = EmbeddedIndex(path)
    assert index.write_generation(document(), 1, chunks("words")).written
    index.close()


def test_a_locked_index_says_so_and_can_be_retried(tmp_path: Path) -> None:
    index = EmbeddedIndex(tmp_path / "index.db", busy_seconds=0.05)
    index.write_generation(document(), 1, chunks("words"))
    other = apsw.Connection(str(tmp_path / "index.db"))
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(IndexUnavailable, match="locked by another process") as raised:
        index.write_generation(document(), 2, chunks("more words"))
    assert raised.value.retryable
    assert len(index.search("words")) == 1, "reading goes on beside a writer"
    other.execute("ROLLBACK")
    other.close()
    assert index.write_generation(document(), 2, chunks("more words")).written
    index.close()


@pytest.mark.parametrize("kind", ["a file where the folder should be", "a folder where the file should be"])
def test_a_place_that_cannot_hold_an_index_says_so(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "place" / "index.db"
    if kind == "a file where the folder should be":
        path.parent.write_text("in the way")
    else:
        path.mkdir(parents=True)
    with pytest.raises(IndexUnavailable, match="index") as raised:
        EmbeddedIndex(path).search("words")
    assert raised.value.next_step


@pytest.mark.process
def test_a_full_disk_says_so_and_the_live_generation_stays(tmp_path: Path) -> None:
    """A limit on the size of files stands for the full disk."""
    script = """
        import resource, sys
        from index_cases import chunks, document
        from stepflow_assets.errors import IndexUnavailable
        from stepflow_assets.resources.embedded_index import EmbeddedIndex

        index = EmbeddedIndex(sys.argv[1])
        index.write_generation(document(), 1, chunks("words that stay"))
        resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, 300_000))
        try:
            index.write_generation(document(), 2, chunks(*(f"words {at} " * 200 for at in range(500))))
        except IndexUnavailable as error:
            print(error.message, error.retryable)
        print([hit.chunk.text for hit in index.search("words")])
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script), str(tmp_path / "index.db")],
        cwd=Path(__file__).parent,
        capture_output=True,
        text=True,
        check=True,
    )
    said, found = done.stdout.splitlines()
    assert said.endswith("True")
    assert "index" in said
    assert found == "['words that stay']"
    index = EmbeddedIndex(tmp_path / "index.db")
    assert [hit.chunk.text for hit in index.search("words")] == ["words that stay"]
    index.close()
