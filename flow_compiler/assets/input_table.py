"""Partitions of flows that are not about documents: a table ``key → input, variables``, filled by
``flow-compiler submit``."""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import Connection, Engine, delete, select, update

from flow_compiler.assets.input_tables import SCHEMA, inputs, taken
from flow_compiler.assets.partitions import ItemEnd, ItemInput, ItemRefusal
from flow_compiler.engine.outcomes import Failure, Json
from flow_compiler.engine.storage.database import create_database, insert, place_of, reading
from flow_compiler.engine.storage.failures import store_failures
from flow_compiler.engine.storage.schema import bring_up_to_date
from flow_compiler.errors import Category, InvalidInput

_NO_KEY = re.compile(r"\.\.\.|[\x00-\x1f\x7f\ud800-\udfff]")  # Dagster refuses most, databases the rest


@dataclass(frozen=True)
class Submitted:
    """A key as it stands: what was submitted, and how its last whole run ended (None: not yet)."""

    key: str
    input: Json
    variables: Mapping[str, Json]
    outcome: str | None
    error: str | None
    run_id: str | None


class InputTable:
    """PartitionInputs of one flow, by its Dagster name. Safe from any thread and process."""

    def __init__(self, engine: Engine, flow: str, variables: Mapping[str, Json] | None = None) -> None:
        """``variables`` hold for every key; those submitted with a key win."""
        self._engine = engine
        self._flow = flow
        self._variables = dict(variables or {})

    def close(self) -> None:
        self._engine.dispose()

    def submit(self, key: str, input: Json, variables: Mapping[str, Json] | None = None) -> None:
        """Enter a key, or give it another input: the next run takes it. Raises InvalidInput for a key that cannot be a
        partition, StoreUnavailable."""
        if not key or _NO_KEY.search(key):
            raise InvalidInput(
                f"{key!r} cannot be a partition key",
                next_step="Use a key without control characters and without three dots in a row.",
            )
        values = {
            "flow": self._flow,
            "key": key,
            "input": json.dumps(input, allow_nan=False),
            "variables": json.dumps(dict(variables or {}), allow_nan=False),
            "submitted_at": time.time(),
        }
        with self._writing() as connection:
            statement = insert(connection.dialect.name, inputs).values(values)
            changed = {name: statement.excluded[name] for name in ("input", "variables", "submitted_at")}
            connection.execute(statement.on_conflict_do_update(index_elements=["flow", "key"], set_=changed))

    def forget(self, key: str) -> bool:
        """Remove a key and what runs took of it. Whether it was there."""
        with self._writing() as connection:
            connection.execute(delete(taken).where(taken.c.flow == self._flow, taken.c.key == key))
            gone = connection.execute(delete(inputs).where(inputs.c.flow == self._flow, inputs.c.key == key))
            return gone.rowcount > 0

    def rows(self) -> Sequence[Submitted]:
        """Every key, in the order of submission."""
        wanted = select(inputs).where(inputs.c.flow == self._flow).order_by(inputs.c.submitted_at, inputs.c.key)
        with self._reading() as connection:
            return [
                Submitted(row.key, json.loads(row.input), json.loads(row.variables), row.outcome, row.error, row.run_id)
                for row in connection.execute(wanted)
            ]

    async def take(self, run_id: str, keys: Sequence[str]) -> Sequence[ItemInput | ItemRefusal]:
        return await asyncio.to_thread(self._take, run_id, keys)

    async def ended(self, run_id: str, end: ItemEnd) -> None:
        await asyncio.to_thread(self._ended, run_id, end)

    def _take(self, run_id: str, keys: Sequence[str]) -> list[ItemInput | ItemRefusal]:
        with self._writing() as connection:
            return [self._take_one(connection, run_id, key) for key in keys]

    def _take_one(self, connection: Connection, run_id: str, key: str) -> ItemInput | ItemRefusal:
        before = select(taken.c.input, taken.c.variables).where(
            taken.c.flow == self._flow, taken.c.run_id == run_id, taken.c.key == key
        )
        now = select(inputs.c.input, inputs.c.variables).where(inputs.c.flow == self._flow, inputs.c.key == key)
        row = connection.execute(before).one_or_none()
        if row is None:
            row = connection.execute(now).one_or_none()
            if row is None:
                return ItemRefusal(key, _unknown(key, self._flow))
            values = {"flow": self._flow, "run_id": run_id, "key": key, "input": row.input, "variables": row.variables}
            connection.execute(insert(connection.dialect.name, taken).values(values))
        return ItemInput(key, json.loads(row.input), {**self._variables, **json.loads(row.variables)})

    def _ended(self, run_id: str, end: ItemEnd) -> None:
        """What the run took is kept until its next run ends: a resumed op takes it again."""
        failure = end.result if isinstance(end.result, Failure) else None
        outcome = {"outcome": "failed" if failure else "success", "error": failure.error if failure else None}
        this = (taken.c.flow == self._flow, taken.c.key == end.key)
        with self._writing() as connection:
            connection.execute(delete(taken).where(*this, taken.c.run_id != run_id))
            if end.complete:
                row = (inputs.c.flow == self._flow, inputs.c.key == end.key)
                connection.execute(update(inputs).where(*row).values(**outcome, run_id=run_id))

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        with store_failures(place_of(self._engine)), self._engine.begin() as connection:
            yield connection

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        with store_failures(place_of(self._engine)), reading(self._engine).connect() as connection:
            yield connection


def open_input_table(database_url: str, flow: str, variables: Mapping[str, Json] | None = None) -> InputTable:
    """Migrates the database when needed. ``flow``: the compiled flow's name. Raises StoreUnavailable."""
    engine = create_database(database_url)
    bring_up_to_date(engine, SCHEMA)
    return InputTable(engine, flow, variables)


def _unknown(key: str, flow: str) -> Failure:
    return Failure(
        message=f"no input was submitted for {key!r} of flow {flow}",
        error="input.unknown",
        category=Category.SOURCE,
        next_step=f"Submit it: flow-compiler submit FLOW --key {key!r} --input …, with the file of flow {flow}.",
    )
