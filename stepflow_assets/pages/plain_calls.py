"""PDFium's functions that are called for each word or character, with plain addresses for handles.

pypdfium2 declares every handle as a pointer type of its own; ctypes makes an object for each at every call, which costs
more than what PDFium does here.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from ctypes import c_int, c_void_p
from typing import Any, cast

import pypdfium2.raw as pdfium


def address(handle: Any) -> int:
    """Of an open handle."""
    return ctypes.cast(handle, c_void_p).value or 0


def _plain(function: Any, result: Any, *arguments: Any) -> Callable[..., Any]:
    """Without letting other threads in for a call of less than a microsecond: a worker has none that wait."""
    return cast(Callable[..., Any], ctypes.PYFUNCTYPE(result, *arguments)(address(function)))


CHAR_OBJECT = _plain(pdfium.FPDFText_GetTextObject, c_void_p, c_void_p, c_int)
COUNT_RECTS = _plain(pdfium.FPDFText_CountRects, c_int, c_void_p, c_int, c_int)
RECT = _plain(pdfium.FPDFText_GetRect, c_int, c_void_p, c_int, c_void_p, c_void_p, c_void_p, c_void_p)
HAS_MAP_ERROR = _plain(pdfium.FPDFText_HasUnicodeMapError, c_int, c_void_p, c_int)
