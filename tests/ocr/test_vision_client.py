"""What a vision server may do, and what the client makes of it. The server is real; it speaks as vLLM and gateways do."""

from __future__ import annotations

import base64
import json
import pickle
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from chat_server import Reply, chat_server, completion

from stepflow_assets.documents.recognized import Usage
from stepflow_assets.errors import ProviderBusy, ProviderError, ProviderTimeout, ProviderUnavailable
from stepflow_assets.ocr.vision import client as client_module
from stepflow_assets.ocr.vision.client import ChatClient
from stepflow_assets.ocr.vision.options import VisionOptions

GOOD = completion("what the page says")
SECRET_TEXT = "the patient's name"
KEY = "sk-not-to-be-seen"


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch):
    monkeypatch.setattr(client_module, "FIRST_WAIT", 0.0)
    monkeypatch.setenv("VISION_KEY", KEY)


@pytest.fixture
def server():
    with chat_server() as found:
        found.will(GOOD)
        yield found


def client(server, deadline=20.0, **options):
    given = {"model": "surya", "dialect": "surya2", "base_url": server.url, "api_key_env": "VISION_KEY"}
    return ChatClient(VisionOptions(**given | options), deadline)


def test_it_sends_the_picture_as_png_with_the_prompt_and_asks_for_no_invention(server):
    client(server, max_tokens=500).ask(b"\x89PNG", "Read this")
    ((path, headers, body),) = server.asked
    assert path == "/v1/chat/completions"
    assert headers["authorization"] == f"Bearer {KEY}"
    assert (body["model"], body["temperature"], body["max_tokens"], body["logprobs"]) == ("surya", 0, 500, True)
    picture, prompt = body["messages"][0]["content"]
    assert base64.b64decode(picture["image_url"]["url"].removeprefix("data:image/png;base64,")) == b"\x89PNG"
    assert prompt == {"type": "text", "text": "Read this"}


def test_it_says_who_answered_what_it_took_and_how_sure_the_model_was(server):
    found = client(server).ask(b"", "Read")
    assert found.text == "what the page says"
    assert found.confidence == pytest.approx(0.85)
    assert (found.model, found.system_fingerprint) == ("served-model", "fp_1")
    assert found.usage == Usage(requests=1, input_tokens=1200, output_tokens=34)


def test_without_token_probabilities_the_confidence_is_unknown(server):
    server.will(completion("text", probabilities=None))
    assert client(server, logprobs=False).ask(b"", "").confidence is None
    assert "logprobs" not in server.asked[0][2]


def test_an_answer_that_stopped_at_its_limit_is_told_from_a_whole_one(server):
    server.will(completion("half of the pa", finish="length"))
    assert client(server).ask(b"", "Read").truncated


@pytest.mark.parametrize("answer", [completion("", finish="content_filter"), completion(None, refusal="I cannot")])
def test_a_withheld_answer_is_told_from_an_empty_one(server, answer):
    server.will(answer)
    assert client(server).ask(b"", "Read").withheld


def test_content_in_pieces_is_one_text(server):
    server.will(completion([{"type": "text", "text": "one "}, {"type": "text", "text": "two"}]))
    assert client(server).ask(b"", "Read").text == "one two"


def test_a_busy_server_is_not_pressed_and_its_word_about_when_is_kept(server):
    server.will(Reply(b"{}", 429, {"retry-after": "7"}), GOOD)
    with pytest.raises(ProviderBusy) as caught:
        client(server).ask(b"", "Read")
    assert pickle.loads(pickle.dumps(caught.value)).retry_after == 7  # noqa: S301
    assert len(server.asked) == 1


@pytest.mark.parametrize(
    "fault",
    [
        Reply(b"oops", 500),
        Reply(b"oops", 502),
        Reply(GOOD[:60], length=len(GOOD), reset=True),
        Reply(GOOD[:60], length=len(GOOD)),
        Reply(json.dumps({"error": {"code": 502, "message": "upstream"}}).encode(), 502),
    ],
    ids=["500", "502", "reset in the answer", "answer cut off", "gateway"],
)
def test_a_hiccup_is_tried_again(server, fault):
    server.will(fault, GOOD)
    assert client(server).ask(b"", "Read").text == "what the page says"
    assert len(server.asked) == 2


def test_a_server_that_stays_down_is_unavailable_after_three_attempts(server):
    server.will(Reply(b"oops", 503))
    with pytest.raises(ProviderUnavailable, match="503") as caught:
        client(server).ask(b"", "Read")
    assert caught.value.retryable
    assert len(server.asked) == 3


def test_nobody_listening_is_unavailable():
    with chat_server() as gone:
        url = gone.url
    with pytest.raises(ProviderUnavailable, match="connection"):
        ChatClient(VisionOptions(base_url=url, model="m", dialect="markdown"), 5.0).ask(b"", "Read")


def test_a_server_that_never_answers_is_given_up_at_the_deadline(server):
    let_go = threading.Event()
    server.will(Reply(GOOD, held=let_go))
    try:
        with pytest.raises(ProviderTimeout, match="within 0.3 s"):
            client(server, deadline=0.3).ask(b"", "Read")
    finally:
        let_go.set()
    assert len(server.asked) == 1


@pytest.mark.parametrize("status", [400, 401, 403, 404, 413, 422])
def test_a_refusal_is_no_hiccup(server, status):
    server.will(Reply(b"{}", status))
    with pytest.raises(ProviderError, match=str(status)) as caught:
        client(server).ask(b"", "Read")
    assert not isinstance(caught.value, ProviderUnavailable)
    assert not caught.value.retryable
    assert len(server.asked) == 1


def error_body(code):
    return json.dumps({"error": {"message": SECRET_TEXT, "code": code}}).encode()


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (error_body(429), ProviderBusy),
        (error_body("503"), ProviderUnavailable),
        (error_body("invalid_image"), ProviderError),
        (json.dumps({"error": SECRET_TEXT}).encode(), ProviderError),
        (GOOD[:-40], ProviderError),
        (f"<html>{SECRET_TEXT}</html>".encode(), ProviderError),
        (b'{"choices": []}', ProviderError),
        (b'{"choices": [{"message": {"content": 5}}]}', ProviderError),
        (b"[]", ProviderError),
        (b"", ProviderError),
    ],
)
def test_what_is_no_completion_is_a_failure_although_the_status_is_good(server, body, kind):
    server.will(body)
    with pytest.raises(ProviderError) as caught:
        client(server).ask(b"", SECRET_TEXT)
    assert type(caught.value) is kind
    assert SECRET_TEXT not in str(caught.value)
    assert KEY not in str(caught.value)


def test_redirects_are_not_followed(server):
    with chat_server() as other:
        other.will(GOOD)
        server.will(Reply(b"", 307, {"location": f"{other.url}/chat/completions"}))
        with pytest.raises(ProviderError, match="redirects"):
            client(server).ask(b"", "Read")
        assert other.asked == []


def test_a_proxy_of_the_environment_is_not_used(server, monkeypatch):
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert client(server).ask(b"", "Read").text


def test_an_answer_without_end_is_cut_off(server, monkeypatch):
    monkeypatch.setattr(client_module, "LONGEST_ANSWER", 100)
    with pytest.raises(ProviderError, match="longer than 100 bytes"):
        client(server).ask(b"", "Read")


def test_a_key_that_is_not_set_is_named_before_anything_is_sent(server, monkeypatch):
    monkeypatch.delenv("VISION_KEY")
    with pytest.raises(ProviderUnavailable, match="VISION_KEY"):
        client(server).ask(b"", "Read")
    assert server.asked == []


def test_threads_share_connections(server):
    asking = client(server)
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(lambda _: asking.ask(b"", "Read"), range(40)))
    assert len(server.asked) == 40
    assert len(server.connections) < 20


@pytest.mark.parametrize(
    "address",
    ["ftp://host/v1", "http://", "host/v1", "http://user:pw@host/v1", "http://host/v1?key=x", "http://host/v1#x"],
)
def test_an_address_is_a_plain_one(address):
    with pytest.raises(ValueError, match="base_url"):
        VisionOptions(base_url=address, model="m", dialect="markdown")
