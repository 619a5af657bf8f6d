"""Surya's model behind HTTP, asked by ``vision`` in its dialect and by Surya's own client in its own environment.

The model is a tiny one of the same kind, made and taught two pages by the fixture: real weights, real loading code, real HTTP.
"""

from __future__ import annotations

import json
import subprocess
import sys
from contextlib import contextmanager

import pytest
from chat_server import Reply, chat_server, completion
from tiny_surya import environment

from stepflow_assets.documents.geometry import Quad
from stepflow_assets.documents.recognized import Usage
from stepflow_assets.errors import ProviderBusy, ProviderError, ProviderUnavailable, SettingsError
from stepflow_assets.ocr.options import ProviderOptions
from stepflow_assets.ocr.protocol import PageStatus, Picture
from stepflow_assets.ocr.registry import OcrProviders
from stepflow_assets.ocr.surya import process
from stepflow_assets.ocr.surya.options import SuryaOptions
from stepflow_assets.ocr.surya.provider import process_of

NAME = "tiny-surya"
heavy = [pytest.mark.process, pytest.mark.timeout(1200)]


@pytest.fixture
def surya():
    """Makes the provider; its process ends with the test."""
    made = []

    def make(url, python, model=NAME, **more):
        options = {"python": str(python), "url": url, "model": model} | more
        configured = {"surya": ProviderOptions(options=options, deadline=120)}
        made.append(OcrProviders.from_settings("surya", configured).providers[0])
        return made[-1]

    yield make
    for provider in made:
        process_of(provider.options, provider.deadline, provider.concurrency).close()
    process_of.cache_clear()


def vision(url, model=NAME, **more):
    options = {"base_url": url, "model": model, "dialect": "surya2"} | more
    return OcrProviders.from_settings("vision", {"vision": ProviderOptions(options=options, deadline=120)}).providers[0]


@pytest.fixture(scope="module")
def python():
    try:
        return environment.interpreter()
    except (subprocess.SubprocessError, OSError) as error:
        pytest.skip(f"the environment of {environment.SURYA} cannot be made here ({type(error).__name__})")


@contextmanager
def served(python, folder):
    command = [str(python), str(environment.HERE / "serve.py"), str(folder), NAME]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        port = server.stdout.readline().strip()
        assert port, "the tiny model's server did not start"
        yield f"http://127.0.0.1:{port}/v1"
        server.stdin.close()


@pytest.fixture(scope="module")
def model(python):
    with served(python, environment.checkpoint(python)) as url:
        yield url


@pytest.fixture
def pages(tmp_path):
    for name in environment.ANSWERS:
        environment.picture(name).save(tmp_path / f"{name}.png")
    return {name: Picture(str(tmp_path / f"{name}.png")) for name in environment.ANSWERS}


class TestTheModelOverHttp:
    pytestmark = heavy

    def test_surya_and_vision_read_the_same_page_as_the_same_blocks(self, surya, model, python, pages):
        wanted = list(pages.values())
        by_vision, by_surya = vision(model).recognize(wanted), surya(model, python).recognize(wanted)
        for one, other in zip(by_vision, by_surya, strict=True):
            assert one.status is other.status is PageStatus.OK
            assert [block.model_dump(exclude={"confidence", "html"}) for block in one.blocks] == [
                block.model_dump(exclude={"confidence", "html"}) for block in other.blocks
            ]
            assert one.confidence == pytest.approx(other.confidence, abs=1e-3)
            assert one.confidence > 0.8
            assert one.usage == other.usage
            assert one.usage.input_tokens > 60
        heading, table = by_vision[0].blocks
        assert (heading.kind, heading.level, heading.text) == ("section_header", 1, "Hello World")
        assert heading.quad == Quad.of_box(0.08, 0.06, 0.6, 0.15)
        assert [(cell.text, cell.header) for cell in table.cells] == [("Sales", True), ("42", False)]
        assert [block.text for block in by_vision[1].blocks] == ["Good bye, all"]
        assert json.loads(by_surya[0].raw)["system_fingerprint"] == "fp_tiny"

    def test_an_answer_that_stopped_at_its_limit_is_marked_by_both(self, surya, model, python, pages):
        for made in (vision(model, max_tokens=120), surya(model, python, max_tokens=120)):
            (found,) = made.recognize([pages["table"]])
            assert found.truncated

    def test_surya_refuses_a_server_of_another_model(self, surya, model, python, pages):
        with pytest.raises(ProviderUnavailable, match="SpawnError"):
            surya(model, python, model="another").recognize([pages["text"]])


class TestSuryasClientAndAServerThatFails:
    pytestmark = heavy

    def test_no_failure_looks_like_a_blank_page(self, surya, python, pages):
        picture = pages["text"]
        with chat_server() as server:
            made = surya(server.url, python, model="served-model")
            good = completion(environment.ANSWERS["text"])
            server.will(good)
            (found,) = made.recognize([picture])
            assert [block.text for block in found.blocks] == ["Good bye, all"]
            assert found.usage == Usage(requests=1, input_tokens=1200, output_tokens=34)
            for fault, kind in (
                (Reply(b"{}", 500), ProviderUnavailable),
                (Reply(b"{}", 429, {"retry-after": "7"}), ProviderBusy),
                (Reply(b"{}", 401), ProviderError),
                (Reply(good[:60], length=len(good), reset=True), ProviderUnavailable),
                (json.dumps({"error": {"message": "secret", "code": 500}}).encode(), ProviderUnavailable),
                (good[:-30], ProviderUnavailable),
            ):
                server.will(fault)
                before = len(server.asked)
                with pytest.raises(ProviderError) as caught:
                    made.recognize([picture])
                assert type(caught.value) is kind
                assert "secret" not in str(caught.value)
                assert len(server.asked) == before + 1  # trying again is the platform's
            for answer in (completion("I cannot read this."), completion("x", finish="content_filter")):
                server.will(answer)
                (found,) = made.recognize([picture])
                assert found.status is PageStatus.FAILED
            server.will(completion(""))
            (found,) = made.recognize([picture])
            assert (found.status, found.usage.requests) == (PageStatus.BLANK, 1)
            server.will(completion(environment.ANSWERS["text"], probabilities=None))
            (found,) = made.recognize([picture])
            assert found.confidence is None

    def test_a_process_that_was_killed_is_started_anew(self, surya, python, pages):
        with chat_server() as server:
            server.will(completion(environment.ANSWERS["text"]))
            made = surya(server.url, python, model="served-model")
            made.recognize([pages["text"]])
            process_of(made.options, made.deadline, made.concurrency).close()
            (found,) = made.recognize([pages["text"]])
            assert found.status is PageStatus.OK

    def test_a_server_that_is_not_there_is_unavailable(self, surya, python, pages):
        with chat_server() as gone:
            url = gone.url
        with pytest.raises(ProviderUnavailable, match="SpawnError"):
            surya(url, python).recognize([pages["text"]])


def test_an_interpreter_that_is_not_there_is_named(surya, pages):
    with pytest.raises(ProviderUnavailable, match="/nowhere/python"):
        surya("http://127.0.0.1:9/v1", "/nowhere/python").recognize([pages["text"]])


def test_an_environment_without_surya_is_unavailable_not_blank(surya, pages):
    with pytest.raises(ProviderUnavailable, match="ModuleNotFoundError"):
        surya("http://127.0.0.1:9/v1", sys.executable).recognize([pages["text"]])


def test_surya_gets_its_own_key_and_none_of_ours(monkeypatch):
    monkeypatch.setenv("SURYA_KEY", "sk-surya")
    monkeypatch.setenv("STEPFLOW_EMBEDDER_API_KEY", "sk-other")
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    options = SuryaOptions(python="python", url="http://127.0.0.1:9/v1", api_key_env="SURYA_KEY")
    given = process.environment_of(options)
    assert given["VLLM_API_KEY"] == "sk-surya"
    assert given["SURYA_INFERENCE_AUTOSTART"] == "false"
    assert "sk-other" not in given.values()
    assert "HTTPS_PROXY" not in given


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({}, "python"),
        ({"python": "p", "url": "file:///x"}, "url"),
        ({"python": "p", "url": "http://h/v1", "key": "k"}, "key"),
    ],
)
def test_a_wrong_setting_is_named(options, named):
    with pytest.raises(SettingsError, match=f"surya: {named}"):
        OcrProviders.from_settings("surya", {"surya": ProviderOptions(options=options)})


def test_the_profile_has_model_and_limits_but_no_address(surya):
    one, other = (surya(url, "python").profile for url in ("http://127.0.0.1:9/v1", "http://127.0.0.1:8/v1"))
    assert one == other
    profiles = {
        surya("http://127.0.0.1:9/v1", "p", **more).profile for more in ({}, {"model": "m"}, {"max_tokens": 99})
    }
    assert len(profiles) == 3
