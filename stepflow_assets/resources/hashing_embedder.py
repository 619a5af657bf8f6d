"""Vectors by feature hashing: deterministic, offline, lexical.

Each word (casefolded, NFKC; bigrams of ideographs) adds its dampened count, with a sign, to the dimension its hash names;
rows have length 1, so a dot product is the cosine of the two bags of words. What it cannot do: synonyms, inflections,
other languages, word order. It ranks by shared words, as BM25 does but without rarity, and exists so that everything
around vectors runs and is tested without a model. Two words share a dimension once in ``dimensions`` pairs.
"""

from __future__ import annotations

import asyncio
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import lru_cache
from hashlib import blake2b
from math import log
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from stepflow_assets.resources.embedder import Vectors

_IDEOGRAPHS = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af"
_WORD = re.compile(rf"[{_IDEOGRAPHS}]+|[^\W_{_IDEOGRAPHS}]+")
_VERSION = 1  # raise when the same text gives another vector


class HashingEmbedder:
    """See the module for what these vectors mean and what they do not."""

    def __init__(self, dimensions: int = 512) -> None:
        self.dimensions = dimensions
        self.name = f"hashing-v{_VERSION}-{dimensions}"

    async def embed(self, texts: Sequence[str]) -> Vectors:
        return await asyncio.to_thread(self.embed_now, texts)

    def embed_now(self, texts: Sequence[str]) -> Vectors:
        """The same on the caller's thread. A text without words becomes a row of zeros."""
        import numpy as np

        rows = np.zeros((len(texts), self.dimensions), dtype=np.float32)
        for row, text in zip(rows, texts, strict=True):
            for feature, times in Counter(_features(text)).items():
                position, sign = _hashed(feature)
                row[position % self.dimensions] += sign * (1 + log(times))
            length = float(np.linalg.norm(row))
            if length:
                row /= length
        return rows


def _features(text: str) -> Iterator[str]:
    for word in _WORD.findall(unicodedata.normalize("NFKC", text).casefold()):
        if "\u3040" <= word[0] <= "\ud7af" and len(word) > 1:
            yield from (word[index : index + 2] for index in range(len(word) - 1))
        else:
            yield word


@lru_cache(maxsize=65536)
def _hashed(feature: str) -> tuple[int, int]:
    number = int.from_bytes(blake2b(feature.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "big")
    return number >> 1, 1 if number & 1 else -1
