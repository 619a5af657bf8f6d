"""Text as the words it is found by: folded words, numbers in all their spellings, bigrams where words have no spaces.

Documents and queries go through the same classification. FTS5's own tokenizers cannot do it: they find neither 人口
inside a sentence nor a two-character word, and they take 4,711.50 for two numbers.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

TOKENS_VERSION = 1
"""Raise it when the tokens of any text change: an index made with another version is tokenised anew when opened."""

MAX_TOKEN_CHARACTERS = 64
"""Longer runs (encoded data, rules drawn with letters) are cut: nobody searches for their tail."""

_UNSPACED = (
    (0x0E00, 0x0EFF),  # Thai, Lao
    (0x1000, 0x109F),  # Myanmar
    (0x1100, 0x11FF),  # Hangul Jamo
    (0x1780, 0x17FF),  # Khmer
    (0x2E80, 0x2FDF),  # Han radicals
    (0x3005, 0x3007),  # 々, 〆, 〇
    (0x3040, 0x31FF),  # Hiragana, Katakana, Bopomofo, Hangul compatibility Jamo
    (0x3400, 0x4DBF),  # Han extension A
    (0x4E00, 0x9FFF),  # Han
    (0xA9E0, 0xA9FF),  # Myanmar extended
    (0xAA60, 0xAA7F),
    (0xAC00, 0xD7AF),  # Hangul: spaced, but its particles are written onto the word
    (0xF900, 0xFAFF),  # Han compatibility
    (0xFF66, 0xFFDC),  # half-width Katakana and Hangul
    (0x20000, 0x3FFFF),  # Han extensions B and later
)
_INVISIBLE = {0x00AD, 0x200C, 0x200D, 0x2060}  # soft hyphen and joiners stand inside words, and are no part of them
_NUMBER_SEPARATORS = set(map(ord, ".,'’\u00a0\u202f"))
_MARKS = re.compile("[\u0300-\u036f\u0591-\u05c7\u0610-\u061a\u064b-\u065f\u0670\u1ab0-\u1aff\u1dc0-\u1dff]")
_UNDECOMPOSED = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i", "ħ": "h", "ŧ": "t"}
)

_WORD, _DIGIT, _BIGRAM, _SEPARATOR, _GAP = "w", "d", "b", ".", " "
_RUNS = re.compile(r"(?P<word>[wd]*w[wd]*)|(?P<number>d+(?:\.d+)*)|(?P<unspaced>b+)")


class _Classes(dict[int, int]):
    """Character → class, worked out once for each character that occurs (used by str.translate)."""

    def __missing__(self, code: int) -> int:
        found = ord(_class_of(code))
        self[code] = found
        return found


def _class_of(code: int) -> str:
    if code in _NUMBER_SEPARATORS:
        return _SEPARATOR
    if code in _INVISIBLE:
        return _WORD
    category = unicodedata.category(chr(code))
    if category == "Nd":
        return _DIGIT
    if category[0] not in "LMN":
        return _GAP
    return _BIGRAM if any(first <= code <= last for first, last in _UNSPACED) else _WORD


_CLASSES = _Classes()


@dataclass(frozen=True, slots=True)
class Run:
    """A word, number or unspaced run of the text, by character offsets."""

    kind: str  # word, number or unspaced
    start: int
    end: int
    text: str


def runs(text: str) -> Iterator[Run]:
    for match in _RUNS.finditer(text.translate(_CLASSES)):
        start, end = match.span()
        yield Run(match.lastgroup or "word", start, end, text[start:end])


@lru_cache(maxsize=65536)
def fold(word: str) -> str:
    """Case, width, ligatures and diacritics folded: ``Müller``, ``MULLER`` and ``ｍüｌｌｅｒ`` are one word. May be empty."""
    if word.isascii():
        return word.lower()[:MAX_TOKEN_CHARACTERS]
    folded = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", word).casefold())
    folded = unicodedata.normalize("NFC", _MARKS.sub("", folded)).translate(_UNDECOMPOSED)
    return _kept(folded)[:MAX_TOKEN_CHARACTERS]


def _kept(folded: str) -> str:
    """Folding can bring in spaces and signs (an isolated Arabic mark becomes a space and the mark)."""
    return "".join(char for char in folded if ord(char) not in _INVISIBLE and unicodedata.category(char)[0] in "LMN")


def _unspaced(run: str) -> str:
    return _kept(unicodedata.normalize("NFKC", run).casefold())


def bigrams(run: str) -> list[str]:
    """Overlapping pairs of an unspaced run's characters; a single character is itself."""
    folded = _unspaced(run)
    return [folded] * bool(folded) if len(folded) < 2 else [folded[at : at + 2] for at in range(len(folded) - 1)]


@dataclass(frozen=True, slots=True)
class Number:
    """One number in the spellings it may be asked for: 4,711.50 is ``471150``, ``4711`` and the parts 4, 711, 50."""

    parts: tuple[str, ...]
    joined: str
    whole: str | None  # the digits before the decimal mark, where there is one


def number(text: str) -> Number:
    digits = [char for char in text if char.isdecimal()]
    marks = [char for char in text if not char.isdecimal()]
    ascii_digits = "".join(str(unicodedata.decimal(char)) for char in digits)[:MAX_TOKEN_CHARACTERS]
    if not marks:
        return Number((ascii_digits,), ascii_digits, None)
    parts = tuple(
        "".join(str(unicodedata.decimal(char)) for char in part)[:MAX_TOKEN_CHARACTERS]
        for part in re.split(r"\D", text)
    )
    decimal = marks[-1] in ".," and (len(parts[-1]) != 3 or len(set(marks)) > 1)
    whole = "".join(parts[:-1])[:MAX_TOKEN_CHARACTERS] if decimal else None
    return Number(parts, ascii_digits, whole)


def document_tokens(text: str) -> Iterator[tuple[str, ...]]:
    """Tokens by position; further ones of a tuple stand at the same position as its first."""
    for run in runs(text):
        if run.kind == "word":
            if word := fold(run.text):
                yield (word,)
        elif run.kind == "number":
            found = number(run.text)
            extra = {found.joined, found.whole} - {None, found.parts[0]}
            yield (found.parts[0], *sorted(filter(None, extra)))
            yield from ((part,) for part in found.parts[1:])
        else:
            folded = _unspaced(run.text)
            for at, char in enumerate(folded):
                yield (char, folded[at : at + 2]) if at + 1 < len(folded) else (char,)


@dataclass(frozen=True, slots=True)
class Term:
    """One thing asked for: it is found where any of its alternatives is. An alternative is a phrase of tokens."""

    alternatives: tuple[tuple[str, ...], ...]


def query_terms(query: str) -> list[Term]:
    """What a query asks for, without repeats, in its order."""
    found: dict[Term, None] = {}
    for run in runs(query):
        if run.kind == "word":
            if word := fold(run.text):
                found[Term(((word,),))] = None
        elif run.kind == "number":
            asked = number(run.text)
            alternatives = ((asked.joined,),) if len(asked.parts) == 1 else ((asked.joined,), asked.parts)
            found[Term(alternatives)] = None
        else:
            found.update((Term(((pair,),)), None) for pair in bigrams(run.text))
    return list(found)
