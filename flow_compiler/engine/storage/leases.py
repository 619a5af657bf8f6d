"""Leases in a table: one row per name, the database's clock, and a token that rises with every owner.

A name may hold an item's key, and its row outlives the lease: it is kept as its digest, so that what is forgotten is.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Float,
    Text,
    bindparam,
    case,
    cast,
    delete,
    literal_column,
    or_,
    select,
    update,
)

from flow_compiler.engine.storage.database import Prepared, insert, now
from flow_compiler.engine.storage.group_commit import GroupCommit
from flow_compiler.engine.storage.stored_text import stored
from flow_compiler.engine.storage.tables import leases
from flow_compiler.engine.stores import Lease
from flow_compiler.errors import LeaseLost, StoreError

_SWEEP_EVERY = 3600.0
_SWEEP_AGE = 86_400.0


def lease_lost(lease: Lease) -> LeaseLost:
    return LeaseLost(f"the lease on {lease.name} has passed to another owner")


def sweep(connection: Connection, older_than: float) -> None:
    """Forget names whose last claim ended before ``older_than`` (epoch seconds). Tokens still rise: a new row starts
    from the clock, and a late owner finds none."""
    connection.execute(delete(leases).where(leases.c.expires_at < older_than))


def newest(connection: Connection, held: Collection[Lease]) -> frozenset[Lease]:
    """Those that are still the newest for their name; on PostgreSQL they stay so until the transaction ends."""
    names = sorted({_stored_name(lease.name) for lease in held})
    tokens = _tokens(connection, names) if names else {}
    return frozenset(lease for lease in held if tokens.get(_stored_name(lease.name)) == lease.token)


def _tokens(connection: Connection, names: Sequence[str]) -> Mapping[str, int]:
    if len(names) == 1:  # a runner with one item: every record of it asks
        return {names[0]: _TOKEN.run(connection, {"name": names[0]}).scalar() or 0}
    return {row.name: row.token for row in connection.execute(_TOKENS, {"names": names})}


_ROWS = select(leases.c.name, leases.c.token).order_by(leases.c.name).with_for_update(read=True)
_TOKENS = _ROWS.where(leases.c.name.in_(bindparam("names", expanding=True)))
_TOKEN = Prepared(
    lambda _dialect: select(leases.c.token).where(leases.c.name == bindparam("name")).with_for_update(read=True)
)


class SqlLeases:
    """Taking a lease again under the same owner name gives a higher token: the earlier claim is fenced off."""

    def __init__(self, commits: GroupCommit) -> None:
        self._commits = commits
        self._swept = time.monotonic()

    async def acquire(self, name: str, owner: str, ttl: float) -> Lease | None:
        return await self._commits.run(self._acquire, (name, owner, ttl))

    async def renew(self, lease: Lease, ttl: float) -> Lease:
        return await self._commits.run(self._renew, (lease, ttl))

    async def release(self, lease: Lease) -> None:
        """Nothing happens when another owner holds it by now."""
        await self._commits.run(self._release, lease)

    def _acquire(self, connection: Connection, wanted: Sequence[tuple[str, str, float]]) -> Sequence[Lease | None]:
        self._sweep(connection)
        # In the order of names: two processes that want the same ones never wait for each other in a circle.
        answers: list[Lease | None] = [None] * len(wanted)
        for place in sorted(range(len(wanted)), key=lambda index: wanted[index][0]):
            answers[place] = _take(connection, *wanted[place])
        return answers

    def _renew(self, connection: Connection, held: Sequence[tuple[Lease, float]]) -> Sequence[Lease | StoreError]:
        answers: list[Lease | StoreError] = []
        for lease, ttl in held:
            expires_at = _RENEWING.run(connection, _claim(lease) | {"ttl": ttl}).scalar()
            answers.append(lease_lost(lease) if expires_at is None else replace(lease, expires_at=expires_at))
        return answers

    def _release(self, connection: Connection, held: Sequence[Lease]) -> Sequence[None]:
        for lease in held:
            _RELEASING.run(connection, _claim(lease))
        return [None] * len(held)

    def _sweep(self, connection: Connection) -> None:
        """Forget names nobody claimed for a day. Tokens still rise: a new row starts from the clock."""
        if time.monotonic() - self._swept > _SWEEP_EVERY:
            self._swept = time.monotonic()
            connection.execute(delete(leases).where(leases.c.expires_at < now() - _SWEEP_AGE))


def _stored_name(name: str) -> str:
    return hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()


def _claim(lease: Lease) -> dict[str, Any]:
    return {"lease_name": _stored_name(lease.name), "lease_token": lease.token}


def _take(connection: Connection, name: str, owner: str, ttl: float) -> Lease | None:
    values = {"name": _stored_name(name), "owner": stored(owner), "ttl": ttl}
    row = _TAKING.run(connection, values).one_or_none()
    return None if row is None else Lease(name, owner, row.token, row.expires_at)


def _taking(dialect: str) -> Any:
    """Insert, or take over what has expired; parameters ``name``, ``owner``, ``ttl``. Returns a row where it was given."""
    offered = insert(dialect, leases).values(
        name=bindparam("name", type_=Text),
        owner=bindparam("owner", type_=Text),
        token=cast(now() * literal_column("1000000"), BigInteger),
        expires_at=now() + bindparam("ttl", type_=Float),
    )
    given = offered.excluded
    return offered.on_conflict_do_update(
        index_elements=[leases.c.name],
        set_={
            "owner": given.owner,
            "token": case((given.token > leases.c.token, given.token), else_=leases.c.token + literal_column("1")),
            "expires_at": given.expires_at,
        },
        where=or_(leases.c.expires_at <= now(), leases.c.owner == given.owner),
    ).returning(leases.c.token, leases.c.expires_at)


def _until(expires_at: ColumnElement[float]) -> Prepared:
    """Parameters ``lease_name``, ``lease_token``: only the newest claim can move its end."""
    moving = (
        update(leases)
        .where(leases.c.name == bindparam("lease_name"), leases.c.token == bindparam("lease_token"))
        .values(expires_at=expires_at)
        .returning(leases.c.expires_at)
    )
    return Prepared(lambda _dialect: moving)


_TAKING = Prepared(_taking)
_RENEWING = _until(now() + bindparam("ttl", type_=Float))
_RELEASING = _until(now())
