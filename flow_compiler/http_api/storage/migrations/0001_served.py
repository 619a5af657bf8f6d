"""Flows, runs, items, events and blobs of the server."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_EXACT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
_NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    op.create_table(
        "flow_compiler_served_flows",
        sa.Column("flow_id", _EXACT, primary_key=True),
        sa.Column("name", sa.Text),
        sa.Column("flow", sa.Text, nullable=False),
        sa.Column("stored_at", sa.Float, nullable=False),
        sa.Column("listed", sa.Boolean, nullable=False),
    )
    op.create_table(
        "flow_compiler_served_runs",
        sa.Column("number", _NUMBER, primary_key=True, autoincrement=True),
        sa.Column("run_id", _EXACT, nullable=False, unique=True),
        sa.Column("flow_id", _EXACT, nullable=False),
        sa.Column("flow_name", sa.Text),
        sa.Column("digest", sa.Text, nullable=False),
        sa.Column("overrides", sa.Text),
        sa.Column("variables", sa.Text, nullable=False),
        sa.Column("secrets", sa.Text),
        sa.Column("at_once", sa.Integer, nullable=False),
        sa.Column("status", sa.Integer, nullable=False),
        sa.Column("total", sa.Integer, nullable=False),
        sa.Column("completed", sa.Integer, nullable=False),
        sa.Column("failed", sa.Integer, nullable=False),
        sa.Column("cancelled", sa.Integer, nullable=False),
        sa.Column("created_at", sa.Float, nullable=False),
        sa.Column("completed_at", sa.Float),
        sa.Column("last_event", sa.Integer, nullable=False),
        sa.Column("owner", sa.Text),
        sa.Column("token", sa.BigInteger, nullable=False),
        sa.Column("lease_until", sa.Float, nullable=False),
        sa.Column("claims", sa.Integer, nullable=False),
    )
    op.create_index("ix_flow_compiler_served_runs_flow_id", "flow_compiler_served_runs", ["flow_id"])
    op.create_index("flow_compiler_served_runs_queue", "flow_compiler_served_runs", ["status", "number"])
    op.create_table(
        "flow_compiler_served_items",
        sa.Column("run_id", _EXACT, primary_key=True),
        sa.Column("item", sa.Integer, primary_key=True),
        sa.Column("status", sa.Integer, nullable=False),
        sa.Column("input", sa.Text, nullable=False),
        sa.Column("result", sa.Text),
        sa.Column("completed_at", sa.Float),
    )
    op.create_table(
        "flow_compiler_served_events",
        sa.Column("run_id", _EXACT, primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("at", sa.Float, nullable=False),
        sa.Column("kind", sa.Integer, nullable=False),
        sa.Column("item", sa.Integer),
        sa.Column("step", sa.Text),
        sa.Column("detail", sa.Integer, nullable=False),
        sa.Column("failure", sa.Text),
    )
    op.create_index("flow_compiler_served_events_item", "flow_compiler_served_events", ["run_id", "item"])
    op.create_table(
        "flow_compiler_served_blobs",
        sa.Column("blob_id", _EXACT, primary_key=True),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("filename", sa.Text),
        sa.Column("content_type", sa.Text),
    )


def downgrade() -> None:
    for table in ("blobs", "events", "items", "runs", "flows"):
        op.drop_table(f"flow_compiler_served_{table}")
