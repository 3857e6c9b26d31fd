"""Membership spans of Panoptes' groups, stored for their dates alone.

Panoptes' groups have no tenure here, so nothing counts by these spans: what counts to such a group
is what its classifications say.
"""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection

from gateway.groups.history import ChangeKind
from gateway.groups.limits import users_at_span_limit
from gateway.groups.panoptes.command import HistoryEntry
from gateway.rollups.spans import change_instant, close_spans, open_spans

_BEGIN = frozenset({ChangeKind.CREATED, ChangeKind.JOINED, ChangeKind.INVITATION_ACCEPTED})
_END = frozenset({ChangeKind.LEFT, ChangeKind.REMOVED})


def write_spans(connection: Connection, entries: Iterable[HistoryEntry], actor_id: int) -> None:
    """Begin and end the spans of the users in the history entries of one command.

    Runs in a writing transaction. A user at the limit of spans gets no new one.
    """
    at = change_instant(connection)
    for group_id, kind, subjects, _ in entries:
        users = {actor_id if one is None else one for one in subjects}
        if kind in _BEGIN:
            at_limit = users_at_span_limit(connection, group_id, users)
            open_spans(connection, group_id, users - at_limit, at)
        elif kind in _END:
            close_spans(connection, group_id, users, at)
        elif kind is ChangeKind.DEACTIVATED:
            close_spans(connection, group_id, None, at)
