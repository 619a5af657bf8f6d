"""A page is recognised once: whatever becomes of the document around it, in how many documents it is, and whoever asks."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import PIL.Image
import PIL.ImageDraw
import PIL.ImageFont
import pytest
from reportlab.pdfgen.canvas import Canvas

from flow_compiler.engine.storage.artifacts import open_artifacts
from stepflow_assets.documents.chunk import Outcome
from stepflow_assets.resources.catalog import CatalogRow
from tests.operations.conftest import Place
from tests.pages import recognising_process
from tests.pages.pdf_files import image_bytes, lines, pdf, picture, together

pytestmark = pytest.mark.process

REPOSITORY = Path(__file__).parents[2]
FIGURE = PIL.Image.linear_gradient("L").resize((64, 64))


def page(number: int) -> Callable[[Canvas], None]:
    """A line of text, and a figure in which there is nothing to read."""
    return together(lines(f"Page {number} tells of species number {number}", x=10, top=270, size=6), figure(number))


def figure(number: float) -> Callable[[Canvas], None]:
    return picture(FIGURE.rotate(number * 3.6), 40, 60, 120, 150)


def ingest(place: Place, name: str, *pages: Callable[[Canvas], None]) -> CatalogRow:
    """Recognition finds nothing in the figures, which is an answer: the engine is not what is looked at here."""
    pdf(place.folder / name, *pages, size=(200, 300))
    row = place.ingest(settings=place.settings.model_copy(update={"ocr_provider": "fault:empty"}))[name]
    assert (row.outcome, row.degraded) == (Outcome.INDEXED, False)
    return row


def test_one_edited_page_of_a_hundred_is_recognised_and_made_into_blocks_alone(place: Place) -> None:
    pages = [page(number) for number in range(100)]
    first = ingest(place, "x.pdf", *pages)
    assert first.computed == 1 + 3 * 100 + 2

    edited = ingest(place, "x.pdf", *pages[:41], together(pages[41], figure(41.5)), *pages[42:])

    # read, a cheap look at each page of the new file, one recognition, the blocks of one page, chunks, publish
    assert edited.computed == 1 + 100 + 1 + 1 + 2
    assert edited.reused == 2 * 99


def test_a_page_in_two_documents_is_recognised_once(place: Place) -> None:
    ingest(place, "a.pdf", page(1), page(2), page(3))
    other = ingest(place, "b.pdf", page(9), page(3), page(2))
    assert other.computed == 1 + 3 + 2 * 1 + 2
    assert other.reused == 2 * 2


def test_a_page_that_is_twice_in_a_document_is_recognised_once(place: Place) -> None:
    row = ingest(place, "a.pdf", page(1), page(2), page(1))
    assert row.computed == 1 + 3 + 2 * 2 + 2
    assert row.reused == 2


def letter() -> PIL.Image.Image:
    image = PIL.Image.new("L", (900, 400), "white")
    pen = PIL.ImageDraw.Draw(image)
    font = PIL.ImageFont.load_default(28)
    for row, text in enumerate(("Dear Sir or Madam,", "the heron by the river", "has been seen again.", "Yours truly")):
        pen.text((60, 60 + 70 * row), text, fill="black", font=font)
    return image


def recognising(home: Path, database: str, digest: str, run: str) -> subprocess.Popen[str]:
    command = [sys.executable, recognising_process.__file__, str(home), database, digest, run]
    process = subprocess.Popen(command, cwd=REPOSITORY, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def answers(home: Path, database: str) -> list[dict[str, Any]]:
    """Of two processes that are told to recognise the same picture at the same moment."""
    store = open_artifacts(home / "artifacts")
    stored = asyncio.run(store.put(image_bytes(letter(), "PNG")))
    store.close()
    processes = [recognising(home, database, stored.id, run) for run in ("one", "other")]
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    return [json.loads(process.communicate(timeout=250)[0]) for process in processes]


def test_of_two_processes_one_recognises_a_page_and_the_other_waits_for_it(tmp_path: Path) -> None:
    home = tmp_path / "home"
    one, other = answers(home, f"sqlite:///{tmp_path}/shared.db")
    assert sorted((one["reuse"], other["reuse"])) == ["computed", "waited"]
    assert one["page"] == other["page"]


@pytest.mark.postgres
def test_of_two_processes_over_postgresql_one_recognises_and_the_other_waits(tmp_path: Path, postgres_url: str) -> None:
    one, other = answers(tmp_path / "home", postgres_url)
    assert sorted((one["reuse"], other["reuse"])) == ["computed", "waited"]
    assert one["page"] == other["page"]
