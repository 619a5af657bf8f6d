"""The catalog: documents, takes, uses, forgotten documents."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_EXACT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "stepflow_assets_documents",
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("document_id", _EXACT, nullable=False, unique=True),
        sa.Column("source", _EXACT, nullable=False),
        sa.Column("path", sa.Text, nullable=False),
        sa.Column("uri", sa.Text, nullable=False),
        sa.Column("bytes", sa.BigInteger, nullable=False),
        sa.Column("stamp", sa.Text, nullable=False),
        sa.Column("seen_stamp", sa.Text, nullable=False),
        sa.Column("version", sa.Text),
        sa.Column("flow_digest", sa.Text),
        sa.Column("outcome", sa.Text),
        sa.Column("failure", sa.Text),
        sa.Column("pages", sa.Integer),
        sa.Column("chunks", sa.Integer),
        sa.Column("seconds", sa.Float),
        sa.Column("reused", sa.Integer),
        sa.Column("computed", sa.Integer),
        sa.Column("generation", sa.Integer, nullable=False),
        sa.Column("finished_generation", sa.Integer, nullable=False),
        sa.Column("live_generation", sa.Integer),
        sa.Column("run_id", _EXACT),
        sa.Column("running", sa.Boolean, nullable=False),
        sa.Column("degraded", sa.Boolean, nullable=False),
        sa.Column("first_seen", sa.Float, nullable=False),
        sa.Column("last_finished", sa.Float),
    )
    op.create_index("stepflow_assets_documents_run", "stepflow_assets_documents", ["running", "run_id"])
    number = "stepflow_assets_documents.number"
    op.create_table(
        "stepflow_assets_takes",
        sa.Column("document", sa.Integer, sa.ForeignKey(number, ondelete="CASCADE"), primary_key=True),
        sa.Column("run_id", _EXACT, primary_key=True),
        sa.Column("generation", sa.Integer, nullable=False),
        sa.Column("version", sa.Text, nullable=False),
        sa.Column("stamp", sa.Text, nullable=False),
    )
    op.create_table(
        "stepflow_assets_uses",
        sa.Column("document", sa.Integer, sa.ForeignKey(number, ondelete="CASCADE"), primary_key=True),
        sa.Column("kind", sa.SmallInteger, primary_key=True),
        sa.Column("name", sa.LargeBinary, primary_key=True),
        sqlite_with_rowid=False,
    )
    op.create_index("stepflow_assets_uses_name", "stepflow_assets_uses", ["name", "kind"])
    op.create_table(
        "stepflow_assets_forgotten",
        sa.Column("id_hash", sa.Text, primary_key=True),
        sa.Column("generation", sa.Integer, nullable=False),
    )


def downgrade() -> None:
    for table in ("forgotten", "uses", "takes", "documents"):
        op.drop_table(f"stepflow_assets_{table}")
