"""The mark of a bulk load."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
#: A table more: who does not know it does without.
oldest_version = "0017"


def upgrade() -> None:
    op.create_table(
        "bulk_load",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bulk_load")),
    )
