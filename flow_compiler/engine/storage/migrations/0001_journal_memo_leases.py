"""Journal, memo, leases and cancelled runs."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_EXACT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def _record_columns() -> list[sa.Column[Any]]:
    return [
        sa.Column("outcome", sa.Text),
        sa.Column("outcome_ref", sa.Text),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("seconds", sa.Float, nullable=False),
        sa.Column("numbers", sa.Text, nullable=False),
        sa.Column("refs", sa.Text, nullable=False),
        sa.Column("memo_key", sa.Text),
        sa.Column("reuse", sa.Text, nullable=False),
        sa.Column("degraded", sa.Boolean, nullable=False),
        sa.Column("computed", sa.Integer, nullable=False),
        sa.Column("reused", sa.Integer, nullable=False),
        sa.Column("recorded_at", sa.Float, nullable=False),
    ]


def upgrade() -> None:
    op.create_table(
        "flow_compiler_journal",
        sa.Column("root", _EXACT, primary_key=True),
        sa.Column("run_id", _EXACT, primary_key=True),
        sa.Column("item", _EXACT, primary_key=True),
        sa.Column("step", _EXACT, primary_key=True),
        sa.Column("begun", sa.Integer, nullable=False),
        *_record_columns(),
    )
    op.create_index("flow_compiler_journal_run", "flow_compiler_journal", ["run_id"])
    op.create_table(
        "flow_compiler_memo",
        sa.Column("key", _EXACT, primary_key=True),
        sa.Column("component", sa.Text, nullable=False),
        *_record_columns(),
    )
    op.create_index("flow_compiler_memo_recorded_at", "flow_compiler_memo", ["recorded_at"])
    op.create_table(
        "flow_compiler_leases",
        sa.Column("name", _EXACT, primary_key=True),
        sa.Column("owner", sa.Text, nullable=False),
        sa.Column("token", sa.BigInteger, nullable=False),
        sa.Column("expires_at", sa.Float, nullable=False),
    )
    op.create_index("flow_compiler_leases_expires_at", "flow_compiler_leases", ["expires_at"])
    op.create_table(
        "flow_compiler_cancelled_runs",
        sa.Column("run_id", _EXACT, primary_key=True),
        sa.Column("cancelled_at", sa.Float, nullable=False),
    )


def downgrade() -> None:
    for table in ("journal", "memo", "leases", "cancelled_runs"):
        op.drop_table(f"flow_compiler_{table}")
