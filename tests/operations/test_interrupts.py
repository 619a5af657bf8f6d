"""An interrupt that Dagster captures is known when the run is over, although Dagster forgets it."""

from __future__ import annotations

import os
import signal

import pytest
from dagster._utils.interrupts import capture_interrupts

from stepflow_assets.operations.interrupts import interrupts_noted


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_that_was_captured_is_known_afterwards(number: signal.Signals) -> None:
    with interrupts_noted() as noted, capture_interrupts():
        os.kill(os.getpid(), number)
    assert noted.stop


def test_without_a_signal_nothing_is_noted_and_handlers_are_what_they_were() -> None:
    handlers = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
    with interrupts_noted() as noted, capture_interrupts():
        pass
    assert not noted.stop
    assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)) == handlers
