"""A home and a folder of small PDFs; ingestion in this process, by the same code as the command line."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from stepflow_assets.cli.ingesting import Request, ingest_once
from stepflow_assets.operations.workspace import Workspace
from stepflow_assets.resources.catalog import CatalogRow
from stepflow_assets.settings import Settings, SourceSettings


@dataclass(frozen=True)
class Place:
    """One home and its source ``docs``."""

    settings: Settings
    folder: Path

    def write(self, name: str, *pages: str, password: str | None = None) -> Path:
        """A PDF with one line of text a page; the same pages give the same bytes."""
        from reportlab.lib.pdfencrypt import StandardEncryption
        from reportlab.pdfgen.canvas import Canvas

        file = self.folder / name
        encryption = StandardEncryption(password) if password else None
        canvas = Canvas(str(file), invariant=True, encrypt=encryption)
        for page in pages:
            canvas.drawString(72, 720, page)
            canvas.drawString(72, 700, "The rest of the page is the same everywhere.")
            canvas.showPage()
        canvas.save()
        return file

    def ingest(self, *paths: Path, refresh: bool = False, settings: Settings | None = None) -> dict[str, CatalogRow]:
        """Ingest the folder (or the paths); returns the catalog by file name."""
        named = tuple(map(str, paths or (self.folder,)))
        ingest_once(settings or self.settings, Request(named, quiet=True, refresh=refresh))
        return self.rows()

    def rows(self) -> dict[str, CatalogRow]:
        with Workspace(self.settings) as workspace:
            return {row.path: row for row in workspace.catalog.rows()}

    def found(self, query: str) -> list[str]:
        """Ids of the documents that a search finds."""
        with Workspace(self.settings) as workspace:
            return sorted({hit.document_id for hit in workspace.index.search(query)})


@pytest.fixture
def place(tmp_path: Path) -> Place:
    folder = tmp_path / "docs"
    folder.mkdir()
    settings = Settings(
        home=tmp_path / "home", sources={"docs": SourceSettings(path=folder)}, pdf_workers=1, ocr_workers=1
    )
    return Place(settings, folder)
