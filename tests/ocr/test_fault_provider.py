"""The provider that misbehaves on purpose does what its script says, call by call, in whichever process the call runs."""

from __future__ import annotations

import multiprocessing

import pytest

from stepflow_assets.errors import ProviderBusy, ProviderError, SettingsError
from stepflow_assets.ocr.fault_provider import make_fault
from stepflow_assets.ocr.fault_script import Fault, FaultStep, fault_steps
from stepflow_assets.ocr.options import ProviderOptions
from stepflow_assets.ocr.protocol import OcrProvider, Picture

PICTURE = Picture("never looked at")


def made(script: str) -> OcrProvider:
    return make_fault(script, ProviderOptions())


def said(provider: OcrProvider) -> str:
    try:
        (page,) = provider.recognize([PICTURE])
    except ProviderError as error:
        return error.code
    return f"{page.status} {len(page.lines)}{' cut off' if page.truncated else ''}"


def test_a_script_is_done_step_by_step_and_its_last_step_for_ever():
    provider = made("fail*2+truncated/empty+ok")
    assert [said(provider) for _ in range(6)] == ["provider.failed"] * 2 + ["ok 2 cut off", "blank 0", "ok 2", "ok 2"]


def test_calls_are_counted_over_all_processes():
    provider = made("fail*3+ok")
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        assert sorted(pool.map(said, [provider] * 5)) == ["ok 2"] * 2 + ["provider.failed"] * 3


def test_two_providers_of_one_script_count_for_themselves():
    first, second = made("fail+ok"), made("fail+ok")
    assert [said(first), said(first), said(second)] == ["provider.failed", "ok 2", "provider.failed"]


def test_a_busy_server_says_when_to_come_back():
    with pytest.raises(ProviderBusy) as raised:
        made("rate_limited(12)").recognize([PICTURE])
    assert raised.value.retry_after == 12


@pytest.mark.parametrize("fault", Fault)
def test_every_behaviour_can_be_named(fault):
    assert fault_steps(fault) == (FaultStep(fault),)
    assert fault_steps(f"{fault}*3") == (FaultStep(fault, 3),)


@pytest.mark.parametrize("script", ["", "explode", "fail*", "fail*x", "fail(3)", "ok++ok", "slow(a)"])
def test_a_script_that_says_nothing_it_can_do_is_refused(script):
    with pytest.raises(SettingsError, match="it can do ok, fail"):
        made(script)
