"""The change log.

It begins above what clients were told as the version of the data, in microseconds: that grows.
"""

from secrets import randbits

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"

VERSIONS_A_MICROSECOND = 1024


def upgrade() -> None:
    log = op.create_table(
        "change_log",
        sa.Column(
            "version",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("mark", sa.BigInteger(), nullable=False),
        sa.Column("entities", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_change_log")),
    )
    site = op.get_bind().exec_driver_sql(
        "SELECT version FROM data_version WHERE kind = 'site' AND entity_id = 0"
    )
    version = (site.scalar() or 0) // VERSIONS_A_MICROSECOND + 1
    op.bulk_insert(log, [{"version": version, "mark": randbits(64) - (1 << 63), "entities": None}])
