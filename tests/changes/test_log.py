"""Each writing transaction that changes something logs one row, which names what it changed."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import Connection, Select, delete, text

from gateway.changes.log import CURRENT_POSITION, MOST_ENTITIES, ROWS_SINCE, log_change
from gateway.changes.position import LogPosition
from gateway.db import Database
from gateway.db.compiled import compile_statement
from gateway.db.tables import change_log
from tests.changes.positions import append, change, current


async def rows(database: Database) -> list[tuple[int, int, str | None]]:
    async with database.read() as snapshot:
        found = await snapshot.fetch(change_log.select().order_by(change_log.c.version))
    return [tuple(row) for row in found]


async def test_a_new_database_has_a_row_of_everything(database: Database) -> None:
    ((version, _, entities),) = await rows(database)
    assert (version, entities) == (1, None)


async def test_a_row_names_entities_ascending(database: Database) -> None:
    written = await change(
        database, workflow=[], user=[9, 10, 2, 9], project_record=[3], project=[-1, 7]
    )
    last = (await rows(database))[-1]
    assert last == (*written, '{"project":[-1,7],"project_record":[3],"user":[2,9,10]}')
    assert await current(database) == written


async def test_versions_ascend_by_one_in_the_order_of_commits(database: Database) -> None:
    versions = [(await change(database, user=[user])).version for user in (1, 2, 1)]
    assert versions == [2, 3, 4]
    assert [version for version, _, _ in await rows(database)] == [1, 2, 3, 4]


async def test_a_transaction_that_names_entities_twice_has_one_row(database: Database) -> None:
    def name_twice(connection: Connection) -> list[LogPosition]:
        return [
            log_change(connection, user=[2], project=[1]),
            log_change(connection, user=[2]),
            log_change(connection, user=[1], user_record=[2]),
        ]

    positions = await database.write(name_twice)
    assert {*positions} == {await current(database)}
    assert [text for _, _, text in await rows(database)] == [
        None,
        '{"project":[1],"user":[1,2],"user_record":[2]}',
    ]
    later = await change(database, workflow=[1])
    assert later.version == positions[0].version + 1
    assert (await rows(database))[-1] == (*later, '{"workflow":[1]}')


async def test_too_many_are_everything_also_together(database: Database) -> None:
    half = range(MOST_ENTITIES // 2)

    def name_twice(connection: Connection, more: int) -> None:
        log_change(connection, user=half)
        log_change(connection, project=range(len(half) + more))
        log_change(connection, workflow=range(more))

    await database.write(lambda connection: name_twice(connection, 0))
    await database.write(lambda connection: name_twice(connection, 1))
    await change(database, user=range(MOST_ENTITIES))
    await change(database, user=range(MOST_ENTITIES + 1))
    found = [text for _, _, text in (await rows(database))[1:]]
    assert [text is None for text in found] == [False, True, False, True]


async def test_a_transaction_that_fails_logs_nothing_and_the_next_does(database: Database) -> None:
    before = await rows(database)

    def fail(connection: Connection) -> None:
        log_change(connection, user=[1])
        raise LookupError

    for _ in range(2):
        with pytest.raises(LookupError):
            await database.write(fail)
    assert await rows(database) == before
    await change(database, user=[1])
    assert [text for _, _, text in await rows(database)] == [None, '{"user":[1]}']


async def test_a_kind_that_nobody_reads_is_an_error(database: Database) -> None:
    with pytest.raises(ValueError, match="users"):
        await change(database, users=[1])


async def test_marks_are_random_numbers_of_64_bits(database: Database) -> None:
    marks = [(await change(database)).mark for _ in range(64)]
    assert len({*marks}) == 64
    assert min(marks) < 0 < max(marks)
    assert max(map(abs, marks)) > 1 << 60


@pytest.mark.parametrize("statement", [ROWS_SINCE, CURRENT_POSITION], ids=["rows", "position"])
async def test_the_log_is_read_by_its_primary_key(
    database: Database, statement: Select[Any]
) -> None:
    await append(database, (await current(database)).version, ["{}"] * 1000)

    def plan(connection: Connection) -> str:
        compiled = compile_statement(statement, connection.dialect)
        explain = "EXPLAIN QUERY PLAN "
        if connection.dialect.name == "postgresql":
            explain = "EXPLAIN "
            connection.execute(text("ANALYZE change_log"))
            connection.execute(text("SET LOCAL plan_cache_mode = force_generic_plan"))
        steps = connection.exec_driver_sql(
            explain + compiled.text, tuple(compiled.arguments({"known": 990}))
        )
        return "\n".join(str(step[-1]) for step in steps)

    steps = await database.write(plan)
    assert "SCAN change_log" not in steps
    assert "Seq Scan" not in steps


async def test_a_log_that_was_emptied_goes_on(database: Database) -> None:
    await database.write(lambda connection: connection.execute(delete(change_log)))
    async with database.read() as snapshot:
        assert await snapshot.fetch(text("SELECT max(version) FROM change_log")) == [(None,)]
    assert (await change(database)).version == 1
