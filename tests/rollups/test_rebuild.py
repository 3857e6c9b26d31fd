"""Whatever happened to the rollups, verify tells of it and rebuild mends it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection

from gateway.db import Database, open_database
from gateway.db.rollup_sets import GROUP_USER, PROJECT, SETS, SITE, USER, WORKFLOW, RollupSet
from gateway.errors import Conflict
from gateway.events.event import Classification, Comment
from gateway.rollups.backfill import backfill
from gateway.rollups.rebuild import rebuild
from gateway.rollups.recount_groups import recount_groups
from gateway.rollups.verify import Difference, verify
from tests import events_of
from tests.events_of import INSTANTS, classification, clear, comment, store
from tests.logged import logged
from tests.recount import recount, stored
from tests.sampled import examples

EVENTS = (
    classification(1, user=1, groups=(501, 502)),
    classification(2, "2023-05-01T00:00", user=2, groups=(501,)),
    classification(3, user=None),
    comment(1, user=1),
    comment(2, user=None, project=0),
)


async def verified(database: Database) -> list[Difference]:
    async with database.read() as snapshot:
        return [one for rollup in SETS async for found in verify(snapshot, rollup) for one in found]


async def spoil(database: Database, rollup: RollupSet) -> None:
    """Lose some rows, invent one, and change the rest."""

    def work(connection: Connection) -> None:
        table = rollup.table
        connection.execute(table.delete().where(table.c.grain == 1))
        connection.execute(table.update().values(n=table.c.n + 1))
        connection.execute(table.insert().values(dict.fromkeys(rollup.keys, 9) | zeros(rollup)))

    await database.write(work)


def zeros(rollup: RollupSet) -> dict[str, int]:
    return dict.fromkeys(rollup.measures, 0)


async def test_a_sound_database_has_no_differences(database: Database) -> None:
    await store(database, *EVENTS)
    await database.write(lambda connection: backfill(connection, 502, [2], INSTANTS[-1]))
    assert await verified(database) == []
    assert await rebuild(database) == {}


async def test_a_difference_says_which_row_and_by_how_much(database: Database) -> None:
    await store(database, *EVENTS)
    await database.write(
        lambda connection: connection.execute(
            SITE.table.update().where(SITE.table.c.grain == 3).values(n=1, ms=0)
        )
    )
    hours = 3 * events_of.HOUR_MS
    assert [str(one) for one in await verified(database)] == [
        f"site: site_id 0, grain 3, bucket 0: n +2, ms +{hours}, anonymous_n +0, active_users +0"
    ]


async def test_a_wrong_count_of_volunteers_is_found_and_mended(database: Database) -> None:
    await store(database, *EVENTS)
    sound = await stored(database)

    def miscount(connection: Connection) -> None:
        of_project = PROJECT.table.c.project_id == 11
        connection.execute(PROJECT.table.update().where(of_project).values(new_users=1))
        all_time = WORKFLOW.table.c.grain == 3
        connection.execute(WORKFLOW.table.update().where(all_time).values(active_users=4))

    await database.write(miscount)
    assert [str(one) for one in await verified(database)] == [
        "project: project_id 11, grain 3, bucket 0: n +0, ms +0, anonymous_n +0, "
        "active_users +0, new_users +1",
        "workflow: workflow_id 101, grain 3, bucket 0, project_id 11: n +0, ms +0, "
        "anonymous_n +0, active_users -2",
    ]
    assert await rebuild(database) == {"project": 1, "workflow": 1}
    assert await stored(database) == sound


@pytest.mark.parametrize("rollup", SETS, ids=lambda rollup: rollup.name)
async def test_rebuild_mends_every_set(database: Database, rollup: RollupSet) -> None:
    await store(database, *EVENTS)
    sound = await stored(database)
    await spoil(database, rollup)
    found = await verified(database)
    assert {one.rollup.name for one in found} == {rollup.name}
    assert await rebuild(database) == {rollup.name: len(found)}
    assert await stored(database) == sound


async def test_events_stored_during_a_rebuild_are_counted_once(database: Database) -> None:
    await store(database, *EVENTS)
    await spoil(database, USER)
    arriving = iter(range(100, 200))
    tasks: list[asyncio.Task[object]] = []

    def started(_: RollupSet) -> None:
        changed = classification(2, "2023-05-02T00:00", user=1, groups=(502,))
        new = classification(next(arriving), user=2)
        tasks.append(asyncio.get_running_loop().create_task(store(database, changed, new)))

    await rebuild(database, started)
    await asyncio.gather(*tasks)
    found = await stored(database)
    assert len(tasks) == len(SETS)
    assert found.rollups == recount(found.events.values(), {})
    assert await verified(database) == []


async def test_of_two_rebuilds_at_once_one_mends_and_one_tells(database: Database) -> None:
    await store(database, *EVENTS)
    sound = await stored(database)
    await spoil(database, USER)
    ended = await asyncio.gather(rebuild(database), rebuild(database), return_exceptions=True)
    assert [type(one) for one in ended].count(Conflict) == 1
    assert await stored(database) == sound


async def test_groups_that_are_recounted_during_a_rebuild_are_mended_once(
    database: Database,
) -> None:
    await store(database, *EVENTS)
    sound = await stored(database)

    def lose(connection: Connection) -> None:
        for rollup in SETS:
            if rollup.by_group:
                connection.execute(rollup.table.delete())

    await database.write(lose)
    tasks: list[asyncio.Task[object]] = []

    def started(rollup: RollupSet) -> None:
        if rollup is SETS[0]:
            work = database.write(lambda connection: recount_groups(connection, [501]))
            tasks.append(asyncio.get_running_loop().create_task(work))

    with pytest.raises(Conflict):
        await rebuild(database, started)
    await asyncio.gather(*tasks)
    await rebuild(database)
    assert await stored(database) == sound


async def test_what_a_rebuild_mends_is_logged_and_nothing_else(database: Database) -> None:
    await store(database, *EVENTS)
    async with logged(database) as changed:
        await spoil(database, GROUP_USER)
        await rebuild(database)
    assert changed == {
        ("site", 0),
        *(("user", one) for one in (1, 2, 9)),
        *(("user_group", one) for one in (9, 501, 502)),
    }


def test_the_recount_in_sql_equals_one_in_python(database_url: str) -> None:
    with asyncio.Runner() as runner:
        database = open_database(database_url)
        runner.run(database.migrate())

        @given(
            st.lists(events_of.events, max_size=12),
            st.dictionaries(
                st.tuples(st.sampled_from([501, 504]), st.integers(1, 3)),
                st.sampled_from(INSTANTS),
                max_size=3,
            ),
        )
        @settings(max_examples=examples(40), deadline=None, suppress_health_check=list(HealthCheck))
        def holds(
            arrived: list[Classification | Comment], backfills: dict[tuple[int, int], int]
        ) -> None:
            async def example() -> None:
                await database.write(clear)
                await store(database, *arrived)
                await count_earlier(database, backfills.items())
                for rollup in SETS:
                    await database.write(lambda c, r=rollup: c.execute(r.table.delete()))
                await rebuild(database)
                found = await stored(database)
                assert found.rollups == found.recount()

            runner.run(example())

        holds()
        runner.run(database.close())


async def count_earlier(
    database: Database, backfills: Iterable[tuple[tuple[int, int], int]]
) -> None:
    for (group, user), until in backfills:
        await database.write(lambda c, g=group, u=user, t=until: backfill(c, g, [u], t))
