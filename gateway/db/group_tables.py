"""Group tables: tenures, membership spans, join links and the history of groups.

Instants are microseconds since the epoch (UTC).
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Index,
    Integer,
    PrimaryKeyConstraint,
    Table,
    Text,
)

from gateway.db.rollup_sets import metadata

_Id = BigInteger().with_variant(Integer, "sqlite")

# When this gateway itself is the authority of a group: what counts to it then is told by its
# spans, and no longer by the ids that events carry. From 0 for a group that was made here.
# ``until_us`` is exclusive, null while it goes on; it ends when a file takes the group over.
group_tenure = Table(
    "group_tenure",
    metadata,
    Column("group_id", BigInteger, nullable=False),
    Column("from_us", BigInteger, nullable=False),
    Column("until_us", BigInteger),
    PrimaryKeyConstraint("group_id", "from_us"),
)

# When users were members: ``until_us`` is exclusive, null while they are. Rows are added and
# closed, and never changed otherwise. Those of a pair do not overlap.
membership_span = Table(
    "membership_span",
    metadata,
    Column("group_id", BigInteger, nullable=False),
    Column("user_id", BigInteger, nullable=False),
    Column("from_us", BigInteger, nullable=False),
    Column("until_us", BigInteger),
    PrimaryKeyConstraint("group_id", "user_id", "from_us"),
    Index("ix_membership_span_user_id", "user_id"),
)

# Classifications whose time lies after the clock of the writer that stored them. A span that is
# opened or closed now can concern no others of those that are stored.
future_event = Table(
    "future_event",
    metadata,
    Column("event_time", BigInteger, nullable=False),
    Column("classification_id", BigInteger, nullable=False),
    PrimaryKeyConstraint("event_time", "classification_id"),
)

# A table of its own, so that no reader of groups loads a token by accident.
group_join_link = Table(
    "group_join_link",
    metadata,
    Column("group_id", _Id, primary_key=True, autoincrement=False),
    Column("token", Text, nullable=False),
    Column("enabled", Boolean, nullable=False),
    Column("expires_at", BigInteger),
    Column("created_at", BigInteger, nullable=False),
    Column("created_by", BigInteger),
    # How many links the group has had.
    Column("generation", BigInteger, nullable=False),
)

# Wrong join tokens of a volunteer since ``began_at``; deleted after a minute.
wrong_join = Table(
    "wrong_join",
    metadata,
    Column("user_id", _Id, primary_key=True, autoincrement=False),
    Column("began_at", BigInteger, nullable=False),
    Column("number", BigInteger, nullable=False),
)

# The history of a group, for its admins. ``actor_id`` is null for the site's operators, and both
# users are null once they were erased.
group_change = Table(
    "group_change",
    metadata,
    Column("id", _Id, primary_key=True, autoincrement=False),
    Column("group_id", BigInteger, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("actor_id", BigInteger),
    Column("subject_id", BigInteger),
    Column("kind", Text, nullable=False),
    # What else there is to tell, as a JSON object.
    Column("details", Text),
    Index("ix_group_change_group_id", "group_id", "id"),
    # What one volunteer did lately, for limits.
    Index("ix_group_change_actor_id", "actor_id", "kind", "at"),
    Index("ix_group_change_subject_id", "subject_id"),
)

# The last id that was given to a group, a membership or a change here; never given again.
last_id = Table(
    "last_id",
    metadata,
    Column("kind", Text, primary_key=True),
    Column("id", BigInteger, nullable=False),
)

# One row, with the id 0: 32 random bytes in hexadecimal, made when the table was. What is made of
# it (entity tags of records) tells whoever does not have it nothing. No dump contains it.
instance_secret = Table(
    "instance_secret",
    metadata,
    Column("id", _Id, primary_key=True, autoincrement=False),
    Column("secret", Text, nullable=False),
)
