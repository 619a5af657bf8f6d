"""Search over the index, with vectors when an embedder is configured."""

from __future__ import annotations

from collections.abc import Sequence

from stepflow_assets.operations.workspace import Workspace
from stepflow_assets.resources.search import Hit


def search(
    workspace: Workspace, query: str, *, limit: int = 10, documents: Sequence[str] | None = None
) -> Sequence[Hit]:
    """Hits, best first. The query is embedded by the same model as the chunks (flow variable ``embedder``)."""
    model = workspace.settings.variables.get("embedder")
    if not model:
        return workspace.index.search(query, limit=limit, documents=documents)
    import asyncio

    from stepflow_assets.resources.embedder import create_embedder

    [vector] = asyncio.run(create_embedder(model).embed([query]))
    return workspace.index.search(query, limit=limit, vector=vector, documents=documents)
