"""``stats-gateway db upgrade``, on both databases."""

import asyncio
import sqlite3
from pathlib import Path

import pytest
from alembic import command
from click.testing import CliRunner, Result

from gateway.cli import main
from gateway.db import open_database
from gateway.db.migrate import configuration
from gateway.db.readiness import newest_migration

pytestmark = pytest.mark.empty_database


def upgrade(url: str) -> Result:
    return CliRunner().invoke(main, ["db", "upgrade", "--database-url", url])


def test_the_tables_are_created_once(database_url: str) -> None:
    first, again = upgrade(database_url), upgrade(database_url)
    newest = newest_migration()
    assert (first.exit_code, again.exit_code) == (0, 0)
    assert first.stdout == f"Created the tables, at migration {newest}.\n"
    assert again.stdout == f"Nothing to do: the tables are at migration {newest}.\n"


def test_older_tables_are_brought_to_the_newest_migration(database_url: str) -> None:
    async def create_first_tables() -> None:
        async with open_database(database_url) as database:
            await database.write(lambda c: command.upgrade(configuration(c), "0001"))

    asyncio.run(create_first_tables())
    result = upgrade(database_url)
    assert result.exit_code == 0
    assert result.stdout == f"Upgraded the tables from migration 0001 to {newest_migration()}.\n"


def test_tables_of_a_newer_version_are_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "stats.db"
    upgrade(f"sqlite:///{file}")
    with sqlite3.connect(file) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    result = upgrade(f"sqlite:///{file}")
    assert result.exit_code == 1
    assert result.stderr == (
        "Error: The database's tables are at migration 9999, which this version does not know: "
        "install a newer stats-gateway.\n"
    )


def test_a_database_that_does_not_exist_is_one_sentence(postgres_server: str) -> None:
    result = upgrade(postgres_server.replace("/postgres?", "/missing_here?"))
    assert result.exit_code == 1
    assert result.stderr.endswith(
        'is not there (database "missing_here" does not exist): check the URL, and create the'
        " database or put it back (DATABASE_MISSING).\n"
    )


@pytest.mark.parametrize("url", ["mysql://localhost/stats", "stats.db", "sqlite://"])
def test_a_url_that_cannot_be_used_has_status_2(url: str) -> None:
    assert upgrade(url).exit_code == 2
