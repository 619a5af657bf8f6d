"""Incidents of recognition as the engine sees them: who is asked, what is kept, and what is never paid twice."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path

import pytest
from chat_server import Reply, chat_server, completion
from limits import Server
from pictures import LETTER, as_png, page
from PIL import Image, ImageDraw
from pydantic import TypeAdapter
from reading_bench import BLOCKS, EACH, RECOGNIZE, bench, path

from flow_compiler.engine.outcomes import Reuse, Success
from flow_compiler.engine.storage import memory_stores, open_stores
from flow_compiler.engine.storage.memory import MemoryArtifacts
from flow_compiler.errors import StoreUnavailable
from stepflow_assets.documents.page import Block
from stepflow_assets.errors import ProviderError, ProviderUnavailable
from stepflow_assets.ocr.options import ProviderOptions
from stepflow_assets.ocr.protocol import Feature
from stepflow_assets.ocr.registry import OcrProviders

SURYA = f'<div data-label="Text" data-bbox="80 100 900 900"><p>{" ".join(LETTER)}</p></div>'
MARKDOWN = "# " + LETTER[0] + "\n\n" + " ".join(LETTER[1:])


@pytest.fixture
def server():
    with chat_server() as found:
        found.will(completion(SURYA))
        yield found


def vision(server, chain="vision", dialect="surya2", model="m", **more) -> OcrProviders:
    options = {"base_url": server.url, "model": model, "dialect": dialect}
    return OcrProviders.from_settings(chain, {"vision": ProviderOptions(options=options, deadline=20, **more)})


def result(item):
    assert isinstance(item.result, Success), item.result
    return item.result.result


# Batches


def test_pages_of_several_documents_share_calls_and_each_document_gets_its_own_pages():
    reader = Server(batch=4, concurrency=2)

    async def scenario():
        async with bench(OcrProviders((reader,))) as at:
            documents = {key: [await at.put(f"page {key}{n}".encode()) for n in range(6)] for key in "ab"}
            runs = [at.run(EACH, [{"picture": ref} for ref in refs], key) for key, refs in documents.items()]
            ended = dict(zip(documents, await asyncio.gather(*runs), strict=True))
            said = {key: [await read_by(at, one["result"]) for one in result(ended[key])["results"]] for key in ended}
            return documents, said

    async def read_by(at, found):
        return (await at.json(found["page"]))["lines"][0]["text"].rpartition("/")[2]

    documents, said = asyncio.run(scenario())
    assert said == {key: [ref["$blob"] for ref in refs] for key, refs in documents.items()}
    assert len(reader.calls) < 12 and max(map(len, reader.calls)) == 4
    of = {ref["$blob"]: key for key, refs in documents.items() for ref in refs}
    assert any({of[Path(name).name] for name in call} == {"a", "b"} for call in reader.calls)


def test_one_bad_page_of_a_call_costs_only_itself():
    reader = Server(lambda paths: None, batch=8)

    async def scenario():
        async with bench(OcrProviders((reader,))) as at:
            refs = [await at.put(f"page {n}".encode()) for n in range(5)]
            bad = refs[2]["$blob"]
            reader._does = lambda paths: ProviderError("odd", retryable=False) if any(bad in p for p in paths) else None
            return result(await at.run(EACH, [{"picture": ref} for ref in refs]))["results"]

    outcomes = [item["outcome"] for item in asyncio.run(scenario())]
    assert outcomes == ["success", "success", "failed", "success", "success"]


def test_a_picture_that_is_lost_costs_no_other_page_a_second_reading():
    reader = Server(concurrency=4)

    async def scenario():
        async with bench(OcrProviders((reader,))) as at:
            refs = [await at.put(f"page {n}".encode()) for n in range(4)]
            refs[1] = {**refs[1], "$blob": "0" * 64}
            return result(await at.run(EACH, [{"picture": ref} for ref in refs]))["results"]

    found = asyncio.run(scenario())
    assert [item["outcome"] for item in found] == ["success", "failed", "success", "success"]
    assert found[1]["error"]["data"]["error"] == "store.artifact_missing"
    assert len(reader.calls) == 3


class _Bucket(MemoryArtifacts):
    """Its next ``refuses`` puts fail."""

    refuses = 0

    async def put(self, data, kind="binary"):
        if self.refuses:
            self.refuses -= 1
            raise StoreUnavailable("the bucket does not answer")
        return await super().put(data, kind)


def test_an_answer_that_a_busy_store_does_not_take_at_once_is_not_asked_for_again():
    reader, bucket = Server(), _Bucket()

    async def scenario():
        async with bench(OcrProviders((reader,)), stores=replace(memory_stores(), artifacts=bucket)) as at:
            picture = await at.put(b"a page")
            bucket.refuses = 2
            return result(await at.run(RECOGNIZE, {"picture": picture}))

    found = asyncio.run(scenario())
    assert found["status"] == "ok"
    assert len(reader.calls) == 1


def test_a_page_is_finished_when_it_is_read_and_not_when_its_batch_is():
    """What a killed process loses are the pages under way, however many were handed over together."""
    slow = threading.Event()
    reader = Server(concurrency=2)

    async def scenario():
        async with bench(OcrProviders((reader,))) as at:
            first, second = [await at.put(f"page {n}".encode()) for n in range(2)]
            reader._does = lambda paths: None if first["$blob"] in paths[0] else slow.wait(20) and None
            runs = [
                asyncio.create_task(at.run(RECOGNIZE, {"picture": ref}, str(n)))
                for n, ref in enumerate((first, second))
            ]
            ended, waiting = await asyncio.wait(runs, return_when=asyncio.FIRST_COMPLETED)
            slow.set()
            await asyncio.wait(waiting)
            return [run in ended for run in runs], [run.result() for run in runs]

    early, ended = asyncio.run(scenario())
    assert early == [True, False]
    assert all(result(item) for item in ended)


# Failing, busy, expensive


def test_a_server_that_is_down_is_soon_not_asked_any_more_and_that_is_kept_with_each_page():
    down, other = Server(lambda paths: ProviderUnavailable("gone")), Server()
    other.name, other.profile = "other", "other-1"

    async def scenario():
        providers = OcrProviders((down, other), options=(ProviderOptions(failures=3), ProviderOptions()))
        async with bench(providers) as at:
            refs = [await at.put(f"page {n}".encode()) for n in range(8)]
            return result(await at.run(EACH, [{"picture": ref} for ref in refs]))["results"]

    found = [item["result"] for item in asyncio.run(scenario())]
    first = [path(item)[0][1:] for item in found]
    assert (
        sorted(first)
        == [("failed", "provider.unavailable")] * 3 + [("skipped", "left alone after 3 failures in a row")] * 5
    )
    assert {(item["provider"], item["degraded"]) for item in found} == {("other", True)}
    assert len(down.calls) == 3


@pytest.mark.process
@pytest.mark.parametrize(
    ("script", "kept"),
    [
        ("hang", ("fault", "failed", "page.timeout")),
        ("500", ("fault", "failed", "provider.unavailable")),
        ("rate_limited(60)", ("fault", "failed", "provider.busy")),
        ("empty", ("fault", "quality", "ink but no text")),
        ("truncated", ("fault", "quality", "the answer is cut off")),
        ("repeat", ("fault", "quality", "the text repeats itself")),
    ],
)
def test_whatever_a_provider_does_the_next_one_reads_the_page_and_the_result_is_like_any_other(server, script, kept):
    configured = {
        "fault": ProviderOptions(deadline=0.5, longest_wait=5),
        "vision": ProviderOptions(options={"base_url": server.url, "model": "m", "dialect": "surya2"}),
    }

    async def scenario():
        async with bench(OcrProviders.from_settings(f"fault:{script},vision", configured)) as at:
            read = result(await at.run(RECOGNIZE, {"picture": await at.put(as_png(page()))}))
            geometry = {"width_pt": 480, "height_pt": 360, "rotation": 0}
            content = {"page_id": "p", "geometry": geometry, "route": "ocr", "route_reason": ""}
            made = result(await at.run(BLOCKS, {"content": content, "recognized": read}, "blocks"))
            return read, made, await at.stores.artifacts.get(made["blocks"]["$blob"])

    read, made, blocks = asyncio.run(scenario())
    failed, used = path(read)
    assert (failed[:2], used) == (kept[:2], ("vision", "ok", ""))
    assert failed[2].startswith(kept[2])
    assert read["degraded"] and made["degraded"]
    assert made["provider_path"] == read["provider_path"]
    (block,) = TypeAdapter(list[Block]).validate_json(blocks)
    assert (block.kind, block.order_source, block.text) == ("text", "engine", " ".join(LETTER))
    assert block.quad.box == (0.08, 0.1, 0.9, 0.9)
    assert block.confidence.kind == "token_prob_page"


def test_requests_tokens_and_price_are_kept_with_the_page(server):
    prices = {"price_per_page": 0.001, "price_per_million_input_tokens": 1, "price_per_million_output_tokens": 10}

    async def scenario():
        async with bench(vision(server, **prices)) as at:
            return await at.run(RECOGNIZE, {"picture": await at.put(as_png(page()))})

    item = asyncio.run(scenario())
    found, numbers = result(item), item.records["s"].numbers
    assert found["usage"] == {"requests": 1, "input_tokens": 1200, "output_tokens": 34}
    assert found["cost"] == pytest.approx(0.001 + 0.0012 + 0.00034)
    assert (numbers["provider_requests"], numbers["provider_input_tokens"]) == (1, 1200)
    assert numbers["provider_cost"] == found["cost"]


@pytest.mark.process
@pytest.mark.parametrize("ruled", [True, False], ids=["table", "prose"])
def test_only_a_page_full_of_tables_takes_the_stronger_route(ruled):
    plain, strong = Server(), Server()
    strong.name, strong.profile = "strong", "strong-1"
    strong.capabilities = replace(strong.capabilities, features=frozenset({Feature.TABLES}), seconds_per_page=60)

    async def scenario():
        async with bench(OcrProviders((plain, strong))) as at:
            drawn = as_png(ruled_page() if ruled else page())
            return result(await at.run(RECOGNIZE, {"picture": await at.put(drawn)}))

    found = asyncio.run(scenario())
    assert (found["provider"], found["degraded"]) == ("strong" if ruled else "server", False)
    assert (len(plain.calls), len(strong.calls)) == ((0, 1) if ruled else (1, 0))


def ruled_page() -> Image.Image:
    drawn = Image.new("L", (900, 700), 255)
    pen = ImageDraw.Draw(drawn)
    for row in range(9):
        pen.line((100, 100 + 60 * row, 820, 100 + 60 * row), fill=0, width=2)
        for column in range(5):
            pen.line((100 + 180 * column, 100, 100 + 180 * column, 580), fill=0, width=2)
            if row < 8 and column < 4:
                pen.text((115 + 180 * column, 120 + 60 * row), f"cell {row}{column}", fill=0, font_size=20)
    return drawn


# Never twice


def test_a_run_that_is_started_again_asks_nobody_again_and_neither_does_another_run():
    reader = Server()

    async def scenario():
        async with bench(OcrProviders((reader,))) as at:
            given = {"picture": await at.put(b"a page")}
            return [await at.run(RECOGNIZE, given, key) for key in ("one", "one", "another")]

    first, again, another = asyncio.run(scenario())
    assert result(first) == result(again) == result(another)
    assert len(reader.calls) == 1
    assert (first.records["s"].reuse, another.records["s"].reuse) == (Reuse.COMPUTED, Reuse.MEMO)


def test_a_page_that_a_fallback_has_read_is_read_again_when_the_preferred_provider_is_back():
    back = threading.Event()
    preferred, other = Server(lambda paths: None if back.is_set() else ProviderUnavailable("gone")), Server()
    other.name, other.profile = "other", "other-1"

    async def scenario():
        async with bench(OcrProviders((preferred, other))) as at:
            given = {"picture": await at.put(b"a page")}
            first = await at.run(RECOGNIZE, given, "first")
            back.set()
            unasked = await at.run(RECOGNIZE, given, "ordinary")
            improved = await at.run(RECOGNIZE, given, "retry", refresh=True)
            return first, unasked, improved, await at.run(RECOGNIZE, given, "later")

    runs = asyncio.run(scenario())
    assert [result(item)["provider"] for item in runs] == ["other", "other", "server", "server"]
    assert [item.records["s"].degraded for item in runs] == [True, True, False, False]
    assert (len(preferred.calls), len(other.calls)) == (2, 1)


@pytest.mark.process
def test_two_processes_that_need_the_same_page_ask_once(server, tmp_path):
    asked = threading.Event()
    server.will(Reply(completion(SURYA), held=asked))
    order = {"folder": str(tmp_path), "url": server.url, "picture": as_png(page()).hex()}
    command = [sys.executable, str(Path(__file__).with_name("one_reader.py"))]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}

    def start():
        reader = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment)
        reader.stdin.write(json.dumps(order) + "\n")
        reader.stdin.flush()
        assert reader.stdout.readline() == "asks\n"
        return reader

    async def made():
        async with open_stores(f"sqlite:///{tmp_path / 'stepflow.db'}", tmp_path / "artifacts"):
            pass

    asyncio.run(made())
    readers = [start(), start()]
    asked.set()
    told = [json.loads(reader.stdout.readline()) for reader in readers]
    assert all(reader.wait() == 0 for reader in readers)
    assert len(server.asked) == 1
    assert told[0]["result"] == told[1]["result"]
    assert sorted(item["reuse"] == "computed" for item in told) == [False, True]


# Text without boxes


@pytest.mark.process
def test_text_without_boxes_is_placed_by_lines_that_are_found_once_for_every_model(server):
    server.will(completion(MARKDOWN))

    async def scenario():
        async with bench(vision(server, dialect="markdown")) as at:
            given = {"picture": await at.put(as_png(page()))}
            first = await at.run(RECOGNIZE, given)
            read = await at.json(result(first)["page"])
            stores = at.stores
        async with bench(vision(server, dialect="markdown", model="another"), stores=stores) as at:
            second = await at.run(RECOGNIZE, given, "another")
            return first, second, read, await at.json(result(second)["page"])

    first, second, read, again = asyncio.run(scenario())
    assert [block["text"] for block in read["blocks"]] == [LETTER[0], " ".join(LETTER[1:])]
    heading, text = (block["quad"]["points"] for block in read["blocks"])
    assert heading[2][1] < text[0][1]  # one stands above the other
    assert {block["confidence"]["kind"] for block in read["blocks"]} == {"token_prob_page"}
    assert again == read
    assert (first.records["s"].computed, first.records["s"].reused) == (2, 0)
    assert (second.records["s"].computed, second.records["s"].reused) == (1, 1)


@pytest.mark.process
def test_where_no_lines_are_to_be_had_the_text_stays_without_boxes_and_may_be_improved(server):
    server.will(completion(MARKDOWN))

    async def scenario():
        async with bench(vision(server, "vision,fault:crash", dialect="markdown")) as at:
            item = await at.run(RECOGNIZE, {"picture": await at.put(as_png(page()))})
            return item, await at.json(result(item)["page"])

    item, read = asyncio.run(scenario())
    assert [(block["text"], block["quad"]) for block in read["blocks"]] == [
        (LETTER[0], None),
        (" ".join(LETTER[1:]), None),
    ]
    assert result(item)["provider"] == "vision"
    assert item.records["s"].degraded
