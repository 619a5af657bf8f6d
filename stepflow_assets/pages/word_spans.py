"""Which characters of a cell each of its words is, and which share of the cell's length it takes."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from stepflow_assets.pages.words import Word

WordSpan = tuple[int, int, float, float]
"""As ``documents.page.WordSpan``: first character, end, and the shares of the length at which the word begins and ends."""

_ROUNDED = 0.00001
_PARTS = 10_000  # of the length: four decimals, which ``round`` would take three times as long for


def word_spans(
    run: Sequence[Word], joints: Sequence[str], text: str, joined: str, clean: Callable[[str], str]
) -> list[WordSpan]:
    """Spans of the words of ``run``, in the order of the text. ``joined`` is ``run`` with ``joints`` before each word, and ``text``
    what :func:`clean` made of it. What no space separates is one word. Shares count from the side at which the quad begins, so
    that the words of a right-to-left line come with falling shares."""
    if len(run) == 1:
        return [(0, len(text), 0.0, 1.0)]
    low = min([word.u0 for word in run])
    length = max([word.u1 for word in run]) - low
    if length <= 0:
        return []
    scale = _PARTS / length
    spans: list[WordSpan] = []
    bounds = _counted(run, joints) if text == joined else _searched(run, joints, text, clean)
    last = -1
    for (start, end), (_, _, _, left, _, right, _) in zip(bounds, run, strict=True):
        if start == end:
            continue
        begins, ends = int((left - low) * scale + 0.5) / _PARTS, int((right - low) * scale + 0.5) / _PARTS
        if start == last:
            start, _, before, behind = spans.pop()
            begins, ends = min(begins, before), max(ends, behind)
        spans.append((start, end, begins, ends))
        last = end
    return spans


def kept_to(
    spans: Sequence[WordSpan], corners: Sequence[tuple[float, float]], points: Sequence[tuple[float, float]]
) -> list[WordSpan]:
    """The shares of the quad ``points``, which is ``corners`` kept to the page: a line may stick out of it."""
    (ax, ay), (bx, by) = corners[0], corners[1]
    (px, py), (qx, qy) = points[0], points[1]
    if max(abs(ax - px), abs(ay - py), abs(bx - qx), abs(by - qy)) <= _ROUNDED:
        return list(spans)
    dx, dy = qx - px, qy - py
    square = dx * dx + dy * dy
    if square <= 0:
        return list(spans)

    def share(value: float) -> float:
        x, y = ax + value * (bx - ax) - px, ay + value * (by - ay) - py
        return round(min(max((x * dx + y * dy) / square, 0.0), 1.0), 4)

    return [(start, end, share(begins), share(ends)) for start, end, begins, ends in spans]


def _counted(run: Sequence[Word], joints: Sequence[str]) -> list[tuple[int, int]]:
    bounds, position = [], 0
    for word, joint in zip(run, joints, strict=True):
        start = position + len(joint)
        position = start + len(word.text)
        bounds.append((start, position))
    return bounds


def _searched(
    run: Sequence[Word], joints: Sequence[str], text: str, clean: Callable[[str], str]
) -> list[tuple[int, int]]:
    """Each word is looked for as it was cleaned; where cleaning changed it together with its neighbour, the cleaned text up to it
    tells where it ends."""
    bounds, position, before = [], 0, ""
    for word, joint in zip(run, joints, strict=True):
        before += joint + word.text
        while position < len(text) and text[position].isspace():
            position += 1
        cleaned = clean(word.text)
        end = position + len(cleaned)
        if not text.startswith(cleaned, position):
            end = min(max(len(clean(before)), position), len(text))
        bounds.append((position, end))
        position = end
    return bounds
