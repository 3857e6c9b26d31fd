"""What Panoptes does not have is remembered, but not for long and not in rows."""

from __future__ import annotations

from sqlalchemy import Connection, select

from gateway.db import Database
from gateway.db.tables import panoptes_answer
from gateway.db.upsert import replace_rows
from gateway.directory.panoptes.answers import GROUPS, delete_misses
from tests.directory.panoptes.asking import ADA, FRESH_SECONDS, Gateway, gateway_beside
from tests.directory.panoptes.local import LocalPanoptes
from tests.directory.panoptes.questions import CARDS, GROUP


async def test_a_group_that_panoptes_does_not_have_is_not_found_and_remembered(
    gateway: Gateway, panoptes: LocalPanoptes
) -> None:
    assert (await gateway.ask(GROUP, ADA, id="777")).codes == {"userGroup": "NOT_FOUND"}
    await gateway.live.drain()
    panoptes.asked.clear()

    assert (await gateway.ask(GROUP, ADA, id="777")).codes == {"userGroup": "NOT_FOUND"}
    assert panoptes.asked == []


async def remembered(gateway: Gateway) -> set[tuple[str, int, int]]:
    await gateway.live.drain()
    columns = panoptes_answer.c
    statement = select(columns.resource, columns.group_id, columns.user_id)
    async with gateway.database.read() as snapshot:
        return {(row[0], row[1], row[2]) for row in await snapshot.fetch(statement)}


async def test_ids_that_nobody_has_leave_no_row(gateway: Gateway) -> None:
    await gateway.ask(CARDS, ADA, ids=["501", *map(str, range(700, 800))])
    assert await remembered(gateway) == {("user_groups", 501, 0), ("memberships", 501, 1001)}
    assert len(gateway.live.absences) == 200


async def test_who_is_no_member_leaves_no_row_and_is_not_asked_for_again(
    gateway: Gateway, panoptes: LocalPanoptes
) -> None:
    for _ in range(2):
        answer = await gateway.ask(CARDS, ADA, ids=["502"])
        assert answer.data["userGroupsByIds"][0]["viewerMembership"] is None
        assert await remembered(gateway) == {("user_groups", 502, 0)}
        panoptes.asked.clear()
    assert panoptes.asked == []


async def test_what_is_there_by_now_is_found_once_the_absence_is_not_fresh(
    gateway: Gateway, panoptes: LocalPanoptes
) -> None:
    assert (await gateway.ask(GROUP, ADA, id="777")).codes == {"userGroup": "NOT_FOUND"}
    panoptes.group(777, "public_show_all")
    gateway.clock.pass_by(FRESH_SECONDS - 1)
    assert (await gateway.ask(GROUP, ADA, id="777")).codes == {"userGroup": "NOT_FOUND"}
    gateway.clock.pass_by(2)
    assert (await gateway.ask(GROUP, ADA, id="777")).codes == {}


async def test_an_absence_that_is_older_than_what_is_stored_hides_nothing(
    gateway: Gateway, panoptes: LocalPanoptes, database: Database
) -> None:
    """Another process hears of the group after this one heard that there is none."""
    assert (await gateway.ask(GROUP, ADA, id="777")).codes == {"userGroup": "NOT_FOUND"}
    panoptes.group(777, "public_show_all")
    gateway.clock.pass_by(1)
    async with gateway_beside(panoptes, database, gateway.clock) as other:
        assert (await other.ask(GROUP, ADA, id="777")).codes == {}
        await other.live.drain()
    assert (await gateway.ask(GROUP, ADA, id="777")).codes == {}


async def test_what_there_is_not_is_forgotten_though_it_is_said_to_be_of_the_future(
    database: Database,
) -> None:
    def work(connection: Connection) -> int:
        for instant in (1, 50, 99, 101):
            replace_rows(connection, panoptes_answer, [(GROUPS, instant, 0, instant)])
        delete_misses(connection, before=50, now=100)
        return sum(connection.execute(select(panoptes_answer.c.asked_at)).scalars())

    assert await database.write(work) == 50 + 99
