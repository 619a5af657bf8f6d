"""The part of a chunk's text that shows why it was found, with the found words marked."""

from __future__ import annotations

import re
from collections.abc import Sequence

from stepflow_assets.resources.embedded_index.tokens import Run, Term, bigrams, fold, number, runs

START, END = "\x02", "\x03"
WIDTH = 240
"""Characters shown, at most; a found word is never cut."""

_SPACE = re.compile(r"\s+")
_ELLIPSIS = "…"


def snippet(text: str, terms: Sequence[Term]) -> str:
    """The passage of at most WIDTH characters with the most different terms in it; the beginning when there is none."""
    wanted = {alternative for term in terms for alternative in term.alternatives}
    tokens = {phrase[0] for phrase in wanted if len(phrase) == 1}
    phrases = {phrase for phrase in wanted if len(phrase) > 1}
    found = [place for run in runs(text) for place in _places(run, tokens, phrases)]
    start, end = _window(text, found)
    shown = [place for place in found if start <= place[0] and place[1] <= end]
    marked, at = [], start
    for first, last in _joined(shown):
        marked += [_plain(text[at:first]), START, _plain(text[first:last]), END]
        at = last
    marked.append(_plain(text[at:end]))
    body = _SPACE.sub(" ", "".join(marked)).strip()
    return f"{_ELLIPSIS if start > 0 else ''}{body}{_ELLIPSIS if end < len(text) else ''}"


def _plain(text: str) -> str:
    return text.replace(START, " ").replace(END, " ")


Place = tuple[int, int, str]


def _places(run: Run, tokens: set[str], phrases: set[tuple[str, ...]]) -> list[Place]:
    if run.kind == "word":
        word = fold(run.text)
        return [(run.start, run.end, word)] if word in tokens else []
    if run.kind == "number":
        asked = number(run.text)
        forms = {asked.joined, *asked.parts, *((asked.whole,) if asked.whole else ())} & tokens
        hit = next(iter(sorted(forms)), None) or next(
            (" ".join(phrase) for phrase in phrases if _contains(asked.parts, phrase)), None
        )
        return [(run.start, run.end, hit)] if hit else []
    pairs = bigrams(run.text)
    if len(pairs) != len(run.text) - 1:  # one character, or folding changed the length
        single = [part for part in (*pairs, *"".join(pairs)) if part in tokens]
        return [(run.start, run.end, single[0])] if single else []
    places = [(run.start + at, run.start + at + 2, pair) for at, pair in enumerate(pairs) if pair in tokens]
    places += [(run.start + at, run.start + at + 1, char) for at, char in enumerate(run.text) if char in tokens]
    return sorted(places)


def _contains(parts: tuple[str, ...], phrase: tuple[str, ...]) -> bool:
    return any(parts[at : at + len(phrase)] == phrase for at in range(len(parts) - len(phrase) + 1))


def _window(text: str, found: list[Place]) -> tuple[int, int]:
    """The window begins shortly before a found word; most different words first, then most words, then the earliest."""
    if len(text) <= WIDTH:
        return 0, len(text)
    if not found:
        return 0, _word_end(text, WIDTH)
    best, chosen = (0, 0), found[0][0]
    right = 0
    for left, (start, _, _) in enumerate(found):
        right = max(right, left)
        while right < len(found) and found[right][1] <= start + WIDTH * 3 // 4:
            right += 1
        inside = found[left:right]
        score = (len({token for _, _, token in inside}), len(inside))
        if score > best:
            best, chosen = score, start
    begin = min(max(0, chosen - WIDTH // 4), len(text) - WIDTH)
    if begin > 0:
        space = text.find(" ", begin, chosen)
        begin = space + 1 if space >= 0 else begin
    return begin, _word_end(text, begin + WIDTH)


def _word_end(text: str, at: int) -> int:
    if at >= len(text):
        return len(text)
    space = text.rfind(" ", at - 24, at + 1)
    return space if space > 0 else at


def _joined(places: list[Place]) -> list[tuple[int, int]]:
    """Overlapping and touching places as one: bigrams of one word are marked as the word."""
    joined: list[tuple[int, int]] = []
    for start, end, _ in sorted(places):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined
