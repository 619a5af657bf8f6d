"""/ocr/recognize and /ocr/blocks in the engine, with worker processes: fallbacks, crashes, hangs, and never twice."""

from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager

import pytest
from hand_set_pages import column, line, recognised
from pictures import LETTER, as_png, page

from flow_compiler.engine.components import Resources
from flow_compiler.engine.engine import Engine
from flow_compiler.engine.outcomes import Failure, Reuse, Success
from flow_compiler.engine.registry import ComponentRegistry
from flow_compiler.engine.storage import memory_stores
from flow_compiler.language.loader import flow_from_json
from stepflow_assets.components import ocr
from stepflow_assets.ocr.registry import OcrProviders
from stepflow_assets.workers.pools import WorkerPools

pytestmark = pytest.mark.process

RECOGNIZE = flow_from_json(
    {
        "name": "r",
        "steps": [{"id": "r", "component": "/ocr/recognize", "input": {"$input": "$"}}],
        "output": {"$step": "r"},
    }
)
BLOCKS = flow_from_json(
    {
        "name": "b",
        "steps": [{"id": "b", "component": "/ocr/blocks", "input": {"$input": "$"}}],
        "output": {"$step": "b"},
    }
)
MAP = flow_from_json(
    {
        "name": "m",
        "steps": [
            {
                "id": "m",
                "component": "/builtin/map",
                "input": {
                    "items": {"$input": "$"},
                    "workflow": {
                        "$literal": {
                            "steps": [{"id": "r", "component": "/ocr/recognize", "input": {"$input": "$"}}],
                            "output": {"$step": "r"},
                        }
                    },
                },
            }
        ],
        "output": {"$step": "m"},
    }
)


class Bench:
    """An engine over throw-away stores, and shorthand for what the tests ask of it."""

    def __init__(self, engine, stores):
        self.engine, self.stores = engine, stores

    async def put(self, data: bytes) -> dict:
        return (await self.stores.artifacts.put(data)).to_json()

    async def json(self, ref: dict):
        return json.loads(await self.stores.artifacts.get(ref["$blob"]))

    async def run(self, flow, given, key="one"):
        item = self.engine.item(flow, run_id=f"run-{key}", key=key, input=given)
        return await item.evaluate()


@asynccontextmanager
async def bench(chain=None, *, deadline=60.0):
    pools, stores = WorkerPools(pdf=1, ocr=1, page_deadline=deadline), memory_stores()
    components = ComponentRegistry([ocr.recognize.__component__, ocr.blocks.__component__])
    resources = Resources({WorkerPools: pools, OcrProviders: OcrProviders.from_settings(chain)})
    try:
        async with Engine(components, stores, resources) as engine:
            yield Bench(engine, stores)
    finally:
        pools.close()


def path(found) -> list[tuple[str, str, str]]:
    return [(attempt["provider"], attempt["outcome"], attempt["reason"]) for attempt in found["provider_path"]]


def letters(text: str) -> str:
    return "".join(text.split())


def test_a_picture_is_read_once_for_all_who_ask_at_the_same_time():
    async def scenario():
        async with bench() as at:
            picture = await at.put(as_png(page()))
            results = await asyncio.gather(*(at.run(RECOGNIZE, {"picture": picture}, key) for key in ("a", "b", "c")))
            found = [item.result.result for item in results]
            cells = (await at.json(found[0]["page"]))["lines"]
            raw = await at.json(found[0]["raw"])
            return found, [item.records["r"] for item in results], cells, raw

    found, records, cells, raw = asyncio.run(scenario())
    assert found[0] == found[1] == found[2]
    assert (found[0]["status"], found[0]["provider"], path(found[0])) == ("ok", "rapidocr", [("rapidocr", "ok", "")])
    assert all(attempt["seconds"] is None for attempt in found[0]["provider_path"])
    assert [letters(item["text"]) for item in cells] == [letters(text) for text in LETTER]
    assert raw["turned"] == 0
    assert sorted(record.reuse is Reuse.COMPUTED for record in records) == [False, False, True]
    computed = next(record for record in records if record.reuse is Reuse.COMPUTED)
    assert computed.numbers["ocr_pages"] == 1
    assert computed.numbers["provider_attempts"] == 1
    assert computed.numbers["ocr_ms"] > 0


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("crash", ("fault", "failed", "page.crashed")),
        ("empty", ("fault", "quality", "ink but no text")),
        ("repeat", ("fault", "quality", "the text repeats itself")),
        ("truncated", ("fault", "quality", "the answer is cut off")),
        ("500", ("fault", "failed", "provider.unavailable")),
    ],
)
def test_a_provider_that_misbehaves_falls_through_to_the_next_and_the_result_is_degraded(fault, said):
    async def scenario():
        async with bench(f"fault:{fault},rapidocr") as at:
            return await at.run(RECOGNIZE, {"picture": await at.put(as_png(page(LETTER[:2])))})

    result = asyncio.run(scenario())
    assert isinstance(result.result, Success), result.result
    found = result.result.result
    assert (found["status"], found["provider"], found["degraded"]) == ("ok", "rapidocr", True)
    (failed, used) = path(found)
    assert (failed[:2], used) == (said[:2], ("rapidocr", "ok", ""))
    assert failed[2].startswith(said[2])
    assert found["provider_path"][0]["seconds"] >= 0
    assert result.records["r"].degraded
    assert result.records["r"].numbers["provider_attempts"] == 2


@pytest.mark.parametrize(
    ("fault", "error", "retryable"),
    [
        ("crash", "page.crashed", True),
        ("hang", "page.timeout", True),
        ("fail", "provider.failed", True),
        ("unavailable", "provider.unavailable", True),
        ("short", "provider.failed", True),
        ("500", "provider.unavailable", True),
        ("truncated", "provider.quality", False),
        ("empty", "provider.quality", False),
        ("repeat", "provider.quality", False),
        ("unsure", "provider.quality", False),
    ],
)
def test_when_nobody_reads_it_the_page_fails_and_is_never_empty(fault, error, retryable):
    async def scenario():
        async with bench(f"fault:{fault}", deadline=1.0 if fault == "hang" else 60.0) as at:
            return await at.run(RECOGNIZE, {"picture": await at.put(as_png(page()))})

    failure = asyncio.run(scenario()).result
    assert isinstance(failure, Failure)
    assert (failure.error, failure.retryable) == (error, retryable)
    assert failure.next_step


def test_a_page_that_cannot_be_read_does_not_hurt_the_others_of_its_batch():
    async def scenario():
        async with bench() as at:
            pictures = [as_png(page()), b"no picture", as_png(page(LETTER[:2]))]
            return await at.run(MAP, [{"picture": await at.put(data)} for data in pictures])

    results = asyncio.run(scenario()).result.result["results"]
    assert [item["outcome"] for item in results] == ["success", "failed", "success"]
    assert [item["result"]["lines"] for item in results if item["outcome"] == "success"] == [len(LETTER), 2]


GEOMETRY = {"width_pt": 600, "height_pt": 800, "rotation": 0}
LAYER = column("layer", 60, 100, 480, 4)
CYRILLIC = [line("Выручка выросла на двенадцать процентов", 60, 100, 480)]
PICTURE_TEXT = line("only in the picture", 60, 300, 200)


def answer(ref, provider="rapidocr"):
    return {
        "status": "ok" if ref else "blank",
        "page": ref,
        "raw": None,
        "lines": 1,
        "confidence": 0.9,
        "provider": provider,
        "provider_path": [{"provider": provider, "outcome": "ok"}],
        "degraded": False,
    }


@pytest.mark.parametrize(
    ("route", "layer", "seen", "expected"),
    [
        ("text", LAYER, None, LAYER),
        ("ocr", LAYER, [PICTURE_TEXT], [PICTURE_TEXT]),
        ("hybrid", LAYER, [*LAYER, PICTURE_TEXT], [*LAYER, PICTURE_TEXT]),
        ("hybrid", [], [PICTURE_TEXT], [PICTURE_TEXT]),
        ("scan_text", LAYER, [PICTURE_TEXT], [PICTURE_TEXT]),
        ("scan_text", LAYER, [], LAYER),
        ("scan_text", CYRILLIC, [PICTURE_TEXT], CYRILLIC),
        ("blank", [], None, []),
    ],
)
def test_blocks_come_from_layer_or_recognition_by_the_route(route, layer, seen, expected):
    async def scenario():
        async with bench() as at:
            cells = await at.put(json.dumps(layer).encode()) if layer else None
            read = {"lines": recognised(seen or []), "blocks": []}
            lines = await at.put(json.dumps(read).encode()) if seen else None
            content = {"page_id": "p", "geometry": GEOMETRY, "route": route, "route_reason": "", "cells": cells}
            given = {"content": content, "recognized": answer(lines) if seen is not None else None}
            found = (await at.run(BLOCKS, given)).result.result
            return found, await at.json(found["blocks"]) if found["blocks"] else []

    found, blocks = asyncio.run(scenario())
    assert [item["text"] for block in blocks for item in block["lines"]] == [item["text"] for item in expected]
    assert found["status"] == ("ok" if expected else "blank")
    assert found["words"] == sum(len(item["text"].split()) for item in expected)
    assert (found["confidence"] is None) == (not any(item["confidence"] for block in blocks for item in block["lines"]))


@pytest.mark.parametrize("route", ["scan_text", "hybrid"])
def test_where_recognition_failed_the_layer_stands_in_and_the_page_is_degraded(route):
    async def scenario():
        async with bench() as at:
            cells, picture = await at.put(json.dumps(LAYER).encode()), await at.put(as_png(page()))
            content = {"page_id": "p", "geometry": GEOMETRY, "route": route, "route_reason": "", "cells": cells}
            item = await at.run(BLOCKS, {"content": {**content, "picture": picture}, "recognized": None})
            return item, await at.json(item.result.result["blocks"])

    item, blocks = asyncio.run(scenario())
    found = item.result.result
    assert [cell["text"] for block in blocks for cell in block["lines"]] == [cell["text"] for cell in LAYER]
    assert found["degraded"]
    assert found["provider"] is None
    assert path(found) == [("text layer", "ok", "recognition failed")]
    assert item.records["b"].degraded


def test_a_page_whose_cells_cannot_be_used_does_not_hurt_the_others_of_its_call():
    async def scenario():
        async with bench() as at:
            good = await at.put(json.dumps(LAYER).encode())
            broken = await at.put(b"no list of cells")
            missing = {**good, "$blob": "0" * 64}
            given = [
                {
                    "content": {
                        "page_id": str(number),
                        "geometry": GEOMETRY,
                        "route": "text",
                        "route_reason": "",
                        "cells": cells,
                    }
                }
                for number, cells in enumerate([good, broken, good, missing])
            ]
            return await asyncio.gather(*(at.run(BLOCKS, item, str(key)) for key, item in enumerate(given)))

    first, broken, second, missing = (item.result for item in asyncio.run(scenario()))
    assert first.result["count"] == second.result["count"] == 1
    assert (broken.error, missing.error) == ("worker.unexpected", "store.artifact_missing")
