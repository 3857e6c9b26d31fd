"""Groups and memberships are what Panoptes says."""

from __future__ import annotations

import asyncio
import threading

import pytest
from sqlalchemy import Connection, select

from gateway.auth.viewer import ANONYMOUS
from gateway.db import open_database
from gateway.db.tables import membership, panoptes_answer, user_group
from gateway.directory.erase_user import erase_user
from tests.directory.panoptes.asking import (
    ADA,
    BOB,
    CYD,
    FRESH_SECONDS,
    SITE_ADMIN,
    STALE_SECONDS,
    Gateway,
)
from tests.directory.panoptes.local import LocalPanoptes
from tests.directory.panoptes.questions import CARDS, GROUP, MEMBERS, MEMBERS_PATH, MINE, TOTAL


async def test_a_group_that_is_not_known_yet_appears(
    gateway: Gateway, panoptes: LocalPanoptes
) -> None:
    answer = await gateway.ask(GROUP, ANONYMOUS, id="502")

    assert answer.codes == {}
    assert answer.data["userGroup"] == {
        "id": "502",
        "name": "group-502",
        "statsVisibility": "PUBLIC_AGG_ONLY",
    }


async def test_what_was_answered_is_stored(gateway: Gateway, panoptes: LocalPanoptes) -> None:
    await gateway.ask(TOTAL, ADA, id="501")
    await gateway.live.drain()

    async with gateway.database.read() as snapshot:
        assert await snapshot.fetch(select(user_group.c.id, user_group.c.stats_visibility)) == [
            (501, 1)
        ]
        assert await snapshot.fetch(select(membership.c.group_id, membership.c.user_id)) == [
            (501, 1001)
        ]
    panoptes.asked.clear()
    assert (await gateway.ask(TOTAL, ADA, id="501")).codes == {}
    assert panoptes.asked == []


async def test_a_group_that_was_looked_up_is_counted_by_when_it_was_made(
    gateway: Gateway, panoptes: LocalPanoptes
) -> None:
    await gateway.ask(GROUP, ANONYMOUS, id="502")
    await gateway.live.drain()
    count = """query Count($start: Date!) {
      userGroupCounts(range: { start: $start, end: "2024-12-31" }) { totalCount }
    }"""

    assert (await gateway.ask(count, SITE_ADMIN, start="2024-03-01")).data == {
        "userGroupCounts": {"totalCount": 1}
    }
    assert (await gateway.ask(count, SITE_ADMIN, start="2024-03-02")).data == {
        "userGroupCounts": {"totalCount": 0}
    }


async def test_a_users_own_group_is_not_found(gateway: Gateway, panoptes: LocalPanoptes) -> None:
    for viewer in (ANONYMOUS, ADA, SITE_ADMIN):
        answer = await gateway.ask(GROUP, viewer, id="10001")
        assert answer.codes == {"userGroup": "NOT_FOUND"}


async def test_memberships_decide_as_panoptes_has_them(gateway: Gateway) -> None:
    assert (await gateway.ask(TOTAL, BOB, id="501")).codes == {}
    assert (await gateway.ask(TOTAL, CYD, id="501")).codes == {"userGroup": "NOT_FOUND"}
    assert (await gateway.ask(MEMBERS, BOB, id="502")).codes == {}
    assert (await gateway.ask(MEMBERS, CYD, id="502")).codes == {MEMBERS_PATH: "FORBIDDEN"}


async def test_a_changed_level_is_seen_after_the_short_time_and_not_before(
    gateway: Gateway, panoptes: LocalPanoptes
) -> None:
    assert (await gateway.ask(TOTAL, ANONYMOUS, id="502")).codes == {}
    await gateway.live.drain()
    panoptes.find("user_groups", 502)["stats_visibility"] = "private_agg_only"
    gateway.clock.pass_by(FRESH_SECONDS - 1)
    assert (await gateway.ask(TOTAL, ANONYMOUS, id="502")).codes == {}

    gateway.clock.pass_by(1)
    assert (await gateway.ask(TOTAL, ANONYMOUS, id="502")).codes == {"userGroup": "NOT_FOUND"}


async def test_a_group_that_has_ended_is_gone_after_the_short_time_but_for_site_admins(
    gateway: Gateway, panoptes: LocalPanoptes
) -> None:
    panoptes.find("user_groups", 502)["activated_state"] = "active"
    assert (await gateway.ask(TOTAL, ANONYMOUS, id="502")).codes == {}
    await gateway.live.drain()
    panoptes.find("user_groups", 502)["activated_state"] = "inactive"
    gateway.clock.pass_by(FRESH_SECONDS)
    # As Panoptes has just said it, and as it is stored.
    for _ in range(2):
        for viewer in (ANONYMOUS, BOB):
            assert (await gateway.ask(TOTAL, viewer, id="502")).codes == {"userGroup": "NOT_FOUND"}
        assert (await gateway.ask(TOTAL, SITE_ADMIN, id="502")).codes == {}
        await gateway.live.drain()


async def test_who_has_left_is_refused_after_the_short_time(
    gateway: Gateway, panoptes: LocalPanoptes
) -> None:
    assert (await gateway.ask(TOTAL, BOB, id="501")).codes == {}
    await gateway.live.drain()
    panoptes.take_out("memberships", user_group=501, user=1002)
    gateway.clock.pass_by(FRESH_SECONDS)

    assert (await gateway.ask(TOTAL, BOB, id="501")).codes == {"userGroup": "NOT_FOUND"}
    await gateway.live.drain()
    async with gateway.database.read() as snapshot:
        assert await snapshot.fetch(select(membership.c.user_id)) == []


async def test_a_roster_comes_with_its_members_names(gateway: Gateway) -> None:
    assert await gateway.roster(501, ADA) == [(1001, "ada"), (1002, "bob")]


async def test_a_roster_of_many_pages_is_whole(gateway: Gateway, panoptes: LocalPanoptes) -> None:
    for number in range(249):
        panoptes.member(501, 5000 + number)
    first = await gateway.roster(501, ADA)
    await gateway.live.drain()
    panoptes.asked.clear()

    assert [user_id for user_id, _ in first] == [1001, 1002, *range(5000, 5249)]
    assert await gateway.roster(501, ADA) == first
    assert panoptes.asked == []
    assert panoptes.most_at_once <= 8


async def test_a_viewers_own_memberships_are_looked_up(
    gateway: Gateway, panoptes: LocalPanoptes
) -> None:
    answer = await gateway.ask(MINE, BOB)

    assert answer.data["me"]["memberships"]["nodes"] == [
        {"state": "ACTIVE", "group": {"id": "501"}},
        {"state": "ACTIVE", "group": {"id": "502"}},
    ]


async def test_an_erased_user_does_not_come_back_by_an_answer(gateway: Gateway) -> None:
    await gateway.roster(501, ADA)
    await gateway.live.drain()
    await gateway.database.write(lambda connection: erase_user(connection, 1002))
    async with gateway.database.read() as snapshot:
        traces = await snapshot.fetch(
            select(panoptes_answer.c.group_id).where(panoptes_answer.c.user_id == 1002)
        )
        assert traces == []
    for _ in range(2):
        gateway.clock.pass_by(FRESH_SECONDS)
        assert await gateway.roster(501, ADA) == [(1001, "ada")]
        await gateway.live.drain()
    assert (await gateway.ask(TOTAL, BOB, id="501")).codes == {"userGroup": "NOT_FOUND"}


@pytest.mark.parametrize("down", [False, True])
async def test_many_groups_take_as_many_statements_and_requests_as_one(
    down: bool, gateway: Gateway, panoptes: LocalPanoptes
) -> None:
    for group_id in range(601, 650):
        panoptes.group(group_id, "public_show_all")
        panoptes.member(group_id, 1002)
        panoptes.member(group_id, 1001)
    panoptes.always = 503 if down else None

    async def cost(ids: range) -> tuple[int, int]:
        gateway.clock.pass_by(2 * FRESH_SECONDS)
        panoptes.asked.clear()
        answer = await gateway.ask(CARDS, BOB, ids=[str(group_id) for group_id in ids])
        await gateway.live.drain()
        return answer.statements, len(panoptes.asked)

    one, many = await cost(range(601, 602)), await cost(range(601, 650))
    # Statements: groups, memberships and when each was asked for; erased users; totals, which
    # stale entries show to nobody.
    assert one == many == ((1, 2) if down else (3, 2))


async def test_operations_at_the_same_time_ask_once(
    gateway: Gateway, panoptes: LocalPanoptes
) -> None:
    panoptes.delay_seconds = 0.2
    answers = await asyncio.gather(*(gateway.ask(TOTAL, BOB, id="501") for _ in range(4)))

    assert [answer.codes for answer in answers] == [{}] * 4
    assert len(panoptes.asked) == 2


async def test_an_operation_does_not_wait_until_its_answer_is_stored(
    gateway: Gateway, panoptes: LocalPanoptes, database_url: str
) -> None:
    begun, release = threading.Event(), threading.Event()

    def hold(_: Connection) -> None:
        begun.set()
        release.wait(30)

    async def write() -> None:
        async with open_database(database_url) as other:
            await other.write(hold)

    writer = threading.Thread(target=asyncio.run, args=(write(),))
    writer.start()
    await asyncio.to_thread(begun.wait)
    try:
        assert (await gateway.ask(TOTAL, BOB, id="501")).codes == {}
        panoptes.always = 503
        assert (await gateway.ask(TOTAL, BOB, id="501")).codes == {}
        assert await stored_groups(gateway) == []
        gateway.clock.pass_by(STALE_SECONDS + 1)
        assert (await gateway.ask(TOTAL, BOB, id="501")).codes == {"userGroup": "NOT_FOUND"}
    finally:
        release.set()
        await asyncio.to_thread(writer.join)
    await gateway.live.drain()
    assert await stored_groups(gateway) == [501]


async def stored_groups(gateway: Gateway) -> list[int]:
    async with gateway.database.read() as snapshot:
        return [row[0] for row in await snapshot.fetch(select(user_group.c.id))]
