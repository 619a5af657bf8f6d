"""Object sources behind one protocol: where documents' bytes come from. Local folders and files are here now."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from stepflow_assets.resources.catalog import SeenDocument


@dataclass(frozen=True)
class PinnedBytes:
    """Bytes and the version they are: the SHA-256 for local files."""

    data: bytes
    version: str


class ObjectSource(Protocol):
    name: str

    def list(self) -> Iterator[SeenDocument]:
        """Every document, sorted by path; hidden files and folders left out; no bytes read."""
        ...

    def root(self) -> Path | None:
        """The folder it lists, where it is a local one."""
        ...

    def below(self, path: Path) -> Iterator[SeenDocument]:
        """Documents at or below a local path, sorted; for the source of files named on the command line."""
        ...

    def find(self, path: str) -> SeenDocument | None:
        """One document by its path inside the source; None when it is not there. Never leaves the source's root."""
        ...

    def version(self, uri: str) -> str:
        """The version of the bytes that are there now, without holding them in memory. Raises as :meth:`read`."""
        ...

    def read(self, uri: str) -> PinnedBytes:
        """Raises DocumentNotFound, DocumentTooLarge, DocumentError (unreadable)."""
        ...
