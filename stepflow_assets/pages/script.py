"""What the letters of a text layer look like: enough to notice one that says something else than the page shows."""

from __future__ import annotations

import re
import unicodedata

_LATIN = re.compile(r"[A-Za-z\u00c0-\u024f]+")
_VOWEL = re.compile(r"[aeiouyAEIOUY]+")
_LETTERS = re.compile(r"[^\W\d_]+")
_LETTER_RUN = re.compile(r"[^\W\d_]{2,}")
_BAD = re.compile(r"[\x00\x01\x03-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ue000-\uf8ff\ufff9-\ufffd\uffff]")
# The commonest words of the languages written in Latin letters; a page of running text has several in every line.
_STOP_TEXT = (
    "the of and to in a is for on with as by that are it this be or from at not an was which have has we can "
    "der die das und ist von zu den mit für auf im nicht ein eine des dem werden sind "
    "de la le les et des en du une un est pour que dans par sur au il ne pas ce "
    "el los las y por con para del una se no es su al lo como más "
    "il di che per un una della del con non sono gli alla "
    "o e do da em um uma os as não com para ao dos "
    "het een van en op met voor niet zijn aan te "
    "og i det som til av er på med for att och är en ett den "
    "w z na do nie się jest to že je se v a o ale"
)
_STOP_WORDS = frozenset(_STOP_TEXT.split())


def script_signals(text: str) -> dict[str, float]:
    """``chars`` (without spaces), ``bad`` (share of control and private-use characters), ``latin`` (share of Latin among
    letters), ``vowel`` (share of vowels among Latin letters), ``words`` (of two letters or more), ``stop`` (rate of stop
    words) and ``vowelless`` (rate of words without a vowel)."""
    chars = sum(map(len, text.split()))
    letters = text if text.isascii() else unicodedata.normalize("NFD", text)
    latin, alphabetic = _count(_LATIN, letters), _count(_LETTERS, letters)
    words = _LETTER_RUN.findall(text)
    plain = words if text.isascii() else [unicodedata.normalize("NFD", word) for word in words]
    count = len(words) or 1
    return {
        "chars": float(chars),
        "bad": _share(len(_BAD.findall(text)), chars),
        "latin": _share(latin, alphabetic),
        "vowel": _share(_count(_VOWEL, letters), latin),
        "words": float(len(words)),
        "stop": round(sum(map(_STOP_WORDS.__contains__, map(str.lower, words))) / count, 4),
        "vowelless": round(sum(vowel is None for vowel in map(_VOWEL.search, plain)) / count, 4),
    }


def _count(runs: re.Pattern[str], text: str) -> int:
    """Characters in all matches."""
    return sum(map(len, runs.findall(text)))


def _share(part: int, whole: int) -> float:
    return round(part / whole, 4) if whole else 0.0
