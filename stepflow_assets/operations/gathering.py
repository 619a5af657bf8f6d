"""From what a person named on the command line to documents of sources."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from stepflow_assets.errors import DocumentNotFound
from stepflow_assets.resources.catalog import SeenDocument
from stepflow_assets.resources.path_patterns import wanted
from stepflow_assets.resources.source_registry import Sources


def gather(
    sources: Sources, paths: Sequence[str], include: Sequence[str] = (), exclude: Sequence[str] = ()
) -> list[SeenDocument]:
    """Documents under ``paths`` (files or folders; none: every configured source), each once, sorted by id.

    A path inside a configured source belongs to it; any other to the source ``files``. Raises DocumentNotFound.
    """
    found = {document.document_id: document for document in _listed(sources, paths)}
    return [found[key] for key in sorted(found) if wanted(found[key].path, include, exclude)]


def _listed(sources: Sources, paths: Sequence[str]) -> Iterable[SeenDocument]:
    if not paths:
        for source in sources.configured():
            yield from source.list()
        return
    for text in paths:
        path = Path(text)
        if not path.exists():
            raise DocumentNotFound(f"there is no file or folder {text!r}", next_step="Check the path.")
        if not (path.is_file() or path.is_dir()):
            raise DocumentNotFound(f"{text!r} is neither a file nor a folder", next_step="Name a file or a folder.")
        yield from sources.under(path)
