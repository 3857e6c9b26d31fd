"""A bulk load finds the rows that ``verify`` finds."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from sqlalchemy import Connection

from gateway.db import Database
from gateway.db.group_tables import group_tenure, membership_span
from gateway.db.rollup_sets import SETS, RollupSet
from gateway.db.tables import classification as ledger
from gateway.db.upsert import replace_rows
from gateway.errors import Unavailable
from gateway.ingestion.bulk.spool import connect
from gateway.ingestion.bulk.verification import count_differences
from gateway.rollups.backfill import backfill
from gateway.rollups.recount_groups import recount_groups
from gateway.rollups.verify import verify
from tests.events_of import INSTANTS, classification, comment, store

EVENTS = (
    classification(1, user=1, groups=(501, 502)),
    classification(2, "2023-05-01T00:00", user=2, groups=(501,)),
    classification(3, "2023-12-31T23:00", user=2),
    # Several that are one row of the finest sums.
    classification(4, user=None),
    classification(5, user=None),
    classification(6, user=1, groups=(501, 502)),
    comment(1, user=1),
    comment(2, user=None, project=0),
)


async def counted(database: Database, check: Callable[[], None] = lambda: None) -> int:
    def count(connection: Connection) -> int:
        return count_differences(connection, duck, Path(folder), lambda _: None, check)

    with TemporaryDirectory() as folder, connect(Path(folder), 200) as duck:
        return await database.write(count)


async def verified(database: Database) -> int:
    async with database.read() as snapshot:
        return sum([len(found) for rollup in SETS async for found in verify(snapshot, rollup)])


def add_rules(connection: Connection) -> None:
    """502 counts its members, and 501 what user 2 did before."""
    backfill(connection, 501, [2], INSTANTS[-1])
    replace_rows(connection, group_tenure, [(502, 0, None)])
    replace_rows(connection, membership_span, [(502, 2, 0, None)])
    recount_groups(connection, {501, 502})


@pytest.mark.parametrize("rules", [False, True], ids=["no rules", "rules"])
async def test_what_is_right_has_no_differences(database: Database, rules: bool) -> None:
    await store(database, *EVENTS)
    if rules:
        await database.write(add_rules)
    assert (await verified(database), await counted(database)) == (0, 0)


async def test_an_empty_database_has_none(database: Database) -> None:
    assert await counted(database) == 0


@pytest.mark.parametrize("rules", [False, True], ids=["no rules", "rules"])
@pytest.mark.parametrize("rollup", SETS, ids=lambda rollup: rollup.name)
async def test_every_wrong_row_of_every_set_is_found(
    database: Database, rollup: RollupSet, rules: bool
) -> None:
    await store(database, *EVENTS)
    if rules:
        await database.write(add_rules)
    table = rollup.table

    def spoil(connection: Connection) -> None:
        connection.execute(table.delete().where(table.c.grain == 1))
        last = rollup.measures[-1]
        connection.execute(table.update().values({last: table.c[last] + 1}))
        invented = dict.fromkeys(rollup.keys, 9) | dict.fromkeys(rollup.measures, 0)
        connection.execute(table.insert().values(invented))

    await database.write(spoil)
    found = await verified(database)
    assert found > 3
    assert await counted(database) == found


async def test_an_event_that_is_not_in_the_ledger_is_missed(database: Database) -> None:
    await store(database, *EVENTS)
    await database.write(
        lambda connection: connection.execute(ledger.delete().where(ledger.c.id == 1))
    )
    found = await verified(database)
    assert found > 10
    assert await counted(database) == found


async def test_it_can_be_stopped(database: Database) -> None:
    await store(database, *EVENTS)

    def stop() -> None:
        raise Unavailable("Stopped.")

    with pytest.raises(Unavailable):
        await counted(database, stop)
