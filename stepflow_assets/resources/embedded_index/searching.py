"""A query against the words of all chunks: any word may match, a chunk with more of the words ranks higher."""

from __future__ import annotations

import math
from collections.abc import Iterable
from itertools import islice

import apsw

from stepflow_assets.resources.embedded_index.tokens import Term

MAX_TERMS = 64
"""Further words of a query (a pasted page) are left out: the search would take seconds and find the same."""

BIG = 10_000
"""Chunks from which on a query's common words are left out. Below, any word finds its chunks."""

CANDIDATES = 5
"""Per hit asked for: so many of BM25's best are looked at for how many of the words they have."""


def ranked_by_words(
    connection: apsw.Connection, terms: list[Term], documents: str | None, limit: int
) -> list[tuple[int, float]]:
    """(chunk key, score), best first. The score is BM25 times the share of the query that the chunk has, each term by
    its rarity: BM25 alone prefers a short chunk that repeats one word to a longer one that has them all.

    ``documents``: a JSON list of document digests, or None for all.
    """
    rarities = _rarities(connection, list(islice(terms, MAX_TERMS)))
    if not rarities:
        return []
    among = (
        ""
        if documents is None
        else """AND rowid IN (
             SELECT chunks.key FROM chunks JOIN documents ON documents.key = chunks.document
             WHERE documents.digest IN (SELECT value FROM json_each(:documents)))"""
    )
    found = connection.execute(
        f"""SELECT rowid, -rank, matched(words) FROM words WHERE words MATCH :expression {among}
            ORDER BY rank LIMIT :limit""",
        {"expression": _expression(rarities), "documents": documents, "limit": limit * CANDIDATES},
    )
    owners = [term for term in rarities for _ in term.alternatives]
    whole = sum(rarities.values())
    scored = []
    for key, score, phrases in found:
        matched = {owners[int(phrase)] for phrase in phrases.split(",") if phrase}
        scored.append((key, score * sum(rarities[term] for term in matched) / whole))
    return sorted(scored, key=lambda hit: (-hit[1], hit[0]))[:limit]


def _rarities(connection: apsw.Connection, terms: list[Term]) -> dict[Term, float]:
    """Term → inverse document frequency. Without the words that more than half of a big index's chunks have: BM25 gives
    them no weight, but walking through their chunks takes most of a question's time (160 of 180 ms over 50,000)."""
    size = connection.execute("SELECT count(*) FROM chunks").get
    counts = {term: _occurrences(connection, term) for term in terms}
    telling = [term for term in terms if size < BIG or counts[term] * 2 <= size]
    if not any(counts[term] for term in telling):
        telling = terms
    return {term: math.log1p((size - counts[term] + 0.5) / (counts[term] + 0.5)) for term in telling}


def _occurrences(connection: apsw.Connection, term: Term) -> int:
    """Chunks with the term's first alternative, which is always one token."""
    token = term.alternatives[0][0]
    return connection.execute("SELECT doc FROM vocabulary WHERE term = ?", (token,)).get or 0


def _expression(terms: Iterable[Term]) -> str:
    """An FTS5 expression of quoted phrases only, which the tokenizer takes as ready tokens. Tokens are letters, marks
    and digits, so no text of a query can become an operator."""
    return " OR ".join(f'"{" ".join(phrase)}"' for term in terms for phrase in term.alternatives)
