"""Whom the registry asks, in which order, and what is kept of it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace

import pytest

from flow_compiler.errors import Category, ComponentError, InvalidInput, ResourceUnavailable
from stepflow_assets.documents.attempts import ProviderAttempt
from stepflow_assets.documents.recognized import Usage
from stepflow_assets.errors import (
    PageCrashed,
    PageTimeout,
    ProviderError,
    ProviderSkipped,
    ProviderUnavailable,
    SettingsError,
)
from stepflow_assets.ocr.asking import Asked
from stepflow_assets.ocr.chain import read_page
from stepflow_assets.ocr.clock import SystemClock
from stepflow_assets.ocr.options import ProviderOptions
from stepflow_assets.ocr.protocol import Capabilities, Feature, OcrPage, Picture
from stepflow_assets.ocr.quality import QualityRules
from stepflow_assets.ocr.recognition import Answer
from stepflow_assets.ocr.registry import OcrProviders

GOOD = Answer(None, b"{}", b"{}", 3, 0, 0.9, 0.2)
BLANK = Answer(None, None, b"{}", 0, 0, None, 0.2)
EMPTY = Answer("ink but no text (80 marks like letters)", None, b"{}", 0, 0, None, 0.2)
UNSURE = Answer("mean confidence 0.31 is below 0.60", None, b"{}", 0, 0, 0.31, 0.2)
GAVE_UP = Answer("the server answered 500", None, None, 0, 0, None, 0.2, gave_up=True)


@dataclass(frozen=True)
class Engine:
    name: str
    scripts: str = "Latn"
    does: object = field(default=GOOD, hash=False)
    cost: float = 1.0
    features: str = ""

    @property
    def capabilities(self) -> Capabilities:
        return Capabilities(frozenset(self.scripts.split()), self.cost, frozenset(map(Feature, self.features.split())))

    @property
    def profile(self) -> str:
        return f"{self.name}-1"

    def recognize(self, pictures) -> list[OcrPage]:
        raise NotImplementedError


def read(*engines: Engine, languages=("en",), only=None, options=()):
    async def ask(candidate, picture, alone):
        does = candidate.provider.does
        if isinstance(does, ResourceUnavailable):
            raise does
        return Asked(None, does, 0.0) if isinstance(does, Exception) else Asked(does, None, does.seconds)

    candidates = OcrProviders(engines, options=options).candidates(languages, only)
    return asyncio.run(read_page(candidates, Picture("page.png"), ask, SystemClock()))


def said(found):
    return [(item.provider, str(item.outcome), item.reason, item.seconds) for item in found.path]


def names(*engines, languages, only=None):
    return [(item.provider.name, item.degraded) for item in OcrProviders(engines).candidates(languages, only)]


LATIN, ASIAN, ALL = Engine("latin"), Engine("asian", "Latn Hans Jpan"), Engine("all", "Latn Hans Arab")


@pytest.mark.parametrize(
    ("languages", "asked"),
    [
        (["en"], [("latin", False), ("asian", True), ("all", True)]),
        (["zh"], [("asian", False), ("all", True)]),
        (["zh-CN", "en"], [("asian", False), ("all", True), ("latin", True)]),
        (["ar"], [("all", False)]),
        (["pt-BR", "de"], [("latin", False), ("asian", True), ("all", True)]),
        (["ja", "ar"], [("asian", True), ("all", True)]),
    ],
)
def test_providers_that_read_the_scripts_are_asked_in_order_and_fallbacks_are_degraded(languages, asked):
    assert names(LATIN, ASIAN, ALL, languages=languages) == asked


@pytest.mark.parametrize(
    ("features", "asked"),
    [
        ((), [("plain", False), ("tables", True), ("all", True)]),
        ((Feature.TABLES,), [("tables", False), ("all", True), ("plain", True)]),
        ((Feature.TABLES, Feature.MATH), [("all", False), ("plain", True), ("tables", True)]),
        ((Feature.HANDWRITING,), [("plain", True), ("tables", True), ("all", True)]),
    ],
)
def test_providers_without_a_feature_the_pages_need_are_asked_last_and_degraded(features, asked):
    engines = Engine("plain"), Engine("tables", features="tables"), Engine("all", features="tables math layout")
    found = OcrProviders(engines).candidates(["en"], features=features)
    assert [(item.provider.name, item.degraded) for item in found] == asked


def test_a_provider_asked_for_by_name_is_the_only_one():
    assert names(LATIN, ASIAN, languages=["en"], only="asian") == [("asian", False)]


@pytest.mark.parametrize(("languages", "only"), [(["ko"], None), (["en"], "surya")])
def test_no_provider_for_it_is_said_with_what_to_do(languages, only):
    with pytest.raises(ProviderUnavailable) as raised:
        names(LATIN, ASIAN, languages=languages, only=only)
    assert not raised.value.retryable
    assert "latin, asian" in raised.value.message
    assert "ocr.languages" in raised.value.next_step


def test_an_unknown_language_is_an_input_error():
    with pytest.raises(InvalidInput, match="'klingon'"):
        names(LATIN, languages=["klingon"])


def test_a_provider_that_lacks_scripts_never_comes_before_one_that_has_them():
    engines = Engine("tables", "Latn", features="tables"), Engine("both", "Latn Hans"), Engine("none", "Arab")
    found = OcrProviders(engines).candidates(["zh", "en"], features=[Feature.TABLES])
    assert [(item.provider.name, item.degraded) for item in found] == [("both", True), ("tables", True)]


def test_the_first_usable_answer_is_taken():
    found = read(Engine("a"), Engine("b"))
    assert (found.provider, said(found), found.degraded, found.attempts) == ("a", [("a", "ok", "", None)], False, 1)


def test_blank_is_an_answer():
    assert said(read(Engine("a", does=BLANK), Engine("b"))) == [("a", "blank", "", None)]


@pytest.mark.parametrize(
    ("fault", "kept", "attempts"),
    [
        (EMPTY, ("a", "quality", "ink but no text (80 marks like letters)", 0.2), 2),
        (UNSURE, ("a", "quality", "mean confidence 0.31 is below 0.60", 0.2), 2),
        (GAVE_UP, ("a", "failed", "provider.failed", 0.2), 2),
        (PageTimeout("too slow"), ("a", "failed", "page.timeout", 0.0), 2),
        (PageCrashed("gone"), ("a", "failed", "page.crashed", 0.0), 2),
        (ProviderUnavailable("no weights"), ("a", "failed", "provider.unavailable", 0.0), 2),
        (ComponentError("odd", code="worker.unexpected"), ("a", "failed", "worker.unexpected", 0.0), 2),
        (ProviderSkipped("left alone"), ("a", "skipped", "left alone", None), 1),
    ],
)
def test_every_failure_falls_through_to_the_next_and_is_kept_on_the_path(fault, kept, attempts):
    found = read(Engine("a", does=fault), Engine("b"))
    assert (found.provider, found.degraded, found.attempts) == ("b", True, attempts)
    assert said(found) == [kept, ("b", "ok", "", None)]


def test_what_failed_providers_used_is_paid_too():
    used = Usage(requests=1, input_tokens=1000, output_tokens=500)
    priced = ProviderOptions(price_per_page=0.01, price_per_million_input_tokens=2, price_per_million_output_tokens=4)
    engines = Engine("a", does=replace(EMPTY, usage=used)), Engine("b", does=replace(GOOD, usage=used))
    found = read(*engines, options=(priced, ProviderOptions()))
    assert found.usage == Usage(requests=2, input_tokens=2000, output_tokens=1000)
    assert found.cost == pytest.approx(0.01 + 0.002 + 0.002)
    assert read(*engines).cost is None


def test_the_path_is_kept_as_json_and_read_back():
    (failed, _) = read(Engine("a", does=EMPTY), Engine("b")).path
    assert ProviderAttempt.model_validate_json(failed.model_dump_json()) == failed


@pytest.mark.parametrize(
    ("faults", "code", "category", "retryable"),
    [
        ([EMPTY], "provider.quality", Category.PROVIDER, False),
        ([PageTimeout("too slow")], "page.timeout", Category.TIMEOUT, True),
        ([EMPTY, PageCrashed("gone")], "provider.quality", Category.PROVIDER, True),
        ([PageCrashed("gone"), UNSURE], "page.crashed", Category.INTERNAL, True),
        ([GAVE_UP], "provider.failed", Category.PROVIDER, True),
    ],
)
def test_when_nobody_could_read_it_the_page_fails_naming_each(faults, code, category, retryable):
    engines = [Engine(f"engine-{index}", does=fault) for index, fault in enumerate(faults)]
    with pytest.raises(ProviderError) as raised:
        read(*engines)
    error = raised.value
    assert (error.code, error.category, error.retryable) == (code, category, retryable)
    assert all(engine.name in error.message for engine in engines)
    assert error.next_step


def test_a_closed_pool_is_nobodys_failure():
    with pytest.raises(ResourceUnavailable):
        read(Engine("a", does=ResourceUnavailable("the ocr workers are closed")), Engine("b"))


def test_by_default_rapidocr_reads():
    assert [provider.name for provider in OcrProviders.from_settings().providers] == ["rapidocr"]


def test_without_a_chain_the_configured_ones_read_too_and_the_cheapest_is_first():
    dear = ProviderOptions(price_per_page=0.01)
    assert [item.name for item in OcrProviders.from_settings(None, {"fault:fail": ProviderOptions()}).providers] == [
        "fault",
        "rapidocr",
    ]
    assert [item.name for item in OcrProviders.from_settings(None, {"fault:fail": dear}).providers] == [
        "rapidocr",
        "fault",
    ]


def test_options_are_found_by_the_name_in_the_chain_with_its_option_or_without():
    exact, general = ProviderOptions(batch=2), ProviderOptions(batch=3)
    chain = OcrProviders.from_settings("fault:fail, fault:hang", {"fault:hang": exact, "fault": general})
    assert chain.options == (general, exact)


def test_where_a_page_is_full_of_tables_a_provider_that_knows_them_comes_first():
    plain, strong = Engine("plain"), Engine("strong", features="tables", cost=9)
    chain = OcrProviders((plain, strong))
    assert [(item.provider.name, item.degraded) for item in chain.for_tables(["en"])] == [
        ("strong", False),
        ("plain", True),
    ]
    assert OcrProviders((strong, plain)).for_tables(["en"]) == []
    assert OcrProviders((plain,)).for_tables(["en"]) == []
    assert OcrProviders((Engine("both", "Latn Hans"), strong)).for_tables(["zh", "en"]) == []


def test_a_configured_chain_keeps_its_order():
    chain = OcrProviders.from_settings("fault:hang, rapidocr")
    assert [provider.profile.split()[0] for provider in chain.providers] == ["fault", "rapidocr"]
    assert chain.profile(["en"]).startswith("fault hang > rapidocr 3.10.0 PP-OCRv6")


@pytest.mark.parametrize("chain", ["tesserakt", "fault", "fault:explode", "rapidocr:fast", " , "])
def test_a_chain_that_cannot_be_used_is_a_settings_error(chain):
    with pytest.raises(SettingsError):
        OcrProviders.from_settings(chain)


def test_the_profile_changes_with_provider_options_and_rules():
    one = OcrProviders((LATIN,)).profile(["en"])
    assert one != OcrProviders((LATIN, ASIAN)).profile(["en"])
    assert one != OcrProviders((LATIN,), QualityRules(minimum_confidence=0.5)).profile(["en"])
    assert one == OcrProviders((LATIN, Engine("other", "Arab"))).profile(["en"])


@pytest.mark.parametrize(
    ("language", "placer"),
    [("en", "latin"), ("ar", "arabic"), ("ko", "latin")],
    ids=["first of equals", "reads", "nobody"],
)
def test_lines_that_place_text_come_from_who_reads_its_script(language, placer):
    engines = (Engine("latin"), Engine("arabic", scripts="Arab Latn"))
    assert OcrProviders(engines).detector((language,)).name == placer
