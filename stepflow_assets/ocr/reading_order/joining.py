"""Lines of a paragraph as one text: broken words are joined, the lines themselves stay as they are."""

from __future__ import annotations

from collections.abc import Iterable

from stepflow_assets.ocr.reading_order.segments import is_narrow

_HYPHENS = "-\u2010\u00ad"


def join_lines(lines: Iterable[str]) -> str:
    """A hyphen at a line's end goes when a letter is before it and the next line goes on in lower case."""
    joined = ""
    for line in lines:
        text = line.strip()
        if not text:
            continue
        if not joined:
            joined = text
        elif _is_broken(joined, text):
            joined = joined[:-1] + text
        elif is_narrow(joined[-1]) and is_narrow(text[0]):
            joined += text
        else:
            joined += " " + text
    return joined


def _is_broken(before: str, after: str) -> bool:
    return len(before) > 1 and before[-1] in _HYPHENS and before[-2].isalpha() and after[0].islower()
