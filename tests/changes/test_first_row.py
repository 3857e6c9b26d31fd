"""The log of a database that is migrated begins where its data versions have come to."""

import pytest
from alembic import command
from sqlalchemy import Connection, text

from gateway.db import open_database
from gateway.db.migrate import configuration
from tests.changes.positions import current

pytestmark = pytest.mark.empty_database


@pytest.mark.parametrize(
    ("version", "first"),
    [
        pytest.param(None, 1, id="of a database without data"),
        pytest.param(500, 501, id="counted"),
        pytest.param(1_800_000_000_000_000 * 1024 + 7, 1_800_000_000_000_001, id="by the clock"),
    ],
)
async def test_what_clients_are_told_goes_on_growing(
    database_url: str, version: int | None, first: int
) -> None:
    def as_it_was(connection: Connection) -> None:
        command.upgrade(configuration(connection), "0007")
        if version is not None:
            connection.execute(text(f"INSERT INTO data_version VALUES ('site', 0, {version})"))

    async with open_database(database_url) as database:
        await database.write(as_it_was)
        await database.migrate()
        assert (await current(database)).version == first
