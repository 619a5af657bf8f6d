"""``/ocr/recognize``: a page picture in, what was read out. ``/ocr/lines``: only where lines are. ``/ocr/blocks``: blocks in
reading order."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

from flow_compiler.engine.components import BatchContext, ComponentContext, Resources, component
from flow_compiler.engine.outcomes import Success
from flow_compiler.errors import ComponentError, StoreError
from stepflow_assets.components.contracts import BlocksInput, DetectedLines, LinesInput, Recognized, RecognizeInput
from stepflow_assets.components.page_uploads import in_batches, of_store
from stepflow_assets.documents.attempts import AttemptOutcome, ProviderAttempt
from stepflow_assets.documents.page import BlockList, Ref
from stepflow_assets.errors import PageCrashed, PageTimeout
from stepflow_assets.ocr.asking import Asked
from stepflow_assets.ocr.chain import Read, read_page
from stepflow_assets.ocr.page_blocks import PageBlocks, PageText, blocks_of_pages
from stepflow_assets.ocr.protocol import Picture
from stepflow_assets.ocr.recognition import Answer, looks_worth_it, placed
from stepflow_assets.ocr.registry import Candidate, OcrProviders
from stepflow_assets.pages.profile import render_profile
from stepflow_assets.workers.pools import WorkerPools

_STOOD_IN = ProviderAttempt(provider="text layer", outcome=AttemptOutcome.OK, reason="recognition failed")
_LINES = {
    "steps": [{"id": "lines", "component": "/ocr/lines", "input": {"$input": "$"}}],
    "output": {"$step": "lines"},
}


def _profile(given: Any, resources: Resources) -> str:
    options = RecognizeInput.model_validate(given).options
    return resources.get(OcrProviders).profile(options.languages, options.provider, options.features)


@component("/ocr/recognize", version="3", effect="pure", batch=32, lease=True, profile=_profile)
async def recognize(inputs: list[RecognizeInput], context: BatchContext) -> list[Recognized | ComponentError]:
    """Reads the pictures with the configured providers, each page as soon as its provider has room for it. A page that none of
    them could read is an error of its own: it never comes back as an empty page."""

    async def one(place: int) -> Recognized | ComponentError:
        answer = await _recognize(inputs[place], context.items[place])
        context.answer(place, answer)
        return answer

    return list(await asyncio.gather(*map(one, range(len(inputs)))))


async def _recognize(given: RecognizeInput, context: ComponentContext) -> Recognized | ComponentError:
    providers, pool = context.resource(OcrProviders), context.resource(WorkerPools).ocr

    async def ask(candidate: Candidate, picture: Picture, alone: bool) -> Asked:
        return await providers.calls(candidate, pool).ask(picture, alone=alone)

    try:
        path = await context.artifacts.local_path(given.picture.id)
        picture = Picture(str(path), given.options.languages, partial=bool(given.regions))
        candidates = await _candidates(given, picture, context)
        read = await read_page(candidates, picture, ask, providers.clock)
        if read.answer.unplaced is not None:
            read = await _placed(read, given, context)
        return await _store(read, context)
    except ComponentError as error:
        return error
    except StoreError as error:
        # Raised, it would be that of the whole batch: its other pages would be read again.
        return of_store(error)


async def _candidates(given: RecognizeInput, picture: Picture, context: ComponentContext) -> list[Candidate]:
    """Where a provider that knows tables is configured but not preferred, a cheap look at the page decides who is asked first."""
    providers, options = context.resource(OcrProviders), given.options
    asked = options.languages, options.provider, options.features
    stronger = providers.for_tables(*asked)
    if not stronger:
        return providers.candidates(*asked)
    try:
        worth_it: bool = await context.resource(WorkerPools).ocr.run(looks_worth_it, picture.path)
    except (PageCrashed, PageTimeout):  # the look is a convenience: what it cannot say decides nothing
        worth_it = False
    return stronger if worth_it else providers.candidates(*asked)


async def _placed(read: Read, given: RecognizeInput, context: ComponentContext) -> Read:
    """The page with boxes. Where no lines are to be had its blocks stay without, and it may be improved later."""
    wanted = LinesInput(picture=given.picture, languages=given.options.languages)
    assert context.run_flow is not None
    found = await context.run_flow(_LINES, wanted.model_dump(mode="json"), 0)
    if not isinstance(found, Success):
        return replace(read, degraded=True)
    lines = DetectedLines.model_validate(found.result)
    if lines.page is None:
        return read
    path = await context.artifacts.local_path(lines.page.id)
    try:
        answer = await context.resource(WorkerPools).ocr.run(placed, read.answer, str(path))
    except (PageCrashed, PageTimeout):  # what was read is paid for: it is kept as it is
        return replace(read, degraded=True)
    return replace(read, answer=answer)


async def _store(read: Read, context: ComponentContext) -> Recognized:
    answer, usage = read.answer, read.usage
    # Repeated where the store is busy: the answer is paid for.
    (stored,) = await in_batches(_artifacts, [(answer, context)])
    if isinstance(stored, StoreError):
        raise stored
    page, raw = stored
    if read.degraded:
        context.mark_degraded()
    context.report(
        ocr_pages=1,
        ocr_lines=answer.lines,
        ocr_ms=round(1000 * read.seconds),
        ocr_wait_ms=round(1000 * read.waited),
        provider_attempts=read.attempts,
        **{name: value for name, value in _spent(read).items() if value},
    )
    return Recognized(
        status=str(answer.status),
        page=page,
        raw=raw,
        lines=answer.lines,
        blocks=answer.blocks,
        confidence=answer.confidence,
        provider=read.provider,
        profile=read.profile,
        provider_path=read.path,
        usage=usage,
        cost=read.cost,
        degraded=read.degraded,
    )


async def _artifacts(given: tuple[Answer, ComponentContext]) -> tuple[Ref | None, Ref | None]:
    answer, context = given
    return await _put(answer.page, context), await _put(answer.raw, context)


def _spent(read: Read) -> dict[str, float]:
    return {
        "provider_requests": read.usage.requests,
        "provider_input_tokens": read.usage.input_tokens,
        "provider_output_tokens": read.usage.output_tokens,
        "provider_cost": read.cost or 0.0,
    }


def _lines_profile(given: Any, resources: Resources) -> str:
    return resources.get(OcrProviders).detector(LinesInput.model_validate(given).languages).profile


@component("/ocr/lines", version="1", effect="pure", lease=True, profile=_lines_profile)
async def lines(input: LinesInput, context: ComponentContext) -> DetectedLines:
    """Where the lines of a picture are, with what they seem to say: what places the text of engines that give no boxes."""
    pool = context.resource(WorkerPools).ocr
    path = await context.artifacts.local_path(input.picture.id)
    asked = (
        await context.resource(OcrProviders).line_calls(input.languages, pool).ask(Picture(str(path), input.languages))
    )
    if asked.answer is None:
        assert asked.error is not None
        raise asked.error
    return DetectedLines(page=await _put(asked.answer.page, context), lines=asked.answer.lines)


@component("/ocr/blocks", version="5", effect="pure", batch=8)
async def blocks(inputs: list[BlocksInput], context: BatchContext) -> list[BlockList | ComponentError]:
    """Blocks of a page in reading order, from its text layer, from what was recognised, or both (by its route).

    Where the page has a picture and no recognition of it, the text layer stands in, and the result is degraded.
    One worker call for the pages of a batch; when it fails, the engine calls with each page on its own."""
    pages = zip(inputs, context.items, strict=True)
    texts = await asyncio.gather(*(_text(given, item) for given, item in pages))
    made = await context.resource(WorkerPools).pdf.run(blocks_of_pages, texts)
    found = zip(inputs, made, context.items, strict=True)
    return list(await asyncio.gather(*(_listed(given, page, item) for given, page, item in found)))


async def _text(given: BlocksInput, context: ComponentContext) -> PageText:
    recognized, content = given.recognized, given.content
    cells = await _path(content.cells, context)
    lines = await _path(recognized.page if recognized else None, context)
    return PageText(content.route, content.geometry.width_pt, content.geometry.height_pt, cells, lines)


async def _listed(given: BlocksInput, made: PageBlocks, context: ComponentContext) -> BlockList:
    recognized, content = given.recognized, given.content
    stood_in = recognized is None and content.picture is not None
    degraded = stood_in or (recognized is not None and recognized.degraded)
    if degraded:
        context.mark_degraded()
    context.report(blocks=made.count, words=made.words, characters=made.characters)
    return BlockList(
        status="ok" if made.count else "blank",
        blocks=await _put(made.blocks, context),
        count=made.count,
        words=made.words,
        characters=made.characters,
        confidence=made.confidence,
        provider=recognized.provider if recognized else None,
        profile=recognized.profile if recognized else render_profile(),
        provider_path=recognized.provider_path if recognized else (_STOOD_IN,) if stood_in else (),
        degraded=degraded,
    )


async def _path(ref: Ref | None, context: ComponentContext) -> str | None:
    return str(await context.artifacts.local_path(ref.id)) if ref else None


async def _put(data: bytes | None, context: ComponentContext) -> Ref | None:
    if not data:
        return None
    blob = await context.put_blob(data, "data")
    return Ref(id=blob.id, size=blob.size, kind=blob.kind)
