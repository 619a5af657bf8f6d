"""The embedded search index: SQLite FTS5 for words, sqlite-vec for vectors, through apsw (design, SearchIndex)."""

from stepflow_assets.resources.embedded_index.index import EmbeddedIndex

__all__ = ["EmbeddedIndex"]
