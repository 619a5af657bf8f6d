"""What a Retry-After header asks for, in seconds."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from flow_compiler.engine.retry_after import MOST, retry_after

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("0", 0.0),
        ("7", 7.0),
        ("1.5", 1.5),
        (" 30 ", 30.0),
        ("999999", MOST),
        ("Tue, 24 Nov 2026 12:01:00 GMT", 60.0),
        ("Tue, 24 Nov 2026 11:00:00 GMT", 0.0),
        ("Wed, 24 Nov 2027 12:00:00 GMT", MOST),
        ("", None),
        (None, None),
        ("²", None),
        ("-5", None),
        ("nan", None),
        ("soon", None),
        ("9" * 400, None),
    ],
)
def test_seconds_and_dates_are_understood_and_nothing_else(value: str | None, seconds: float | None) -> None:
    assert retry_after(value, NOW) == seconds
