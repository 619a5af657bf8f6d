"""A corpus of two small documents whose truth is known because both were made here."""

from __future__ import annotations

import json
from pathlib import Path

from reportlab.pdfgen.canvas import Canvas

LINES = [
    "Revenue grew by twelve percent in the second quarter",
    "while the cost of material fell for the third time",
    "The board expects the same of the rest of the year",
]


def written(folder: Path, *, said: str = "three lines of text") -> Path:
    """``report.pdf`` (family born_digital, with a DoclingDocument as truth) and ``note.md`` (family md), whose truth says
    ``said``."""
    (folder / "manifest.json").write_text(json.dumps([_report(folder), _note(folder, said)]))
    return folder


def _report(folder: Path) -> dict[str, object]:
    canvas = Canvas(str(folder / "report.pdf"), pagesize=(600, 800), invariant=True)
    for index, line in enumerate(LINES):
        canvas.drawString(72, 700 - 15 * index, line)
    canvas.save()
    box = {"l": 60, "t": 80, "r": 540, "b": 140, "coord_origin": "TOPLEFT"}
    text = {
        "label": "text",
        "content_layer": "body",
        "text": " ".join(LINES),
        "prov": [{"page_no": 1, "bbox": box, "charspan": [0, len(" ".join(LINES))]}],
        "children": [],
    }
    truth = {
        "body": {"children": [{"$ref": "#/texts/0"}]},
        "furniture": {"children": []},
        "texts": [text],
        "tables": [],
        "pages": {"1": {"size": {"width": 600, "height": 800}}},
    }
    (folder / "report.json").write_text(json.dumps(truth))
    return {
        "path": "report.pdf",
        "category": "born_digital",
        "groundtruth": ["report.json"],
        "gt_kind": "made by the test",
        "pages": 1,
        "text_chars": 150,
    }


def _note(folder: Path, said: str) -> dict[str, object]:
    (folder / "note.md").write_text("# A note\n\nthree lines of text\n")
    (folder / "truth.md").write_text(f"# A note\n\n{said}\n")
    return {"path": "note.md", "category": "md", "groundtruth": ["truth.md"], "gt_kind": "made by the test"}
