"""Rollup sets: which sums are stored, under which keys.

Every table has one shape: ``PRIMARY KEY (entity, grain, bucket, dimensions…)`` and measures:
``n`` (events), ``ms`` (session time in whole milliseconds) and, where anonymous work is shown
apart, ``anonymous_n``. A missing project or user in a key is 0. Whatever writes, rebuilds,
verifies or reads a set takes its shape from here.

Two measures count volunteers, and no sum of other rows tells them. ``active_users`` is how many
classified: a volunteer whose work for a workflow lies in several projects counts in the row of the
project with the lowest id, so that the rows of a workflow add up. ``new_users`` is how many of
these classified for the project for the first time.

All sets keep all four grains: a total over all time then reads one row for each key instead of
one for each day of history.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from sqlalchemy import (
    BigInteger,
    Column,
    Index,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    SmallInteger,
    Table,
)
from sqlalchemy.types import TypeEngine

from gateway.calendar import Grain

Source = Literal["classification", "comment"]

#: The measures that count volunteers.
VOLUNTEER_COUNTS = ("active_users", "new_users")

#: Constraint names, so that migrations can name what they change.
NAMES = {"pk": "pk_%(table_name)s", "ix": "ix_%(table_name)s_%(column_0_N_name)s"}
metadata = MetaData(naming_convention=NAMES)


@dataclass(frozen=True)
class RollupSet:
    """One family of sums; ``entity`` and ``dimensions`` are columns of the ledger's events.

    ``site_id`` is always 0. ``group_id`` stands for each effective group of an event.
    """

    name: str
    source: Source
    entity: str
    dimensions: tuple[str, ...]
    measures: tuple[str, ...]
    table: Table

    @property
    def dims(self) -> tuple[str, ...]:
        """Entity and dimensions: what an event is counted under, time aside."""
        return (self.entity, *self.dimensions)

    @property
    def keys(self) -> tuple[str, ...]:
        """The primary key, in its order."""
        return (self.entity, "grain", "bucket", *self.dimensions)

    @property
    def sums(self) -> tuple[str, ...]:
        """The measures that events add up to; those that count volunteers follow them."""
        return tuple(one for one in self.measures if one not in VOLUNTEER_COUNTS)

    @property
    def volunteer_counts(self) -> tuple[str, ...]:
        """The measures that count volunteers."""
        return self.measures[len(self.sums) :]

    @property
    def by_group(self) -> bool:
        """Whether events count here once for each of their effective groups."""
        return self.entity == "group_id"


_KEY_TYPES: dict[str, type[TypeEngine[int]]] = {"grain": SmallInteger, "bucket": Integer}


def rollup_table(
    name: str,
    to: MetaData,
    keys: tuple[str, ...],
    measures: tuple[str, ...],
    *,
    last_day_of: str | None = None,
) -> Table:
    """Define a rollup table; ``last_day_of`` names a dimension whose latest day is looked up."""
    columns = [
        Column(key, _KEY_TYPES.get(key, BigInteger), nullable=False, autoincrement=False)
        for key in keys
    ]
    columns += [_measure(measure) for measure in measures]
    # Room on each page keeps updates in place (HOT): 120,000 of 120,000 in a trial.
    table = Table(
        name,
        to,
        *columns,
        PrimaryKeyConstraint(*keys),
        sqlite_with_rowid=False,
        postgresql_with={"fillfactor": 80},
    )
    if last_day_of:
        day_rows = table.c.grain == int(Grain.DAY)
        Index(
            f"ix_{name}_last_day",
            table.c[keys[0]],
            table.c[last_day_of],
            table.c.bucket,
            sqlite_where=day_rows,
            postgresql_where=day_rows,
        )
    return table


def _measure(name: str) -> Column[int]:
    # The counts of volunteers were added to tables that had rows.
    default = "0" if name in VOLUNTEER_COUNTS else None
    return Column(name, BigInteger, nullable=False, server_default=default)


def _set(
    name: str,
    source: Source,
    entity: str,
    *dimensions: str,
    measures: tuple[str, ...],
    last_day_of: str | None = None,
) -> RollupSet:
    keys = (entity, "grain", "bucket", *dimensions)
    table = rollup_table(f"{name}_rollup", metadata, keys, measures, last_day_of=last_day_of)
    return RollupSet(name, source, entity, dimensions, measures, table)


_ALL_WORK = ("n", "ms", "anonymous_n", "active_users")
_TIMED = ("n", "ms")
_COUNTED = ("n",)

SITE = _set("site", "classification", "site_id", measures=_ALL_WORK)
PROJECT = _set("project", "classification", "project_id", measures=(*_ALL_WORK, "new_users"))
WORKFLOW = _set("workflow", "classification", "workflow_id", "project_id", measures=_ALL_WORK)
USER = _set(
    "user",
    "classification",
    "user_id",
    "project_id",
    "workflow_id",
    measures=_TIMED,
    last_day_of="project_id",
)
# Whose volunteers are counted over some buckets: all columns are of the key, so that an update of
# the measures leaves the index alone (HOT).
Index(
    "ix_user_rollup_volunteers",
    *(USER.table.c[name] for name in ("grain", "bucket", "project_id", "workflow_id", "user_id")),
)
GROUP = _set("group", "classification", "group_id", measures=_TIMED)
GROUP_PROJECT = _set(
    "group_project",
    "classification",
    "group_id",
    "project_id",
    "workflow_id",
    measures=_TIMED,
    last_day_of="project_id",
)
GROUP_USER = _set("group_user", "classification", "group_id", "user_id", measures=_TIMED)
GROUP_MEMBER = _set(
    "group_member",
    "classification",
    "group_id",
    "user_id",
    "project_id",
    "workflow_id",
    measures=_TIMED,
)
SITE_COMMENT = _set("site_comment", "comment", "site_id", measures=_COUNTED)
USER_COMMENT = _set("user_comment", "comment", "user_id", measures=_COUNTED)
PROJECT_COMMENT = _set("project_comment", "comment", "project_id", "user_id", measures=_COUNTED)
# What a volunteer commented on by project; all columns are of the key here, too.
Index(
    "ix_project_comment_rollup_volunteers",
    *(PROJECT_COMMENT.table.c[name] for name in ("user_id", "grain", "bucket", "project_id")),
)

SETS: tuple[RollupSet, ...] = (
    SITE,
    PROJECT,
    WORKFLOW,
    USER,
    GROUP,
    GROUP_PROJECT,
    GROUP_USER,
    GROUP_MEMBER,
    SITE_COMMENT,
    USER_COMMENT,
    PROJECT_COMMENT,
)
