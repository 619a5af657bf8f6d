"""The tables of journal, memo and leases. Their history is in ``migrations/``; a test compares the two."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy import BigInteger, Boolean, Column, Float, Index, Integer, MetaData, Table, Text

from flow_compiler.engine.storage.schema import Schema

metadata = MetaData()

# Text compared byte by byte: item paths are read by range, and hosts' locales differ.
_EXACT = Text().with_variant(Text(collation="C"), "postgresql")


def _record_columns() -> list[Column[Any]]:
    """A StepRecord (record_rows.py). ``outcome`` is Stepflow's JSON, or null with ``outcome_ref`` naming its artifact."""
    return [
        Column("outcome", Text),
        Column("outcome_ref", Text),
        Column("attempts", Integer, nullable=False),
        Column("seconds", Float, nullable=False),
        Column("numbers", Text, nullable=False),
        Column("refs", Text, nullable=False),
        Column("memo_key", Text),
        Column("reuse", Text, nullable=False),
        Column("degraded", Boolean, nullable=False),
        Column("computed", Integer, nullable=False),
        Column("reused", Integer, nullable=False),
        Column("recorded_at", Float, nullable=False),  # epoch seconds
    ]


# A row without outcome and outcome_ref is a step that was begun and has not ended: then ``recorded_at`` is database time,
# and says when its attempt, or the pause before the next one, began.
journal = Table(
    "flow_compiler_journal",
    metadata,
    Column("root", _EXACT, primary_key=True),  # path of the root item
    Column("run_id", _EXACT, primary_key=True),
    Column("item", _EXACT, primary_key=True),  # path of the item itself: the root's, or one nested below
    Column("step", _EXACT, primary_key=True),
    Column("begun", Integer, nullable=False),  # the highest attempt that was noted before it ended; 0: none
    *_record_columns(),
    Column("retries", Integer, nullable=False, server_default="0"),  # of a step that has not ended: used so far
    Column("transport_retries", Integer, nullable=False, server_default="0"),
    Column("pause", Float),  # seconds before its next attempt; null: an attempt is under way
)
Index("flow_compiler_journal_run", journal.c.run_id)

memo = Table(
    "flow_compiler_memo",
    metadata,
    Column("key", _EXACT, primary_key=True),
    Column("component", Text, nullable=False),
    *_record_columns(),
)
Index("flow_compiler_memo_recorded_at", memo.c.recorded_at)

# A released lease keeps its row: its token must not be given again. Rows long expired are swept.
leases = Table(
    "flow_compiler_leases",
    metadata,
    Column("name", _EXACT, primary_key=True),  # SHA-256 of the name: it may hold an item's key
    Column("owner", Text, nullable=False),
    Column("token", BigInteger, nullable=False),
    Column("expires_at", Float, nullable=False),  # database time, epoch seconds; 0: released
)
Index("flow_compiler_leases_expires_at", leases.c.expires_at)

cancelled_runs = Table(
    "flow_compiler_cancelled_runs",
    metadata,
    Column("run_id", _EXACT, primary_key=True),
    Column("cancelled_at", Float, nullable=False),
)

SCHEMA = Schema(
    name="journal",
    version_table="flow_compiler_version",
    head="0002",
    migrations=Path(__file__).parent / "migrations",
    metadata=metadata,
)
