"""A page's picture as recognition gets it, drawn and encoded: CPU a page at 150 dpi, over born-digital and scanned pages."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks.figures import Figure, plain, skipped
from benchmarks.inputs import born_digital, corpus
from benchmarks.measuring import run

_GOAL = 20.0
_RUNS = 3
_DPI = 150


def measure() -> list[Figure]:
    scans = [file for file in corpus("scans", "scans_derived") if file.suffix == ".pdf"]
    figures = []
    for name, files in (("born-digital", born_digital()), ("scanned", scans)):
        title = f"render and encode a {name} page, {_DPI} dpi"
        if not files:
            figures.append(skipped(title, "there are no scans"))
            continue
        found = [json.loads(run([sys.executable, "-m", __name__, *map(str, files)]).output) for _ in range(_RUNS)]
        best = min(found, key=lambda each: float(each["cpu"]))
        against = f"{best['pages']} pages; drawing {plain(best['drawing'])} ms, encoding {plain(best['encoding'])} ms"
        figures.append(Figure(title, best["cpu"], "ms CPU", against, goal=_GOAL))
    return figures


def measured(files: Sequence[Path]) -> dict[str, float]:
    from stepflow_assets.pages import opening, pictures
    from stepflow_assets.pages.frame import PageFrame

    pages, drawing, encoding = 0, 0.0, 0.0
    for file in files:
        document = opening.open_pdf(str(file), ())
        for number in range(1, len(document) + 1):
            opened = opening.open_pdf_page(document, number)
            began = time.process_time()
            frame = PageFrame.of(opened.page)
            image = pictures.colour_image(opened.page, opened.form, frame, _DPI / pictures.POINTS_PER_INCH)
            drawn = time.process_time()
            pictures.encode(image)
            encoding += time.process_time() - drawn
            drawing += drawn - began
            pages += 1
            opened.close()
    scale = 1000 / pages
    return {
        "pages": pages,
        "cpu": (drawing + encoding) * scale,
        "drawing": drawing * scale,
        "encoding": encoding * scale,
    }


if __name__ == "__main__":
    print(json.dumps(measured([Path(name) for name in sys.argv[1:]])))
