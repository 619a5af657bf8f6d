"""Pictures are written whole or not at all, and what is in the way is said."""

from __future__ import annotations

from pathlib import Path

import pytest

from flow_compiler.errors import InvalidInput
from stepflow_assets.cli.failing import exit_code
from stepflow_assets.cli.picture_file import write_picture


def test_folders_are_made_and_nothing_else_is_left(tmp_path: Path) -> None:
    file = tmp_path / "a" / "b.png"
    write_picture(file, b"old")
    write_picture(file, b"new")
    assert file.read_bytes() == b"new"
    assert list(file.parent.iterdir()) == [file]


@pytest.mark.parametrize("name", ["file/in/a.png", "folder", "n" * 300], ids=["below a file", "a folder", "long name"])
def test_a_place_that_cannot_be_written_is_a_sentence_and_leaves_nothing(name: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    (tmp_path / "folder").mkdir()
    with pytest.raises(InvalidInput, match="cannot be written") as caught:
        write_picture(tmp_path / name, b"data")
    assert exit_code(caught.value) == 2
    assert {path.name for path in tmp_path.rglob("*")} == {"file", "folder"}
