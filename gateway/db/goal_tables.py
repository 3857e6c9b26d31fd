"""Goal tables: goals of groups and volunteers. Progress is never stored, but counted."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, Table, Text

from gateway.db.rollup_sets import metadata

_Id = BigInteger().with_variant(Integer, "sqlite")

# Exactly one of ``group_id`` and ``user_id`` is there. Days are numbers of days since 1970 (UTC).
goal = Table(
    "goal",
    metadata,
    Column("id", _Id, primary_key=True, autoincrement=False),
    Column("group_id", BigInteger),
    Column("user_id", BigInteger),
    Column("title", Text),
    # A value of GoalMetric; the target is in what people name: hours, not milliseconds.
    Column("metric", Text, nullable=False),
    Column("target", BigInteger, nullable=False),
    # JSON lists of ascending ids; null for all. At most one of both is there.
    Column("project_ids", Text),
    Column("workflow_ids", Text),
    Column("start_day", BigInteger, nullable=False),
    # Included; null for a goal without an end.
    Column("end_day", BigInteger),
    # "week", "month" or null.
    Column("repeats", Text),
    # A JSON list of ascending values below the target, in its unit; null for 25, 50 and 75 %.
    Column("milestones", Text),
    Column("archived", Boolean, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    # Null for the site's operators, and once who created it was erased.
    Column("created_by", BigInteger),
    Column("updated_at", BigInteger, nullable=False),
    Column("revision", BigInteger, nullable=False),
    Index("ix_goal_group_id", "group_id"),
    Index("ix_goal_user_id", "user_id"),
    Index("ix_goal_created_by", "created_by"),
)

# Changes that a volunteer made to their own goals since ``began_at``; deleted after a day.
own_goal_change = Table(
    "own_goal_change",
    metadata,
    Column("user_id", _Id, primary_key=True, autoincrement=False),
    Column("began_at", BigInteger, nullable=False),
    Column("number", BigInteger, nullable=False),
)
