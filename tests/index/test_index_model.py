"""Generations against a model: whatever the order of writers and deletions, the index agrees with a dictionary."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from index_cases import chunks, document

from stepflow_assets.errors import GenerationSuperseded
from stepflow_assets.resources.embedded_index import EmbeddedIndex

NAMES = st.sampled_from(["a", "b", "ü"])
NUMBERS = st.integers(min_value=1, max_value=6)
TEXTS = st.lists(st.sampled_from(["pump", "pump valve", "水道 pump", "4,711.50", ""]), max_size=4)


class Generations(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.index = EmbeddedIndex(self.folder / "index.db")
        self.live: dict[str, tuple[int, tuple[str, ...]]] = {}
        self.deleted: dict[str, int] = {}

    def teardown(self) -> None:
        self.index.close()
        shutil.rmtree(self.folder)

    def is_late(self, name: str, generation: int) -> bool:
        return generation < max(self.live.get(name, (0,))[0], self.deleted.get(name, 0))

    @rule(name=NAMES, generation=NUMBERS, texts=TEXTS)
    def write(self, name: str, generation: int, texts: list[str]) -> None:
        late = self.is_late(name, generation)
        try:
            result = self.index.write_generation(document(name), generation, chunks(*texts))
        except GenerationSuperseded:
            assert late
            return
        assert not late
        same = name in self.live and self.live[name][1] == tuple(texts)
        assert result.written is not same
        if not same:
            self.live[name] = (generation, tuple(texts))
            self.deleted.pop(name, None)
        assert result.generation == self.live[name][0]

    @rule(name=NAMES, generation=NUMBERS)
    def delete(self, name: str, generation: int) -> None:
        late = self.is_late(name, generation)
        try:
            existed = self.index.delete_document(f"files:{name}", generation)
        except GenerationSuperseded:
            assert late
            return
        assert not late
        assert existed is (name in self.live)
        self.live.pop(name, None)
        self.deleted[name] = generation

    @rule()
    def reopen(self) -> None:
        self.index.close()

    @invariant()
    def agrees(self) -> None:
        seen = {live.document_id: (live.generation, live.chunks) for live in self.index.live_all()}
        assert seen == {f"files:{name}": (number, len(texts)) for name, (number, texts) in self.live.items()}
        for name, (_, texts) in self.live.items():
            assert [chunk.text for chunk in self.index.chunks(f"files:{name}")] == list(texts)
        for query, word in (("pump", "pump"), ("水道", "水道"), ("4711", "4,711")):
            found = sorted((hit.document_id, hit.chunk.ordinal) for hit in self.index.search(query, limit=50))
            expected = [
                (f"files:{name}", ordinal)
                for name, (_, texts) in self.live.items()
                for ordinal, text in enumerate(texts)
                if word in text
            ]
            assert found == sorted(expected)


TestGenerations = Generations.TestCase
TestGenerations.settings = settings(
    max_examples=25, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
)
