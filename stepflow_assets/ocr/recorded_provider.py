"""Replays what real engines once said about a picture: ``recorded:FOLDER``. Recordings are made, never written:
``python -m stepflow_assets.ocr.recording``.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from stepflow_assets.documents.page import TextCell
from stepflow_assets.documents.recognized import RecognizedBlock, Usage
from stepflow_assets.errors import NotRecorded, ProviderError, SettingsError
from stepflow_assets.ocr.options import ProviderOptions
from stepflow_assets.ocr.protocol import Capabilities, Feature, OcrPage, OcrProvider, PageStatus, Picture
from stepflow_assets.ocr.scripts import ALL_SCRIPTS


class RecordedPage(BaseModel):
    """An OcrPage as JSON. ``raw`` is the engine's own output: JSON as it is, anything else in base64."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    status: PageStatus
    lines: tuple[TextCell, ...] = ()
    blocks: tuple[RecognizedBlock, ...] = ()
    raw: Any = None
    raw_base64: str | None = None
    confidence: float | None = None
    reason: str = ""
    truncated: bool = False
    usage: Usage = Usage()

    @classmethod
    def of(cls, page: OcrPage) -> RecordedPage:
        raw, encoded = None, None
        try:
            raw = json.loads(page.raw) if page.raw else None
        except ValueError:
            encoded = base64.b64encode(page.raw).decode()
        return cls(
            status=page.status,
            lines=page.lines,
            blocks=page.blocks,
            raw=raw,
            raw_base64=encoded,
            confidence=page.confidence,
            reason=page.reason,
            truncated=page.truncated,
            usage=page.usage,
        )

    def page(self) -> OcrPage:
        raw = json.dumps(self.raw, ensure_ascii=False, separators=(",", ":")).encode() if self.raw is not None else b""
        return OcrPage(
            self.status,
            self.lines,
            base64.b64decode(self.raw_base64) if self.raw_base64 else raw,
            self.confidence,
            self.reason,
            self.blocks,
            self.truncated,
            self.usage,
        )


class Recording(BaseModel):
    """``engine`` is the profile of who said it, ``source`` where the picture comes from, ``recorded_at`` when (ISO 8601)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    engine: str
    source: str
    recorded_at: str
    page: RecordedPage


def recording_file(folder: Path, picture: bytes) -> Path:
    """Recordings are named by the SHA-256 of the picture's bytes, as artifacts are."""
    return folder / f"{hashlib.sha256(picture).hexdigest()}.json"


@dataclass(frozen=True)
class RecordedProvider:
    """``digest`` is of all recordings in the folder: other recordings, other results."""

    folder: str
    digest: str

    @property
    def name(self) -> str:
        return "recorded"

    @property
    def capabilities(self) -> Capabilities:
        return Capabilities(scripts=ALL_SCRIPTS, seconds_per_page=0.01, features=frozenset(Feature))

    @property
    def profile(self) -> str:
        return f"recorded {self.digest}"

    def recognize(self, pictures: Sequence[Picture]) -> list[OcrPage]:
        """Raises NotRecorded, and ProviderError for a file that is no recording."""
        return [self._page(picture) for picture in pictures]

    def _page(self, picture: Picture) -> OcrPage:
        file = recording_file(Path(self.folder), Path(picture.path).read_bytes())
        if not file.is_file():
            raise NotRecorded(f"no engine was recorded on this picture ({file.stem[:12]}…)")
        try:
            return Recording.model_validate_json(file.read_bytes()).page.page()
        except ValidationError as error:
            raise ProviderError(
                f"{file.name} is no recording ({error.error_count()} faults of form)", retryable=False
            ) from None


def make_recorded(option: str, configured: ProviderOptions) -> OcrProvider:  # noqa: ARG001
    """``option`` is a folder of recordings. Raises SettingsError where there is none."""
    folder = Path(option)
    if not option or not folder.is_dir():
        raise SettingsError(f"OCR provider recorded needs a folder of recordings, not {option!r}: recorded:FOLDER")
    content = hashlib.sha256()
    for file in sorted(folder.glob("*.json")):
        content.update(file.name.encode() + b"\0" + hashlib.sha256(file.read_bytes()).digest())
    return RecordedProvider(str(folder), content.hexdigest()[:16])
