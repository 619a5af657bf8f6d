"""Calling the components that turn a file into pages, parts and blocks, as the engine would, on throw-away stores."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from flow_compiler.engine.components import BatchContext, ComponentContext, Resources
from flow_compiler.engine.storage import memory_stores
from flow_compiler.engine.stores import ArtifactStore, Stores
from flow_compiler.errors import ComponentError
from stepflow_assets.components.contracts import PartBlocksInput, ReadInput
from stepflow_assets.components.docling import convert_part, part_blocks
from stepflow_assets.components.pages import prepare_page
from stepflow_assets.components.source import read_source
from stepflow_assets.documents.listing import DocumentListing, SourceVersion
from stepflow_assets.documents.page import Block, PageContent, PageItem, PreparedPage, TextCell
from stepflow_assets.pages.profile import PictureLimit
from stepflow_assets.resources.local_source import LocalFilesSource
from stepflow_assets.resources.passwords import Passwords
from stepflow_assets.resources.source_registry import Sources
from stepflow_assets.workers.pools import WorkerPools


@dataclass
class ComponentCalls:
    pools: WorkerPools
    artifacts: ArtifactStore
    passwords: Passwords = field(default_factory=Passwords)
    limit: PictureLimit = PictureLimit()
    stores: Stores | None = None  # for flows; None: new ones for each
    numbers: list[dict[str, float]] = field(default_factory=list)

    @property
    def resources(self) -> Resources:
        sources = Sources([], LocalFilesSource("files", max_bytes=1 << 30))
        return Resources(
            {WorkerPools: self.pools, PictureLimit: self.limit, Sources: sources, Passwords: self.passwords}
        )

    def context(self, item: str = "files:test") -> ComponentContext:
        reported: dict[str, float] = {}
        self.numbers.append(reported)
        return ComponentContext(
            run_id="run",
            item=item,
            step_id="step",
            attempt=1,
            artifacts=self.artifacts,
            resources=self.resources,
            report=lambda **numbers: reported.update(numbers),
            mark_degraded=lambda: None,
        )

    async def read(self, file: Path, version: str | None = None) -> DocumentListing:
        return await read_source(ReadInput(source=_pinned(file, version)), self.context())

    async def prepare(self, items: Sequence[PageItem]) -> list[PreparedPage | ComponentError]:
        contexts = BatchContext([self.context(f"files:test/pages[{index}]") for index in range(len(items))])
        return await prepare_page(list(items), contexts)

    async def contents(self, file: Path) -> list[PageContent]:
        """Every page of the file; an error of one is raised."""
        listing = await self.read(file)
        found = []
        for page in await self.prepare(listing.pages):
            if isinstance(page, ComponentError):
                raise page
            assert page.content is not None
            found.append(page.content)
        return found

    async def cells(self, content: PageContent) -> list[TextCell]:
        if content.cells is None:
            return []
        return [TextCell.model_validate(cell) for cell in json.loads(await self.artifacts.get(content.cells.id))]

    async def blocks(self, file: Path) -> list[Block]:
        """Blocks of a format without pages."""
        listing = await self.read(file)
        converted = await convert_part(listing.pages[0], self.context())
        assert converted.part is not None
        made = await part_blocks(PartBlocksInput(part=converted.part), self.context())
        if made.blocks is None:
            return []
        return [Block.model_validate(block) for block in json.loads(await self.artifacts.get(made.blocks.id))]


def _pinned(file: Path, version: str | None) -> SourceVersion:
    digest = version or hashlib.sha256(file.read_bytes()).hexdigest()
    return SourceVersion(uri=file.absolute().as_uri(), version=digest)


@contextmanager
def component_calls(passwords: Sequence[str] = (), **deadlines: float) -> Iterator[ComponentCalls]:
    pools = WorkerPools(pdf=1, ocr=1, office=1, **deadlines)
    try:
        yield ComponentCalls(pools, memory_stores().artifacts, Passwords(tuple(passwords)))
    finally:
        pools.close()
