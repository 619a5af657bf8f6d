"""Text against true text: characters, words in order, and words as a bag. Pure.

Both sides are brought to the same form first: NFKC, one kind of quote, dash and space, no bullets, no space before a comma,
and words joined that a line's end cut in two; else the scores would count typography.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from rapidfuzz.distance import Levenshtein

_SAME = str.maketrans(
    {
        **dict.fromkeys("’‘‛′`´", "'"),
        **dict.fromkeys("“”„‟″«»", '"'),
        **dict.fromkeys("‐‑‒–—―−", "-"),
        **dict.fromkeys("•●▪■◦∙", " "),
        "\u200b": "",
        "\u200e": "",
        "\u200f": "",
    }
)
_CUT = re.compile(r"(?<=\w)(?:[\u0002\u00ad\ufffe]\s*|-\s*[\r\n]+\s*)(?=[^\W\d_])")  # PDFium has signs of its own
_AIRED = re.compile(r"\s+(?=[:,.;)\]])|(?<=[(\[])\s+")
_LEADERS = re.compile(r"(?:[.…]\s?){4,}")
_WORD = re.compile(r"\w+")


def normal(text: str) -> str:
    """The form in which texts are compared; lines are separated by single spaces."""
    text = unicodedata.normalize("NFKC", text.translate(_SAME)).translate(_SAME)
    return " ".join(_AIRED.sub("", _LEADERS.sub(" ", _CUT.sub("", text))).split())


def words(text: str) -> Counter[str]:
    """Words by count, without case and punctuation; where words have no spaces, their letters run together as given."""
    return Counter(_WORD.findall(normal(text).casefold()))


@dataclass(frozen=True)
class Errors:
    """Edits needed, and what they are a share of. Adds up over pages and documents."""

    edits: int = 0
    of: int = 0

    def __add__(self, other: Errors) -> Errors:
        return Errors(self.edits + other.edits, self.of + other.of)

    @property
    def rate(self) -> float | None:
        return self.edits / self.of if self.of else None


def character_errors(truth: str, text: str) -> Errors:
    true, found = normal(truth), normal(text)
    return Errors(Levenshtein.distance(true, found), len(true))


def word_errors(truth: str, text: str) -> Errors:
    true, found = normal(truth).split(), normal(text).split()
    return Errors(Levenshtein.distance(true, found), len(true))


@dataclass(frozen=True)
class WordsFound:
    """``shared`` are words on both sides, counted with repeats."""

    true: int = 0
    found: int = 0
    shared: int = 0

    def __add__(self, other: WordsFound) -> WordsFound:
        return WordsFound(self.true + other.true, self.found + other.found, self.shared + other.shared)

    @property
    def recall(self) -> float | None:
        return self.shared / self.true if self.true else None

    @property
    def precision(self) -> float | None:
        return self.shared / self.found if self.true and self.found else None


def words_found(truth: Iterable[str], texts: Iterable[str]) -> WordsFound:
    """Bags of words: blind to order, so that reading order is told apart from recognition."""
    true, found = words("\n".join(truth)), words("\n".join(texts))
    return WordsFound(true.total(), found.total(), (true & found).total())
