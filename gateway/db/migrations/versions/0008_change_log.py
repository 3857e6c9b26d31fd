"""The change log.

It begins above what clients were told as the version of the data, which grows: a number of changes
once, later the microseconds of a version.
"""

from secrets import randbits

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"

VERSIONS_A_MICROSECOND = 1024
#: What clients are told has 53 bits.
TOLD = 1 << 53


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
    told = site.scalar() or 0
    version = 1 + (told if told < TOLD else told // VERSIONS_A_MICROSECOND)
    op.bulk_insert(log, [{"version": version, "mark": randbits(64) - (1 << 63), "entities": None}])
