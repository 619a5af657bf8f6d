"""The server's tables. Their history is in ``migrations/``; a test compares the two.

A run's row is also its place in the queue and its claim: who works on it, until when, and the token that fences off
whoever worked on it before.
"""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import BigInteger, Boolean, Column, Float, Index, Integer, MetaData, Table, Text

from flow_compiler.engine.storage.schema import Schema

metadata = MetaData()

# Text compared byte by byte: hosts' locales differ.
_EXACT = Text().with_variant(Text(collation="C"), "postgresql")
_NUMBER = BigInteger().with_variant(Integer, "sqlite")

flows = Table(
    "flow_compiler_served_flows",
    metadata,
    Column("flow_id", _EXACT, primary_key=True),  # the flow's digest
    Column("name", Text),
    Column("flow", Text, nullable=False),  # JSON
    Column("stored_at", Float, nullable=False),  # epoch seconds
    Column("listed", Boolean, nullable=False),  # false: kept only for the runs that have it
)

# ``number`` is the order of acceptance. ``lease_until`` is database time; an unfinished run whose time is over is free.
runs = Table(
    "flow_compiler_served_runs",
    metadata,
    Column("number", _NUMBER, primary_key=True, autoincrement=True),
    Column("run_id", _EXACT, nullable=False, unique=True),
    Column("flow_id", _EXACT, nullable=False, index=True),
    Column("flow_name", Text),
    Column("digest", Text, nullable=False),  # of what was asked for, without secrets
    Column("overrides", Text),  # JSON
    Column("variables", Text, nullable=False),  # JSON
    Column("secrets", Text),  # JSON; null once the run has ended
    Column("at_once", Integer, nullable=False),
    Column("status", Integer, nullable=False),
    Column("total", Integer, nullable=False),
    Column("completed", Integer, nullable=False),
    Column("failed", Integer, nullable=False),
    Column("cancelled", Integer, nullable=False),
    Column("created_at", Float, nullable=False),  # epoch seconds
    Column("completed_at", Float),
    Column("last_event", Integer, nullable=False),
    Column("owner", Text),
    Column("token", BigInteger, nullable=False),
    Column("lease_until", Float, nullable=False),
    Column("claims", Integer, nullable=False),  # since something of it was finished
)
Index("flow_compiler_served_runs_queue", runs.c.status, runs.c.number)

items = Table(
    "flow_compiler_served_items",
    metadata,
    Column("run_id", _EXACT, primary_key=True),
    Column("item", Integer, primary_key=True),
    Column("status", Integer, nullable=False),
    Column("input", Text, nullable=False),  # JSON
    Column("result", Text),  # Stepflow's JSON of how it ended
    Column("completed_at", Float),
)

# ``detail`` is the number that belongs to the kind: of items, of the attempt, or the status. ``failure`` is why a step
# failed: the journal does not have it where the step was never called.
events = Table(
    "flow_compiler_served_events",
    metadata,
    Column("run_id", _EXACT, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("at", Float, nullable=False),  # epoch seconds
    Column("kind", Integer, nullable=False),
    Column("item", Integer),
    Column("step", Text),
    Column("detail", Integer, nullable=False),
    Column("failure", Text),  # Stepflow's JSON
)
Index("flow_compiler_served_events_item", events.c.run_id, events.c.item)

blobs = Table(
    "flow_compiler_served_blobs",
    metadata,
    Column("blob_id", _EXACT, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("filename", Text),
    Column("content_type", Text),
)

SCHEMA = Schema(
    name="server",
    version_table="flow_compiler_served_version",
    head="0001",
    migrations=Path(__file__).parent / "migrations",
    metadata=metadata,
)
