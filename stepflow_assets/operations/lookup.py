"""Finding a document by what a person typed."""

from __future__ import annotations

import difflib
from collections.abc import Sequence

from stepflow_assets.errors import UnknownDocument
from stepflow_assets.operations.workspace import Workspace
from stepflow_assets.resources.catalog import CatalogRow


def known_document(workspace: Workspace, text: str) -> CatalogRow:
    """By id, or by the end of id or path when that is unambiguous. Raises UnknownDocument with the nearest names."""
    row = workspace.catalog.get(text)
    if row is not None:
        return row
    rows = workspace.catalog.rows()
    ending = _ending(text, rows)
    if len(ending) == 1:
        return ending[0]
    raise _unknown(text, rows)


def exact_document(workspace: Workspace, document_id: str) -> CatalogRow:
    """By id alone, for what cannot be undone. Raises UnknownDocument with the nearest names."""
    row = workspace.catalog.get(document_id)
    if row is None:
        raise _unknown(document_id, workspace.catalog.rows())
    return row


def _ending(text: str, rows: Sequence[CatalogRow]) -> list[CatalogRow]:
    return [row for row in rows if any(_ends_in(name, text) for name in (row.path, row.document_id))]


def _unknown(text: str, rows: Sequence[CatalogRow]) -> UnknownDocument:
    near = [row.document_id for row in _ending(text, rows)[:3]] or _nearest(text, rows)
    hint = f"; did you mean {', '.join(near)}?" if near else ""
    return UnknownDocument(f"no document is called {text!r}{hint}")


def _ends_in(name: str, text: str) -> bool:
    return f"/{name.replace(':', '/', 1)}".endswith(f"/{text}") or f"/{name}".endswith(f"/{text}")


def _nearest(text: str, rows: Sequence[CatalogRow]) -> list[str]:
    """By file name, which is what people type."""
    by_name = {row.path.rsplit("/", 1)[-1]: row.document_id for row in rows}
    wanted = text.rsplit("/", 1)[-1].rpartition(":")[2]
    return [by_name[name] for name in difflib.get_close_matches(wanted, by_name, n=3, cutoff=0.6)]
