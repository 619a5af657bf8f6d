"""Group commit: what returned is committed, errors reach their caller, one bad call does not hurt the others."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence
from typing import Any

import pytest
from sqlalchemy import Column, Connection, Integer, MetaData, Table, Text, insert, select

from flow_compiler.engine.storage.database import create_database, reading
from flow_compiler.engine.storage.group_commit import GroupCommit
from flow_compiler.errors import LeaseLost, StoreError, StoreUnavailable

_words = Table("words", MetaData(), Column("number", Integer, primary_key=True), Column("word", Text, nullable=False))


class Writer:
    """Inserts (number, word) rows; remembers how they were grouped."""

    def __init__(self, engine: Any, **limits: int) -> None:
        self.engine, self.groups = engine, []
        self.commits = GroupCommit(engine, "test", **limits)
        self.go_on = threading.Event()
        self.go_on.set()

    async def put(self, number: int, word: str | None) -> int:
        return await self.commits.run(self.insert, (number, word))

    def insert(self, connection: Connection, rows: Sequence[tuple[int, str | None]]) -> Sequence[int | StoreError]:
        assert self.go_on.wait(30)
        self.groups.append([number for number, _ in rows])
        good = [(number, word) for number, word in rows if word != "refused"]
        if good:
            connection.execute(insert(_words), [{"number": number, "word": word} for number, word in good])
        return [number if word != "refused" else LeaseLost("refused") for number, word in rows]

    def committed(self) -> dict[int, str]:
        with reading(self.engine).connect() as connection:
            return {row.number: row.word for row in connection.execute(select(_words))}


@pytest.fixture
def engine(database_url):
    engine = create_database(database_url, busy_seconds=0.2)
    with engine.begin() as connection:
        _words.metadata.create_all(connection)
    yield engine
    engine.dispose()


async def test_calls_made_at_once_are_committed_together_in_their_order(engine):
    writer = Writer(engine)
    answers = await asyncio.gather(*(writer.put(number, "w") for number in range(100)))
    assert answers == list(range(100))
    assert [number for group in writer.groups for number in group] == list(range(100))
    assert len(writer.groups) < 5
    await writer.commits.close()


async def test_a_call_that_returned_is_committed_while_others_still_wait(engine):
    writer = Writer(engine, group=1)
    first = asyncio.create_task(writer.put(1, "one"))
    second = asyncio.create_task(writer.put(2, "two"))
    await first
    assert 1 in writer.committed()
    await second
    assert writer.committed() == {1: "one", 2: "two"}
    await writer.commits.close()


async def test_a_refusal_reaches_its_caller_alone(engine):
    writer = Writer(engine)
    answers = await asyncio.gather(
        *(writer.put(number, "refused" if number == 3 else "w") for number in range(6)), return_exceptions=True
    )
    assert isinstance(answers[3], LeaseLost)
    assert set(writer.committed()) == {0, 1, 2, 4, 5}
    await writer.commits.close()


async def test_a_call_whose_content_breaks_the_transaction_fails_alone(engine):
    writer = Writer(engine)
    answers = await asyncio.gather(
        *(writer.put(number, None if number == 3 else "w") for number in range(6)), return_exceptions=True
    )
    assert isinstance(answers[3], StoreUnavailable)
    assert set(writer.committed()) == {0, 1, 2, 4, 5}
    await writer.commits.close()


async def test_when_the_database_cannot_be_written_every_caller_is_told_and_nothing_is_half_written(engine):
    with engine.begin() as connection:
        _words.drop(connection)
    writer = Writer(engine)
    answers = await asyncio.gather(*(writer.put(number, "w") for number in range(5)), return_exceptions=True)
    assert all(isinstance(answer, StoreUnavailable) for answer in answers)
    await writer.commits.close()


async def test_a_caller_that_is_cancelled_does_not_disturb_the_others(engine):
    writer = Writer(engine)
    writer.go_on.clear()
    calls = [asyncio.create_task(writer.put(number, "w")) for number in range(5)]
    await asyncio.sleep(0)
    calls[2].cancel()
    writer.go_on.set()
    answers = await asyncio.gather(*calls, return_exceptions=True)
    assert isinstance(answers[2], asyncio.CancelledError)
    assert {0, 1, 3, 4} <= set(writer.committed())
    await writer.commits.close()


async def test_the_queue_is_bounded_and_everybody_gets_in_at_last(engine):
    writer = Writer(engine, group=4, bound=8)
    writer.go_on.clear()
    calls = [asyncio.create_task(writer.put(number, "w")) for number in range(50)]
    for _ in range(10):
        await asyncio.sleep(0)
    assert len(writer.commits._waiting) <= 8
    writer.go_on.set()
    await asyncio.gather(*calls)
    assert len(writer.committed()) == 50
    assert max(len(group) for group in writer.groups) <= 4
    await writer.commits.close()


async def test_closing_waits_for_what_was_given(engine):
    writer = Writer(engine)
    call = asyncio.create_task(writer.put(1, "one"))
    await asyncio.sleep(0)
    await writer.commits.close()
    assert writer.committed() == {1: "one"}
    assert await call == 1
