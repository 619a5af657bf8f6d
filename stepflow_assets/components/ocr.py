"""``/ocr/recognize``: a page picture in, recognised lines out. ``/ocr/blocks``: blocks in reading order."""

from __future__ import annotations

import asyncio
from typing import Any

from flow_compiler.engine.components import BatchContext, ComponentContext, Resources, component
from flow_compiler.errors import ComponentError
from stepflow_assets.components.contracts import BlocksInput, Recognized, RecognizeInput
from stepflow_assets.documents.page import BlockList, Ref, Route
from stepflow_assets.ocr.chain import Read, read_page
from stepflow_assets.ocr.page_blocks import PageBlocks, PageText, blocks_of_pages
from stepflow_assets.ocr.protocol import OcrProvider, Picture
from stepflow_assets.ocr.quality import QualityRules
from stepflow_assets.ocr.recognition import Answer, recognize_pages
from stepflow_assets.ocr.registry import OcrProviders
from stepflow_assets.workers.pools import WorkerPools

_STOOD_IN = "text layer: recognition failed"


def _profile(given: Any, resources: Resources) -> str:
    options = RecognizeInput.model_validate(given).options
    return resources.get(OcrProviders).profile(options.languages, options.provider, options.features)


@component("/ocr/recognize", version="1", effect="pure", batch=4, lease=True, profile=_profile)
async def recognize(inputs: list[RecognizeInput], context: BatchContext) -> list[Recognized | ComponentError]:
    """Reads the pictures with the configured providers. A page that none of them could read is an error of its own:
    it never comes back as an empty page."""
    pages = zip(inputs, context.items, strict=True)
    return list(await asyncio.gather(*(_recognize(given, item) for given, item in pages)))


async def _recognize(given: RecognizeInput, context: ComponentContext) -> Recognized | ComponentError:
    providers, pool = context.resource(OcrProviders), context.resource(WorkerPools).ocr

    async def ask(provider: OcrProvider, picture: Picture, rules: QualityRules) -> Answer:
        # One page a call: a page that hangs or kills its worker takes no other page with it.
        answers = await pool.run(recognize_pages, provider, [picture], rules)
        return answers[0]

    try:
        candidates = providers.candidates(given.options.languages, given.options.provider, given.options.features)
        path = await context.artifacts.local_path(given.picture.id)
        read = await read_page(candidates, Picture(str(path), given.options.languages), providers.rules, ask)
    except ComponentError as error:
        return error
    return await _store(read, context)


async def _store(read: Read, context: ComponentContext) -> Recognized:
    answer = read.answer
    if read.degraded:
        context.mark_degraded()
    context.report(
        ocr_pages=1,
        ocr_lines=answer.lines,
        ocr_ms=round(1000 * read.seconds),
        ocr_wait_ms=round(1000 * read.waited),
        provider_attempts=read.attempts,
    )
    return Recognized(
        status=str(answer.status),
        page=await _put(answer.cells, context),
        raw=await _put(answer.raw, context),
        lines=answer.lines,
        confidence=answer.confidence,
        provider=read.provider,
        provider_path=read.path,
        degraded=read.degraded,
    )


@component("/ocr/blocks", version="3", effect="pure", batch=8)
async def blocks(inputs: list[BlocksInput], context: BatchContext) -> list[BlockList | ComponentError]:
    """Blocks of a page in reading order, from its text layer, its recognised lines, or both (by its route).

    Where the page has a picture and no recognition of it, the text layer stands in, and the result is degraded.
    One worker call for the pages of a batch; when it fails, the engine calls with each page on its own."""
    pages = zip(inputs, context.items, strict=True)
    texts = await asyncio.gather(*(_text(given, item) for given, item in pages))
    made = await context.resource(WorkerPools).pdf.run(blocks_of_pages, texts)
    found = zip(inputs, made, context.items, strict=True)
    return list(await asyncio.gather(*(_listed(given, page, item) for given, page, item in found)))


async def _text(given: BlocksInput, context: ComponentContext) -> PageText:
    recognized, content = given.recognized, given.content
    cells = await _path(content.cells if content.route is not Route.OCR else None, context)
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
