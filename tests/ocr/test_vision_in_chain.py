"""Vision providers asked by ``/ocr/recognize``: boxes from a detector, fallbacks that are marked, and nothing asked twice."""

from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager

import pytest
from chat_server import chat_server, completion
from pictures import LETTER, as_png, page

from flow_compiler.engine.components import Resources
from flow_compiler.engine.engine import Engine
from flow_compiler.engine.outcomes import Success
from flow_compiler.engine.registry import ComponentRegistry
from flow_compiler.engine.storage import memory_stores
from flow_compiler.language.loader import flow_from_json
from stepflow_assets.components import ocr
from stepflow_assets.ocr.options import ProviderOptions
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
SURYA = "".join(
    f'<div data-label="Text" data-bbox="80 {100 + 100 * row} 900 {150 + 100 * row}"><p>{text}</p></div>'
    for row, text in enumerate(LETTER)
)


@pytest.fixture
def server():
    with chat_server() as found:
        yield found


@asynccontextmanager
async def reading(server, dialect):
    """Reads the letter's page with ``vision:gpu,rapidocr``; gives the result and the stored page."""
    options = {"base_url": server.url, "model": "m", "dialect": dialect}
    configured = {"vision:gpu": ProviderOptions(options=options, deadline=20, longest_wait=1, price_per_page=0.5)}
    pools, stores = WorkerPools(pdf=1, ocr=1, page_deadline=120), memory_stores()
    providers = OcrProviders.from_settings("vision:gpu,rapidocr", configured)
    components = ComponentRegistry([ocr.recognize.__component__, ocr.lines.__component__])
    try:
        async with Engine(components, stores, Resources({WorkerPools: pools, OcrProviders: providers})) as engine:
            picture = (await stores.artifacts.put(as_png(page()))).to_json()

            async def read(key):
                item = engine.item(RECOGNIZE, run_id=key, key=key, input={"picture": picture})
                outcome = (await item.evaluate()).result
                assert isinstance(outcome, Success), outcome
                return outcome.result, json.loads(await stores.artifacts.get(outcome.result["page"]["$blob"]))

            yield read
    finally:
        pools.close()


async def once(server, dialect, key="a"):
    async with reading(server, dialect) as read:
        return await read(key)


def asked(found):
    return [(attempt["provider"], attempt["outcome"]) for attempt in found["provider_path"]]


def test_a_model_with_boxes_is_enough_by_itself(server):
    server.will(completion(SURYA))
    found, stored = asyncio.run(once(server, "surya2"))
    assert asked(found) == [("vision:gpu", "ok")]
    assert not found["degraded"]
    assert [block["text"] for block in stored["blocks"]] == list(LETTER)
    assert found["usage"]["output_tokens"] == 34


def test_the_blocks_of_a_model_without_boxes_lie_on_detected_lines(server):
    server.will(completion("\n\n".join(LETTER)))
    found, stored = asyncio.run(once(server, "markdown"))
    assert found["provider"] == "vision:gpu"
    assert not found["degraded"]
    tops = [block["quad"]["points"][0][1] for block in stored["blocks"]]
    assert tops == sorted(tops)
    first, last = (stored["blocks"][at]["quad"]["points"] for at in (0, -1))
    assert first[0] == pytest.approx((40 / 480, 48 / 360), abs=0.02)  # where the test's page has it
    assert last[0][1] == pytest.approx((48 + 5 * 22.4) / 360, abs=0.02)


def test_a_block_whose_box_makes_no_sense_lies_on_detected_lines_among_the_others(server):
    server.will(completion(SURYA.replace("80 200 900 250", "no box")))
    _, stored = asyncio.run(once(server, "surya2"))
    second = next(block for block in stored["blocks"] if block["text"] == LETTER[1])
    assert second["quad"]["points"][0][1] == pytest.approx((48 + 22.4) / 360, abs=0.02)


@pytest.mark.parametrize("answer", [completion("I cannot read this."), completion("")], ids=["prose", "silent"])
def test_a_page_that_the_model_did_not_read_is_read_by_the_next_and_marked(server, answer):
    server.will(answer)
    found, stored = asyncio.run(once(server, "surya2"))
    assert found["provider"] == "rapidocr"
    assert found["degraded"]
    assert [name for name, _ in asked(found)] == ["vision:gpu", "rapidocr"]
    assert "lighthouse" in " ".join(line["text"] for line in stored["lines"])


def test_a_page_is_asked_for_once(server):
    server.will(completion(SURYA))

    async def twice():
        async with reading(server, "surya2") as read:
            return await asyncio.gather(read("a"), read("b")), await read("c")

    (first, second), third = asyncio.run(twice())
    assert first == second == third
    assert len(server.asked) == 1
