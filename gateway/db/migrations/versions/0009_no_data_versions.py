"""The change log in place of the data versions, which also counted rebuilds."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.create_table(
        "rebuild",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("finished", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rebuild")),
    )
    op.execute(
        "INSERT INTO rebuild (id, finished)"
        " SELECT 0, version FROM data_version WHERE kind = 'rebuild' AND entity_id = 0"
    )
    op.drop_table("data_version")
