"""Any number of ids is one parameter."""

import re
from collections.abc import Sequence

import pytest
from sqlalchemy import Connection, select

from gateway.db import Database
from gateway.db.ids import among
from gateway.db.tables import user
from gateway.db.upsert import replace_rows
from tests.query_plans import plan

LARGEST = 2**63 - 1
NAMED = select(user.c.id).where(among(user.c.id, "ids")).order_by(user.c.id)


async def found(database: Database, ids: Sequence[int]) -> list[int]:
    async with database.read() as snapshot:
        return [row.id for row in await snapshot.fetch(NAMED, {"ids": ids})]


@pytest.fixture
async def users(database: Database) -> Database:
    def fill(connection: Connection) -> None:
        rows = [(number, None, None) for number in (*range(2, 2001, 2), LARGEST)]
        replace_rows(connection, user, rows)

    await database.write(fill)
    return database


async def test_a_hundred_thousand_ids_are_one_parameter(users: Database) -> None:
    assert await found(users, range(1, 100_001)) == list(range(2, 2001, 2))


async def test_ids_that_there_are_are_found_once(users: Database) -> None:
    assert await found(users, []) == []
    assert await found(users, [1]) == []
    assert await found(users, [-2, 0, 2]) == [2]
    assert await found(users, [2, 2, 4, 2]) == [2, 4]
    assert await found(users, [LARGEST]) == [LARGEST]


async def test_ids_are_looked_up_in_the_index_of_their_column(users: Database) -> None:
    steps = await users.write(lambda connection: plan(connection, NAMED, {"ids": [2, 4]}))
    assert re.search(r"SEARCH user_account|Index .*Scan (using|on) pk_user_account", steps), steps
