"""Inputs of flows that are not about documents."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from flow_compiler.assets.input_table import InputTable, open_input_table
from flow_compiler.assets.partitions import ItemEnd, ItemInput, ItemRefusal
from flow_compiler.engine.outcomes import Failure, Success
from flow_compiler.errors import InvalidInput


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'stepflow.db'}"


@pytest.fixture
def table(url: str) -> Iterator[InputTable]:
    opened = open_input_table(url, "greet", {"tone": "kind", "loud": False})
    yield opened
    opened.close()


def taken(table: InputTable, run_id: str, key: str) -> ItemInput | ItemRefusal:
    (found,) = asyncio.run(table.take(run_id, [key]))
    return found


def end(key: str, result: Success | Failure, *, complete: bool = True) -> ItemEnd:
    return ItemEnd(key, result, 0.1, [], frozenset(), frozenset(), complete)


def test_a_run_takes_what_was_submitted_with_the_flows_variables_below(table: InputTable) -> None:
    table.submit("a", {"name": "Ada"}, {"loud": True})
    assert taken(table, "r1", "a") == ItemInput("a", {"name": "Ada"}, {"tone": "kind", "loud": True})


def test_a_resumed_run_gets_the_same_input_and_a_new_one_the_new(table: InputTable) -> None:
    table.submit("a", 1)
    first = taken(table, "r1", "a")
    table.submit("a", 2)
    assert taken(table, "r1", "a") == first
    assert taken(table, "r2", "a").input == 2  # type: ignore[union-attr]


def test_an_unknown_key_is_refused_with_what_to_do(table: InputTable) -> None:
    refused = taken(table, "r1", "b")
    assert isinstance(refused, ItemRefusal)
    assert refused.failure.error == "input.unknown"
    assert "flow-compiler submit FLOW --key 'b'" in refused.failure.next_step


def test_the_last_whole_run_is_remembered(table: InputTable) -> None:
    table.submit("a", 1)
    asyncio.run(table.ended("r1", end("a", Failure(message="no", error="t.no"))))
    asyncio.run(table.ended("r2", end("a", Success(), complete=False)))
    (row,) = table.rows()
    assert (row.outcome, row.error, row.run_id) == ("failed", "t.no", "r1")
    asyncio.run(table.ended("r3", end("a", Success())))
    (row,) = table.rows()
    assert (row.outcome, row.error, row.run_id) == ("success", None, "r3")


def test_a_forgotten_key_is_gone(table: InputTable) -> None:
    table.submit("a", 1)
    taken(table, "r1", "a")
    assert table.forget("a")
    assert not table.forget("a")
    assert isinstance(taken(table, "r1", "a"), ItemRefusal)


def test_flows_do_not_see_each_others_keys(table: InputTable, url: str) -> None:
    table.submit("a", 1)
    other = open_input_table(url, "other")
    assert other.rows() == []
    other.close()


@pytest.mark.parametrize("key", ["", "a\nb", "a...b", "\x00", "\ud800"])
def test_a_key_that_cannot_be_a_partition_is_refused(table: InputTable, key: str) -> None:
    with pytest.raises(InvalidInput):
        table.submit(key, 1)
