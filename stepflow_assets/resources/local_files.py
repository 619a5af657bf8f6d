"""Files of this host as pinned bytes: URI ↔ path for any name, change stamp, content digest, reading what does not move."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO
from urllib.parse import quote, unquote_to_bytes

from stepflow_assets.errors import DocumentChanged, DocumentError, DocumentNotFound, DocumentTooLarge
from stepflow_assets.resources.sources import PinnedBytes

_SCHEME = "file://"
_BLOCK = 1 << 20


def file_uri(file: Path) -> str:
    """``file:///…`` with every byte outside the safe ones percent-encoded: names need not be UTF-8."""
    return _SCHEME + quote(os.fsencode(file))


def file_of(uri: str) -> Path:
    """Inverse of :func:`file_uri`. Raises DocumentNotFound for a URI of another scheme."""
    if not uri.startswith(f"{_SCHEME}/"):
        raise DocumentNotFound(f"{uri!r} is not a file of this host")
    return Path(os.fsdecode(unquote_to_bytes(uri.removeprefix(_SCHEME))))


def change_stamp(status: os.stat_result) -> str:
    """Equal stamps mean (as far as one look can tell) equal bytes: size, modification time in ns, inode."""
    return f"{status.st_size}-{status.st_mtime_ns}-{status.st_ino}"


def read_pinned(file: Path, max_bytes: int) -> PinnedBytes:
    """All bytes and their SHA-256.

    Raises DocumentNotFound, DocumentTooLarge, DocumentChanged (it changed while it was read), DocumentError (unreadable).
    """
    with _unmoved(file, max_bytes) as stream:
        data = stream.read()
    return PinnedBytes(data, hashlib.sha256(data).hexdigest())


def content_digest(file: Path, max_bytes: int) -> str:
    """The SHA-256 of the bytes, lowercase hex, without holding them in memory. Raises as :func:`read_pinned`."""
    digest = hashlib.sha256()
    with _unmoved(file, max_bytes) as stream:
        while block := stream.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()


@contextmanager
def _unmoved(file: Path, max_bytes: int) -> Iterator[BinaryIO]:
    """The open file; afterwards it must be the same size, time and inode under the same name as before."""
    try:
        # A FIFO would otherwise block until somebody writes to it.
        with os.fdopen(os.open(file, os.O_RDONLY | os.O_NONBLOCK), "rb") as stream:
            before = os.fstat(stream.fileno())
            if not stat.S_ISREG(before.st_mode):
                raise DocumentError(f"{_shown(file)} is not a regular file", code="document.not_a_file")
            if before.st_size > max_bytes:
                raise DocumentTooLarge(f"{_shown(file)} has {before.st_size:,} bytes; at most {max_bytes:,} are read")
            yield stream
            if stream.tell() != before.st_size or change_stamp(file.stat()) != change_stamp(before):
                raise DocumentChanged(f"{_shown(file)} changed while it was read")
    except (FileNotFoundError, NotADirectoryError):
        raise DocumentNotFound(f"there is no file {_shown(file)}") from None
    except OSError as error:
        raise DocumentError(
            f"{_shown(file)} cannot be read: {(error.strerror or type(error).__name__).lower()}",
            code="document.unreadable",
            next_step="Give this user read access to the file, or check its disk, then ingest it again.",
        ) from error


def _shown(path: Path) -> str:
    """A path for people: control characters and bytes that are no text are escaped."""
    return repr(str(path))
