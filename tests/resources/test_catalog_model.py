"""Any interleaving of runs, deletions and late ends follows the rules of the generation counter."""

from __future__ import annotations

import tempfile

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from flow_compiler.engine.outcomes import Failure
from stepflow_assets.documents.chunk import Outcome
from stepflow_assets.resources.catalog import Erasable, Finish, SeenDocument
from stepflow_assets.resources.sql_catalog import open_catalog

NAMES = st.sampled_from(["a", "b"])
RUNS = st.sampled_from(["r1", "r2", "r3", "r4"])
USES = st.frozensets(st.sampled_from(["u1", "u2", "u3", "u4"]))


class CatalogRules(RuleBasedStateMachine):
    """The model: per name the counter (which outlives deletion), the takes since entry, the newest end, and the uses."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.catalog = open_catalog(f"sqlite:///{self.folder.name}/catalog.db")
        self.counter: dict[str, int] = {}
        self.takes: dict[str, dict[str, int]] = {}
        self.ended: dict[str, int] = {}
        self.in_hand: dict[str, str | None] = {}
        self.uses: dict[str, frozenset[str]] = {}

    def teardown(self) -> None:
        self.catalog.close()
        self.folder.cleanup()

    @rule(name=NAMES)
    def enter(self, name):
        self.catalog.enter([SeenDocument(f"s:{name}", "s", name, f"file:///{name}", 1, "stamp")])
        if name not in self.takes:
            self.counter.setdefault(name, 0)
            self.takes[name], self.uses[name], self.in_hand[name] = {}, frozenset(), None
            self.ended[name] = self.counter[name]

    @rule(name=NAMES, run=RUNS)
    def take(self, name, run):
        if name not in self.takes:
            return
        taken = self.catalog.take(run, f"s:{name}", f"version of {run}")
        if run not in self.takes[name]:
            self.counter[name] += 1
            self.takes[name][run] = self.counter[name]
        assert taken.generation == self.takes[name][run]
        if taken.generation == self.counter[name]:
            self.in_hand[name] = run

    @rule(name=NAMES, run=RUNS, uses=USES, failed=st.booleans())
    def finish(self, name, run, uses, failed):
        if run not in self.takes.get(name, {}):
            return
        number = self.takes[name][run]
        accepted = self.catalog.finish(
            Finish(
                f"s:{name}", run, number, Outcome.FAILED if failed else Outcome.INDEXED, "v", "f",
                failure=Failure(message="no") if failed else None, memo_keys=uses,
            )
        )  # fmt: skip
        assert accepted == (number >= self.ended[name])
        if self.in_hand[name] == run:
            self.in_hand[name] = None
        if accepted:
            self.ended[name] = number
            self.uses[name] = uses | self.uses[name] if failed else uses

    @rule(name=NAMES)
    def forget(self, name):
        answer = self.catalog.forget(f"s:{name}")
        if name not in self.takes:
            assert answer is None
            return
        self.counter[name] += 1
        others = frozenset().union(*(uses for other, uses in self.uses.items() if other != name))
        assert answer == (self.counter[name], Erasable(self.uses[name] - others, frozenset()))
        for kept in (self.takes, self.uses, self.in_hand, self.ended):
            del kept[name]

    @rule(run=RUNS)
    def close_run(self, run):
        held = sorted(name for name, holder in self.in_hand.items() if holder == run)
        assert self.catalog.close_run(run, Failure(message="gone")) == [f"s:{name}" for name in held]
        self.in_hand.update(dict.fromkeys(held))

    @invariant()
    def rows_agree(self):
        rows = {row.path: row for row in self.catalog.rows()}
        assert {name: row.generation for name, row in rows.items()} == {name: self.counter[name] for name in self.takes}
        assert {name for name, row in rows.items() if row.running} == {n for n, run in self.in_hand.items() if run}
        assert self.catalog.used().memo_keys == frozenset().union(*self.uses.values())


TestCatalogRules = CatalogRules.TestCase
TestCatalogRules.settings = settings(max_examples=25, stateful_step_count=25, deadline=None)
