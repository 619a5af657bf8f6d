"""/pages/prepare: text cells, route and picture of pages, one worker call for the pages of a batch that share a file."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from flow_compiler.engine.components import BatchContext, ComponentContext, Resources, component
from flow_compiler.errors import ComponentError, InvalidInput, StoreError
from stepflow_assets.components.page_reading import PageReading
from stepflow_assets.components.page_uploads import in_batches, of_store
from stepflow_assets.documents.page import PageContent, PageGeometry, PageItem, PreparedPage, Ref, Route
from stepflow_assets.pages.profile import PictureLimit, prepare_profile
from stepflow_assets.pages.route import layer_stands_in
from stepflow_assets.resources.passwords import Passwords
from stepflow_assets.workers.pools import WorkerPools

if TYPE_CHECKING:
    from stepflow_assets.pages.page_bytes import PageBytes


def _profile(_input: Any, resources: Resources) -> str:
    return prepare_profile(resources.get(PictureLimit))


@component("/pages/prepare", version="1", effect="pure", pool="cpu", batch=8, profile=_profile)
async def prepare_page(inputs: list[PageItem], context: BatchContext) -> list[PreparedPage | ComponentError]:
    """One page each, possibly of different documents; a page that cannot be prepared is an error of its own.

    Raises nothing; the errors are PageTimeout, PageCrashed, PageError, DocumentDamaged, DocumentEncrypted, InvalidInput.
    """
    files: dict[tuple[str, str], list[int]] = {}
    for index, item in enumerate(inputs):
        files.setdefault((item.source.id, item.format), []).append(index)
    results: list[PreparedPage | ComponentError | None] = [None] * len(inputs)

    async def prepare(indices: list[int]) -> None:
        for index, result in zip(indices, await _file(indices, inputs, context), strict=True):
            results[index] = result

    async with asyncio.TaskGroup() as group:
        for indices in files.values():
            group.create_task(prepare(indices))
    return [result for result in results if result is not None]


async def _file(
    indices: Sequence[int], inputs: Sequence[PageItem], context: BatchContext
) -> list[PreparedPage | ComponentError]:
    """The pages ``indices`` of the batch, all of one file."""
    first, item = context.items[indices[0]], inputs[indices[0]]
    pages = [inputs[index].page for index in indices]
    if item.format not in ("pdf", "image") or None in pages:
        return [InvalidInput(f"a {item.format} part has no pages to prepare")] * len(indices)
    try:
        path = await first.artifacts.local_path(item.source.id)
    except StoreError as error:
        return [of_store(error)] * len(indices)
    reading = PageReading(
        context.resource(WorkerPools).pdf,
        str(path),
        item.format,
        context.resource(Passwords).candidates,
        context.resource(PictureLimit).bytes,
    )
    read = await reading.pages([page for page in pages if page is not None])
    pages_read = [(page, context.items[index]) for index, page in _readable(indices, read)]
    outcomes = await in_batches(_stored, pages_read)
    for (found, item_context), outcome in zip(pages_read, outcomes, strict=True):
        if isinstance(outcome, PreparedPage):  # told once, however often its batch was repeated
            _report(found, item_context)
    stored = iter(outcomes)
    return [_of_page(page if isinstance(page, ComponentError) else next(stored)) for page in read]


def _readable(indices: Sequence[int], read: Sequence[PageBytes | ComponentError]) -> Iterator[tuple[int, PageBytes]]:
    for index, page in zip(indices, read, strict=True):
        if not isinstance(page, ComponentError):
            yield index, page


async def _stored(given: tuple[PageBytes, ComponentContext]) -> PreparedPage:
    page, context = given
    # One after the other: when a put fails, none of this page is under way any more.
    cells = await _ref(page.cells, "data", context)
    picture = await _ref(page.picture, "binary", context)
    return PreparedPage(
        page=page.page,
        content=PageContent(
            page_id=page.page_id,
            geometry=PageGeometry(width_pt=page.width_pt, height_pt=page.height_pt, rotation=page.rotation),
            route=Route(page.route),
            route_reason=page.reason,
            signals=page.signals,
            cells=cells,
            picture=picture,
            regions=page.regions,
            layer_stands_in=cells is not None and layer_stands_in(Route(page.route)),
        ),
    )


def _report(page: PageBytes, context: ComponentContext) -> None:
    context.report(
        pages=1,
        render_ms=page.milliseconds,
        bytes=len(page.cells or b"") + len(page.picture or b""),
        picture_px_max=page.picture_px,
    )


async def _ref(data: bytes | None, kind: str, context: ComponentContext) -> Ref | None:
    if data is None:
        return None
    stored = await context.put_blob(data, kind)
    return Ref(id=stored.id, size=stored.size, kind=stored.kind)


def _of_page(outcome: PreparedPage | ComponentError | StoreError) -> PreparedPage | ComponentError:
    return of_store(outcome) if isinstance(outcome, StoreError) else outcome
