"""A provider that misbehaves on purpose, to see what the platform does then. Only ever chosen by configuration.

``fault:SCRIPT``: what it does call by call; ``fault:hang,rapidocr`` is asked before the real engine.
"""

from __future__ import annotations

import atexit
import os
import signal
import tempfile
import threading
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from stepflow_assets.documents.geometry import Quad
from stepflow_assets.documents.page import Confidence, TextCell
from stepflow_assets.documents.recognized import Usage
from stepflow_assets.errors import ProviderBusy, ProviderError, ProviderUnavailable
from stepflow_assets.ocr.fault_script import Fault, FaultStep, fault_steps, step_at
from stepflow_assets.ocr.options import ProviderOptions
from stepflow_assets.ocr.protocol import Capabilities, Feature, OcrPage, OcrProvider, PageStatus, Picture
from stepflow_assets.ocr.scripts import ALL_SCRIPTS


@dataclass(frozen=True)
class FaultProvider:
    """``calls`` is a file that grows by a byte with each call, since calls run in several processes; only a script of several
    steps has one."""

    script: str
    steps: tuple[FaultStep, ...]
    calls: Path | None = field(default=None, compare=False, repr=False)

    @property
    def name(self) -> str:
        return "fault"

    @property
    def capabilities(self) -> Capabilities:
        return Capabilities(scripts=ALL_SCRIPTS, seconds_per_page=0.0, features=frozenset(Feature))

    @property
    def profile(self) -> str:
        return f"fault {self.script}"

    def recognize(self, pictures: Sequence[Picture]) -> list[OcrPage]:
        step = step_at(self.steps, _next_call(self.calls) if self.calls else 0)
        match step.fault:
            case Fault.FAIL:
                raise ProviderError("told to fail")
            case Fault.UNAVAILABLE:
                raise ProviderUnavailable("told to be unavailable")
            case Fault.SERVER_ERROR:
                raise ProviderUnavailable("the server answered 500, as told")
            case Fault.RATE_LIMITED:
                raise ProviderBusy("the server answered 429, as told", retry_after=step.seconds)
            case Fault.HANG:
                threading.Event().wait()
            case Fault.CRASH:
                os.kill(os.getpid(), signal.SIGKILL)
            case Fault.SHORT:
                return []
            case Fault.SLOW:
                time.sleep(step.seconds)
            case _:
                pass
        return [_page(step.fault) for _ in pictures]


def make_fault(option: str, configured: ProviderOptions) -> OcrProvider:
    """``option`` is the script. The option ``calls`` names the file that counts calls, where a script is to outlive a command.
    Raises SettingsError."""
    steps = fault_steps(option)
    if "calls" in configured.options:
        return FaultProvider(option, steps, Path(configured.options["calls"]))
    if len(steps) == 1:
        return FaultProvider(option, steps)
    counted = Path(tempfile.gettempdir()) / f"stepflow-fault-{uuid.uuid4().hex}"
    atexit.register(counted.unlink, missing_ok=True)
    return FaultProvider(option, steps, counted)


def _next_call(calls: Path) -> int:
    """Number of this call, from 0. Appending is atomic, and leaves the file at the end of what was appended."""
    with calls.open("ab", buffering=0) as file:
        file.write(b".")
        return file.tell() - 1


def _page(fault: Fault) -> OcrPage:
    match fault:
        case Fault.REPEAT:
            return _said(("the same words over and over " * 4,) * 12, 0.99)
        case Fault.UNSURE:
            return _said(("xq vvl 1l!", "iij wvw"), 0.31)
        case Fault.TRUNCATED:
            return _said(
                ("The first lines of the page are all that", "the model wrote before it reached its lim"), 0.99, True
            )
        case Fault.EMPTY:
            return OcrPage(PageStatus.BLANK)
        case _:
            return _said(("Read by the provider that fails on purpose,", "which this time was told to answer."), 0.99)


def _said(texts: Sequence[str], confidence: float, truncated: bool = False) -> OcrPage:
    height = 1 / (len(texts) + 1)
    lines = tuple(
        TextCell(
            text=text,
            quad=Quad.of_box(0.1, (row + 0.2) * height, 0.9, (row + 0.8) * height),
            confidence=Confidence(value=confidence, kind="ctc_char_mean"),
        )
        for row, text in enumerate(texts)
    )
    return OcrPage(PageStatus.OK, lines, b"{}", confidence, truncated=truncated, usage=Usage(requests=1))
