"""A home with documents of every kind, and the viewer on it: as an application in this process."""

from __future__ import annotations

import asyncio
import html
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from reportlab.pdfgen.canvas import Canvas

from stepflow_assets.cli.ingesting import Request, ingest_once
from stepflow_assets.operations.workspace import Workspace
from stepflow_assets.settings import Settings, SourceSettings
from stepflow_assets.viewer.app import create_app
from stepflow_assets.viewer.pictures import Pictures
from stepflow_assets.viewer.reading import Reader
from stepflow_assets.workers.pool import WorkerPool
from tests.pages.pdf_files import pdf, picture, scan

HOSTILE = "<script>alert(1)</script>"
HOSTILE_NAME = 'a "><img src=x onerror=alert(2)> & größe 人口.pdf'
WORDS = ("Alder", "Beech", "Cedar")


def pages(file: Path, count: int, first: str) -> None:
    canvas = Canvas(str(file), invariant=True)
    for number in range(1, count + 1):
        canvas.setFont("Helvetica-Bold", 22)
        canvas.drawString(72, 760, f"{first} of part {number}")
        canvas.setFont("Helvetica", 11)
        for row in range(4):
            canvas.drawString(72, 700 - 14 * row, f"{WORDS[number % 3]} trees stand by river {number}, in row {row}.")
        canvas.drawString(72, 600, "A second paragraph tells of the hill behind it.")
        canvas.drawString(300, 30, str(number))
        canvas.showPage()
    canvas.save()


@pytest.fixture(scope="session")
def ingested(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Documents: three pages, hostile words and name, a format without pages, a broken one, a page nobody could read."""
    root = tmp_path_factory.mktemp("viewer")
    folder = root / "docs"
    folder.mkdir()
    pages(folder / "trees.pdf", 3, "Trees")
    pages(folder / HOSTILE_NAME, 1, HOSTILE)
    (folder / "notes.md").write_text(f"# Notes\n\nWillow trees stand by the pond. {HOSTILE.replace('<', '&lt;')}")
    (folder / "bad.pdf").write_bytes(b"%PDF-1.4 cut off")

    def mixed(canvas: Canvas) -> None:
        canvas.drawString(72, 720, "Poplar trees stand by the road, and this page has a sound text layer of its own.")
        canvas.drawString(72, 700, "The page after it is a scan that no provider could read.")

    pdf(folder / "mixed.pdf", mixed, picture(scan()))
    settings = Settings(
        home=root / "home",
        sources={"docs": SourceSettings(path=folder)},
        pdf_workers=1,
        ocr_workers=1,
        ocr_provider="fault:fail",
        variables={"chunking": {"max_tokens": 48}},
    )
    ingest_once(settings, Request((str(folder),), quiet=True))
    return settings


@dataclass(frozen=True)
class Answer:
    status: int
    headers: httpx.Headers
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()

    @property
    def words(self) -> str:
        """What a reader sees of it, tags left out."""
        return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", self.text)).split())

    @property
    def links(self) -> list[str]:
        return [html.unescape(each) for each in re.findall(r'href="([^"]+)"', self.text)]


class Viewer:
    """Asks the application as a browser on this machine does."""

    def __init__(self, settings: Settings, pool: WorkerPool, *, loopback: bool = True) -> None:
        self.settings = settings
        self._app = create_app(Reader(settings), Pictures(settings, pool), loopback=loopback)

    def get(self, path: str, method: str = "GET", **headers: str) -> Answer:
        async def ask() -> Answer:
            transport = httpx.ASGITransport(app=self._app)
            async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:3100") as client:
                found = await client.request(method, path, headers={k.replace("_", "-"): v for k, v in headers.items()})
                return Answer(found.status_code, found.headers, found.content)

        return asyncio.run(ask())


@pytest.fixture(scope="session")
def pool() -> Iterator[WorkerPool]:
    pool = WorkerPool("viewer", workers=1)
    yield pool
    pool.close()


@pytest.fixture
def viewer(ingested: Settings, pool: WorkerPool) -> Viewer:
    return Viewer(ingested, pool)


@pytest.fixture
def document_ids(ingested: Settings) -> dict[str, str]:
    """By file name."""
    with Workspace(ingested) as workspace:
        return {row.path: row.document_id for row in workspace.catalog.rows()}
