"""What the migrations make is what the code expects, whoever runs them and however often."""

import asyncio
import sys
import threading
from importlib.resources import files

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, select

from gateway.db import Database, open_database, postgres, sqlite, tables
from gateway.db.migrate import Upgrade, configuration, upgrade
from gateway.db.readiness import check_ready, newest_migration
from gateway.db.schema_version import (
    SchemaVersion,
    migrations,
    read_schema_version,
    write_schema_version,
)
from gateway.errors import Unavailable

pytestmark = pytest.mark.empty_database

#: Until this one, no version could live with the migrations after its own.
FIRST_RULES = "0017"

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


async def test_a_migration_that_is_cancelled_ends_soon_and_changes_nothing(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = threading.Event()

    def endless(connection: Connection) -> Upgrade:
        connection.execute(tables.project.insert().values(id=11, slug="zoo"))
        begun.set()
        connection.exec_driver_sql(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i % 2 + 1 FROM n)"
            " SELECT count(*) FROM n"
        )
        raise AssertionError

    for module in (sqlite, postgres):
        monkeypatch.setattr(module, "upgrade", endless)
    migrating = asyncio.create_task(database.migrate())
    await asyncio.to_thread(begun.wait)
    migrating.cancel()
    with pytest.raises(asyncio.CancelledError):
        await migrating
    async with database.read() as snapshot:
        assert await snapshot.fetch(select(tables.project.c.slug)) == []


async def test_newer_tables_are_lived_with_if_their_migrations_say_so(database: Database) -> None:
    await database.migrate()
    wider = SchemaVersion("9999", newest_migration())
    await database.write(lambda c: write_schema_version(c, wider))
    assert await database.migrate() == Upgrade("9999", "9999")
    assert await database.write(read_schema_version) == wider
    await check_ready(database)

    await database.write(lambda c: write_schema_version(c, SchemaVersion("9999", "9998")))
    with pytest.raises(Unavailable, match="at migration 9999, which this version does not know"):
        await database.migrate()
    with pytest.raises(Unavailable, match="belong to another version"):
        await check_ready(database)


async def test_an_older_version_that_changed_the_tables_is_believed(database: Database) -> None:
    await database.migrate()

    def as_an_older_version(connection: Connection) -> None:
        write_schema_version(connection, SchemaVersion("9999", newest_migration()))
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '0003'")

    await database.write(as_an_older_version)
    assert await database.write(read_schema_version) == SchemaVersion("0003", "0003")


async def test_tables_that_were_not_upgraded_yet_are_not_ready(database_url: str) -> None:
    first = migrations().known[0]
    async with open_database(database_url) as database:
        await database.write(lambda c: command.upgrade(configuration(c), first))
        with pytest.raises(Unavailable, match="belong to another version"):
            await check_ready(database)
        assert await database.write(upgrade) == Upgrade(first, newest_migration())
        await check_ready(database)


def test_every_migration_says_whether_the_version_before_can_live_with_it() -> None:
    scripts = ScriptDirectory(str(files("gateway.db") / "migrations"))
    silent = [
        script.revision
        for script in scripts.walk_revisions()
        if script.revision > FIRST_RULES and not hasattr(script.module, "oldest_version")
    ]
    assert silent == []


def applied(connection: Connection) -> list[str]:
    found = read_schema_version(connection)
    assert found is not None
    return [found.migration]
