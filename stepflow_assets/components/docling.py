"""/docling/convert and /docling/blocks: formats without pages, converted by docling, and their blocks with places."""

from __future__ import annotations

import asyncio
import json
from functools import cache
from typing import Any

from flow_compiler.engine.components import ComponentContext, Resources, component
from stepflow_assets.components.contracts import PartBlocksInput
from stepflow_assets.documents.attempts import AttemptOutcome, ProviderAttempt
from stepflow_assets.documents.page import Block, BlockList, PageItem, Part, PreparedPage, Ref
from stepflow_assets.errors import DocumentDamaged, PageCrashed, PageTimeout
from stepflow_assets.workers.pools import WorkerPools

PROVIDER = "docling"


@cache
def conversion_profile() -> str:
    """Part of the memo key of /docling/convert."""
    from importlib.metadata import version

    return f"docling {version('docling-slim')}; docling-core {version('docling-core')}"


def _profile(_input: Any, _resources: Resources) -> str:
    return conversion_profile()


@component("/docling/convert", version="3", effect="pure", pool="cpu", profile=_profile)
async def convert_part(input: PageItem, context: ComponentContext) -> PreparedPage:
    """The document's one part as a DoclingDocument, converted in a worker process without network.

    Raises DocumentDamaged, DocumentUnsupported; PageTimeout and PageCrashed where the conversion was ended.
    """
    from stepflow_assets.conversion.convert import convert_document

    path = await context.artifacts.local_path(input.source.id)
    try:
        data = await context.resource(WorkerPools).office.run(convert_document, str(path), input.format)
    except PageTimeout as error:
        raise PageTimeout(error.message.replace("no answer", "the conversion gave no answer")) from None
    except PageCrashed as error:
        raise DocumentDamaged(f"converting it ends the worker process: {error.message}") from None
    stored = await context.put_blob(data, "data")
    context.report(bytes=len(data))
    document = Ref(id=stored.id, size=stored.size, kind=stored.kind)
    return PreparedPage(part=Part(document=document, format=input.format, profile=conversion_profile()))


@component("/docling/blocks", version="4", effect="pure", pool="cpu")
async def part_blocks(input: PartBlocksInput, context: ComponentContext) -> BlockList:
    """Blocks of a converted part in reading order, with slide, sheet or element places."""
    data = await context.get_blob(input.part.document.id)
    blocks, encoded = await asyncio.to_thread(_blocks, data)
    text = "\n".join(block.text for block in blocks)
    characters, words = len(text), len(text.split())
    context.report(blocks=len(blocks), characters=characters)
    if not blocks:
        return BlockList(status="blank", provider=PROVIDER)
    stored = await context.put_blob(encoded, "data")
    return BlockList(
        status="ok",
        blocks=Ref(id=stored.id, size=stored.size, kind=stored.kind),
        count=len(blocks),
        words=words,
        characters=characters,
        provider=PROVIDER,
        profile=input.part.profile,
        provider_path=(ProviderAttempt(provider=PROVIDER, outcome=AttemptOutcome.OK),),
    )


def _blocks(data: bytes) -> tuple[list[Block], bytes]:
    from pydantic import TypeAdapter

    from stepflow_assets.conversion.blocks import blocks_of

    blocks = blocks_of(json.loads(data))
    return blocks, TypeAdapter(list[Block]).dump_json(blocks)
