"""Who watches an ingestion: called on the run's thread, so keep it quick."""

from __future__ import annotations


class Observer:
    """Watches nothing; override what is wanted."""

    def page_done(self, document_id: str) -> None:
        """A page (or a part) of the document went through ``pages``."""

    def document_done(self, document_id: str, *, failed: bool) -> None:
        """The document ended in this run."""
