"""Take-over of groups led here: a file changes them only with it."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import Connection, select, update

from gateway.changes.log import log_change
from gateway.db.group_tables import group_change
from gateway.db.ids import among
from gateway.db.tables import user_group
from gateway.db.upsert import replace_rows
from gateway.directory.change_kinds import ChangeKind
from gateway.directory.new_ids import IdKind, new_ids
from gateway.errors import Conflict
from gateway.rollups.spans import change_instant, close_spans, end_tenure

#: Ids that a message names; more are counted.
_MOST_NAMED = 20

_LOCAL_GROUPS = (
    select(user_group.c.id)
    .where(among(user_group.c.id, "ids"), user_group.c.authority == "gateway")
    .order_by(user_group.c.id)
)


def local_groups_among(connection: Connection, group_ids: Collection[int]) -> list[int]:
    """Those of the groups about which this gateway decides, ascending."""
    return list(connection.execute(_LOCAL_GROUPS, {"ids": sorted(group_ids)}).scalars())


def refuse_local_groups(group_ids: Collection[int]) -> None:
    """Raise Conflict, which names the groups, if there are any."""
    if not group_ids:
        return
    ids = sorted(group_ids)
    named = ", ".join(map(str, ids[:_MOST_NAMED]))
    more = f" and {len(ids) - _MOST_NAMED:,} more" if len(ids) > _MOST_NAMED else ""
    which, them = ("group", "it") if len(ids) == 1 else ("groups", "them")
    raise Conflict(
        f"This gateway decides about the {which} {named}{more}, so nothing was stored. With"
        f" --take-over the file replaces {them}, and decides about {them} from now on."
    )


def take_over(connection: Connection, group_ids: Collection[int]) -> None:
    """Let a file decide about groups that were led here, from now on.

    What counted until now goes on counting: spans and tenure are closed. Runs in a writing
    transaction.
    """
    if not group_ids:
        return
    at = change_instant(connection)
    for group_id in sorted(group_ids):
        close_spans(connection, group_id, None, at)
        end_tenure(connection, group_id, at)
    connection.execute(
        update(user_group).where(among(user_group.c.id, "ids")).values(authority="file"),
        {"ids": sorted(group_ids)},
    )
    ids = new_ids(connection, IdKind.GROUP_CHANGE, len(group_ids))
    replace_rows(
        connection,
        group_change,
        [
            (new, group_id, at, None, None, ChangeKind.TAKEN_OVER.value, '{"authority":"file"}')
            for new, group_id in zip(ids, sorted(group_ids), strict=True)
        ],
    )
    # Also where the file says nothing else of a group: since when people are members is over.
    log_change(connection, user_group_record=group_ids)
