"""Changes of the ledger, and what they mean for the rollups, written together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Generic

from sqlalchemy import Connection

from gateway.changes.log import log_change
from gateway.db.tables import classification, comment
from gateway.db.upsert import replace_rows
from gateway.events.event import Classification, Comment
from gateway.rollups.deltas import RollupDeltas
from gateway.rollups.effective_groups import GroupRules, read_group_rules
from gateway.rollups.future_events import note_future_events
from gateway.rollups.ledger import Event, ledger_rows
from gateway.rollups.progress import note_last_event


@dataclass(frozen=True)
class Changes(Generic[Event]):
    """Events as they were stored before, and as they are after; a new one is only in ``after``."""

    before: Sequence[Event] = ()
    after: Sequence[Event] = ()


def write_changes(
    connection: Connection, classifications: Changes[Classification], comments: Changes[Comment]
) -> None:
    """Write the events as they are after, add new minus old to every rollup, log what changed."""
    if not classifications.after and not comments.after:
        return
    replace_rows(connection, classification, ledger_rows(classifications.after))
    replace_rows(connection, comment, ledger_rows(comments.after))
    deltas = RollupDeltas()
    changed = (*classifications.before, *classifications.after)
    rules = _rules_of(connection, changed)
    for events, sign in ((classifications.before, -1), (classifications.after, 1)):
        deltas.classifications(events, rules, sign)
    for posts, sign in ((comments.before, -1), (comments.after, 1)):
        deltas.comments(posts, sign)
    deltas.write(connection)
    log_change(connection, **deltas.changed())
    times = [event.event_time for event in classifications.after]
    times += [post.event_time for post in comments.after]
    progress = note_last_event(connection, max(times))
    note_future_events(connection, classifications, progress)


def _rules_of(connection: Connection, events: Sequence[Classification]) -> GroupRules:
    users = {event.user_id for event in events if event.user_id}
    # Few lists of groups, and each of many events.
    groups = set(chain.from_iterable({event.group_ids for event in events}))
    times = [event.event_time for event in events]
    return read_group_rules(connection, users, groups, min(times, default=0), max(times, default=0))
