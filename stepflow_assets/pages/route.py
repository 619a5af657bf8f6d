"""Which way a page's text is obtained: text layer, recognition, or both (rule and thresholds: notes/ocr 4.3)."""

from __future__ import annotations

from collections.abc import Mapping

from stepflow_assets.documents.page import Route

_FIGURES = 0.15  # of the page: from here on pictures may hold text worth reading
_DRAWN = 0.60  # of the ink: more outside text and pictures is outlined letters or a drawing
_FEWEST_CHARS = 16  # fewer are no text layer, unless they are all there is
_EXPLAINED = 0.02  # of the ink: when no more is outside text, the layer holds all of it (usable layers of scans: 0.01)


def route_of(signals: Mapping[str, float]) -> tuple[Route, str]:
    """(route, reason in words). Signals: see :mod:`stepflow_assets.pages.signals`.

    The vowel and stop-word tests are for Latin script only; other scripts rely on ``maperr``, ``bad`` and ``unx``.
    """
    s = signals
    if s["chars"] < _FEWEST_CHARS:
        if s["ink"] < 0.0008 and s["cov"] < 0.02:
            # The notes call these pages blank too; a page number or a part title is text all the same.
            return (Route.TEXT, "a few letters and no other ink") if s["chars"] else (Route.BLANK, "no text and no ink")
        if s["chars"] and s["cov"] < 0.02 and s["unx"] <= _EXPLAINED and s["maperr"] < 0.04 and s["bad"] < 0.03:
            return Route.TEXT, "a few letters that are all the ink"
        return Route.OCR, "no text layer"
    if s["maperr"] >= 0.04 and not _guessed_well(s):
        return Route.OCR, "text layer without Unicode mapping"
    if s["bad"] >= 0.03:
        return Route.OCR, "control or private characters in the text layer"
    if s["latin"] > 0.8 and s["words"] >= 60 and s["vowel"] < 0.25:
        return Route.OCR, "text layer with shifted or substituted letters (too few vowels)"
    if s["latin"] > 0.8 and s["words"] >= 150 and s["stop"] < 0.01 and s["vowelless"] > 0.1:
        return Route.OCR, "text layer without common words"
    if s["cov"] >= 0.80:
        if s["unx"] >= 0.35:
            return Route.OCR, "picture of a page whose text layer explains too little of it"
        return Route.SCAN_TEXT, "picture of a page with a text layer"
    if s["unx_noimg"] >= _DRAWN and s["ink"] > 0.01:
        return Route.HYBRID, "much ink outside text: outlined letters or drawings"
    if s["cov"] >= _FIGURES and s["unx"] - s["unx_noimg"] >= 0.15:
        return Route.HYBRID, "pictures that may hold text"
    return Route.TEXT, "sound text layer"


def is_text_whatever_pictures_show(signals: Mapping[str, float]) -> bool:
    """Whether the route is ``text`` and stays so with any ink inside the pictures; ``signals`` count none there.

    Below the coverage of figures the rule asks about ink once: whether most of it is outside text and pictures. Ink
    inside pictures only lowers that share.
    """
    s = signals
    settled = s["chars"] >= _FEWEST_CHARS and s["cov"] < _FIGURES and s["unx_noimg"] < _DRAWN
    return settled and route_of(s)[0] is Route.TEXT


def _guessed_well(s: Mapping[str, float]) -> bool:
    """Few characters without a mapping, whose guesses read like words: a figure in a font without ToUnicode table (seen
    in arXiv 2305.14962, page 2, where all 145 guesses are right), which the rule of the notes would recognise anew."""
    return s["maperr"] < 0.15 and 0.30 <= s["guess"] <= 0.50


def layer_stands_in(route: Route) -> bool:
    """Whether the text layer is sound enough to be the page's text where recognition cannot read the page."""
    return route in (Route.HYBRID, Route.SCAN_TEXT)


def needs_picture(route: Route) -> bool:
    """Whether recognition reads this page."""
    return route in (Route.OCR, Route.HYBRID, Route.SCAN_TEXT)
