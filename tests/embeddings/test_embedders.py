"""Embedders: the offline one and any OpenAI-compatible server, held to one contract."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import httpx
import numpy as np
import pytest
from pydantic import SecretStr

from flow_compiler.errors import Category, InvalidInput
from stepflow_assets.errors import EmbedderError, EmbedderUnavailable, EmbedderUnusable
from stepflow_assets.resources.embedder import OpenAiCompatibleOptions, create_embedder
from stepflow_assets.resources.hashing_embedder import HashingEmbedder
from stepflow_assets.resources.openai_embedder import OpenAiCompatibleEmbedder

OPTIONS = OpenAiCompatibleOptions(base_url="http://embedder.invalid/v1", model="m", dimensions=3, batch_size=2)


def embed(embedder, texts):
    return asyncio.run(embedder.embed(texts))


class Server:
    """An embeddings server in this process: answers with the length of each text, or as ``faults`` say, in turn."""

    def __init__(self, *faults: httpx.Response | Exception) -> None:
        self.faults = list(faults)
        self.requests: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        if self.faults:
            fault = self.faults.pop(0)
            if isinstance(fault, Exception):
                raise fault
            return fault
        texts = json.loads(request.content)["input"]
        rows = [{"index": i, "embedding": [len(text), 0.0, 1.0]} for i, text in enumerate(texts)]
        return httpx.Response(200, json={"data": rows[::-1], "model": "m"})

    def embedder(self, options: OpenAiCompatibleOptions = OPTIONS, key: str | None = None) -> OpenAiCompatibleEmbedder:
        return OpenAiCompatibleEmbedder(options, SecretStr(key) if key else None, httpx.MockTransport(self))


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("stepflow_assets.resources.openai_embedder.FIRST_WAIT", 0.0)


def test_hashed_vectors_are_the_same_in_every_process_and_have_length_one():
    [vector] = embed(HashingEmbedder(64), ["The river rose, the river fell."])
    assert vector.dtype == np.float32
    assert np.linalg.norm(vector) == pytest.approx(1.0)
    assert {int(i) for i in np.argsort(-np.abs(vector))[:2]} == {15, 23}  # "the" and "river", each twice


def test_hashed_vectors_rank_by_shared_words():
    query, near, far, cjk, same = embed(
        HashingEmbedder(), ["river level", "The RIVER level rose", "tax report 2024", "人口增长", "人口减少"]
    )
    assert query @ near > 0.5 > query @ far
    assert cjk @ same > 0.2


def test_a_text_without_words_is_a_row_of_zeros():
    assert not embed(HashingEmbedder(16), ["", "…"]).any()


def test_rows_come_in_the_order_of_the_texts_over_several_batches():
    server = Server()
    texts = ["a", "bb", "ccc", "dddd", "eeeee"]
    assert embed(server.embedder(), texts)[:, 0].tolist() == [1, 2, 3, 4, 5]
    assert len(server.requests) == 3


def test_the_key_is_sent_and_dimensions_only_on_request():
    server = Server()
    embed(server.embedder(OPTIONS.model_copy(update={"shorten": True}), key="secret"), ["a"])
    embed(server.embedder(), ["a"])
    first, second = server.requests
    assert first.headers["authorization"] == "Bearer secret"
    assert json.loads(first.content)["dimensions"] == 3
    assert "authorization" not in second.headers
    assert "dimensions" not in json.loads(second.content)


@pytest.mark.parametrize(
    "fault",
    [httpx.Response(429, headers={"retry-after": "0"}), httpx.Response(503), httpx.ConnectError("refused")],
    ids=["429", "503", "connection"],
)
def test_a_busy_server_is_asked_again(fault):
    server = Server(fault, fault)
    assert embed(server.embedder(), ["abc"])[0, 0] == 3
    assert len(server.requests) == 3


def test_a_server_that_stays_away_is_a_retryable_provider_failure():
    server = Server(*[httpx.ConnectError("refused")] * 4)
    error = failure_of(server)
    assert isinstance(error, EmbedderUnavailable)
    assert (error.retryable, error.category, error.code) == (True, Category.PROVIDER, "embedder.unavailable")
    assert len(server.requests) == 4


def test_a_refusal_is_not_repeated_and_reveals_neither_key_nor_text():
    server = Server(httpx.Response(401, text="bad key secret for text 'private words'"))
    error = failure_of(server)
    assert not error.retryable
    assert len(server.requests) == 1
    assert "401" in error.message
    assert "secret" not in error.message
    assert "private" not in error.message


@pytest.mark.parametrize(
    "answer",
    [
        {"data": [{"index": 0, "embedding": [1.0, 2.0]}]},
        {"data": []},
        {"data": [{"index": 1, "embedding": [1.0, 2.0, 3.0]}]},
        {"data": "no"},
        {"error": "no"},
    ],
    ids=["dimensions", "too few", "index", "form", "error"],
)
def test_vectors_that_do_not_fit_are_refused(answer: dict[str, Any]):
    error = failure_of(Server(httpx.Response(200, json=answer)))
    assert isinstance(error, EmbedderUnusable)
    assert not error.retryable


def failure_of(server: Server) -> EmbedderError:
    with pytest.raises(EmbedderError) as caught:
        embed(server.embedder(key="secret"), ["private words"])
    return caught.value


@pytest.mark.parametrize(
    ("model", "name"),
    [
        ({"kind": "hashing"}, "hashing-v1-512"),
        ({"kind": "hashing", "dimensions": 64}, "hashing-v1-64"),
        ({"kind": "openai", "base_url": "http://x/v1", "model": "bge", "dimensions": 384}, "bge-384"),
    ],
)
def test_the_flow_variable_names_the_embedder(model, name):
    assert create_embedder(model).name == name


@pytest.mark.parametrize(
    "model",
    [{}, {"kind": "magic"}, {"kind": "openai", "model": "m"}, {"kind": "hashing", "api_key": "secret"}],
)
def test_a_model_that_cannot_be_used_is_refused_without_repeating_its_values(model):
    with pytest.raises(InvalidInput) as caught:
        create_embedder(model)
    assert "secret" not in caught.value.message
