"""What was known before sayings were kept is neither lost nor turned back by what is older."""

import pytest
from alembic import command
from sqlalchemy import Connection, insert, select

from gateway.db import Database, open_database, tables
from gateway.db.migrate import configuration
from gateway.directory.store_names import store_names
from gateway.events.event import Names

pytestmark = pytest.mark.empty_database


async def old(database: Database, last_event_at: int | None) -> None:
    def make(connection: Connection) -> None:
        command.upgrade(configuration(connection), "0006")
        connection.execute(insert(tables.user), [{"id": 7, "login": "ada"}])
        connection.execute(insert(tables.user), [{"id": 8}])
        connection.execute(insert(tables.project), [{"id": 11, "slug": "a/b"}])
        connection.execute(
            insert(tables.workflow), [{"id": 101, "project_id": 11, "display_name": "Count"}]
        )
        if last_event_at is not None:
            connection.execute(
                insert(tables.ingestion), [{"id": 0, "last_event_at": last_event_at}]
            )

    await database.write(make)
    await database.migrate()


def named(connection: Connection) -> tuple[list[object], list[object]]:
    users = connection.execute(select(tables.user).order_by(tables.user.c.id)).all()
    columns = (tables.workflow.c.id, tables.workflow.c.project_id, tables.workflow.c.display_name)
    return list(users), list(connection.execute(select(*columns)).all())


SAID = Names({7: "older", 8: "bob"}, {11: "B"}, {101: (12, "Older")})


@pytest.mark.parametrize(
    ("as_of", "login", "workflow"),
    [(99, "ada", (101, 11, "Count")), (101, "older", (101, 12, "Older"))],
)
async def test_known_names_are_as_old_as_the_latest_event(
    database_url: str, as_of: int, login: str, workflow: tuple[object, ...]
) -> None:
    async with open_database(database_url) as database:
        await old(database, 100)
        await database.write(lambda c: store_names(c, SAID, as_of))
        assert await database.write(named) == ([(7, login, None), (8, "bob", None)], [workflow])


async def test_without_events_the_directory_said_them(database_url: str) -> None:
    async with open_database(database_url) as database:
        await old(database, None)
        await database.write(lambda c: store_names(c, SAID, 101))
        assert await database.write(named) == (
            [(7, "ada", None), (8, "bob", None)],
            [(101, 11, "Count")],
        )
