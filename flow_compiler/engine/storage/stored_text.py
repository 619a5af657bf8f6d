"""Any string as text a database takes: NUL (refused by PostgreSQL) and lone surrogates (not UTF-8) are escaped, reversibly.

Everything else is stored as it is, so that a person can read the tables.
"""

from __future__ import annotations

import re

_ESCAPE = "\x1b"
_UNSTORABLE = re.compile("[\x00\x1b\ud800-\udfff]")
_ESCAPED = re.compile("\x1b([0-9a-f]{4})")


def stored(text: str) -> str:
    return _UNSTORABLE.sub(lambda match: f"{_ESCAPE}{ord(match.group()):04x}", text)


def original(text: str) -> str:
    """Inverse of :func:`stored`."""
    if _ESCAPE not in text:
        return text
    return _ESCAPED.sub(lambda match: chr(int(match.group(1), 16)), text)
