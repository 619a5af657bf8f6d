"""How much each word of a query tells: rare words decide, words that stand everywhere do not."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import apsw

from stepflow_assets.resources.embedded_index.tokens import Term

MAX_TERMS = 64
"""Further words of a query (a pasted page) are left out: the search would take seconds and find the same."""

BIG = 10_000
"""Chunks from which on a query's common words are left out. Below, any word finds its chunks."""

MARKED_SHARE = 0.25
"""A word that more of the chunks have is not marked in snippets: a question is full of them."""


@dataclass(frozen=True)
class WeighedTerm:
    term: Term
    rarity: float  # inverse document frequency
    marked: bool  # in snippets


def weighed(connection: apsw.Connection, terms: Sequence[Term]) -> list[WeighedTerm]:
    """Without the words that more than half of a big index's chunks have: BM25 gives them no weight, but walking
    through their chunks takes most of a question's time (160 of 180 ms over 50,000 chunks)."""
    size = connection.execute("SELECT count(*) FROM chunks").get
    counts = {term: _occurrences(connection, term) for term in terms[:MAX_TERMS]}
    kept = [term for term in counts if size < BIG or counts[term] * 2 <= size]
    if not any(counts[term] for term in kept):
        kept = list(counts)
    rare = {term for term in kept if counts[term] <= max(3, size * MARKED_SHARE)}
    marked = rare if any(counts[term] for term in rare) else set(kept)
    return [
        WeighedTerm(term, math.log1p((size - counts[term] + 0.5) / (counts[term] + 0.5)), term in marked)
        for term in kept
    ]


def _occurrences(connection: apsw.Connection, term: Term) -> int:
    """Chunks with the term's first alternative, which is always one token."""
    token = term.alternatives[0][0]
    return connection.execute("SELECT doc FROM vocabulary WHERE term = ?", (token,)).get or 0
