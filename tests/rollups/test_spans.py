"""Spans and tenures decide what counts to a group, whatever has been stored already."""

from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from gateway.db import Database, open_database
from gateway.db.group_tables import future_event, group_tenure, membership_span
from gateway.db.instants import instant_of
from gateway.rollups.backfill import backfill
from gateway.rollups.erasure import erase
from gateway.rollups.rebuild import rebuild
from gateway.rollups.spans import (
    begin_tenure,
    change_instant,
    close_spans,
    end_tenure,
    open_spans,
)
from tests.events_of import classification, store
from tests.recount import stored
from tests.rollups.test_rebuild import verified

NOON = datetime(2024, 2, 29, 12, tzinfo=UTC)
MADE_HERE, FROM_FILE = 700, 501


class Here:
    """A database and the clock of whoever writes to it."""

    def __init__(self, url: str) -> None:
        self.now = NOON
        self.database: Database = open_database(url, clock=lambda: self.now)

    def pass_time(self, **amount: float) -> None:
        self.now += timedelta(**amount)

    async def change(self, change: Callable[..., Any], group: int, *users: Any) -> None:
        await self.database.write(
            lambda connection: change(connection, group, *users, change_instant(connection))
        )

    async def make_group(self, *members: int) -> None:
        await self.database.write(
            lambda connection: begin_tenure(connection, MADE_HERE, members, 0)
        )

    async def classify(
        self, event_id: int, *, hours: float = 0, user: int | None = 1, groups: tuple[int, ...] = ()
    ) -> None:
        """Store an event so many hours after now."""
        at = instant_of(self.now + timedelta(hours=hours))
        event = classification(event_id, user=user, groups=groups)._replace(event_time=at)
        await store(self.database, event)

    async def counted(self, group: int = MADE_HERE) -> int:
        rollups = (await stored(self.database)).rollups
        return rollups["group"].get((group, 3, 0), (0,))[0]

    async def rows(self, table: Any) -> list[tuple[Any, ...]]:
        async with self.database.read() as snapshot:
            return [tuple(row) for row in await snapshot.fetch(select(table))]


@pytest.fixture
async def here(database_url: str) -> AsyncIterator[Here]:
    opened = Here(database_url)
    async with opened.database:
        await opened.database.migrate()
        yield opened


async def test_what_members_do_while_they_are_counts(here: Here) -> None:
    await here.classify(1)
    here.pass_time(hours=1)
    await here.make_group(1)
    await here.classify(2)
    await here.classify(3, user=2)
    await here.classify(4, user=None)
    here.pass_time(hours=1)
    await here.change(close_spans, MADE_HERE, [1])
    await here.classify(5)
    assert await here.counted() == 1


async def test_a_span_holds_its_first_instant_and_not_its_end(here: Here) -> None:
    await here.make_group(1)
    here.pass_time(microseconds=1)
    await here.change(close_spans, MADE_HERE, [1])
    here.pass_time(microseconds=-1)
    await here.classify(1)
    assert await here.counted() == 1
    here.pass_time(microseconds=1)
    await here.classify(2)
    assert await here.counted() == 1


async def test_an_id_that_an_event_carries_does_not_count_to_a_group_made_here(here: Here) -> None:
    await here.make_group()
    await here.classify(1, groups=(MADE_HERE,))
    assert await here.counted() == 0


async def test_what_carries_the_id_of_a_group_yet_to_be_made_counts_no_more(here: Here) -> None:
    await here.classify(1, groups=(MADE_HERE,))
    assert await here.counted() == 1
    here.pass_time(hours=1)
    await here.make_group()
    assert await here.counted() == 0


async def test_a_span_without_a_tenure_counts_nothing(here: Here) -> None:
    await here.change(open_spans, FROM_FILE, [1])
    await here.classify(1)
    await here.classify(2, groups=(FROM_FILE,))
    assert await here.counted(FROM_FILE) == 1


async def test_an_event_of_the_future_counts_as_its_user_is_a_member(here: Here) -> None:
    await here.make_group()
    await here.classify(1, hours=5)
    here.pass_time(hours=1)
    await here.change(open_spans, MADE_HERE, [1])
    assert await here.counted() == 1
    here.pass_time(hours=1)
    await here.change(close_spans, MADE_HERE, None)
    assert await here.counted() == 0
    here.pass_time(hours=9)
    await here.change(open_spans, MADE_HERE, [1])
    assert await here.counted() == 0


async def test_a_clock_that_goes_back_begins_no_span_before_what_is_stored(here: Here) -> None:
    await here.make_group()
    await here.classify(1)
    here.pass_time(hours=-3)
    await here.change(open_spans, MADE_HERE, [1])
    assert await here.rows(membership_span) == [(MADE_HERE, 1, instant_of(NOON) + 1, None)]
    await here.change(close_spans, MADE_HERE, [1])
    assert await here.rows(membership_span) == []


async def test_a_span_never_begins_before_the_last_has_ended(here: Here) -> None:
    await here.make_group(1)
    here.pass_time(hours=2)
    await here.change(close_spans, MADE_HERE, [1])
    here.pass_time(hours=-1)
    await here.change(open_spans, MADE_HERE, [1])
    began, ended = instant_of(NOON), instant_of(NOON + timedelta(hours=2))
    spans = [(MADE_HERE, 1, began, ended), (MADE_HERE, 1, ended, None)]
    assert sorted(await here.rows(membership_span)) == spans


async def test_an_instant_before_what_is_stored_is_refused(here: Here) -> None:
    await here.classify(1)
    with pytest.raises(ValueError, match="no change_instant"):
        await here.database.write(lambda c: open_spans(c, MADE_HERE, [1], instant_of(NOON)))


async def test_a_takeover_and_its_end_change_no_total(here: Here) -> None:
    for event_id, user in enumerate((1, 2, 1)):
        await here.classify(event_id + 1, user=user, groups=(FROM_FILE,))
    await here.classify(9, user=1, groups=(FROM_FILE,), hours=9)
    before = (await stored(here.database)).rollups
    here.pass_time(hours=1)
    await here.change(begin_tenure, FROM_FILE, [1, 2])
    assert (await stored(here.database)).rollups == before
    await here.change(close_spans, FROM_FILE, None)
    await here.change(end_tenure, FROM_FILE)
    assert (await stored(here.database)).rollups == before
    assert await here.rows(membership_span) == []
    assert await here.rows(group_tenure) == []


async def test_a_group_that_is_taken_over_and_taken_back_keeps_its_totals(here: Here) -> None:
    """As if members' events had gone on to carry its id all the time."""
    members, carried = (1, 2), (FROM_FILE,)
    ids = iter(range(1, 100))
    for changes in ((), (begin_tenure, members), (), (close_spans, None), (end_tenure,), ()):
        if changes:
            change, *users = changes
            await here.change(change, FROM_FILE, *users)
        here.pass_time(hours=1)
        for user in members:
            await here.classify(next(ids), user=user, groups=carried)
            await here.classify(next(ids), user=user, groups=carried, hours=0.5)
        here.pass_time(hours=1)
    found = await stored(here.database)
    # But for the hour between the end of the spans and that of the tenure, in which none counts.
    assert await here.counted(FROM_FILE) == next(ids) - 1 - 4
    assert found.rollups == found.recount()
    assert await verified(here.database) == []
    assert await rebuild(here.database) == {}
    assert await stored(here.database) == found


async def test_what_was_done_in_a_tenure_counts_after_its_end(here: Here) -> None:
    await here.change(begin_tenure, FROM_FILE, [1])
    await here.classify(1)
    await here.classify(2, user=2, groups=(FROM_FILE,))
    here.pass_time(hours=1)
    await here.change(close_spans, FROM_FILE, None)
    await here.change(end_tenure, FROM_FILE)
    await here.classify(3)
    await here.classify(4, user=2, groups=(FROM_FILE,))
    assert await here.counted(FROM_FILE) == 2


async def test_a_backfill_counts_only_what_no_span_has_counted(here: Here) -> None:
    await here.classify(1, groups=(MADE_HERE,))
    here.pass_time(hours=1)
    await here.make_group(1)
    await here.classify(2)
    until = instant_of(here.now)
    counted = await here.database.write(lambda c: backfill(c, MADE_HERE, [1], until))
    assert (counted, await here.counted()) == (1, 2)


async def test_a_backfill_counts_what_carried_the_id_in_vain(here: Here) -> None:
    await here.make_group()
    await here.classify(1, groups=(MADE_HERE,))
    until = instant_of(here.now)
    counted = await here.database.write(lambda c: backfill(c, MADE_HERE, [1], until))
    assert (counted, await here.counted()) == (1, 1)


async def test_the_spans_of_an_erased_user_are_deleted(here: Here) -> None:
    await here.make_group(1, 2)
    await here.classify(1)
    await here.database.write(lambda c: erase(c, 1))
    assert await here.counted() == 0
    here.pass_time(hours=1)
    await here.change(open_spans, MADE_HERE, [1])
    assert [row[1] for row in await here.rows(membership_span)] == [2]


async def test_future_events_are_forgotten_when_their_time_has_come(here: Here) -> None:
    await here.classify(1, hours=1)
    await here.classify(2, hours=3)
    assert len(await here.rows(future_event)) == 2
    await here.classify(2, hours=4)
    here.pass_time(hours=1)
    await here.classify(3)
    assert await here.rows(future_event) == [(instant_of(NOON + timedelta(hours=4)), 2)]
