"""A provider that misbehaves on purpose, to see what the platform does then. Only ever chosen by configuration.

``fault:BEHAVIOUR`` with one of the behaviours below; ``fault:hang,rapidocr`` is asked before the real engine.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from stepflow_assets.documents.geometry import Quad
from stepflow_assets.documents.page import Confidence, TextCell
from stepflow_assets.errors import ProviderError, ProviderUnavailable, SettingsError
from stepflow_assets.ocr.protocol import Capabilities, Feature, OcrPage, PageStatus, Picture
from stepflow_assets.ocr.scripts import ALL_SCRIPTS


class Fault(StrEnum):
    FAIL = "fail"  # raises
    UNAVAILABLE = "unavailable"  # its engine cannot be loaded
    HANG = "hang"  # never answers
    CRASH = "crash"  # takes its process with it
    EMPTY = "empty"  # claims the page is blank
    REPEAT = "repeat"  # says one phrase again and again
    UNSURE = "unsure"  # text with a confidence that means nothing
    SHORT = "short"  # answers for fewer pages than it was asked for


@dataclass(frozen=True)
class FaultProvider:
    """``fault`` on every page."""

    fault: Fault

    @classmethod
    def from_option(cls, option: str) -> FaultProvider:
        """Raises SettingsError."""
        try:
            return cls(Fault(option))
        except ValueError:
            known = ", ".join(Fault)
            raise SettingsError(f"OCR provider fault needs one of {known}: fault:{Fault.FAIL}") from None

    @property
    def name(self) -> str:
        return "fault"

    @property
    def capabilities(self) -> Capabilities:
        return Capabilities(scripts=ALL_SCRIPTS, seconds_per_page=0.0, features=frozenset(Feature))

    @property
    def profile(self) -> str:
        return f"fault {self.fault}"

    def recognize(self, pictures: Sequence[Picture]) -> list[OcrPage]:
        match self.fault:
            case Fault.FAIL:
                raise ProviderError("told to fail")
            case Fault.UNAVAILABLE:
                raise ProviderUnavailable("told to be unavailable")
            case Fault.HANG:
                threading.Event().wait()
            case Fault.CRASH:
                os.kill(os.getpid(), signal.SIGKILL)
            case Fault.SHORT:
                return []
            case _:
                pass
        return [self._lie() for _ in pictures]

    def _lie(self) -> OcrPage:
        if self.fault is Fault.REPEAT:
            return _said(("the same words over and over " * 4,) * 12, 0.99)
        if self.fault is Fault.UNSURE:
            return _said(("xq vvl 1l!", "iij wvw"), 0.31)
        return OcrPage(PageStatus.BLANK)


def _said(texts: Sequence[str], confidence: float) -> OcrPage:
    height = 1 / (len(texts) + 1)
    lines = tuple(
        TextCell(
            text=text,
            quad=Quad.of_box(0.1, (row + 0.2) * height, 0.9, (row + 0.8) * height),
            confidence=Confidence(value=confidence, kind="ctc_char_mean"),
        )
        for row, text in enumerate(texts)
    )
    return OcrPage(PageStatus.OK, lines, b"{}", confidence)
