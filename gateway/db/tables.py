"""Tables of the ledger, the directory and the change log. Rollups are in ``rollup_sets``."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    Table,
    Text,
    text,
)
from sqlalchemy.sql.expression import false
from sqlalchemy.types import TypeEngine

from gateway.db.rollup_sets import metadata

#: 64 bits everywhere; on SQLite under the name that makes a primary key the row's own number.
_Id = BigInteger().with_variant(Integer, "sqlite")


def _id(name: str) -> Column[int]:
    return Column(name, _Id, primary_key=True, autoincrement=False)


# One row an event: the truth that every rollup can be recounted from. No secondary index: one
# costs 5 to 10 times at ingestion. Instants are whole microseconds since the epoch (UTC), so
# that both databases compare and divide them alike; a missing project is 0.
classification = Table(
    "classification",
    metadata,
    _id("id"),
    Column("event_time", BigInteger, nullable=False),
    Column("updated_at", BigInteger),
    Column("user_id", BigInteger),
    Column("project_id", BigInteger, nullable=False),
    Column("workflow_id", BigInteger, nullable=False),
    Column("session_ms", BigInteger, nullable=False),
    # The event's own groups as a JSON list, ascending; null if none.
    Column("group_ids", Text),
)

comment = Table(
    "comment",
    metadata,
    _id("id"),
    Column("event_time", BigInteger, nullable=False),
    Column("updated_at", BigInteger),
    Column("user_id", BigInteger),
    Column("project_id", BigInteger, nullable=False),
)

# A member's classifications up to ``until`` (microseconds, inclusive) count to the group as well.
backfill = Table(
    "backfill",
    metadata,
    _id("group_id"),
    _id("user_id"),
    Column("until", BigInteger, nullable=False),
    Index("ix_backfill_user_id", "user_id"),
)

# How far ingestion has come: one row, with the id 0.
ingestion = Table(
    "ingestion",
    metadata,
    _id("id"),
    Column("last_event_at", BigInteger, nullable=False),
    # The latest clock of all that stored events.
    Column("stored_at", BigInteger, nullable=False, server_default="0"),
)

# Users who were erased: whatever arrives of them from then on is anonymous.
forgotten_user = Table("forgotten_user", metadata, _id("user_id"))

user = Table(
    "user_account",
    metadata,
    _id("id"),
    Column("login", Text),
    Column("display_name", Text),
)

user_group = Table(
    "user_group",
    metadata,
    _id("id"),
    Column("name", Text),
    Column("display_name", Text),
    Column("stats_visibility", SmallInteger, nullable=False, server_default="0"),
    Column("private", Boolean, nullable=False, server_default=false()),
    # Who decides about it: ``gateway`` (see ``group_tenure``), ``panoptes`` or ``file``.
    Column("authority", Text, nullable=False, server_default="file"),
    # Grows with each change of what everybody may see: names, visibility, state.
    Column("revision", BigInteger, nullable=False, server_default="1"),
)

# What a group's record says of it beyond who may see what: for counting groups; its state tells
# whether it has ended.
group_record = Table(
    "group_record",
    metadata,
    _id("group_id"),
    Column("description", Text),
    Column("created_at", BigInteger),
    Column("last_modified_at", BigInteger),
    Column("state", Text),
    Column("revision_id", Text),
    Column("type", Text),
    Column("approval_status", Text),
    Column("image_url", Text),
    Column("owner_id", Text),
    Column("landing_page", Text),
    Column("group_reviewed", Boolean),
    Column("open_access", Boolean),
    Column("netl_only", Boolean),
    Column("project_number", Text),
)

membership = Table(
    "membership",
    metadata,
    _id("group_id"),
    _id("user_id"),
    Column("state", Text, nullable=False),
    # The roles as a JSON list of texts.
    Column("roles", Text, nullable=False),
    # When it began, in microseconds since the epoch; null where nobody has said so.
    Column("created_at", BigInteger),
    Column("id", BigInteger, nullable=False),
    Column("updated_at", BigInteger),
    # Grows with each change.
    Column("revision", BigInteger, nullable=False, server_default="1"),
    # Why it is inactive: ``left``, ``removed``, ``declined``, ``group`` (the group was
    # deactivated) or ``account``; null if it is not, or nobody has said so.
    Column("ended_by", Text),
    # Whether the volunteer wants no invitations to the group any more.
    Column("no_invitations", Boolean, nullable=False, server_default=false()),
    Index("ix_membership_user_id", "user_id"),
    Index("ix_membership_id", "id", unique=True),
)

project = Table(
    "project",
    metadata,
    _id("id"),
    Column("slug", Text),
    Column("display_name", Text),
)

workflow = Table(
    "workflow",
    metadata,
    _id("id"),
    Column("project_id", BigInteger),
    Column("display_name", Text),
    Column("active", Boolean),
    Column("completeness", Float),
    Column("subjects_count", BigInteger),
    # Classifications a subject needs before it retires; null when that is not the criterion.
    Column("retirement_count", BigInteger),
    Index("ix_workflow_project_id", "project_id"),
)


def _name_sources(name: str, **fields: TypeEngine[Any]) -> Table:
    said = [
        column
        for field, kind in fields.items()
        for column in (Column(field, kind), Column(f"{field}_at", BigInteger))
    ]
    return Table(
        name,
        metadata,
        _id("id"),
        Column("directory", SmallInteger, nullable=False),
        *said,
        # Written again and again, as the same is said again: room for that on each page.
        postgresql_with={"fillfactor": 80},
    )


# What events last said of the fields of those tables, and as of when (microseconds; null: never).
# ``directory`` has a bit for each field, the first the lowest, that the directory says itself: a
# file or Panoptes, which hold over events.
user_name_sources = _name_sources("user_sayings", login=Text(), display_name=Text())
project_name_sources = _name_sources("project_sayings", display_name=Text())
# A project as of -1 was said by whoever imported an export.
workflow_name_sources = _name_sources(
    "workflow_sayings", project_id=BigInteger(), display_name=Text()
)

#: Compared byte by byte, whatever the database's language is.
_Key = Text().with_variant(Text(collation="C"), "postgresql")

# Names as they are looked up and listed, see ``gateway.directory.name_index``. ``list`` is a
# ``NameList``, and ``key`` is made by ``gateway.name_keys``: an identifier's, or the one that a
# name is ordered by. A group that is hidden or has ended stands in no list.
name_key = Table(
    "name_key",
    metadata,
    Column("list", SmallInteger, primary_key=True, autoincrement=False),
    Column("key", _Key, primary_key=True),
    _id("entity_id"),
    sqlite_with_rowid=False,
)

# The names of the lists that can be searched, from each of their words on, with the key that
# orders them.
name_word = Table(
    "name_word",
    metadata,
    Column("list", SmallInteger, primary_key=True, autoincrement=False),
    Column("word", _Key, primary_key=True),
    Column("order_key", _Key, primary_key=True),
    _id("entity_id"),
    sqlite_with_rowid=False,
)

_IN_USE = text("revoked_at IS NULL")

# Keys that machines send. Instants are microseconds since the epoch; null: never.
api_key = Table(
    "api_key",
    metadata,
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    # The scopes as a JSON list of texts.
    Column("scopes", Text, nullable=False),
    Column("secret_hash", LargeBinary, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("last_used_at", BigInteger),
    Column("revoked_at", BigInteger),
    # A name is free again once its key is revoked.
    Index(
        "ix_api_key_name_in_use",
        "name",
        unique=True,
        sqlite_where=_IN_USE,
        postgresql_where=_IN_USE,
    ),
)

# When Panoptes was asked for what it has answered: about a group (resource "user_groups", user 0),
# a membership, all memberships of a group (user 0) or of a user (group 0). Also kept of what it
# does not have. Instants as in the ledger.
panoptes_answer = Table(
    "panoptes_answer",
    metadata,
    Column("resource", Text, primary_key=True),
    _id("group_id"),
    _id("user_id"),
    Column("asked_at", BigInteger, nullable=False),
)

# How far the copy of one of Panoptes' resources has come; finished, or next_href goes on.
panoptes_copy = Table(
    "panoptes_copy",
    metadata,
    Column("resource", Text, primary_key=True),
    Column("started_at", BigInteger, nullable=False),
    Column("next_href", Text),
    Column("finished_at", BigInteger),
)

# How many rebuilds have finished: one row, with the id 0.
rebuild = Table(
    "rebuild",
    metadata,
    _id("id"),
    Column("finished", BigInteger, nullable=False),
)

# One row for each writing transaction, see ``gateway.changes``. ``mark`` is a random number that
# tells histories apart; ``entities`` are ids by kind as JSON, null for everything.
change_log = Table(
    "change_log",
    metadata,
    _id("version"),
    Column("mark", BigInteger, nullable=False),
    Column("entities", Text),
)
