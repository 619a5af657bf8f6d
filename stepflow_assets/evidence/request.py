"""What a worker process needs to draw a place."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from stepflow_assets.documents.evidence import Place


class DrawRequest(BaseModel):
    """``source`` is the file with the pinned source bytes (pages); ``document`` the file with the DoclingDocument JSON
    of the part (slides, sheets, flowing text). ``format`` is the listing's. ``name`` is written under the picture.

    ``others`` are further places of the same chunk: what lies on the same sheet or in the same text is marked too.
    With ``crop`` only the place and a margin are drawn, enlarged; without it the whole page, slide or surrounding."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    place: Place
    others: tuple[Place, ...] = ()
    format: str
    source: Path | None = None
    document: Path | None = None
    passwords: tuple[str, ...] = Field(default=(), repr=False)
    crop: bool = False
    name: str = ""


class PageRequest(BaseModel):
    """What a worker process needs to draw a page with its blocks: the file with the pinned source bytes, its format (pdf or
    image), the page from 1, and the file with the JSON list of its Blocks (None: no blocks). ``name`` and ``notes`` are
    written under the picture. ``plain``: the page alone, without blocks and caption."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    source: Path
    format: str
    page: int
    blocks: Path | None = None
    passwords: tuple[str, ...] = Field(default=(), repr=False)
    name: str = ""
    notes: tuple[str, ...] = ()
    plain: bool = False
