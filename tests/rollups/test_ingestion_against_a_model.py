"""Any sequence of events, re-sends, changed copies, backfills and erasures is counted exactly."""

import asyncio
from collections.abc import Sequence

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test

from gateway.db import Database, open_database, upsert
from gateway.events.event import Classification, Comment
from gateway.rollups import volunteers
from gateway.rollups.apply_batch import Outcome
from gateway.rollups.backfill import backfill
from gateway.rollups.erasure import erase
from tests.events_of import INSTANTS, clear, events, store
from tests.recount import groups_of, key_of, recount, stored
from tests.sampled import examples

Held = dict[tuple[str, int], Classification | Comment]
Events = Sequence[Classification | Comment]

CHECKS = [HealthCheck.too_slow, HealthCheck.data_too_large]


def held_after(held: Held, arrived: Events) -> tuple[Held, Outcome]:
    """What the ledger holds after events arrived in this order, and what became of each."""
    after = dict(held)
    fates = []
    for event in arrived:
        known = after.get(key_of(event))
        after[key_of(event)] = winner(known, event)
        fates.append(
            "stored" if known is None else ("replaced", "unchanged")[after[key_of(event)] == known]
        )
    return after, Outcome(*(fates.count(fate) for fate in ("stored", "unchanged", "replaced")))


def winner(
    known: Classification | Comment | None, event: Classification | Comment
) -> Classification | Comment:
    """An earlier copy never replaces a later one; else the last to arrive wins."""
    if known is None or known.updated_at is None:
        return event
    if event.updated_at is None:
        return event._replace(updated_at=known.updated_at)
    return known if event.updated_at < known.updated_at else event


@pytest.mark.parametrize("batches", ["small", "large"])
def test_rollups_equal_a_model_after_every_step(
    database_url: str, batches: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if batches == "large":
        # As if all batches were: buckets are looked at first, and new rows are copied.
        monkeypatch.setattr(volunteers, "_WORTH_A_LOOK", 1)
        monkeypatch.setattr(upsert, "_MANY", 1)
    with asyncio.Runner() as runner:
        database = open_database(database_url)
        runner.run(database.migrate())

        class Ingestion(RuleBasedStateMachine):
            def __init__(self) -> None:
                super().__init__()
                runner.run(database.write(clear))
                self.held: Held = {}
                self.backfills: dict[tuple[int, int], int] = {}
                self.forgotten: set[int] = set()

            @rule(arrived=st.lists(events, min_size=1, max_size=12))
            def ingest(self, arrived: Events) -> None:
                told = [self.known(event) for event in arrived]
                self.held, expected = held_after(self.held, told)
                assert runner.run(store(database, *arrived)) == expected
                self.compare()

            @rule(
                group=st.sampled_from([501, 504]),
                users=st.lists(st.sampled_from([1, 2, 9]), min_size=1, unique=True),
                until=st.sampled_from(INSTANTS),
            )
            def count_earlier_work(self, group: int, users: list[int], until: int) -> None:
                before = self.counted_to(group)
                for user in set(users) - self.forgotten:
                    known = self.backfills.get((group, user), until)
                    self.backfills[group, user] = max(known, until)
                counted = runner.run(
                    database.write(lambda connection: backfill(connection, group, users, until))
                )
                assert counted == self.counted_to(group) - before
                self.compare()

            @rule(user=st.sampled_from([2, 3, 9]))
            def forget(self, user: int) -> None:
                theirs = sum(event.user_id == user for event in self.held.values())
                assert runner.run(database.write(lambda c: erase(c, user))) == theirs
                self.forgotten.add(user)
                self.held = {key: self.known(event) for key, event in self.held.items()}
                self.backfills = {
                    key: until for key, until in self.backfills.items() if key[1] != user
                }
                self.compare()

            def known(self, event: Classification | Comment) -> Classification | Comment:
                return event.anonymous() if event.user_id in self.forgotten else event

            def counted_to(self, group: int) -> int:
                return sum(
                    group in groups_of(event, self.backfills)
                    for event in self.held.values()
                    if isinstance(event, Classification)
                )

            def compare(self) -> None:
                found = runner.run(stored(database))
                assert found.events == self.held
                assert found.backfills == self.backfills
                assert found.rollups == recount(self.held.values(), self.backfills)

        run_state_machine_as_test(
            Ingestion,
            settings=settings(
                max_examples=examples(30),
                stateful_step_count=10,
                deadline=None,
                suppress_health_check=CHECKS,
            ),
        )
        runner.run(database.close())


def test_how_a_stream_is_cut_into_batches_changes_nothing(database_url: str) -> None:
    with asyncio.Runner() as runner:
        database = open_database(database_url)
        runner.run(database.migrate())

        @settings(max_examples=examples(30), deadline=None, suppress_health_check=CHECKS)
        @given(st.lists(events, max_size=25), st.lists(st.integers(1, 6), min_size=25, max_size=25))
        def check(arrived: Events, sizes: list[int]) -> None:
            at_once = runner.run(store_in_batches(database, arrived, [len(arrived)]))
            assert runner.run(store_in_batches(database, arrived, sizes)) == at_once

        check()
        runner.run(database.close())


async def store_in_batches(database: Database, arrived: Events, sizes: list[int]) -> object:
    """What the database and the outcome are after storing the events in batches of these sizes."""
    await database.write(clear)
    outcome, rest = Outcome(), list(arrived)
    for size in sizes:
        outcome = outcome.plus(await store(database, *rest[:size]))
        rest = rest[size:]
    assert rest == []
    return outcome, await stored(database)
