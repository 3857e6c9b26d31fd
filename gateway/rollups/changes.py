"""Changes of the ledger, written together with their rollup deltas."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from operator import attrgetter
from typing import Generic

from sqlalchemy import Connection

from gateway.changes.log import log_change
from gateway.db.tables import classification, comment
from gateway.db.upsert import insert_rows, replace_rows
from gateway.events.event import Classification, Comment
from gateway.rollups.deltas import RollupDeltas
from gateway.rollups.effective_groups import GroupRules, read_group_rules
from gateway.rollups.future_events import note_future_events
from gateway.rollups.ledger import Event, ledger_rows
from gateway.rollups.progress import note_last_event

_time_of = attrgetter("event_time")
_user_of = attrgetter("user_id")
_groups_of = attrgetter("group_ids")


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
    for table, change in ((classification, classifications), (comment, comments)):
        # None that was stored before: all are new.
        store = replace_rows if change.before else insert_rows
        store(connection, table, ledger_rows(change.after))
    deltas = RollupDeltas()
    changed = (*classifications.before, *classifications.after)
    rules = _rules_of(connection, changed)
    for events, sign in ((classifications.before, -1), (classifications.after, 1)):
        deltas.classifications(events, rules, sign)
    for posts, sign in ((comments.before, -1), (comments.after, 1)):
        deltas.comments(posts, sign)
    deltas.write(connection)
    log_change(connection, **deltas.changed())
    times: Iterator[int] = map(_time_of, chain(classifications.after, comments.after))
    progress = note_last_event(connection, max(times))
    note_future_events(connection, classifications, progress)


def _rules_of(connection: Connection, events: Sequence[Classification]) -> GroupRules:
    users = set(map(_user_of, events)) - {None}
    # Few lists of groups, and each of many events.
    groups = set(chain.from_iterable(set(map(_groups_of, events))))
    times = list(map(_time_of, events))
    return read_group_rules(connection, users, groups, min(times, default=0), max(times, default=0))
