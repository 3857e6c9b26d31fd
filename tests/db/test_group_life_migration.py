"""A database from before people could do something with groups keeps all it has."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, select

from gateway.db import Database
from gateway.db.group_tables import future_event
from gateway.db.instants import instant_of
from gateway.db.tables import membership, user_group
from gateway.directory.load import load_directory
from gateway.rollups.backfill import backfill
from gateway.rollups.spans import begin_tenure, change_instant
from tests.db.test_volunteer_migration import without_group_life
from tests.events_of import classification, store
from tests.recount import stored
from tests.rollups.test_rebuild import verified

DIRECTORY = {
    "user_groups": [{"id": 501, "display_name": "Class 7"}, {"id": 502}],
    "memberships": [
        {"user_group_id": 502, "user_id": 3, "state": "invited", "roles": []},
        {"user_group_id": 501, "user_id": 2, "state": "active", "roles": ["group_admin"]},
    ],
}


async def test_memberships_get_ids_and_groups_their_authority(database: Database) -> None:
    await database.write(lambda connection: load_directory(connection, DIRECTORY))
    await database.write(without_group_life)
    await database.write(
        lambda connection: connection.exec_driver_sql(
            "INSERT INTO panoptes_answer (resource, group_id, user_id, asked_at)"
            " VALUES ('user_groups', 502, 0, 1)"
        )
    )
    await database.write(
        lambda connection: connection.exec_driver_sql(
            "UPDATE alembic_version SET version_num = '0013'"
        )
    )
    await database.migrate()
    async with database.read() as snapshot:
        groups = await snapshot.fetch(select(user_group).order_by(user_group.c.id))
        members = await snapshot.fetch(select(membership).order_by(membership.c.group_id))
    assert [tuple(row[-2:]) for row in groups] == [("file", 1), ("panoptes", 1)]
    assert [(row.group_id, row.user_id, row.id, row.revision) for row in members] == [
        (501, 2, 1, 1),
        (502, 3, 2, 1),
    ]


async def test_totals_stay_and_a_takeover_counts_on(database: Database) -> None:
    later = instant_of(datetime.now(UTC) + timedelta(days=3))
    await database.write(lambda connection: load_directory(connection, DIRECTORY))
    several = [
        classification(n, user=1 + n % 3, groups=(501,) if n % 2 else ()) for n in range(1, 13)
    ]
    # Of the member of group 501, and of a stranger.
    several += [
        classification(n, user=n % 10, groups=(501,))._replace(event_time=later) for n in (22, 23)
    ]
    await store(database, *several)
    await database.write(lambda connection: backfill(connection, 502, [3], later))
    before = await stored(database)
    await database.write(without_group_life)
    await database.write(
        lambda connection: connection.exec_driver_sql(
            "UPDATE alembic_version SET version_num = '0013'"
        )
    )
    await database.migrate()
    assert await stored(database) == before
    assert await verified(database) == []

    def take_over(connection: Connection) -> None:
        begin_tenure(connection, 501, [2], change_instant(connection))

    await database.write(take_over)
    after = await stored(database)
    total = (501, 3, 0)
    assert after.rollups["group"][total][0] == before.rollups["group"][total][0] - 1
    assert after.rollups == after.recount()
    assert await verified(database) == []


async def test_events_of_the_future_are_noted(database: Database) -> None:
    later = instant_of(datetime.now(UTC) + timedelta(days=3))
    await store(database, classification(1), classification(2)._replace(event_time=later))
    await database.write(without_group_life)
    await database.write(
        lambda connection: connection.exec_driver_sql(
            "UPDATE alembic_version SET version_num = '0013'"
        )
    )
    await database.migrate()
    async with database.read() as snapshot:
        assert await snapshot.fetch(select(future_event)) == [(later, 2)]
