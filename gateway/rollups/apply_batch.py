"""Apply a batch: the ledger and all rollups in one transaction, each event counted once."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, MutableSequence
from operator import attrgetter
from typing import NamedTuple

from sqlalchemy import Connection

from gateway.events.event import Batch
from gateway.rollups.assigned import AssignedProjects
from gateway.rollups.changes import Changes, write_changes
from gateway.rollups.erasure import anonymise_erased
from gateway.rollups.ledger import Event, read_classifications, read_comments, winning_copy

_by_id = attrgetter("id")


class Outcome(NamedTuple):
    """The outcome of a batch: how many events were stored, unchanged and replaced."""

    stored: int = 0
    #: Already there: the same, or in a later copy.
    unchanged: int = 0
    replaced: int = 0

    def plus(self, other: Outcome) -> Outcome:
        """Both outcomes together."""
        return Outcome(*map(sum, zip(self, other, strict=True)))


def apply_batch(
    connection: Connection, batch: Batch, assigned: AssignedProjects | None = None
) -> Outcome:
    """Store the events of a batch in their order; called under the writer lock.

    ``assigned`` decides their projects where the events do not say these themselves. The batch is
    changed to what is stored: erased users are anonymous in it, projects are decided.

    The stored copies are read first and every rollup gets new minus old, so that an event which
    is sent again replaces all it said before.
    """
    stored = anonymise_erased(connection, batch)
    batch.classifications, batch.comments = stored.classifications, stored.comments
    classifications, outcome = _resolve_copies(
        connection, batch.classifications, read_classifications, assigned
    )
    comments, more = _resolve_copies(connection, batch.comments, read_comments, assigned)
    write_changes(connection, classifications, comments)
    return outcome.plus(more)


def _resolve_copies(
    connection: Connection,
    events: MutableSequence[Event],
    read: Callable[[Connection, Collection[int]], Iterable[Event]],
    assigned: AssignedProjects | None,
) -> tuple[Changes[Event], Outcome]:
    """Resolve the copies of each event in the order of the batch; changes ascend by id."""
    ids = set(map(_by_id, events))
    stored = {event.id: event for event in read(connection, ids)}
    if not stored and len(ids) == len(events):
        return Changes((), sorted(events, key=_by_id)), Outcome(len(events))
    holding = dict(stored)
    new = unchanged = replaced = 0
    for position, event in enumerate(events):
        known = holding.get(event.id)
        if known is None:
            holding[event.id] = event
            new += 1
            continue
        if assigned is not None:
            event = events[position] = assigned.assign(event, known)
        if (holds := winning_copy(event, known)) == known:
            unchanged += 1
        else:
            holding[event.id] = holds
            replaced += 1
    after = [holds for event_id, holds in holding.items() if stored.get(event_id) != holds]
    after.sort(key=_by_id)
    before = [stored[event.id] for event in after if event.id in stored]
    return Changes(before, after), Outcome(new, unchanged, replaced)
