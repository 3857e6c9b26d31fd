"""Whatever people and clocks do, a group counts what its members did while they were members."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from operator import itemgetter
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test
from sqlalchemy import Connection, select

from gateway.db import Database, open_database
from gateway.db.group_tables import group_tenure, membership_span
from gateway.db.tables import ingestion
from gateway.events.event import Classification, Comment
from gateway.rollups.backfill import backfill
from gateway.rollups.erasure import erase
from gateway.rollups.spans import (
    begin_tenure,
    change_instant,
    close_spans,
    end_tenure,
    open_spans,
    recount_groups,
)
from tests.events_of import EPOCH, INSTANTS, classifications, clear, store
from tests.recount import Span, Stored, Tenure, groups_of, stored
from tests.rollups.test_ingestion_against_a_model import held_after
from tests.rollups.test_rebuild import verified
from tests.sampled import examples

CHECKS = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]
#: Its instant, the function, the group and its users.
Change = tuple[int, Callable[..., None] | None, int, list[int]]
#: The end of all changes.
NOTHING: Change = (0, None, 0, [])
GROUPS = st.sampled_from([501, 502, 504])
USERS = st.lists(st.sampled_from([1, 2, 3]), min_size=1, unique=True)
#: Few instants, two of them next to each other, so that events and changes often meet.
TIMES = INSTANTS[5:9]
CLOCKS = st.builds(
    lambda instant, more: instant + more, st.sampled_from(TIMES[:-1]), st.integers(-1, 1)
)
ARRIVING = classifications.map(
    lambda event: event._replace(event_time=TIMES[INSTANTS.index(event.event_time) % len(TIMES)])
)


class Spans:
    """What spans and tenures there must be, one change at a time."""

    def __init__(self) -> None:
        self.spans: set[Span] = set()
        self.tenures: set[Tenure] = set()

    def open(self, group: int, users: Sequence[int], at: int) -> None:
        for user in users:
            own = [one for one in self.spans if (one.group, one.user) == (group, user)]
            ends = [one.ends for one in own]
            if None not in ends:
                self.spans.add(Span(group, user, max([at, *filter(None, ends)]), None))

    def close(self, group: int, users: Sequence[int] | None, at: int) -> None:
        for one in [*self.spans]:
            if one.group == group and one.ends is None and (users is None or one.user in users):
                self.spans.remove(one)
                if one.begins < at:
                    self.spans.add(one._replace(ends=at))

    def begin(self, group: int, at: int) -> None:
        ends = [one.ends for one in self.tenures if one.group == group]
        if None not in ends:
            self.tenures.add(Tenure(group, max([at, *filter(None, ends)]), None))

    def end(self, group: int, at: int) -> None:
        for one in [*self.tenures]:
            if one.group == group and one.ends is None:
                self.tenures.remove(one)
                if one.begins < at:
                    self.tenures.add(one._replace(ends=at))


class Clock:
    """Tells whatever instant it is set to."""

    now = TIMES[0]

    def __call__(self) -> datetime:
        return EPOCH + timedelta(microseconds=self.now)


class GroupLife(RuleBasedStateMachine):
    """A database, and what must be in it."""

    runner: asyncio.Runner
    database: Database
    clock: Clock

    def __init__(self) -> None:
        super().__init__()
        self.write(clear)
        self.model = Spans()
        self.forgotten: set[int] = set()
        self.held: dict[tuple[str, int], Classification | Comment] = {}

    def write(self, work: Callable[[Connection], Any]) -> Any:
        return self.runner.run(self.database.write(work))

    def change(self, change: Callable[..., Any], *what: Any) -> int:
        """Carry out a change; returns its instant."""
        expected = max(self.clock.now, self.stored_at() + 1)

        def work(connection: Connection) -> int:
            at = change_instant(connection)
            change(connection, *what, at)
            return at

        assert self.write(work) == expected
        return expected

    def stored_at(self) -> int:
        return self.write(lambda c: c.execute(select(ingestion.c.stored_at)).scalar() or 0)

    def living(self, users: Sequence[int]) -> list[int]:
        return [user for user in users if user not in self.forgotten]

    @rule(to=CLOCKS)
    def let_the_clock_jump(self, to: int) -> None:
        self.clock.now = to

    @rule(arrived=st.lists(ARRIVING, min_size=1, max_size=8))
    def ingest(self, arrived: Sequence[Classification]) -> None:
        told = [e.anonymous() if e.user_id in self.forgotten else e for e in arrived]
        self.held, _ = held_after(self.held, told)
        self.runner.run(store(self.database, *arrived))
        self.compare()

    @rule(group=GROUPS, users=USERS)
    def join(self, group: int, users: list[int]) -> None:
        self.model.open(group, self.living(users), self.change(open_spans, group, users))
        self.compare()

    @rule(group=GROUPS, users=st.one_of(USERS, st.none()))
    def leave(self, group: int, users: list[int] | None) -> None:
        self.model.close(group, users, self.change(close_spans, group, users))
        self.compare()

    @rule(group=GROUPS, users=USERS)
    def take_over(self, group: int, users: list[int]) -> None:
        at = self.change(begin_tenure, group, users)
        self.model.begin(group, at)
        self.model.open(group, self.living(users), at)
        self.compare()

    @rule(group=GROUPS, users=USERS)
    def make(self, group: int, users: list[int]) -> None:
        at = max(self.clock.now, self.stored_at() + 1)
        self.write(lambda connection: begin_tenure(connection, group, users, 0))
        self.model.begin(group, 0)
        self.model.open(group, self.living(users), at)
        self.compare()

    @rule(group=GROUPS)
    def give_back(self, group: int) -> None:
        self.model.close(group, None, self.change(close_spans, group, None))
        self.model.end(group, self.change(end_tenure, group))
        self.compare()

    @rule(group=GROUPS, users=USERS, until=st.sampled_from(TIMES))
    def count_earlier_work(self, group: int, users: list[int], until: int) -> None:
        before = self.counted_to(group)
        counted = self.write(lambda c: backfill(c, group, users, until))
        assert counted == self.counted_to(group) - before
        self.compare()

    @rule(
        group=GROUPS,
        user=st.sampled_from([1, 2, 3]),
        instants=st.lists(st.sampled_from(TIMES), min_size=2, max_size=4, unique=True),
    )
    def load_spans(self, group: int, user: int, instants: list[int]) -> None:
        """As a directory that is loaded says what has been."""
        if user in self.forgotten:
            return
        ordered = sorted(instants)
        ends = [*ordered[1::2], None][: len(ordered[::2])]
        spans = [Span(group, user, *stretch) for stretch in zip(ordered[::2], ends, strict=True)]

        def work(connection: Connection) -> None:
            for table in (membership_span, group_tenure):
                connection.execute(table.delete().where(table.c.group_id == group))
            tenure = dict(zip(group_tenure.c.keys(), (group, ordered[0], None), strict=True))
            connection.execute(group_tenure.insert(), tenure)
            columns = membership_span.c.keys()
            rows = [dict(zip(columns, span, strict=True)) for span in spans]
            connection.execute(membership_span.insert(), rows)
            recount_groups(connection, [group])

        self.write(work)
        model = self.model
        model.spans = {one for one in model.spans if one.group != group} | {*spans}
        model.tenures = {one for one in model.tenures if one.group != group}
        model.tenures.add(Tenure(group, ordered[0], None))
        self.compare()

    @rule(user=st.sampled_from([2, 3]))
    def forget(self, user: int) -> None:
        self.write(lambda connection: erase(connection, user))
        self.forgotten.add(user)
        self.model.spans = {one for one in self.model.spans if one.user != user}
        self.held = {
            key: event.anonymous() if event.user_id == user else event
            for key, event in self.held.items()
        }
        self.compare()

    def counted_to(self, group: int) -> int:
        found = self.runner.run(stored(self.database))
        return sum(
            group in groups_of(event, found.backfills, found.spans, found.tenures)
            for event in found.events.values()
            if isinstance(event, Classification)
        )

    def compare(self) -> None:
        found = self.runner.run(stored(self.database))
        assert found.events == self.held
        assert found.spans == self.model.spans
        assert found.tenures == self.model.tenures
        assert found.rollups == found.recount()
        assert self.runner.run(verified(self.database)) == []


def test_groups_equal_a_model_after_every_step(database_url: str) -> None:
    clock = Clock()
    with asyncio.Runner() as runner:
        database = open_database(database_url, clock=clock)
        runner.run(database.migrate())
        these = {"runner": runner, "database": database, "clock": clock}
        run_state_machine_as_test(
            type("This", (GroupLife,), these),
            settings=settings(
                max_examples=examples(50),
                stateful_step_count=20,
                deadline=None,
                suppress_health_check=CHECKS,
            ),
        )
        runner.run(database.close())


EVENTS_ONCE = st.lists(
    ARRIVING,
    unique_by=lambda event: event.id,
    max_size=6,
)
CHANGES = st.lists(
    st.tuples(
        CLOCKS,
        st.sampled_from([open_spans, close_spans, begin_tenure, end_tenure]),
        st.sampled_from([501, 502]),
        st.lists(st.sampled_from([1, 2]), min_size=1, unique=True),
    ),
    unique_by=lambda change: change[0],
    max_size=6,
).map(lambda changes: sorted(changes, key=itemgetter(0)))


def test_when_events_arrive_between_changes_makes_no_difference(database_url: str) -> None:
    clock = Clock()
    with asyncio.Runner() as runner:
        database = open_database(database_url, clock=clock)
        runner.run(database.migrate())

        async def carried_out(
            arriving: Sequence[Classification], changes: Sequence[Change], places: Sequence[int]
        ) -> Stored:
            """Store each event before the change of that number, or after all of them."""
            clock.now = 0
            await database.write(clear)
            for number, (at, change, group, users) in enumerate([*changes, NOTHING]):
                for event, place in zip(arriving, places, strict=True):
                    if place == number:
                        await store(database, event)
                if change is None:
                    break
                clock.now = at
                what = (group,) if change is end_tenure else (group, users)
                await database.write(lambda c, go=change, to=what, at=at: go(c, *to, at))
            assert await verified(database) == []
            return await stored(database)

        @settings(max_examples=examples(60), deadline=None, suppress_health_check=CHECKS)
        @given(EVENTS_ONCE, CHANGES, st.data())
        def check(
            arriving: Sequence[Classification], changes: Sequence[Change], data: st.DataObject
        ) -> None:
            place = st.integers(0, len(changes))
            ways = st.lists(place, min_size=len(arriving), max_size=len(arriving))
            one = runner.run(carried_out(arriving, changes, data.draw(ways)))
            assert one.rollups == one.recount()
            assert runner.run(carried_out(arriving, changes, data.draw(ways))) == one

        check()
        runner.run(database.close())
