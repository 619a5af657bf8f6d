"""Inputs of flows that are not about documents, and what runs took of them."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_EXACT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "flow_compiler_inputs",
        sa.Column("flow", _EXACT, primary_key=True),
        sa.Column("key", _EXACT, primary_key=True),
        sa.Column("input", sa.Text, nullable=False),
        sa.Column("variables", sa.Text, nullable=False),
        sa.Column("submitted_at", sa.Float, nullable=False),
        sa.Column("outcome", sa.Text),
        sa.Column("error", sa.Text),
        sa.Column("run_id", sa.Text),
    )
    op.create_table(
        "flow_compiler_taken_inputs",
        sa.Column("flow", _EXACT, primary_key=True),
        sa.Column("run_id", _EXACT, primary_key=True),
        sa.Column("key", _EXACT, primary_key=True),
        sa.Column("input", sa.Text, nullable=False),
        sa.Column("variables", sa.Text, nullable=False),
    )


def downgrade() -> None:
    op.drop_table("flow_compiler_taken_inputs")
    op.drop_table("flow_compiler_inputs")
