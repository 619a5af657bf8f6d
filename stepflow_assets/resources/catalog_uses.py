"""Which memo entries and artifacts a document used, and which of them no other document uses: computed in SQL."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, bindparam, delete, exists, insert, select

from stepflow_assets.resources.catalog import Erasable
from stepflow_assets.resources.catalog_tables import uses

_DIGEST = re.compile(r"[0-9a-f]{64}")
_MEMO, _ARTIFACT = 0, 1
_AS_TEXT = 2  # added to the kind of a name that is no SHA-256; a digest takes 32 bytes

Use = tuple[int, bytes]


def replace_uses(connection: Connection, document: int, used: Erasable, *, keep_old: bool) -> None:
    """``keep_old``: what the live generation needs stays, although a later run ended without replacing it."""
    wanted = _rows(used)
    present = {(kind, bytes(name)) for kind, name in connection.execute(_OF, {"of": document})}
    if new := sorted(wanted - present):
        connection.execute(insert(uses), [{"document": document, "kind": kind, "name": name} for kind, name in new])
    if not keep_old and (gone := sorted(present - wanted)):
        connection.execute(_DROP, [{"of": document, "of_kind": kind, "of_name": name} for kind, name in gone])


def used_only_by(connection: Connection, document: int) -> Erasable:
    return _erasable(connection.execute(_ONLY_OF, {"of": document}))


def used_by_any(connection: Connection) -> Erasable:
    return _erasable(connection.execute(select(uses.c.kind, uses.c.name).distinct()))


_OF = select(uses.c.kind, uses.c.name).where(uses.c.document == bindparam("of"))
_other = uses.alias("other")
_ONLY_OF = _OF.where(
    ~exists().where(_other.c.kind == uses.c.kind, _other.c.name == uses.c.name, _other.c.document != bindparam("of"))
)
_DROP = delete(uses).where(
    uses.c.document == bindparam("of"), uses.c.kind == bindparam("of_kind"), uses.c.name == bindparam("of_name")
)


def _rows(used: Erasable) -> set[Use]:
    return {_encode(_MEMO, key) for key in used.memo_keys} | {_encode(_ARTIFACT, name) for name in used.artifacts}


def _encode(kind: int, name: str) -> Use:
    if _DIGEST.fullmatch(name):
        return kind, bytes.fromhex(name)
    return kind + _AS_TEXT, name.encode("utf-8", "surrogatepass")


def _erasable(rows: Iterable[Any]) -> Erasable:
    names: dict[int, set[str]] = {_MEMO: set(), _ARTIFACT: set()}
    for kind, name in rows:
        digest = kind < _AS_TEXT
        names[kind % _AS_TEXT].add(bytes(name).hex() if digest else bytes(name).decode("utf-8", "surrogatepass"))
    return Erasable(frozenset(names[_MEMO]), frozenset(names[_ARTIFACT]))
