"""Group life: authorities, revisions and ids, spans, join links, the history of groups."""

from __future__ import annotations

import secrets

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

#: Numbers the memberships there are.
NUMBER_MEMBERSHIPS = """
    UPDATE membership SET id = numbered.id, updated_at = membership.created_at
    FROM (
        SELECT group_id, user_id, row_number() OVER (ORDER BY group_id, user_id) AS id
        FROM membership
    ) AS numbered
    WHERE numbered.group_id = membership.group_id AND numbered.user_id = membership.user_id
"""
#: Panoptes decides about the groups that a copy of it, or an answer, has brought.
FROM_PANOPTES = """
    UPDATE user_group SET authority = 'panoptes'
    WHERE EXISTS (SELECT 1 FROM panoptes_copy WHERE resource = 'user_groups') OR EXISTS (
        SELECT 1 FROM panoptes_answer
        WHERE resource = 'user_groups' AND panoptes_answer.group_id = user_group.id
    )
"""
#: The latest event may lie after the clock; then so may others, which only the ledger tells.
FUTURE_EVENTS = """
    INSERT INTO future_event (event_time, classification_id)
    SELECT event_time, id FROM classification WHERE event_time > :now
"""


def upgrade() -> None:
    false = sa.false()
    op.add_column(
        "user_group", sa.Column("authority", sa.Text(), nullable=False, server_default="file")
    )
    op.add_column(
        "user_group", sa.Column("revision", sa.BigInteger(), nullable=False, server_default="1")
    )
    op.add_column("membership", sa.Column("id", sa.BigInteger(), nullable=True))
    op.add_column("membership", sa.Column("updated_at", sa.BigInteger(), nullable=True))
    op.add_column(
        "membership", sa.Column("revision", sa.BigInteger(), nullable=False, server_default="1")
    )
    op.add_column("membership", sa.Column("ended_by", sa.Text(), nullable=True))
    op.add_column(
        "membership",
        sa.Column("no_invitations", sa.Boolean(), nullable=False, server_default=false),
    )
    op.add_column(
        "ingestion", sa.Column("stored_at", sa.BigInteger(), nullable=False, server_default="0")
    )
    _create_tables()
    op.execute(NUMBER_MEMBERSHIPS)
    op.execute(FROM_PANOPTES)
    with op.batch_alter_table("membership") as batch:
        batch.alter_column("id", existing_type=sa.BigInteger(), nullable=False)
    op.create_index("ix_membership_id", "membership", ["id"], unique=True)
    _note_future_events()


def _create_tables() -> None:
    op.create_table(
        "group_tenure",
        sa.Column("group_id", sa.BigInteger(), nullable=False),
        sa.Column("from_us", sa.BigInteger(), nullable=False),
        sa.Column("until_us", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("group_id", "from_us", name=op.f("pk_group_tenure")),
    )
    op.create_table(
        "membership_span",
        sa.Column("group_id", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("from_us", sa.BigInteger(), nullable=False),
        sa.Column("until_us", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("group_id", "user_id", "from_us", name=op.f("pk_membership_span")),
    )
    op.create_index("ix_membership_span_user_id", "membership_span", ["user_id"])
    op.create_table(
        "future_event",
        sa.Column("event_time", sa.BigInteger(), nullable=False),
        sa.Column("classification_id", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("event_time", "classification_id", name=op.f("pk_future_event")),
    )
    op.create_table(
        "group_join_link",
        sa.Column("group_id", _ID, autoincrement=False, nullable=False),
        sa.Column("token", sa.Text(), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("created_by", sa.BigInteger(), nullable=True),
        sa.Column("generation", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("group_id", name=op.f("pk_group_join_link")),
    )
    op.create_table(
        "wrong_join",
        sa.Column("user_id", _ID, autoincrement=False, nullable=False),
        sa.Column("began_at", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_wrong_join")),
    )
    op.create_table(
        "group_change",
        sa.Column("id", _ID, autoincrement=False, nullable=False),
        sa.Column("group_id", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("actor_id", sa.BigInteger(), nullable=True),
        sa.Column("subject_id", sa.BigInteger(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("details", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_group_change")),
    )
    op.create_index("ix_group_change_group_id", "group_change", ["group_id", "id"])
    op.create_index("ix_group_change_actor_id", "group_change", ["actor_id", "kind", "at"])
    op.create_index("ix_group_change_subject_id", "group_change", ["subject_id"])
    op.create_table(
        "last_id",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("kind", name=op.f("pk_last_id")),
    )
    secret = op.create_table(
        "instance_secret",
        sa.Column("id", _ID, autoincrement=False, nullable=False),
        sa.Column("secret", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_instance_secret")),
    )
    op.bulk_insert(secret, [{"id": 0, "secret": secrets.token_hex(32)}])


def _note_future_events() -> None:
    connection = op.get_bind()
    now = int(connection.exec_driver_sql(_NOW[connection.dialect.name]).scalar_one())
    latest = connection.exec_driver_sql("SELECT max(last_event_at) FROM ingestion").scalar()
    op.execute(sa.text("UPDATE ingestion SET stored_at = :now").bindparams(now=now))
    if latest is not None and latest > now:
        op.execute(sa.text(FUTURE_EVENTS).bindparams(now=now))


#: The instant of the migration in microseconds.
_NOW = {
    "sqlite": "SELECT CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER) * 1000",
    "postgresql": "SELECT CAST(extract(epoch FROM clock_timestamp()) * 1000000 AS BIGINT)",
}
