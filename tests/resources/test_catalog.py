"""The catalog: what is known of documents, the generation counter, and what each document used."""

from __future__ import annotations

import hashlib
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from flow_compiler.engine.outcomes import Failure
from flow_compiler.errors import Category
from stepflow_assets.documents.chunk import Outcome
from stepflow_assets.documents.identity import document_digest, document_id
from stepflow_assets.errors import UnknownDocument
from stepflow_assets.resources.catalog import Erasable, Finish, SeenDocument
from stepflow_assets.resources.catalog_tables import forgotten, metadata
from stepflow_assets.resources.catalog_uses import _ONLY_OF as only_used_by
from stepflow_assets.resources.sql_catalog import open_catalog

NOTHING = Erasable(frozenset(), frozenset())
GONE = Failure(
    message="the run is gone", error="run.lost", category=Category.INTERNAL, retryable=True, next_step="retry"
)


def sha(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def seen(name: str = "a", stamp: str = "s1", **changes: object) -> SeenDocument:
    given = {"source": "docs", "path": name, "uri": f"file:///docs/{name}", "bytes": 10, "stamp": stamp}
    return SeenDocument(document_id=f"docs:{name}", **{**given, **changes})


def finish(name: str = "a", run: str = "run", generation: int = 1, **changes: object) -> Finish:
    given = {"outcome": Outcome.INDEXED, "version": "v1", "flow_digest": "f1", "live_generation": generation}
    return Finish(document_id=f"docs:{name}", run_id=run, generation=generation, **{**given, **changes})


@pytest.fixture
def entered(catalog):
    catalog.enter([seen(name) for name in ("a", "b", "c")])
    return catalog


class TestEntering:
    def test_a_new_row_knows_what_was_seen_and_nothing_else(self, catalog):
        before = datetime.now(UTC) - timedelta(seconds=1)
        catalog.enter([seen()])
        row = catalog.get("docs:a")
        assert (row.source, row.path, row.uri, row.bytes, row.stamp) == ("docs", "a", "file:///docs/a", 10, "s1")
        assert (row.version, row.outcome, row.failure, row.live_generation, row.run_id) == (None,) * 5
        assert (row.generation, row.running, row.degraded, row.last_finished) == (0, False, False, None)
        assert before < row.first_seen < datetime.now(UTC)
        assert row.first_seen.tzinfo is UTC

    def test_entering_again_refreshes_where_it_is_and_keeps_what_is_known(self, entered):
        entered.take("run", "docs:a", "v1")
        entered.finish(finish(pages=3))
        entered.enter(
            [seen(stamp="s2", uri="file:///moved/a", bytes=11), seen(stamp="s2", uri="file:///moved/a", bytes=11)]
        )
        row = entered.get("docs:a")
        assert (row.uri, row.bytes, row.pages, row.outcome) == ("file:///moved/a", 11, 3, Outcome.INDEXED)

    def test_the_stamp_belongs_to_the_version_of_the_last_finished_run(self, entered):
        entered.take("one", "docs:a", "v1")
        entered.finish(finish(run="one"))
        entered.enter([seen(stamp="s2")])
        assert entered.get("docs:a").stamp == "s1"  # were the next run killed now, the change would still be noticed
        entered.take("two", "docs:a", "v2")
        entered.enter([seen(stamp="s3")])
        entered.finish(finish(run="two", generation=2, version="v2"))
        assert (entered.get("docs:a").stamp, entered.get("docs:a").version) == ("s2", "v2")

    @pytest.mark.parametrize(
        "path", ["NFD e\u0301.pdf", "not utf-8 \udcff.pdf", "line\nbreak", "nul\x00", "a...b", "x" * 300]
    )
    def test_names_come_back_exactly(self, catalog, path):
        given = replace(seen(), document_id=document_id("docs", path), path=path)
        catalog.enter([given])
        assert catalog.get(given.document_id).path == path
        [row] = catalog.rows()
        assert (row.document_id, row.path) == (given.document_id, path)

    def test_nothing_to_enter(self, catalog):
        catalog.enter([])
        assert catalog.rows() == []


class TestListing:
    def test_rows_come_in_the_order_of_their_ids_byte_by_byte(self, catalog):
        names = ["b", "B", "a", "ä", "a/b", "a-b", "日"]
        catalog.enter([seen(name) for name in names])
        assert [row.path for row in catalog.rows()] == sorted(names)

    def test_rows_by_outcome_and_source(self, entered):
        entered.enter([replace(seen("a"), document_id="other:a", source="other")])
        for name, outcome in (("a", Outcome.INDEXED), ("b", Outcome.FAILED)):
            entered.take("run", f"docs:{name}", "v1")
            entered.finish(finish(name, outcome=outcome))
        assert [row.path for row in entered.rows(outcomes=[Outcome.FAILED, Outcome.INDEXED])] == ["a", "b"]
        assert [row.path for row in entered.rows(outcomes=[Outcome.FAILED])] == ["b"]
        assert [row.document_id for row in entered.rows(source="other")] == ["other:a"]
        assert entered.rows(outcomes=[]) == []

    def test_running_documents(self, entered):
        entered.take("run", "docs:b", "v1")
        assert [row.document_id for row in entered.running()] == ["docs:b"]

    def test_an_unknown_document(self, entered):
        assert entered.get("docs:x") is None
        assert entered.forget("docs:x") is None
        assert entered.taken("run", "docs:x") is None
        assert entered.finish(finish("x")) is False
        entered.release("docs:x", "run", NOTHING)
        with pytest.raises(UnknownDocument):
            entered.take("run", "docs:x", "v1")


class TestGenerations:
    def test_each_run_that_takes_a_document_gets_a_higher_number(self, entered):
        assert [entered.take(run, "docs:a", "v").generation for run in ("one", "two", "three")] == [1, 2, 3]
        assert entered.take("one", "docs:b", "v").generation == 1

    def test_the_same_run_gets_the_same_number_and_version_again(self, entered):
        first = entered.take("one", "docs:a", "v1")
        assert entered.take("one", "docs:a", "v2") == first
        entered.take("two", "docs:a", "v2")
        assert entered.take("one", "docs:a", "v3") == entered.taken("one", "docs:a") == first
        row = entered.get("docs:a")
        assert (row.generation, row.run_id, row.running) == (2, "two", True)

    def test_the_same_run_gets_the_same_number_after_it_finished(self, entered):
        first = entered.take("one", "docs:a", "v1")
        entered.finish(finish(run="one"))
        assert entered.take("one", "docs:a", "v1") == first

    def test_a_late_older_run_is_superseded(self, entered):
        entered.take("old", "docs:a", "v1")
        entered.take("new", "docs:a", "v2")
        assert entered.finish(finish(run="new", generation=2, version="v2")) is True
        assert entered.finish(finish(run="old", generation=1, version="v1")) is False
        row = entered.get("docs:a")
        assert (row.version, row.live_generation, row.run_id) == ("v2", 2, "new")

    def test_an_older_run_that_ends_first_counts_and_leaves_the_newer_one_in_hand(self, entered):
        entered.take("old", "docs:a", "v1")
        entered.take("new", "docs:a", "v2")
        assert entered.finish(finish(run="old", generation=1)) is True
        row = entered.get("docs:a")
        assert (row.version, row.running, row.run_id) == ("v1", True, "new")
        assert entered.finish(finish(run="new", generation=2, version="v2")) is True
        assert entered.get("docs:a").running is False

    def test_finishing_twice_is_finishing_once(self, entered):
        entered.take("run", "docs:a", "v1")
        assert entered.finish(finish()) is True
        assert entered.finish(finish()) is True

    def test_a_number_that_lapsed_leaves_the_live_one(self, entered):
        entered.take("one", "docs:a", "v1")
        entered.finish(finish(run="one"))
        entered.take("two", "docs:a", "v1")
        entered.finish(finish(run="two", generation=2, live_generation=1))
        row = entered.get("docs:a")
        assert (row.generation, row.live_generation) == (2, 1)

    def test_a_failure_leaves_the_live_generation(self, entered):
        entered.take("one", "docs:a", "v1")
        entered.finish(finish(run="one"))
        entered.take("two", "docs:a", "v2")
        entered.finish(
            finish(run="two", generation=2, version="v2", outcome=Outcome.FAILED, failure=GONE, live_generation=None)
        )
        row = entered.get("docs:a")
        assert (row.outcome, row.failure, row.version, row.live_generation) == (Outcome.FAILED, GONE, "v2", 1)

    def test_deletion_takes_a_number_and_the_counter_outlives_it(self, entered):
        entered.take("one", "docs:a", "v1")
        assert entered.forget("docs:a")[0] == 2
        entered.enter([seen()])
        assert entered.take("two", "docs:a", "v1").generation == 3
        assert entered.forget("docs:a")[0] == 4
        entered.enter([seen()])
        assert entered.get("docs:a").generation == 4

    def test_a_run_from_before_the_deletion_is_superseded(self, entered):
        entered.take("old", "docs:a", "v1")
        entered.forget("docs:a")
        assert entered.finish(finish(run="old")) is False
        entered.enter([seen()])
        assert entered.finish(finish(run="old")) is False
        assert entered.get("docs:a").outcome is None
        assert entered.take("old", "docs:a", "v1").generation == 3

    def test_threads_that_take_one_document_get_different_numbers(self, database_url):
        catalogs = [open_catalog(database_url) for _ in range(2)]
        catalogs[0].enter([seen()])
        given: list[int] = []

        def take_some(index: int) -> None:
            for number in range(10):
                given.append(catalogs[index % 2].take(f"run {index} {number}", "docs:a", "v").generation)

        threads = [threading.Thread(target=take_some, args=(index,)) for index in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for catalog in catalogs:
            catalog.close()
        assert sorted(given) == list(range(1, 41))


class TestEnding:
    def test_everything_a_run_says_is_kept(self, entered):
        entered.take("run", "docs:a", "v1")
        entered.finish(
            finish(
                outcome=Outcome.PARTIAL,
                failure=GONE,
                pages=7,
                chunks=21,
                seconds=1.5,
                computed=4,
                reused=3,
                degraded=True,
            )
        )
        row = entered.get("docs:a")
        assert (row.outcome, row.failure, row.version, row.flow_digest) == (Outcome.PARTIAL, GONE, "v1", "f1")
        assert (row.pages, row.chunks, row.seconds, row.computed, row.reused) == (7, 21, 1.5, 4, 3)
        assert (row.degraded, row.running, row.run_id, row.live_generation) == (True, False, "run", 1)
        assert row.first_seen <= row.last_finished <= datetime.now(UTC)

    def test_a_released_document_is_not_running_and_has_no_new_outcome(self, entered):
        entered.take("run", "docs:a", "v1")
        entered.release("docs:a", "another run", NOTHING)
        assert entered.get("docs:a").running
        entered.release("docs:a", "run", NOTHING)
        row = entered.get("docs:a")
        assert (row.running, row.outcome) == (False, None)

    def test_what_a_released_document_used_is_added_to_its_uses(self, entered):
        entered.take("one", "docs:a", "v1")
        entered.finish(finish("a", run="one", memo_keys=frozenset({"live"})))
        entered.take("two", "docs:a", "v2")
        entered.release("docs:a", "two", Erasable(frozenset({"half"}), frozenset({"page"})))
        assert entered.used() == Erasable(frozenset({"live", "half"}), frozenset({"page"}))

    def test_closing_a_run_fails_what_it_still_had_in_hand(self, entered):
        for name in ("a", "b"):
            entered.take("gone", f"docs:{name}", "v1")
        entered.take("other", "docs:c", "v1")
        entered.finish(finish("a", run="gone"))
        assert entered.close_run("gone", GONE) == ["docs:b"]
        assert entered.close_run("gone", GONE) == []
        row = entered.get("docs:b")
        assert (row.outcome, row.failure, row.running) == (Outcome.FAILED, GONE, False)
        assert entered.get("docs:a").outcome is Outcome.INDEXED
        assert entered.get("docs:c").running

    def test_a_closed_run_that_was_alive_after_all_may_still_finish(self, entered):
        entered.take("run", "docs:a", "v1")
        entered.close_run("run", GONE)
        assert entered.finish(finish()) is True
        assert entered.get("docs:a").outcome is Outcome.INDEXED


class TestUses:
    def test_forgetting_allows_to_erase_what_no_other_document_uses(self, entered):
        for name in ("a", "b"):
            entered.take("run", f"docs:{name}", "v1")
            keys = frozenset({sha(f"memo of {name}"), sha("shared memo")})
            entered.finish(
                finish(name, memo_keys=keys, artifacts=frozenset({sha(f"page of {name}"), sha("shared page")}))
            )
        assert entered.forget("docs:a")[1] == Erasable(frozenset({sha("memo of a")}), frozenset({sha("page of a")}))
        assert entered.used() == Erasable(
            frozenset({sha("memo of b"), sha("shared memo")}), frozenset({sha("page of b"), sha("shared page")})
        )
        assert sha("shared memo") in entered.forget("docs:b")[1].memo_keys
        assert entered.used() == Erasable(frozenset(), frozenset())

    def test_one_name_as_memo_key_and_as_artifact_is_two_uses(self, entered):
        for name, used in (("a", {"memo_keys": frozenset({sha("x")})}), ("b", {"artifacts": frozenset({sha("x")})})):
            entered.take("run", f"docs:{name}", "v1")
            entered.finish(finish(name, **used))
        assert entered.forget("docs:a")[1] == Erasable(frozenset({sha("x")}), frozenset())

    def test_names_that_are_no_digest_come_back_as_they_are(self, entered):
        names = frozenset({"k", "", "é" * 16, "F" * 64, "x" * 32, "\x00"})
        entered.take("run", "docs:a", "v1")
        entered.finish(finish(memo_keys=names))
        assert entered.used().memo_keys == names

    def test_a_new_generation_replaces_the_uses_and_a_failure_adds_to_them(self, entered):
        def run(number: int, outcome: Outcome, *keys: str) -> set[str]:
            entered.take(f"run {number}", "docs:a", "v")
            live = None if outcome is Outcome.FAILED else number
            used = frozenset(map(sha, keys))
            entered.finish(
                finish(run=f"run {number}", generation=number, outcome=outcome, live_generation=live, memo_keys=used)
            )
            return set(entered.used().memo_keys)

        assert run(1, Outcome.INDEXED, "1", "2") == {sha("1"), sha("2")}
        assert run(2, Outcome.INDEXED, "2", "3") == {sha("2"), sha("3")}
        assert run(3, Outcome.FAILED, "4") == {sha("2"), sha("3"), sha("4")}
        assert run(4, Outcome.EMPTY, "5") == {sha("5")}

    def test_uses_of_a_superseded_run_count_only_while_it_is_what_the_index_has(self, entered):
        entered.take("old", "docs:a", "v1")
        entered.take("new", "docs:a", "v2")
        failed = finish(run="new", generation=2, outcome=Outcome.FAILED, live_generation=None, failure=GONE)
        entered.finish(failed)
        assert entered.finish(finish(run="old", generation=1, memo_keys=frozenset({sha("1")}))) is False
        row = entered.get("docs:a")
        assert (row.outcome, row.live_generation) == (Outcome.FAILED, 1)
        assert entered.used().memo_keys == {sha("1")}

    def test_what_stays_of_a_forgotten_document_is_its_hash_and_its_generation(self, entered):
        entered.take("run", "docs:a", "v1")
        entered.finish(finish(memo_keys=frozenset({sha("x")}), failure=GONE))
        entered.forget("docs:a")
        with entered._engine.begin() as connection:
            assert connection.execute(select(forgotten)).all() == [(document_digest("docs:a"), 2)]
            rest = [
                value
                for table in metadata.tables.values()
                for row in connection.execute(select(table))
                for value in row
            ]
        assert not [value for value in rest if isinstance(value, str) and "docs:a" in value]

    def test_what_only_one_document_uses_is_found_by_index_whatever_the_number_of_documents(self, tmp_path):
        catalog = open_catalog(f"sqlite:///{tmp_path / 'catalog.db'}")
        query = str(only_used_by.compile(catalog._engine))
        with catalog._engine.begin() as connection:
            steps = [row[-1] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {query}", (1, 1))]
        catalog.close()
        assert [step for step in steps if "SCAN" in step and "SUBQUERY" not in step] == []
        assert any("stepflow_assets_uses_name" in step for step in steps)
