"""An offline, deterministic token counter: what ``max_tokens`` is measured in.

It approximates a wordpiece tokenizer without its vocabulary: a token is up to six Latin letters, up to three digits,
one ideograph, kana or Hangul syllable, up to three letters of any other script, or one other visible character.
English prose comes to about 1.4 tokens a word, a little above BERT's wordpieces, so a chunk that fits here rarely
overflows a model of the same limit. Counts add up over any two texts that are cut at a token border.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

IDEOGRAPHS = "\u2e80-\u2fdf\u3040-\u30ff\u3105-\u312f\u31a0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff"
_LATIN = "A-Za-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u024f"

_TOKEN = re.compile(
    rf"[{_LATIN}]{{1,6}}|\d{{1,3}}|[{IDEOGRAPHS}]|(?:(?![{IDEOGRAPHS}{_LATIN}])[^\W\d_]){{1,3}}|[^\w\s]|_"
)
_WORD = re.compile(rf"[{IDEOGRAPHS}]|[^\s{IDEOGRAPHS}]+")


def count_tokens(text: str) -> int:
    """How many tokens ``text`` has; white space has none."""
    return len(_TOKEN.findall(text))


def token_starts(text: str) -> Iterator[int]:
    """Offset of each token: the only places where a single overlong word may be cut."""
    return (match.start() for match in _TOKEN.finditer(text))


def words(text: str) -> Iterator[tuple[int, int]]:
    """(start, end) of what must not be cut when it can be helped: words between spaces, single ideographs."""
    return (match.span() for match in _WORD.finditer(text))
