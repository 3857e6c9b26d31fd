"""What the migrations make is what the code expects, whoever runs them and however often."""

import asyncio
import sys

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, inspect, select

from gateway.db import Database, open_database, tables
from gateway.db.readiness import newest_migration

pytestmark = pytest.mark.empty_database

PROGRAM = """
import asyncio, sys
from gateway.db import open_database

async def main():
    async with open_database(sys.argv[1]) as database:
        await database.migrate()

asyncio.run(main())
"""


def differences(connection: Connection) -> list[object]:
    context = MigrationContext.configure(connection, opts={"compare_server_default": True})
    found: list[object] = compare_metadata(context, tables.classification.metadata)
    return found


async def test_migrations_make_the_tables_that_the_code_defines(database: Database) -> None:
    assert await database.write(differences) == []


async def test_a_table_that_no_migration_made_is_noticed(database: Database) -> None:
    await database.write(lambda connection: tables.comment.drop(connection))
    assert [change[0] for change in await database.write(differences)] == ["add_table"]  # type: ignore[index]


async def test_rollups_on_sqlite_have_no_row_number_beside_their_key(database: Database) -> None:
    def definition(connection: Connection) -> str:
        found = connection.exec_driver_sql(
            "SELECT sql FROM sqlite_master WHERE name = 'group_rollup'"
        )
        return str(found.scalar_one())

    if await database.write(lambda connection: connection.dialect.name) == "sqlite":
        assert "WITHOUT ROWID" in await database.write(definition)


async def test_rollups_on_postgresql_leave_room_on_their_pages(database: Database) -> None:
    def options(connection: Connection) -> set[str]:
        found = connection.exec_driver_sql(
            "SELECT unnest(reloptions) FROM pg_class WHERE relname LIKE '%_rollup'"
        )
        return {row[0] for row in found}

    if await database.write(lambda connection: connection.dialect.name) == "postgresql":
        assert await database.write(options) == {"fillfactor=80"}


async def test_migrating_again_keeps_what_is_stored(database: Database) -> None:
    await database.write(
        lambda connection: connection.execute(tables.project.insert().values(id=11, slug="zoo"))
    )
    await database.migrate()
    async with database.read() as snapshot:
        assert await snapshot.fetch(select(tables.project.c.slug)) == [("zoo",)]


async def test_tasks_that_migrate_an_empty_database_at_once_do_it_once(database_url: str) -> None:
    async with open_database(database_url) as one, open_database(database_url) as other:
        await asyncio.gather(*(database.migrate() for database in (one, other) for _ in range(3)))
        assert await one.write(differences) == []
        assert await one.write(applied) == [newest_migration()]


async def test_processes_that_migrate_an_empty_database_at_once_do_it_once(
    database_url: str,
) -> None:
    processes = [
        await asyncio.create_subprocess_exec(
            sys.executable, "-c", PROGRAM, database_url, stderr=asyncio.subprocess.PIPE
        )
        for _ in range(3)
    ]
    assert [(await process.communicate())[1] for process in processes] == [b"", b"", b""]
    assert [process.returncode for process in processes] == [0, 0, 0]
    async with open_database(database_url) as database:
        assert await database.write(applied) == [newest_migration()]


def applied(connection: Connection) -> list[str]:
    assert "alembic_version" in inspect(connection).get_table_names()
    return [row[0] for row in connection.exec_driver_sql("SELECT version_num FROM alembic_version")]
