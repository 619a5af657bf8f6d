"""How it stands with steps that have not ended: used retries, and the pause before the next attempt."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("flow_compiler_journal") as journal:
        journal.add_column(sa.Column("retries", sa.Integer, nullable=False, server_default="0"))
        journal.add_column(sa.Column("transport_retries", sa.Integer, nullable=False, server_default="0"))
        journal.add_column(sa.Column("pause", sa.Float))


def downgrade() -> None:
    with op.batch_alter_table("flow_compiler_journal") as journal:
        for column in ("retries", "transport_retries", "pause"):
            journal.drop_column(column)
