"""encrypted.pdf, which asks for a password, and truncated.pdf, whose transfer broke off."""

from __future__ import annotations

from pathlib import Path

from reportlab.lib.pagesizes import A4
from reportlab.lib.pdfencrypt import StandardEncryption
from reportlab.lib.units import mm
from reportlab.platypus import Paragraph, SimpleDocTemplate, Spacer

from making.style import BODY, CAPTION, HEADING

PASSWORD = "open sesame"
KEPT = 0.55  # of the bytes: the pages' content is there, the table that says where is not


def make_encrypted(path: Path) -> None:
    lock = StandardEncryption(PASSWORD, ownerPassword="keys hang in the gate house", strength=128)
    document = SimpleDocTemplate(
        str(path), pagesize=A4, encrypt=lock, invariant=1, title="Minutes", leftMargin=26 * mm, rightMargin=26 * mm
    )
    document.build(
        [
            Paragraph("Minutes of the board, closed part", HEADING),
            Paragraph("Tarnholt Valley Water, 16 January 2026. Present: all members. Not for publication.", CAPTION),
            Spacer(1, 6),
            Paragraph(
                "1. The offer for the meadow beside the Mühlgrund wells is raised to 186,000 euros. If the owner declines, "
                "the board will not offer more, but ask for a right of way.",
                BODY,
            ),
            Paragraph(
                "2. The head of the laboratory will retire in the autumn. The post is to be advertised in May, at the same "
                "grade.",
                BODY,
            ),
            Paragraph("3. The next closed meeting is on 20 March.", BODY),
        ]
    )


def make_truncated(source: Path, path: Path) -> None:
    data = source.read_bytes()
    path.write_bytes(data[: int(len(data) * KEPT)])
