"""Metadata of a classification, which the volunteer's browser wrote.

The classification counts in any case: invalid parts are left out, and counted.
"""

from __future__ import annotations

from collections import Counter

from gateway.events.ids import read_group_ids
from gateway.events.instants import read_session_ms
from gateway.events.left_out import LeftOut
from gateway.events.missing import not_blank


def read_metadata(
    metadata: object, user_id: int | None, most_groups: int, left_out: Counter[LeftOut]
) -> tuple[int, tuple[int, ...]]:
    """Session time in milliseconds and group ids of a decoded ``metadata``.

    Anonymous work counts to no group, so its list is not read.
    """
    if not isinstance(metadata, dict):
        if not_blank(metadata) is not None:
            left_out[LeftOut.METADATA] += 1
        return 0, ()
    session_ms = read_session_ms(metadata.get("started_at"), metadata.get("finished_at"), left_out)
    if user_id is None:
        return session_ms, ()
    return session_ms, read_group_ids(metadata.get("user_group_ids"), most_groups, left_out)
