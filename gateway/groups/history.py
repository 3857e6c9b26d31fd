"""History of groups: what was changed, when and by whom, for a group's admins."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import orjson
from sqlalchemy import Connection

from gateway.db.group_tables import group_change
from gateway.db.instants import written_at
from gateway.db.upsert import replace_rows
from gateway.directory.change_kinds import ChangeKind
from gateway.directory.new_ids import IdKind, new_ids

__all__ = ["ChangeKind", "Details", "note_changes"]

#: Details of a change. They hold no tokens and no names of people.
Details = Mapping[str, str | int | bool | None]


def note_changes(
    connection: Connection,
    group_id: int,
    kind: ChangeKind,
    actor_id: int | None,
    subjects: Iterable[int | None] = (None,),
    details: Details | None = None,
) -> None:
    """Note a change for each user whom it happens to, or once (None) if it happens to the group.

    ``actor_id`` is None for the site's operators. Runs in a writing transaction.
    """
    users = list(subjects)
    text = None if details is None else orjson.dumps(details).decode()
    ids = new_ids(connection, IdKind.GROUP_CHANGE, len(users))
    at = written_at(connection)
    replace_rows(
        connection,
        group_change,
        [
            (change_id, group_id, at, actor_id, user_id, kind.value, text)
            for change_id, user_id in zip(ids, users, strict=True)
        ],
    )
