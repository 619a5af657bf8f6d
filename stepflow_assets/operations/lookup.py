"""Finding a document by what a person typed."""

from __future__ import annotations

import difflib

from stepflow_assets.errors import UnknownDocument
from stepflow_assets.operations.workspace import Workspace
from stepflow_assets.resources.catalog import CatalogRow


def known_document(workspace: Workspace, text: str) -> CatalogRow:
    """By id, or by the end of its path when that is unambiguous. Raises UnknownDocument with the nearest names."""
    row = workspace.catalog.get(text)
    if row is not None:
        return row
    rows = workspace.catalog.rows()
    ending = [row for row in rows if row.path == text or row.path.endswith(f"/{text}")]
    if len(ending) == 1:
        return ending[0]
    ids = [row.document_id for row in (ending or rows)]
    near = ids[:3] if ending else difflib.get_close_matches(text, ids, n=3, cutoff=0.4)
    hint = f"; did you mean {', '.join(near)}?" if near else ""
    raise UnknownDocument(f"no document is called {text!r}{hint}")
