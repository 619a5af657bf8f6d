"""Standard output as a command leaves it: any text can be printed, and what cannot be written is told."""

from __future__ import annotations

import io
import os
import sys
from pathlib import Path
from typing import Any


class _Descriptor(io.FileIO):
    """Standard output, which remembers why it could not be written: Python forgets it with the first attempt."""

    failure: OSError | None = None

    def write(self, data: Any, /) -> int:
        if self.failure is not None:
            return len(data)
        try:
            return super().write(data)
        except OSError as error:
            self.failure = error
            raise


def prepare() -> None:
    """Halves of surrogate pairs, and what the terminal's encoding lacks, are printed escaped: inside JSON that is the
    same text."""
    if sys.stdout is None:  # closed by whoever started us: what we say has no reader
        sys.stdout = Path(os.devnull).open("w")  # noqa: SIM115  for the rest of the process
        return
    stream = sys.stdout
    if not isinstance(stream, io.TextIOWrapper):
        return
    if isinstance(getattr(stream.buffer, "raw", stream.buffer), io.FileIO):
        raw = _Descriptor(stream.fileno(), "wb", closefd=False)
        stream = io.TextIOWrapper(
            io.BufferedWriter(raw),
            encoding=stream.encoding,
            line_buffering=stream.line_buffering,
            write_through=stream.write_through,
        )
        sys.stdout = stream
    stream.reconfigure(errors="backslashreplace")


def refused() -> OSError | None:
    """What kept standard output from being written, if something did."""
    raw = getattr(getattr(sys.stdout, "buffer", None), "raw", None)
    return raw.failure if isinstance(raw, _Descriptor) else None


def flush() -> None:
    """Both streams, as far as they can be written."""
    for stream in (sys.stdout, sys.stderr):
        if stream is None:
            continue
        try:
            stream.flush()
        except (OSError, ValueError):  # full, gone or closed: nothing more can be said
            continue
