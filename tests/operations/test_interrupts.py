"""An interrupt that Dagster notes and forgets is raised when the run is over."""

from __future__ import annotations

import os
import signal

import pytest
from dagster._utils.interrupts import capture_interrupts

from stepflow_assets.operations.interrupts import interrupts_obeyed


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_that_was_captured_is_raised_afterwards(number: signal.Signals) -> None:
    finished = []
    with pytest.raises(KeyboardInterrupt), interrupts_obeyed(), capture_interrupts():
        os.kill(os.getpid(), number)
        finished.append("the run")
    assert finished == ["the run"]


def test_without_a_signal_nothing_is_raised_and_handlers_are_what_they_were() -> None:
    handlers = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
    with interrupts_obeyed(), capture_interrupts():
        pass
    assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)) == handlers


def test_what_the_run_raised_comes_first() -> None:
    with pytest.raises(LookupError), interrupts_obeyed(), capture_interrupts():
        os.kill(os.getpid(), signal.SIGINT)
        raise LookupError
