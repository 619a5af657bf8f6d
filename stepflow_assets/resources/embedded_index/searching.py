"""A query against the words of all chunks: any word may match, a chunk with more of the words ranks higher."""

from __future__ import annotations

from collections.abc import Sequence

import apsw

from stepflow_assets.resources.embedded_index.weighing import WeighedTerm

CANDIDATES = 5
"""Per hit asked for: so many of BM25's best are looked at for how many of the words they have."""


def ranked_by_words(
    connection: apsw.Connection, terms: Sequence[WeighedTerm], documents: str | None, limit: int
) -> list[tuple[int, float]]:
    """(chunk key, score), best first. The score is BM25 times the share of the query that the chunk has, each term by
    its rarity: BM25 alone prefers a short chunk that repeats one word to a longer one that has them all.

    ``documents``: a JSON list of document digests, or None for all.
    """
    if not terms:
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
        {"expression": _expression(terms), "documents": documents, "limit": limit * CANDIDATES},
    )
    owners = [weighed for weighed in terms for _ in weighed.term.alternatives]
    whole = sum(weighed.rarity for weighed in terms)
    scored = []
    for key, score, phrases in found:
        matched = {owners[int(phrase)] for phrase in phrases.split(",") if phrase}
        scored.append((key, score * sum(weighed.rarity for weighed in matched) / whole))
    return sorted(scored, key=lambda hit: (-hit[1], hit[0]))[:limit]


def _expression(terms: Sequence[WeighedTerm]) -> str:
    """An FTS5 expression of quoted phrases only, which the tokenizer takes as ready tokens. Tokens are letters, marks
    and digits, so no text of a query can become an operator."""
    return " OR ".join(f'"{" ".join(phrase)}"' for weighed in terms for phrase in weighed.term.alternatives)
