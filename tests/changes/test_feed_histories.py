"""Whatever becomes of the database, nothing that was read in one history holds in another."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import pytest

from gateway.changes.entity import SITE, Entity
from gateway.changes.feed import ChangeFeed
from gateway.changes.log import log_change
from gateway.changes.position import LogPosition
from gateway.db import open_database
from tests.changes.positions import caught_up, change, current
from tests.histories import restore, save

NOON = datetime(2024, 3, 4, 12, tzinfo=UTC)

#: Changed in the beginning, by the lost history alone, by the other alone, by both, by neither.
COMMON, LOST, OTHER, BOTH, NEITHER = (("user", number) for number in range(1, 6))
ENTITIES: Sequence[Entity] = (COMMON, LOST, OTHER, BOTH, NEITHER, SITE)


class Course(NamedTuple):
    """How many transactions two histories have since they went apart, and what the clock says."""

    lost: int
    other: int
    since: datetime = NOON


COURSES = {
    "a restored backup": Course(3, 0),
    "a backup of what nothing was lost since": Course(0, 2),
    "copies with equally many writes": Course(3, 3),
    "copies with more writes in the lost one": Course(4, 2),
    "copies with fewer writes in the lost one": Course(2, 4),
    "a clock that steps back": Course(2, 3, NOON - timedelta(hours=1)),
}


@pytest.fixture(params=COURSES)
def course(request: pytest.FixtureRequest) -> Course:
    return COURSES[request.param]


@pytest.fixture
async def beginning(database_url: str) -> str:
    """The URL of a database that has a copy of the name ``copy``."""
    async with open_database(database_url, clock=lambda: NOON) as database:
        await database.migrate()
        await change(database, user=[COMMON[1]])
    return await save(database_url, "copy")


async def write(url: str, times: int, since: datetime, *entities: Entity) -> list[LogPosition]:
    """Transactions of which the first changes these, and all others something else."""
    positions = []
    async with open_database(url, clock=lambda: since) as database:
        for number in range(times):
            ids = [1000 + number] if number else [one[1] for one in entities]
            positions.append(
                await database.write(lambda connection, ids=ids: log_change(connection, user=ids))  # type: ignore[misc]
            )
    return positions


@pytest.mark.parametrize("followed", [True, False], ids=["a feed that saw it", "one that did not"])
async def test_nothing_of_a_lost_history_holds(
    beginning: str, database_url: str, course: Course, followed: bool
) -> None:
    async with open_database(database_url) as database, ChangeFeed(database) as feed:
        before = await caught_up(feed)
        lost = await write(database_url, course.lost, course.since, LOST, BOTH)
        if followed:
            for _ in range(2):
                assert await caught_up(feed) == (lost[-1] if lost else before)
            assert all(feed.holds([NEITHER], one) for one in lost[-1:])
        await restore(beginning, database_url)
        other = await write(database_url, course.other, course.since, OTHER, BOTH)
        while await feed.catch_up() is None:
            pass  # connections were ended
        newest = feed.position
        assert newest == (other[-1] if other else before) == await current(database)
        for entity in ENTITIES:
            for one in lost:
                assert not feed.holds([entity], one)
                assert not feed.holds([entity], before, at=one)
                assert not feed.holds([entity], newest, at=one)
        for entity in (OTHER, BOTH, SITE):
            assert feed.holds([entity], before) == (not other)
        if other:
            assert feed.holds([OTHER, BOTH, SITE], other[-1])
        # What was there before and is still there may be known to hold, but never need be.
        assert feed.contains(before) == feed.holds([NEITHER, COMMON], before)
        assert feed.contains(before) or followed


async def test_a_file_that_was_replaced_is_begun_anew(tmp_path: Path) -> None:
    """Also by one whose log says the same: whoever replaced it may have changed anything."""
    file, other = tmp_path / "stats.db", tmp_path / "other.db"
    async with open_database(f"sqlite:///{file}") as made:
        await made.migrate()
    await save(f"sqlite:///{file}", "other")
    forgotten: list[LogPosition | None] = []
    async with open_database(f"sqlite:///{file}") as database, ChangeFeed(database) as feed:
        before = await caught_up(feed)
        feed.on_invalidate(lambda: forgotten.append(feed.position))
        other.replace(file)
        assert await caught_up(feed) == before
        assert forgotten == [before]
        written = await change(database, user=[1])
        assert await caught_up(feed) == written
        assert forgotten == [before]


async def test_a_replica_that_lags_is_told_what_holds_in_it(
    beginning: str, database_url: str
) -> None:
    """Its snapshots are of a position that the feed of the primary has left behind."""
    async with (
        open_database(database_url) as primary,
        open_database(beginning) as replica,
        ChangeFeed(primary) as feed,
    ):
        behind = await current(replica)
        assert await caught_up(feed) == behind
        written = await change(primary, user=[1])
        assert await caught_up(feed) == written
        assert feed.contains(behind)
        assert feed.holds([("user", 2)], written, at=behind)
        assert not feed.holds([("user", 1)], written, at=behind)
        assert not feed.holds([SITE], written, at=behind)


async def test_what_a_primary_says_is_not_known_to_the_feed_of_a_replica(
    beginning: str, database_url: str
) -> None:
    async with (
        open_database(database_url) as primary,
        open_database(beginning) as replica,
        ChangeFeed(replica) as feed,
    ):
        behind = await caught_up(feed)
        written = await change(primary, user=[1])
        assert await caught_up(feed) == behind
        assert not feed.contains(written)
        assert not feed.holds([("user", 2)], behind, at=written)
        assert not feed.holds([("user", 2)], written)


async def test_a_feed_that_is_moved_to_a_replica_that_lags_forgets(
    beginning: str, database_url: str
) -> None:
    async with open_database(database_url) as database, ChangeFeed(database) as feed:
        written = await change(database, user=[1])
        assert await caught_up(feed) == written
        await restore(beginning, database_url)
        while await feed.catch_up() is None:
            pass
        assert feed.position == await current(database) != written
        assert feed.restarted == 2
        assert not feed.contains(written)


async def test_two_histories_never_share_a_position(beginning: str, database_url: str) -> None:
    one = await write(database_url, 20, NOON, COMMON)
    other = await write(beginning, 20, NOON, COMMON)
    assert [position.version for position in one] == [position.version for position in other]
    assert not {*one} & {*other}
    assert len({position.mark for position in (*one, *other)}) == 40
