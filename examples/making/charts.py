"""Two small charts, drawn by hand so that their bytes never depend on a plotting library's version."""

from __future__ import annotations

from collections.abc import Sequence

from reportlab.graphics.shapes import Drawing, Line, PolyLine, Rect, String
from reportlab.lib import colors

from making.style import DEEP, INK, MUTED, RULE, WATER


def bars(labels: Sequence[str], values: Sequence[int], width: float, height: float) -> Drawing:
    drawing = Drawing(width, height)
    floor, top = 18.0, height - 14
    step = width / len(values)
    highest = max(values)
    drawing.add(Line(0, floor, width, floor, strokeColor=RULE, strokeWidth=0.8))
    for at, (label, value) in enumerate(zip(labels, values, strict=True)):
        tall = (top - floor) * value / highest
        left = at * step + step * 0.24
        fill = DEEP if value == highest else WATER
        drawing.add(Rect(left, floor, step * 0.52, tall, fillColor=fill, strokeColor=None))
        middle = left + step * 0.26
        text = {"textAnchor": "middle", "fontName": "Helvetica", "fontSize": 8}
        drawing.add(String(middle, floor - 11, label, fillColor=MUTED, **text))
        drawing.add(String(middle, floor + tall + 3, f"{value:,}", fillColor=INK, **text))
    return drawing


def line(points: Sequence[float], labels: Sequence[str], marks: Sequence[int], width: float, height: float) -> Drawing:
    """A curve over evenly spaced points; ``marks`` are values written at the left axis with a rule each."""
    drawing = Drawing(width, height)
    left, floor, top = 22.0, 16.0, height - 6
    highest = max(marks)
    for mark in marks:
        level = floor + (top - floor) * mark / highest
        drawing.add(Line(left, level, width, level, strokeColor=RULE, strokeWidth=0.5))
        drawing.add(String(left - 4, level - 2.5, str(mark), fontName="Helvetica", fontSize=7, textAnchor="end"))
    step = (width - left - 6) / (len(points) - 1)
    flat = [
        number
        for at, value in enumerate(points)
        for number in (left + at * step, floor + (top - floor) * value / highest)
    ]
    drawing.add(PolyLine(flat, strokeColor=colors.black, strokeWidth=1.2, fillColor=None))
    apart = (width - left - 6) / (len(labels) - 1)
    anchors = ["start", *["middle"] * (len(labels) - 2), "end"]
    for at, (label, anchor) in enumerate(zip(labels, anchors, strict=True)):
        drawing.add(String(left + at * apart, floor - 10, label, fontName="Helvetica", fontSize=7, textAnchor=anchor))
    return drawing
