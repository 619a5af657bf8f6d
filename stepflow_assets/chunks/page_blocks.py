"""What assembly starts from: the blocks of one page, or of the one part."""

from __future__ import annotations

from dataclasses import dataclass

from stepflow_assets.documents.page import Block


@dataclass(frozen=True)
class PageBlocks:
    """Blocks in reading order; ``page`` and ``page_id`` are null for a part."""

    page: int | None
    page_id: str | None
    blocks: tuple[Block, ...]
    provider: str | None = None
    profile: str | None = None
