"""Where the viewer shows a document: addresses relative to its root, and whole ones for other programs.

Names travel in the query: they may hold slashes and dots, which browsers would resolve in a path.
"""

from __future__ import annotations

from urllib.parse import urlencode


def document_link(document_id: str) -> str:
    return f"/document?{urlencode({'name': document_id})}"


def page_link(document_id: str, number: int, chunk: str | None = None) -> str:
    """With a chunk, its place on the page is marked, and the browser goes there."""
    query = {"document": document_id, "number": number} | ({"chunk": chunk} if chunk else {})
    return f"/page?{urlencode(query)}{'#place' if chunk else ''}"


def chunk_link(chunk_id: str) -> str:
    return f"/chunk?{urlencode({'id': chunk_id})}"


def at_viewer(viewer_url: str, link: str) -> str:
    """The whole address of a link. ``viewer_url``: where the viewer listens, such as ``http://127.0.0.1:3100``."""
    return viewer_url.rstrip("/") + link
