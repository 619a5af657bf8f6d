"""Scores that add up: of pages to documents, of documents to families."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, fields
from typing import Any

from stepflow_assets.evals.order import Disorder
from stepflow_assets.evals.tables import TablesFound
from stepflow_assets.evals.texts import Errors, WordsFound


@dataclass(frozen=True)
class Share:
    """So many of so many."""

    good: int = 0
    of: int = 0

    def __add__(self, other: Share) -> Share:
        return Share(self.good + other.good, self.of + other.of)

    @property
    def rate(self) -> float | None:
        return self.good / self.of if self.of else None


@dataclass(frozen=True)
class Scores:
    """Everything measured of some documents. ``routes`` counts pages by (text layer there: ``layer`` or ``picture``, route).

    ``beside`` are recognised words where the truth knows of no text: inside screenshots, for example, whose words no text
    layer had. They are neither right nor wrong. ``reference`` are words of another engine's output: shown, and no truth.
    """

    documents: int = 0
    pages: int = 0
    characters: Errors = field(default_factory=Errors)
    word_order: Errors = field(default_factory=Errors)
    order: Disorder = field(default_factory=Disorder)
    words: WordsFound = field(default_factory=WordsFound)
    reference: WordsFound = field(default_factory=WordsFound)
    beside: int = 0
    tables: TablesFound = field(default_factory=TablesFound)
    evidence: Share = field(default_factory=Share)
    routes: Counter[tuple[str, str]] = field(default_factory=Counter)
    failed: tuple[str, ...] = ()
    seconds: float = 0.0

    def __add__(self, other: Scores) -> Scores:
        return Scores(**{item.name: getattr(self, item.name) + getattr(other, item.name) for item in fields(self)})

    @property
    def wrongly_text(self) -> int:
        """Pages that are pictures and were read from a text layer all the same."""
        return self.routes["picture", "text"]

    def rates(self) -> dict[str, float | None]:
        """The figures that goals are about, by name; None where the truth does not tell."""
        return {
            "cer": self.characters.rate,
            "wer": self.word_order.rate,
            "order_error": self.order.rate,
            "recall": self.words.recall,
            "precision": self.words.precision,
            "wrongly_text": float(self.wrongly_text) if self.routes else None,
            "tables_found": self.tables.found / self.tables.true if self.tables.true else None,
            "teds": self.tables.teds,
            "evidence": self.evidence.rate,
        }

    def to_json(self) -> dict[str, Any]:
        return {
            "documents": self.documents,
            "pages": self.pages,
            **self.rates(),
            "words_beside_truth": self.beside,
            "reference_recall": self.reference.recall,
            "tables": self.tables.true,
            "tables_extra": self.tables.extra,
            "chunks": self.evidence.of,
            "routes": {f"{there} as {route}": count for (there, route), count in sorted(self.routes.items())},
            "failed": list(self.failed),
            "seconds": round(self.seconds, 2),
        }
