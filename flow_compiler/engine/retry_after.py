"""How long a server asks to be left alone: the Retry-After header, seconds or a date (RFC 9110, 10.2.3)."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

MOST = 3600.0
"""Seconds. What a server asks beyond that is taken for a mistake of its."""

_SECONDS = re.compile(r"\d{1,9}(?:\.\d{1,6})?", re.ASCII)


def retry_after(value: str | None, now: datetime | None = None) -> float | None:
    """Seconds from ``now``, at most :data:`MOST`; None where the header is not there or says nothing that can be read."""
    text = (value or "").strip()
    if _SECONDS.fullmatch(text):
        return min(float(text), MOST)
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return min(max(0.0, (moment - (now or datetime.now(UTC))).total_seconds()), MOST)
