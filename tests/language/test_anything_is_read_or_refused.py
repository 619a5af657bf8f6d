"""Property: whatever the bytes, a flow is read or refused with a place and a next step, and nothing else happens.

``FUZZ_INPUTS`` is how many inputs are tried; ``python -m tests.language.fuzz --seconds 600`` tries for a time.
"""

from __future__ import annotations

import os

from tests.language.fuzz import tried

INPUTS = int(os.environ.get("FUZZ_INPUTS", "300"))


def test_anything_is_read_or_refused() -> None:
    ends = tried(INPUTS, seed_number=INPUTS)
    assert ends["read"]
    assert ends["refused"]
