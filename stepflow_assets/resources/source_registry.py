"""All object sources by name, and which of them a path or a URI belongs to."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from stepflow_assets.errors import DocumentNotFound
from stepflow_assets.resources.catalog import SeenDocument
from stepflow_assets.resources.sources import ObjectSource, PinnedBytes


class Sources:
    """Configured sources, and ``files``: what was named on the command line.

    Only documents of configured sources can be found by key; a document of ``files`` is known once it was ingested.
    """

    def __init__(self, configured: Sequence[ObjectSource], files: ObjectSource) -> None:
        self._configured = {source.name: source for source in configured}
        self._files = files

    def configured(self) -> Sequence[ObjectSource]:
        return list(self._configured.values())

    def find(self, source: str, path: str) -> SeenDocument | None:
        """Raises DocumentNotFound when no such source is configured."""
        found = self._configured.get(source)
        if found is None:
            known = ", ".join(sorted(self._configured)) or "none"
            raise DocumentNotFound(
                f"no source is configured as {source!r} (configured: {known})",
                next_step="Add it under [sources] in stepflow.toml, or use one that is there.",
            )
        return found.find(path)

    def under(self, path: Path) -> Iterator[SeenDocument]:
        """Documents at or below a local path: of the configured source that holds it, else of ``files``."""
        absolute = Path(os.path.normpath(path.absolute()))  # no "..", links kept: the name a person knows
        for source in self._configured.values():
            root = source.root()
            if root is not None and absolute.is_relative_to(root):
                relative = absolute.relative_to(root).as_posix()
                yield from (item for item in source.list() if _below(item.path, relative))
                return
        yield from self._files.below(absolute)

    def version(self, uri: str) -> str:
        return self._files.version(uri)

    def read(self, uri: str) -> PinnedBytes:
        return self._files.read(uri)


def _below(path: str, folder: str) -> bool:
    return folder == "." or path == folder or path.startswith(f"{folder}/")
