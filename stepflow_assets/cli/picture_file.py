"""Writing a picture where a person wants it: whole, or not at all."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from flow_compiler.errors import InvalidInput


def write_picture(file: Path, data: bytes) -> None:
    """Under another name beside it, then renamed, so that nobody sees half a picture; folders are made.

    Devices and pipes are written to as they are. Raises InvalidInput when the place cannot be written."""
    try:
        if file.exists() and not file.is_file() and not file.is_dir():
            file.write_bytes(data)
            return
        _write_whole(file.resolve(), data)
    except OSError as error:
        raise InvalidInput(
            f"{file} cannot be written ({error.strerror or type(error).__name__})",
            code="picture.unwritable",
            next_step="Name a file that can be written, in a folder with room for it.",
        ) from None


def _write_whole(file: Path, data: bytes) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    unfinished = file.with_name(f".{file.name[:60]}-{os.getpid()}.part")
    try:
        unfinished.write_bytes(data)
        unfinished.replace(file)
    except OSError:
        with contextlib.suppress(OSError):
            unfinished.unlink()
        raise
