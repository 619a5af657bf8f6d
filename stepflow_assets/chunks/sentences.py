"""Where sentences end: a small rule for many scripts, so that a chunk rarely ends inside one."""

from __future__ import annotations

import re

_ABBREVIATIONS = frozenset(
    [
        "al",
        "approx",
        "bzw",
        "ca",
        "cf",
        "co",
        "corp",
        "dept",
        "dr",
        "e.g",
        "etc",
        "i.e",
        "inc",
        "jr",
        "ltd",
        "max",
        "min",
        "mr",
        "mrs",
        "ms",
        "prof",
        "resp",
        "sr",
        "st",
        "usw",
        "vgl",
        "viz",
        "vs",
        "z.b",
    ]
)
_BEFORE_NUMBERS = frozenset(
    [
        "ch",
        "chap",
        "ed",
        "eq",
        "eqs",
        "fig",
        "figs",
        "no",
        "nos",
        "nr",
        "op",
        "p",
        "pp",
        "ref",
        "refs",
        "sec",
        "tab",
        "vol",
    ]
)

# A terminator with its closing quotes, then white space; the full-width ones need no space after them.
_END = re.compile(r"[.!?…؟۔।]+[\"'”’»)\]]*\s+|[。！？｡]+[」』”’）》]*\s*|\n+")
_LAST_WORD = re.compile(r"([^\s(\[\"'“‘«]+)\.[\"'”’»)\]]*\s+$")


def sentence_ends(text: str) -> list[int]:
    """Offsets at which a sentence ends (white space after it included); the last one is ``len(text)``."""
    ends: list[int] = []
    begin = 0
    for match in _END.finditer(text):
        end = match.end()
        if end >= len(text) or not _is_real(text, begin, end):
            continue
        ends.append(end)
        begin = end
    if text:
        ends.append(len(text))
    return ends


def _is_real(text: str, begin: int, end: int) -> bool:
    last = _LAST_WORD.search(text, begin, end)
    if last is None:
        return True
    word = last.group(1)
    is_initial = len(word) == 1 and word.isalpha() and word.isupper()
    counts = word.lower() in _BEFORE_NUMBERS and text[end].isdigit()
    return not (is_initial or counts or word.lower() in _ABBREVIATIONS or text[end].islower())
