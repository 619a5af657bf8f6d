"""What `evidence` is asked to draw: a chunk, or a page of a document, and exactly one of them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from reportlab.pdfgen.canvas import Canvas

from stepflow_assets.cli.app import app
from stepflow_assets.cli.ingesting import Request, ingest_once
from stepflow_assets.settings import Settings


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ([], "say what to draw"),
        (["chunk", "--document", "a.pdf", "--page", "1"], "not both"),
        (["chunk", "--page", "1"], "not both"),
        (["--document", "a.pdf"], "go together"),
        (["--page", "1"], "go together"),
        (["--document", "a.pdf", "--page", "1", "--crop"], "of a chunk's places"),
        (["--document", "a.pdf", "--page", "1", "--place", "1"], "of a chunk's places"),
        (["--document", "a.pdf", "--page", "0"], "not in the range"),
    ],
)
def test_exactly_one_of_chunk_and_page_is_drawn(arguments: list[str], told: str, tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["--home", str(tmp_path), "evidence", *arguments, "-o", str(tmp_path / "x.png")])
    assert done.exit_code == 2
    assert told in done.output
    assert list(tmp_path.iterdir()) == []


def test_the_picture_of_a_page_and_what_is_told_of_it(tmp_path: Path) -> None:
    file = tmp_path / "größe 人口.pdf"
    canvas = Canvas(str(file))
    canvas.drawString(72, 720, "Alder trees stand by the river.")
    canvas.save()
    ingest_once(Settings(home=tmp_path / "home", pdf_workers=1), Request((str(file),), quiet=True))
    common = ["--home", str(tmp_path / "home"), "evidence", "--document", file.name, "--page", "1"]

    told = CliRunner().invoke(app, [*common, "-o", str(tmp_path / "seite 1.png"), "--json"], catch_exceptions=False)
    said = CliRunner().invoke(app, [*common, "-o", str(tmp_path / "again.png")], catch_exceptions=False)

    page = json.loads(told.stdout)
    assert page["document"].endswith(file.name)
    assert (page["page"], page["route"], page["status"], page["blocks"]) == (1, "text", "ok", 1)
    assert page["picture"] == str(tmp_path / "seite 1.png")
    assert (tmp_path / "seite 1.png").read_bytes() == (tmp_path / "again.png").read_bytes()
    assert "page 1, route text, 1 block:" in said.stdout
