"""The inputs of a batch: JSON, one a line, in a file or on standard input, read as they are needed.

A file, and standard input where the run is kept, is read through once before anything runs: a broken line is told
before work is done, the number of inputs is known, and the digest tells whether a run is gone on with by the same
inputs. Blank lines are left out; a byte order mark at the start is none of the first input's.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import shutil
import sys
import tempfile
import threading
from codecs import BOM_UTF8
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO

import click

from flow_compiler.errors import FlowLoadError
from flow_compiler.language.expressions import Json
from flow_compiler.language.loader import MAX_BYTES, decode, read_data

STANDARD_INPUT = "-"
_BLOCK = 1 << 16
_OPTION = "--inputs"


class BrokenLine(FlowLoadError):
    code = "run.broken_line"


@dataclass(frozen=True)
class Surveyed:
    """What is known before anything runs."""

    count: int
    digest: str


class InputLines:
    """Open inputs; ``surveyed`` is None where they are taken as they come."""

    surveyed: Surveyed | None = None

    def __init__(self, source: str, *, kept: bool) -> None:
        """``source`` is a file's name or ``-``; ``kept``: the run is, so standard input is read to its end first. Raises
        click.BadParameter for what cannot be read, BrokenLine for a line that is no input."""
        self.name = "standard input" if source == STANDARD_INPUT else source
        self._open = ExitStack()
        try:
            self._stream = self._opened(source, kept=kept)
            if self._stream.seekable() and source != STANDARD_INPUT or kept:
                self.surveyed = self._survey()
        except BaseException:
            self._open.close()
            raise

    def __enter__(self) -> InputLines:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._open.close()

    def _opened(self, source: str, *, kept: bool) -> IO[bytes]:
        if source == STANDARD_INPUT and sys.stdin is None:
            raise click.BadParameter("standard input is closed", param_hint=_OPTION)
        try:
            if source == STANDARD_INPUT:
                stream: IO[bytes] = sys.stdin.buffer
            else:
                stream = self._open.enter_context(Path(source).open("rb"))  # noqa: SIM115  closed with the stack
                kept = kept and not stream.seekable()
            return self._copy(stream) if kept else stream
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or error
            raise click.BadParameter(f"{self.name}: cannot read the file: {reason}", param_hint=_OPTION) from error

    def _copy(self, stream: IO[bytes]) -> IO[bytes]:
        """A stream that can be read only once, in a file that can be read again."""
        copy = self._open.enter_context(tempfile.TemporaryFile())  # noqa: SIM115  closed with the stack
        shutil.copyfileobj(stream, copy, _BLOCK)
        copy.seek(0)
        return copy

    def _survey(self) -> Surveyed:
        digest = hashlib.sha256()

        def blocks() -> Iterator[bytes]:
            while block := self._stream.read(_BLOCK):
                digest.update(block)
                yield block

        count = sum(1 for _ in self._values(blocks()))
        self._stream.seek(0)
        return Surveyed(count, digest.hexdigest())

    async def read(self) -> AsyncIterator[Json]:
        """The inputs in order. Raises BrokenLine."""
        lines = _Lines()
        while block := await self._block():
            for number, line in lines.add(block, self.name):
                yield self._value(number, line)
        for number, line in lines.rest():
            yield self._value(number, line)

    async def _block(self) -> bytes:
        descriptor = None if self.surveyed is not None else _descriptor(self._stream)
        if descriptor is None:
            return self._stream.read(_BLOCK)
        return await _read_aside(descriptor)

    def _values(self, blocks: Iterable[bytes]) -> Iterator[Json]:
        lines = _Lines()
        for block in blocks:
            for number, line in lines.add(block, self.name):
                yield self._value(number, line)
        for number, line in lines.rest():
            yield self._value(number, line)

    def _value(self, number: int, line: bytes) -> Json:
        try:
            return read_data(decode(line, self.name), self.name, yaml=False)
        except FlowLoadError as error:
            raise _broken(error.message, self.name, number, error.column) from error


class _Lines:
    """Blocks of bytes as numbered lines that are not blank."""

    def __init__(self) -> None:
        self._number = 0
        self._begun = b""

    def add(self, block: bytes, name: str) -> Iterator[tuple[int, bytes]]:
        *whole, self._begun = (self._begun + block).split(b"\n")
        for line in whole:
            yield from self._numbered(line)
        if len(self._begun) > MAX_BYTES:
            raise _broken(f"the line is longer than {MAX_BYTES // 2**20} MiB", name, self._number + 1, None)

    def rest(self) -> Iterator[tuple[int, bytes]]:
        yield from self._numbered(self._begun)

    def _numbered(self, line: bytes) -> Iterator[tuple[int, bytes]]:
        self._number += 1
        if self._number == 1:
            line = line.removeprefix(BOM_UTF8)
        if line.strip():
            yield self._number, line


def _broken(message: str, name: str, line: int, column: int | None) -> BrokenLine:
    return BrokenLine(
        message,
        file=name,
        line=line,
        column=column,
        next_step="Each line is one JSON value. Correct this line, or take it out, and give the same command again.",
    )


def _descriptor(stream: IO[bytes]) -> int | None:
    try:
        return stream.fileno()
    except (OSError, ValueError):  # bytes in memory
        return None


async def _read_aside(descriptor: int) -> bytes:
    """What there is to read now. In a thread that nobody waits for at the end: who writes may never write again."""
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[bytes] = loop.create_future()

    def settle(block: bytes | OSError) -> None:
        if answer.done():
            return
        if isinstance(block, OSError):
            answer.set_exception(block)
        else:
            answer.set_result(block)

    def read() -> None:
        try:
            block: bytes | OSError = os.read(descriptor, _BLOCK)
        except OSError as error:
            block = error
        if not loop.is_closed():
            loop.call_soon_threadsafe(settle, block)

    threading.Thread(target=read, name="inputs", daemon=True).start()
    return await answer
