import pytest

from gateway.db import Database
from gateway.directory.backfill_members import backfill_members
from gateway.directory.load import load_directory
from gateway.errors import InvalidArgument, NotFound
from gateway.events.event import Batch, Classification
from gateway.rollups.apply_batch import apply_batch

NOON = 1_700_000_000_000_000


def member(user_id: int, state: str, *roles: str) -> dict[str, object]:
    return {"user_id": user_id, "user_group_id": 501, "state": state, "roles": list(roles)}


DOCUMENT = {
    "user_groups": [{"id": 501}],
    "memberships": [
        member(1002, "active", "group_member"),
        member(1003, "active", "group_admin"),
        member(1004, "inactive", "group_member"),
        member(1005, "active"),
    ],
}


@pytest.fixture
async def database(database: Database) -> Database:
    # Each of the four has classified twice, the second time after noon.
    events = [
        Classification(10 * user_id + n, NOON + n, None, user_id, 11, 101, 1000, ())
        for user_id in (1002, 1003, 1004, 1005)
        for n in (0, 1)
    ]
    await database.write(lambda connection: load_directory(connection, DOCUMENT))
    await database.write(lambda connection: apply_batch(connection, Batch(events)))
    return database


async def backfilled(database: Database, group_id: int, *user_ids: int, until: int = NOON) -> int:
    return await database.write(lambda c: backfill_members(c, group_id, user_ids, until))


async def test_all_members_are_meant_when_none_is_named(database: Database) -> None:
    assert await backfilled(database, 501) == 2


async def test_only_the_named_members_are_counted(database: Database) -> None:
    assert await backfilled(database, 501, 1002) == 1
    assert await backfilled(database, 501) == 1


async def test_running_it_again_counts_only_what_came_since(database: Database) -> None:
    assert await backfilled(database, 501) == 2
    assert await backfilled(database, 501) == 0
    assert await backfilled(database, 501, until=NOON + 1) == 2


async def test_an_unknown_group_is_not_found(database: Database) -> None:
    with pytest.raises(NotFound) as caught:
        await backfilled(database, 999)
    assert (caught.value.kind, caught.value.entity_id) == ("group", 999)


@pytest.mark.parametrize("stranger", [1004, 1005, 2000])
async def test_strangers_are_not_counted(database: Database, stranger: int) -> None:
    with pytest.raises(
        InvalidArgument, match=f"^User {stranger} is not an active member of group 501"
    ):
        await backfilled(database, 501, 1002, stranger)
    assert await backfilled(database, 501, 1002) == 1
