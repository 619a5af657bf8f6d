"""From the work of one call to the work of a group of calls in one transaction."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from typing import TypeVar

from sqlalchemy import Connection

from flow_compiler.engine.storage.group_commit import Operation

Payload = TypeVar("Payload")
Result = TypeVar("Result")


def each(work: Callable[[Connection, Payload], Result]) -> Operation[Payload, Result]:
    """The operation that does the work for one payload after the other."""

    @wraps(work)
    def all_of_them(connection: Connection, payloads: Sequence[Payload]) -> Sequence[Result]:
        return [work(connection, payload) for payload in payloads]

    return all_of_them
