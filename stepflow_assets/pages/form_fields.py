"""Values typed into form fields and free-text notes: displayed on the page, but not in its text layer."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Iterator
from typing import Any

import pypdfium2.raw as pdfium

from stepflow_assets.pages.cells import Cell, clean, quad_on_page
from stepflow_assets.pages.frame import PageFrame

_TYPED = (pdfium.FPDF_FORMFIELD_TEXTFIELD, pdfium.FPDF_FORMFIELD_COMBOBOX, pdfium.FPDF_FORMFIELD_LISTBOX)
_USUAL_SIZE = 10.0  # points; PDFium does not tell the size it draws a value in


def field_cells(page: Any, form: Any, frame: PageFrame) -> list[Cell]:
    return list(_cells(page, form, frame))


def _cells(page: Any, form: Any, frame: PageFrame) -> Iterator[Cell]:
    for index in range(pdfium.FPDFPage_GetAnnotCount(page)):
        annotation = pdfium.FPDFPage_GetAnnot(page, index)
        if not annotation:
            continue
        try:
            text = clean(" ".join(_value(annotation, form).split()))
            box = pdfium.FS_RECTF()
            if text and pdfium.FPDFAnnot_GetRect(annotation, box):
                left, top, right, bottom = frame.box(box.left, box.bottom, box.right, box.top)
                points = quad_on_page(((left, top), (right, top), (right, bottom), (left, bottom)))
                if points is not None:
                    yield Cell(text, points, _USUAL_SIZE, bold=False)
        finally:
            pdfium.FPDFPage_CloseAnnot(annotation)


def _value(annotation: Any, form: Any) -> str:
    if pdfium.FPDFAnnot_GetFlags(annotation) & pdfium.FPDF_ANNOT_FLAG_HIDDEN:
        return ""
    kind = pdfium.FPDFAnnot_GetSubtype(annotation)
    if kind == pdfium.FPDF_ANNOT_FREETEXT:
        return _string(lambda buffer, size: pdfium.FPDFAnnot_GetStringValue(annotation, b"Contents", buffer, size))
    if kind == pdfium.FPDF_ANNOT_WIDGET and form and pdfium.FPDFAnnot_GetFormFieldType(form, annotation) in _TYPED:
        return _string(lambda buffer, size: pdfium.FPDFAnnot_GetFormFieldValue(form, annotation, buffer, size))
    return ""


def _string(read: Callable[[Any, int], int]) -> str:
    size = read(None, 0)  # bytes of UTF-16 with its end
    if size <= 2:
        return ""
    buffer = (ctypes.c_ushort * (size // 2))()
    read(buffer, size)
    return bytes(buffer)[: size - 2].decode("utf-16-le", "replace")
