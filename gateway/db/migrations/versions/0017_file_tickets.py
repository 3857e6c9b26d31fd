"""Tickets of downloads."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    op.create_table(
        "file_ticket",
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("spender", sa.Text(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_file_ticket")),
    )
    op.create_index("ix_file_ticket_spender", "file_ticket", ["spender"])
    op.create_index("ix_file_ticket_expires_at", "file_ticket", ["expires_at"])
