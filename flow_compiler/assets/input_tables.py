"""The tables of submitted inputs. Their history is in ``input_migrations/``; a test compares the two."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Column, Float, MetaData, Table, Text

from flow_compiler.engine.storage.schema import Schema

metadata = MetaData()

# Text compared byte by byte: hosts' locales differ.
_EXACT = Text().with_variant(Text(collation="C"), "postgresql")

# ``outcome`` (success or failed), ``error`` (our code) and ``run_id`` are of the last whole run of the key.
inputs = Table(
    "flow_compiler_inputs",
    metadata,
    Column("flow", _EXACT, primary_key=True),
    Column("key", _EXACT, primary_key=True),
    Column("input", Text, nullable=False),  # JSON
    Column("variables", Text, nullable=False),  # JSON
    Column("submitted_at", Float, nullable=False),  # epoch seconds
    Column("outcome", Text),
    Column("error", Text),
    Column("run_id", Text),
)

# What a run took: an input that is submitted anew while it runs changes nothing for it, also when it is resumed.
taken = Table(
    "flow_compiler_taken_inputs",
    metadata,
    Column("flow", _EXACT, primary_key=True),
    Column("run_id", _EXACT, primary_key=True),
    Column("key", _EXACT, primary_key=True),
    Column("input", Text, nullable=False),
    Column("variables", Text, nullable=False),
)

SCHEMA = Schema(
    name="input",
    version_table="flow_compiler_inputs_version",
    head="0001",
    migrations=Path(__file__).parent / "input_migrations",
    metadata=metadata,
)
