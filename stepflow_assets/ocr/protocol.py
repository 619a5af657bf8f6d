"""What an OCR engine is to the platform: a name, what it can do, what decides its output, and pages in, pages out.

Source of the capability record: notes/ocr 3.3. A page comes back as ``ok``, ``blank`` or ``failed``, never as an
empty success.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from stepflow_assets.documents.page import TextCell
from stepflow_assets.documents.recognized import RecognizedBlock, Usage


class PageStatus(StrEnum):
    OK = "ok"
    BLANK = "blank"
    FAILED = "failed"


@dataclass(frozen=True)
class Picture:
    """A page's picture as a file in a common image format, and the languages expected on it (ISO 639 codes). ``partial``: it
    shows only what of the page may hold text, so that finding none is an answer."""

    path: str
    languages: tuple[str, ...] = ("en",)
    partial: bool = False


@dataclass(frozen=True)
class OcrPage:
    """A provider's answer for one picture.

    ``lines`` are in the engine's order, quads normalised to the picture; ``blocks`` are in its reading order, where it has one of
    its own. ``raw`` is the engine's own output as JSON. ``confidence`` (0..1, weighted by characters) is over everything the
    engine read, also what it then left out as unreadable: that is what shows a script the engine does not know; None where the
    engine gives none. ``truncated``: the engine stopped before the end of the page. ``reason`` says why a page failed.
    """

    status: PageStatus
    lines: tuple[TextCell, ...] = ()
    raw: bytes = b""
    confidence: float | None = None
    reason: str = ""
    blocks: tuple[RecognizedBlock, ...] = ()
    truncated: bool = False
    usage: Usage = Usage()


class Feature(StrEnum):
    """What a page may need beside plain text with the boxes of its lines, which every provider gives."""

    LAYOUT = "layout"  # tells headings, tables, … apart
    TABLES = "tables"  # rows and columns
    MATH = "math"
    HANDWRITING = "handwriting"


class Runs(StrEnum):
    """Where a provider's calls run."""

    PROCESS = "process"  # in a worker process: it computes here
    THREAD = "thread"  # in a thread: it waits for a server; its ``recognize`` is thread-safe and keeps its own timeouts


class Geometry(StrEnum):
    """The finest boxes a provider gives. NONE: its text is aligned to detected lines."""

    WORD = "word"
    LINE = "line"
    BLOCK = "block"
    NONE = "none"


@dataclass(frozen=True)
class Capabilities:
    """What a provider can do and what it costs: what the registry compares. ``scripts`` are ISO 15924 codes. ``batch``: pages that
    one call should hold, of any documents; ``concurrency``: calls at once, where calls run in threads."""

    scripts: frozenset[str]
    seconds_per_page: float
    features: frozenset[Feature] = frozenset()
    runs: Runs = Runs.PROCESS
    geometry: Geometry = Geometry.LINE
    batch: int = 1
    concurrency: int = 1


class OcrProvider(Protocol):
    """An OCR engine. Instances are small and picklable: a worker process gets the instance and loads the engine itself.

    ``profile`` names everything that changes the output (engine, weights, options): it is part of the memo key.
    """

    @property
    def name(self) -> str: ...

    @property
    def capabilities(self) -> Capabilities: ...

    @property
    def profile(self) -> str: ...

    def recognize(self, pictures: Sequence[Picture]) -> list[OcrPage]:
        """One answer per picture, in order. Raises ProviderUnavailable when the engine cannot be loaded or reached."""
        ...


def mean_confidence(readings: Sequence[tuple[str, float]]) -> float | None:
    """Mean of (text, confidence) weighted by characters; None where there are none."""
    weight = sum(len(text) for text, _ in readings)
    if not weight:
        return None
    return round(sum(len(text) * confidence for text, confidence in readings) / weight, 5)
