"""Membership spans of what was done through the gateway, for their dates alone.

Panoptes' groups have no tenure here, so nothing counts by these spans: what counts to such a group
is what its classifications say.
"""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection

from gateway.groups.history import ChangeKind
from gateway.groups.limits import worn_out
from gateway.groups.panoptes.errand import Note
from gateway.rollups.spans import change_instant, close_spans, open_spans

_BEGIN = frozenset({ChangeKind.CREATED, ChangeKind.JOINED, ChangeKind.INVITATION_ACCEPTED})
_END = frozenset({ChangeKind.LEFT, ChangeKind.REMOVED})


def write_spans(connection: Connection, notes: Iterable[Note], actor_id: int) -> None:
    """Begin and end the spans of those whom the notes of one command speak of.

    Runs in a writing transaction. Who was a member as often as we keep dates gets no new one.
    """
    at = change_instant(connection)
    for group_id, kind, subjects, _ in notes:
        users = {actor_id if one is None else one for one in subjects}
        if kind in _BEGIN:
            open_spans(connection, group_id, users - worn_out(connection, group_id, users), at)
        elif kind in _END:
            close_spans(connection, group_id, users, at)
        elif kind is ChangeKind.DEACTIVATED:
            close_spans(connection, group_id, None, at)
