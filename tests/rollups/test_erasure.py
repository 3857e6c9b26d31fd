"""A user who asked to be forgotten is, and stays so."""

from sqlalchemy import select

from gateway.db import Database, tables
from gateway.directory.erase_user import erase_user
from gateway.directory.load import load_directory
from gateway.directory.store_names import store_names
from gateway.events.event import Names
from gateway.rollups.backfill import backfill
from tests.events_of import classification, comment, instant, store
from tests.recount import key_of, recount, stored

OF_ONE = (
    classification(1, user=1, groups=(501,)),
    classification(2, "2023-05-01T00:00", user=1, groups=(501, 502)),
    comment(1, user=1),
)
OF_TWO = (classification(3, user=2, groups=(501,)), comment(2, user=2))
DIRECTORY = {
    "users": [{"id": 1, "login": "one"}, {"id": 2, "login": "two"}],
    "user_groups": [{"id": 501, "name": "class", "stats_visibility": 0}],
    "memberships": [
        {"user_id": user, "user_group_id": 501, "state": "active", "roles": ["group_member"]}
        for user in (1, 2)
    ],
}


async def fill(database: Database) -> None:
    await store(database, *OF_ONE, *OF_TWO)
    await database.write(lambda connection: load_directory(connection, DIRECTORY))
    until = instant("2030-01-01T00:00")
    await database.write(lambda connection: backfill(connection, 503, [1, 2], until))


async def forget(database: Database) -> int:
    return await database.write(lambda connection: erase_user(connection, 1))


async def test_work_of_a_forgotten_user_stays_counted_as_anonymous(database: Database) -> None:
    await fill(database)
    assert await forget(database) == 3
    found = await stored(database)
    assert found.events == {
        key_of(event): event.anonymous() if event.user_id == 1 else event
        for event in (*OF_ONE, *OF_TWO)
    }
    assert {user for _, user in found.backfills} == {2}
    assert found.rollups == found.recount()
    assert found.rollups["site"][0, 3, 0] == (3, 3 * 3_600_000, 2, 1)


async def test_events_sent_again_do_not_bring_a_forgotten_user_back(database: Database) -> None:
    await fill(database)
    await forget(database)
    before = await stored(database)
    assert await store(database, *OF_ONE) == (0, 3, 0)
    assert await store(database, classification(9, user=1, groups=(501,))) == (1, 0, 0)
    after = await stored(database)
    assert after.events.pop(("classification", 9)) == classification(9, user=None)
    assert after.events == before.events


async def test_the_directory_does_not_learn_a_forgotten_user_again(database: Database) -> None:
    await fill(database)
    await forget(database)
    await database.write(
        lambda connection: store_names(connection, Names(users={1: "one", 3: "three"}))
    )
    await database.write(lambda connection: load_directory(connection, DIRECTORY))
    async with database.read() as snapshot:
        users = await snapshot.fetch(select(tables.user.c.id).order_by(tables.user.c.id))
        members = await snapshot.fetch(select(tables.membership.c.user_id))
    assert [row.id for row in users] == [2, 3]
    assert [row.user_id for row in members] == [2]


async def test_a_forgotten_user_is_not_backfilled_again(database: Database) -> None:
    await fill(database)
    await forget(database)
    until = instant("2026-01-01T00:00")
    await database.write(lambda connection: backfill(connection, 502, [1, 2], until))
    found = await stored(database)
    assert [user for group, user in found.backfills if group == 502] == [2]


async def test_forgetting_twice_or_a_stranger_is_harmless(database: Database) -> None:
    await fill(database)
    await forget(database)
    before = await stored(database)
    assert await forget(database) == 0
    assert await database.write(lambda connection: erase_user(connection, 77)) == 0
    assert await stored(database) == before


async def test_many_events_are_erased_round_by_round(database: Database) -> None:
    many = [classification(10 + number, user=1) for number in range(10_001)]
    await store(database, *many, classification(5, user=2))
    assert await forget(database) == 10_001
    found = await stored(database)
    assert {user for user, *_ in found.rollups["user"]} == {2}
    assert found.rollups == recount(found.events.values(), {})
