"""Whatever becomes of the database, nothing that was kept in one history is given in another.

A gateway goes on while its database becomes a backup of it, or a copy that others have written
to. Everybody's clock stands still here, which makes versions as alike as they can get.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import httpx
import pytest

from gateway.db import Database, open_database
from gateway.events.event import Classification
from tests.events_of import classification, comment, store
from tests.graphql.cached_gateway import Gateway
from tests.graphql.copies import (
    DIRECTORY,
    DOCUMENTS,
    GROUP,
    GROUP_STATS,
    NOON,
    Clock,
    gateway,
    get,
)
from tests.graphql.test_response_cache import told
from tests.histories import restore, save
from tests.loaders.test_never_stale import DOCUMENTS as OPERATIONS
from tests.loaders.test_never_stale import VIEWERS, entries

HOUR = timedelta(hours=1)


class Course(NamedTuple):
    """What two histories that have a beginning in common have written since, and when."""

    one: int
    other: int
    #: What the clock says after the beginning.
    since: datetime


COURSES = {
    "a restored backup": Course(3, 0, NOON),
    "copies with equally many writes": Course(3, 3, NOON),
    "copies with more writes in the first": Course(4, 2, NOON),
    "copies with more writes in the second": Course(2, 4, NOON),
    "a clock that steps back an hour": Course(3, 3, NOON - HOUR),
    "a clock that steps back an hour, more writes in the second": Course(1, 4, NOON - HOUR),
    "a clock that goes on an hour": Course(3, 3, NOON + HOUR),
}


@pytest.fixture(params=COURSES)
def course(request: pytest.FixtureRequest) -> Course:
    return COURSES[request.param]


@pytest.fixture
async def beginning(database_url: str) -> str:
    """The URL of a database that has a copy of the name ``copy``."""
    async with open_database(database_url, clock=lambda: NOON) as database:
        await database.migrate()
        await database.write(entries(**DIRECTORY))
        await store(database, classification(1, groups=(501,)), comment(1))
    return await save(database_url, "copy")


async def write(url: str, course: Course, events: Sequence[Classification], name: str) -> None:
    """Store events one by one, and rename a group and a user before the last."""
    async with open_database(url, clock=lambda: course.since) as database:
        for event in events[:-1]:
            await store(database, event)
        if events:
            await database.write(
                entries(
                    users=[{"id": 1, "login": name}],
                    user_groups=[{"id": 501, "name": name, "stats_visibility": "public_show_all"}],
                )
            )
            await store(database, events[-1])


def events_of_one(course: Course) -> list[Classification]:
    return [classification(10 + number, groups=(501,)) for number in range(course.one)]


def events_of_other(course: Course) -> list[Classification]:
    """As many of them name what the first history's do, and some name less."""
    events = [
        classification(20 + number, groups=(501,), session_ms=1000, user=1 + number % 2)
        for number in range(course.other - 1)
    ]
    return [*events, classification(30, user=2, project=12)] if course.other else []


async def test_no_copy_of_one_history_holds_in_another(
    beginning: str, database_url: str, course: Course
) -> None:
    async with gateway(Clock(), database_url=database_url) as client:
        await write(database_url, course, events_of_one(course), "one")
        # What is found to hold is remembered in yet another way.
        for _ in range(3):
            before = [await get(client, query) for query in DOCUMENTS]
        await restore(beginning, database_url)
        await write(database_url, course, events_of_other(course), "other")
        after = [
            await get(client, query, response.headers.get("etag", ""))
            for query, response in zip(DOCUMENTS, before, strict=True)
        ]
        again = [await get(client, query) for query in DOCUMENTS]
    truth = await answered_without_caches(database_url)
    assert [response.json() for response in again] == truth
    for first, second, true in zip(before, after, truth, strict=True):
        seen = first if second.status_code == 304 else second
        assert seen.json() == true
    changed = [DOCUMENTS.index(query) for query in (GROUP, GROUP_STATS)]
    assert all(before[place].json() != truth[place] for place in changed)
    assert {after[place].status_code for place in changed} == {200}


async def answered_without_caches(database_url: str) -> list[object]:
    plain = {"database_url": database_url, "cache_bytes": 0, "answer_cache_bytes": 0}
    async with gateway(Clock(), **plain) as client:
        return [_data(await get(client, query)) for query in DOCUMENTS]


def _data(response: httpx.Response) -> object:
    assert response.status_code == 200
    return response.json()


async def test_no_cached_answer_or_value_of_one_history_is_given_in_another(
    beginning: str, database_url: str, course: Course
) -> None:
    async with open_database(database_url) as database, Gateway(database) as both:
        await write(database_url, course, events_of_one(course), "one")
        for _ in range(2):
            before = await answers(both)
        hits = both.hits
        assert hits > 0
        await restore(beginning, database_url)
        await write(database_url, course, events_of_other(course), "other")
        after = await answers(both)
        truth = await answers(without_caches(database))
        assert after == truth
        assert before != truth


def without_caches(database: Database) -> Gateway:
    return Gateway(database, caches=False)


async def answers(one: Gateway) -> list[Any]:
    """What every kind of viewer is told."""
    return [
        told(await one.answer(document, viewer)) for document in OPERATIONS for viewer in VIEWERS
    ]


async def test_what_was_kept_serves_again_in_the_history_it_is_of(
    beginning: str, database_url: str
) -> None:
    """Replicas at different positions, in turn: each finds what it had."""
    async with open_database(database_url) as ahead, open_database(beginning) as behind:
        await store(ahead, *events_of_one(Course(3, 0, NOON)))
        one = Gateway(ahead)
        other = Gateway(behind)
        other.cache = one.cache
        first = await answers(one)
        assert one.cache is not None
        for _ in range(3):
            other_answers = await answers(other)
            assert await answers(one) == first
        assert other_answers != first
        assert other_answers == await answers(without_caches(behind))
