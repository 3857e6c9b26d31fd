"""When memberships began."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    op.add_column("membership", sa.Column("created_at", sa.BigInteger(), nullable=True))
