"""``vision:NAME`` from its settings to a page: status, confidence with its kind, usage, and what is kept as raw."""

from __future__ import annotations

import json
import pickle
from concurrent.futures import ThreadPoolExecutor

import pytest
from chat_server import ChatServer, Reply, chat_server, completion
from pictures import page, saved

from stepflow_assets.documents.geometry import Quad
from stepflow_assets.documents.page import Confidence, TextCell
from stepflow_assets.documents.recognized import Usage
from stepflow_assets.errors import ProviderBusy, SettingsError
from stepflow_assets.ocr.alignment import aligned
from stepflow_assets.ocr.options import ProviderOptions
from stepflow_assets.ocr.protocol import Feature, Geometry, PageStatus, Picture, Runs
from stepflow_assets.ocr.registry import OcrProviders

SURYA = '<div data-label="Text" data-bbox="80 100 900 200"><p>The log was found in 1937.</p></div>'


@pytest.fixture
def server():
    with chat_server() as found:
        found.will(completion(SURYA))
        yield found


@pytest.fixture
def picture(tmp_path):
    return Picture(saved(page(), tmp_path))


def provider(server: ChatServer, dialect="surya2", **more):
    options = {"base_url": server.url, "model": "surya-2", "dialect": dialect} | more
    configured = {"vision:gpu": ProviderOptions(options=options, concurrency=4, deadline=20)}
    return OcrProviders.from_settings("vision:gpu", configured).providers[0]


def test_settings_make_a_provider_that_waits_in_threads(server):
    made = provider(server, languages=["en", "el"], handwriting=True, seconds_per_page=3)
    can = made.capabilities
    assert made.name == "vision:gpu"
    assert (can.runs, can.geometry, can.concurrency, can.seconds_per_page) == (Runs.THREAD, Geometry.BLOCK, 4, 3)
    assert can.scripts == {"Latn", "Grek"}
    assert can.features == set(Feature)
    assert pickle.loads(pickle.dumps(made)) == made  # noqa: S301


def test_the_profile_names_what_changes_the_output_and_not_the_address(server):
    with chat_server() as other:
        assert provider(server).profile == provider(other).profile
    profiles = {
        provider(server, **more).profile for more in ({}, {"model": "b"}, {"max_tokens": 99}, {"dialect": "chandra"})
    }
    assert len(profiles) == 4


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({}, "base_url, model and dialect"),
        ({"base_url": "http://127.0.0.1/v1", "model": "m"}, "dialect"),
        ({"base_url": "http://127.0.0.1/v1", "model": "m", "dialect": "klingon"}, "dialect"),
        ({"base_url": "http://127.0.0.1/v1", "model": "m", "dialect": "dots", "api_key": "sk-1"}, "api_key"),
        ({"base_url": "http://me:sk-1@127.0.0.1/v1", "model": "m", "dialect": "dots"}, "base_url"),
    ],
)
def test_a_wrong_setting_is_named_and_no_value_is_repeated(options, named):
    with pytest.raises(SettingsError, match=named) as caught:
        OcrProviders.from_settings("vision:gpu", {"vision:gpu": ProviderOptions(options=options)})
    assert "sk-1" not in str(caught.value)


def test_a_page_has_blocks_with_the_pages_token_probability_usage_and_raw(server, picture):
    (found,) = provider(server).recognize([picture])
    (block,) = found.blocks
    assert (found.status, found.truncated, found.confidence) == (PageStatus.OK, False, 0.85)
    assert block.confidence == Confidence(value=0.85, kind="token_prob_page")
    assert block.quad == Quad.of_box(0.08, 0.1, 0.9, 0.2)
    assert found.usage == Usage(requests=1, input_tokens=1200, output_tokens=34)
    (answer,) = json.loads(found.raw)["answers"]
    assert (answer["text"], answer["model"], answer["system_fingerprint"]) == (SURYA, "served-model", "fp_1")


def test_a_server_without_token_probabilities_gives_no_confidence(server, picture):
    server.will(completion(SURYA, probabilities=None))
    (found,) = provider(server).recognize([picture])
    assert found.confidence is None
    assert found.blocks[0].confidence is None


def test_a_model_that_says_nothing_is_blank_and_says_so_with_its_usage(server, picture):
    server.will(completion(""))
    (found,) = provider(server).recognize([picture])
    assert (found.status, found.blocks, found.usage.requests) == (PageStatus.BLANK, (), 1)


def test_an_answer_that_stopped_in_the_middle_is_marked(server, picture):
    server.will(completion(SURYA[:-30], finish="length"))
    (found,) = provider(server).recognize([picture])
    assert found.truncated
    assert found.blocks[0].text == "The lo"


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (completion("I cannot read this."), "no block"),
        (completion("", finish="content_filter"), "withheld"),
        (completion(None, refusal="no"), "withheld"),
        (completion("I can", finish="length"), "no block"),
    ],
)
def test_a_page_that_was_not_read_is_failed_never_blank(server, picture, answer, reason):
    server.will(answer)
    (found,) = provider(server).recognize([picture])
    assert found.status is PageStatus.FAILED
    assert reason in found.reason
    assert found.raw


def test_a_busy_server_is_not_a_blank_page(server, picture):
    server.will(Reply(b"{}", 429, {"retry-after": "3"}))
    with pytest.raises(ProviderBusy):
        provider(server).recognize([picture])


def test_a_model_that_is_asked_several_times_counts_each(server, picture):
    layout = "<|box_start|>080 100 900 200<|box_end|><|ref_start|>text<|ref_end|><|rotate_up|>"
    server.will(completion(layout, probabilities=(1.0,)), completion("The log was found.", probabilities=(0.5,)))
    (found,) = provider(server, dialect="mineru2").recognize([picture])
    assert found.usage == Usage(requests=2, input_tokens=2400, output_tokens=68)
    assert [block.text for block in found.blocks] == ["The log was found."]
    assert 0.5 < found.confidence < 1


def test_pages_are_asked_for_at_once_and_stay_in_order(server, picture):
    made = provider(server)
    with ThreadPoolExecutor(4) as threads:
        found = list(threads.map(lambda _: made.recognize([picture])[0], range(12)))
    assert all(answer == found[0] for answer in found)
    assert len(server.asked) == 12


def test_blocks_of_markdown_get_their_boxes_from_detected_lines(server, picture):
    server.will(completion("# Bulletin\n\nThe log was found in 1937\nbehind the oil store."))
    (found,) = provider(server, dialect="markdown").recognize([picture])
    boxes = [Quad.of_box(0.1, top, 0.5, top + 0.03) for top in (0.1, 0.2, 0.25)]
    texts = ("Bulletin", "The log was found in l937", "behind the oil store.")
    lines = [TextCell(text=text, quad=quad) for text, quad in zip(texts, boxes, strict=True)]
    assert [block.quad for block in aligned(found, lines).blocks] == [boxes[0], Quad.of_box(0.1, 0.2, 0.5, 0.28)]
