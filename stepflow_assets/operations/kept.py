"""What a document's last run made of it, as it is kept: looked at, never computed.

The run's journal has it, with the reason of every page that failed. Where the journal was collected, or a run is going on,
the memo answers for the version that was finished last.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

from pydantic import ValidationError

from flow_compiler.engine.outcomes import Failure, FlowResult, Json, Success, from_json
from flow_compiler.engine.stores import Stores, root_path
from flow_compiler.errors import Category, FlowRejected, InvalidInput
from stepflow_assets.documents.evidence import PagePlace, Place
from stepflow_assets.documents.listing import DocumentListing
from stepflow_assets.documents.page import BlockList, PreparedPage
from stepflow_assets.errors import UnknownDocument
from stepflow_assets.operations.replaying import reason_of, replay
from stepflow_assets.operations.workspace import Workspace
from stepflow_assets.resources.catalog import CatalogRow

STEPS = ("document", "pages", "ocr_blocks")


def steps_behind(place: Place) -> Sequence[str]:
    """What the picture of a place needs: the source bytes of a page; the converted part of anything else."""
    return STEPS[:1] if isinstance(place, PagePlace) else STEPS[:2]


@dataclass(frozen=True)
class KeptPage:
    """A page, or the one part (``page`` null). What failed is its failure; what was never reached is None."""

    page: int | None
    prepared: PreparedPage | Failure
    blocks: BlockList | Failure | None

    @property
    def failure(self) -> Failure | None:
        if isinstance(self.prepared, Failure):
            return self.prepared
        return self.blocks if isinstance(self.blocks, Failure) else None


@dataclass(frozen=True)
class Kept:
    listing: DocumentListing
    pages: tuple[KeptPage, ...]

    def page(self, number: int) -> KeptPage:
        """Raises InvalidInput when the document has no such page, or no pages at all."""
        found = next((page for page in self.pages if page.page == number), None)
        if found is not None:
            return found
        if self.listing.page_count is None:
            raise InvalidInput(
                f"a document of format {self.listing.format} has no pages",
                code="evidence.no_pages",
                next_step="Draw a chunk instead: `stepflow-assets show DOCUMENT` lists them.",
            )
        count = len(self.pages)
        raise InvalidInput(
            f"the document has {count} page{'' if count == 1 else 's'}, not page {number}",
            code="evidence.unknown_page",
            next_step=f"Give --page 1{f' to {count}' if count > 1 else ''}.",
        )


async def kept(workspace: Workspace, stores: Stores, row: CatalogRow, steps: Sequence[str] = STEPS) -> Kept:
    """What ``steps`` made, ``document`` among them; of what is not asked for there is nothing.

    Raises UnknownDocument (``catalog.in_hand`` while its first run goes on), ComponentError with the document's own
    reason where it failed, FlowRejected when the flow has no such step."""
    found = None if row.running else await _journaled(stores, row, steps)
    if found is not None:
        with suppress(ValidationError):  # written by an older version of a component: the memo may know of a newer one
            return _kept(found)
    return _kept(await _remembered(workspace, row, steps))


def _kept(found: Mapping[str, Json]) -> Kept:
    listing = DocumentListing.model_validate(found["document"])
    blocks = {index: from_json(item) for index, item in enumerate(_items(found.get("ocr_blocks")))}
    return Kept(
        listing,
        tuple(
            _page(item.page, from_json(prepared), blocks.get(index))
            for index, (item, prepared) in enumerate(zip(listing.pages, _items(found.get("pages")), strict=False))
        ),
    )


async def _journaled(stores: Stores, row: CatalogRow, steps: Sequence[str]) -> Mapping[str, Json] | None:
    """Results of the steps in the run that finished last; None when they are no longer there."""
    if row.run_id is None or row.version is None:
        return None
    root = root_path(row.document_id)
    records = await stores.journal.load(row.run_id, root)
    results: dict[str, Json] = {}
    for step in steps:
        record = records.get((root, step))
        if record is None:
            return None
        if isinstance(record.outcome, Failure):
            raise reason_of(record.outcome)
        results[step] = record.outcome.result
    return results


async def _remembered(workspace: Workspace, row: CatalogRow, steps: Sequence[str]) -> Mapping[str, Json]:
    if row.running and row.version is None:
        raise UnknownDocument(
            f"{row.document_id!r} is being ingested",
            code="catalog.in_hand",
            category=Category.CAPACITY,
            next_step="Look again when its run has ended; `stepflow-assets documents` shows it.",
        )
    if row.failure is not None and row.live_generation is None and not row.running:
        raise reason_of(row.failure)
    return await replay(workspace, row, steps, computing=False)


def _items(result: Json) -> Sequence[Json]:
    if result is None:
        return ()
    if isinstance(result, dict) and isinstance(result.get("results"), list):
        return list(result["results"])
    raise FlowRejected(
        "a step of the flow is not the map over pages that it is in the shipped flow",
        next_step="What a document became is read from the steps pages and ocr_blocks: keep them maps over pages.",
    )


def _page(number: int | None, prepared: FlowResult, blocks: FlowResult | None) -> KeptPage:
    made = BlockList.model_validate(blocks.result) if isinstance(blocks, Success) else blocks
    if isinstance(prepared, Failure):
        return KeptPage(number, prepared, made)
    return KeptPage(number, PreparedPage.model_validate(prepared.result), made)
