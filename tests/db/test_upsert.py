"""Many rows in one statement: replaced, added to, or deleted once they are empty."""

import pytest
from sqlalchemy import Connection, select

from gateway.db import Database
from gateway.db.rollup_sets import GROUP_USER
from gateway.db.tables import user
from gateway.db.upsert import add_rows, delete_empty, replace_rows

TABLE = GROUP_USER.table
FIRST, SECOND = (501, 0, 19_782, 1), (501, 0, 19_782, 2)

Row = tuple[int, ...]


async def rows_after(database: Database, *steps: tuple[object, list[Row]]) -> list[Row]:
    def work(connection: Connection) -> None:
        for step, rows in steps:
            step(connection, TABLE, rows)  # type: ignore[operator]

    await database.write(work)
    async with database.read() as snapshot:
        return [tuple(row) for row in await snapshot.fetch(select(TABLE).order_by(*TABLE.c))]


async def test_a_row_with_a_new_key_is_inserted(database: Database) -> None:
    for write in (replace_rows, add_rows):
        assert await rows_after(database, (delete_empty, []), (write, [(*FIRST, 2, 30)])) == [
            (*FIRST, 2, 30)
        ]
        await database.write(lambda connection: connection.execute(TABLE.delete()))


async def test_replacing_overwrites_the_row_with_the_same_key(database: Database) -> None:
    steps = ((replace_rows, [(*FIRST, 2, 30), (*SECOND, 1, 1)]), (replace_rows, [(*FIRST, 5, 7)]))
    assert await rows_after(database, *steps) == [(*FIRST, 5, 7), (*SECOND, 1, 1)]


async def test_replacing_overwrites_with_null(database: Database) -> None:
    def work(connection: Connection) -> None:
        replace_rows(connection, user, [(1, "ada", "Ada"), (2, None, None)])
        replace_rows(connection, user, [(1, "ada", None), (2, "bob", None)])

    await database.write(work)
    async with database.read() as snapshot:
        assert await snapshot.fetch(select(user).order_by(user.c.id)) == [
            (1, "ada", None),
            (2, "bob", None),
        ]


async def test_adding_grows_every_measure_of_the_row(database: Database) -> None:
    steps = ((add_rows, [(*FIRST, 2, 30), (*SECOND, 1, 1)]), (add_rows, [(*FIRST, -1, 12)]))
    assert await rows_after(database, *steps) == [(*FIRST, 1, 42), (*SECOND, 1, 1)]


async def test_only_empty_rows_among_the_keys_are_deleted(database: Database) -> None:
    third = (502, 0, 19_782, 1)
    rows = [(*FIRST, 0, 0), (*SECOND, 1, 0), (*third, 0, 0)]
    steps = ((add_rows, rows), (delete_empty, [FIRST, SECOND]))
    assert await rows_after(database, *steps) == [(*SECOND, 1, 0), (*third, 0, 0)]


@pytest.mark.parametrize("write", [replace_rows, add_rows, delete_empty])
async def test_no_rows_are_nothing_to_do(database: Database, write: object) -> None:
    assert await rows_after(database, (write, [])) == []


async def test_more_rows_than_one_statement_takes(database: Database) -> None:
    rows = [(501, 0, 19_782, number, 1, 1000) for number in range(1, 45_001)]
    keys = [row[:4] for row in rows]
    emptied = [(*key, -1, -1000) for key in keys]
    assert await rows_after(database, (add_rows, rows), (add_rows, rows[:1])) == [
        (*keys[0], 2, 2000),
        *rows[1:],
    ]
    assert await rows_after(database, (add_rows, emptied), (delete_empty, keys)) == [
        (*keys[0], 1, 1000)
    ]
