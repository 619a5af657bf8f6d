"""The least a born-digital page can cost here: a bare loop over two processes. ``python -m benchmarks.limit [--as-drawn] FILE…``.

Each process opens the files, takes the text with its boxes from every second page and makes the small picture that the
route needs, with the platform's own fastest calls, and keeps nothing. ``--as-drawn``: the picture is drawn as a loop draws it
that knows nothing of the route, photographs included.
"""

from __future__ import annotations

import os
import sys

PROCESSES = 2


def main() -> None:
    as_drawn, files = sys.argv[1] == "--as-drawn", [name for name in sys.argv[1:] if not name.startswith("--")]
    children = []
    for first in range(PROCESSES):
        child = os.fork()
        if not child:
            pages = sum(_every_other(file, first, as_drawn=as_drawn) for file in files)
            os._exit(0 if pages else 1)
        children.append(child)
    sys.exit(max(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children))


def _every_other(file: str, first: int, *, as_drawn: bool) -> int:
    from stepflow_assets.pages import opening, pictures
    from stepflow_assets.pages.frame import PageFrame
    from stepflow_assets.pages.images_on_page import left_out, placed_images
    from stepflow_assets.pages.words import page_text, words_of

    document = opening.open_pdf(file, ())
    numbers = range(1 + first, len(document) + 1, PROCESSES)
    for number in numbers:
        opened = opening.open_pdf_page(document, number)
        frame = PageFrame.of(opened.page)
        text = page_text(opened.textpage)
        for word in words_of(opened.textpage, text):
            frame.box(word.u0, word.v0, word.u1, word.v1)
        with left_out([] if as_drawn else placed_images(opened.page)):
            pictures.small_grey(opened.page, opened.form, frame)
        opened.close()
    return len(numbers)


if __name__ == "__main__":
    main()
