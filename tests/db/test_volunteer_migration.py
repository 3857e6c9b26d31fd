"""A database from before there were counts of volunteers gets those that its events tell."""

from sqlalchemy import Connection

from gateway.db import Database
from gateway.db.rollup_sets import SETS
from gateway.rollups.verify import verify
from tests.events_of import INSTANTS, classification, store
from tests.recount import recount, stored


async def test_the_migration_counts_the_volunteers_of_all_that_is_stored(
    database: Database,
) -> None:
    several = [
        classification(n)._replace(
            event_time=INSTANTS[n % len(INSTANTS)],
            user_id=(None, 1, 2, 3)[n % 4],
            project_id=(0, 11, 12)[n % 3],
            workflow_id=101 + n % 5 % 2,
        )
        for n in range(120)
    ]
    await store(database, *several)
    await database.write(without_counts)
    await database.migrate()
    found = await stored(database)
    assert found.rollups == recount(several, {})
    async with database.read() as snapshot:
        assert [one for rollup in SETS async for one in verify(snapshot, rollup)] == []


def without_counts(connection: Connection) -> None:
    """Make the tables those of the migration before."""
    connection.exec_driver_sql("DROP INDEX ix_project_comment_rollup_volunteers")
    connection.exec_driver_sql("DROP INDEX ix_user_rollup_volunteers")
    for table in ("site_rollup", "project_rollup", "workflow_rollup"):
        connection.exec_driver_sql(f"ALTER TABLE {table} DROP COLUMN active_users")
    connection.exec_driver_sql("ALTER TABLE project_rollup DROP COLUMN new_users")
    without_group_life(connection)
    connection.exec_driver_sql("ALTER TABLE membership DROP COLUMN created_at")
    connection.exec_driver_sql("UPDATE alembic_version SET version_num = '0010'")


def without_group_life(connection: Connection) -> None:
    """Make the tables those of before groups were something that people do."""
    for table in (
        "group_tenure",
        "membership_span",
        "future_event",
        "group_join_link",
        "wrong_join",
        "group_change",
        "last_id",
        "instance_secret",
        "goal",
        "own_goal_change",
        "certificate",
        "certificate_issue",
        "file_ticket",
        "bulk_load",
    ):
        connection.exec_driver_sql(f"DROP TABLE {table}")
    connection.exec_driver_sql("DROP INDEX ix_membership_id")
    for column in ("id", "updated_at", "revision", "ended_by", "no_invitations"):
        connection.exec_driver_sql(f"ALTER TABLE membership DROP COLUMN {column}")
    for column in ("authority", "revision"):
        connection.exec_driver_sql(f"ALTER TABLE user_group DROP COLUMN {column}")
    connection.exec_driver_sql("ALTER TABLE ingestion DROP COLUMN stored_at")
