"""Groups and memberships are what Panoptes says, and nothing opens while it says nothing."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator

import pytest
from sqlalchemy import Connection, select

from gateway.auth.viewer import ANONYMOUS
from gateway.db import Database, open_database
from gateway.db.instants import instant_of
from gateway.db.tables import membership, panoptes_answer, user_group
from gateway.db.upsert import replace_rows
from gateway.directory.forget import forget_user
from gateway.directory.load import load_directory
from gateway.directory.panoptes.answers import GROUPS, forget_misses
from gateway.directory.panoptes.look_up_limits import LookUpLimits
from gateway.errors import Unavailable
from tests.directory.panoptes.asking import (
    ADA,
    BOB,
    CYD,
    FRESH_SECONDS,
    SITE_ADMIN,
    STALE_SECONDS,
    Clock,
    Gateway,
    gateway_beside,
)
from tests.directory.panoptes.local import LocalPanoptes

GROUP = "query Group($id: ID!) { userGroup(id: $id) { id name statsVisibility } }"
TOTAL = "query Total($id: ID!) { userGroup(id: $id) { classifications { totalCount } } }"
MEMBERS = """query Members($id: ID!) {
  userGroup(id: $id) { classifications { topContributors { count } } }
}"""
CARDS = """query Cards($ids: [ID!]!) {
  userGroups(ids: $ids) { id viewerMembership { state roles } classifications { totalCount } }
}"""
MINE = "{ me { memberships { state group { id } } } }"

TOTAL_PATH = "userGroup.classifications"
MEMBERS_PATH = "userGroup.classifications.topContributors"


@pytest.fixture
async def gateway(database: Database, panoptes: LocalPanoptes) -> AsyncIterator[Gateway]:
    async with gateway_beside(panoptes, database, Clock()) as opened:
        yield opened


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
    await gateway.live.settle()

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
    await gateway.live.settle()
    count = """query Count($start: Date!) { userGroupCount(start: $start, end: "2024-12-31") }"""

    assert (await gateway.ask(count, SITE_ADMIN, start="2024-03-01")).data["userGroupCount"] == 1
    assert (await gateway.ask(count, SITE_ADMIN, start="2024-03-02")).data["userGroupCount"] == 0


async def test_a_group_that_panoptes_does_not_have_is_not_found_and_remembered(
    gateway: Gateway, panoptes: LocalPanoptes
) -> None:
    assert (await gateway.ask(GROUP, ADA, id="777")).codes == {"userGroup": "NOT_FOUND"}
    await gateway.live.settle()
    panoptes.asked.clear()

    assert (await gateway.ask(GROUP, ADA, id="777")).codes == {"userGroup": "NOT_FOUND"}
    assert panoptes.asked == []


async def remembered(gateway: Gateway) -> set[tuple[str, int, int]]:
    await gateway.live.settle()
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
        assert answer.data["userGroups"][0]["viewerMembership"] is None
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
        await other.live.settle()
    assert (await gateway.ask(GROUP, ADA, id="777")).codes == {}


async def test_beyond_its_limit_an_address_is_told_so_and_others_are_not(
    database: Database, panoptes: LocalPanoptes
) -> None:
    limits = LookUpLimits(each=5, in_all=8)
    async with gateway_beside(panoptes, database, Clock(), limits=limits) as gateway:
        assert (await gateway.ask(GROUP, ANONYMOUS, id="502")).codes == {}
        await gateway.live.settle()
        for number in range(700, 704):
            answer = await gateway.ask(GROUP, ANONYMOUS, id=str(number))
            assert answer.codes == {"userGroup": "NOT_FOUND"}
        panoptes.asked.clear()
        beyond = await gateway.ask(GROUP, ANONYMOUS, id="704")
        assert beyond.codes == {"userGroup": "UNAVAILABLE"}
        # What is stored and fresh still serves.
        assert (await gateway.ask(GROUP, ANONYMOUS, id="502")).codes == {}
        assert panoptes.asked == []
        # Nothing was remembered as absent: another address finds out.
        panoptes.group(704, "public_show_all")
        assert (await gateway.ask(GROUP, ANONYMOUS, client="192.0.2.2", id="704")).codes == {}


async def test_the_limit_does_not_tell_a_hidden_group_from_one_that_there_is_not(
    database: Database, panoptes: LocalPanoptes
) -> None:
    """501 is stored and hidden, 777 is known to be absent, and nothing is known of 778."""

    async def codes_beside(asked: str) -> list[str]:
        """Ask for one of them, and then for others until no more are told of."""
        limits = LookUpLimits(each=5, in_all=1000)
        async with gateway_beside(panoptes, database, clock, limits=limits) as gateway:
            await gateway.ask(TOTAL, ADA, id="501")
            await gateway.ask(GROUP, SITE_ADMIN, id="777")
            await gateway.live.settle()
            answers = [await gateway.ask(GROUP, CYD, id=asked)]
            answers += [await gateway.ask(GROUP, CYD, id=str(800 + n)) for n in range(4)]
            answers += [await gateway.ask(GROUP, CYD, id=asked)]
            own = await gateway.ask(GROUP, ADA, id="501")
            assert own.codes == {}
            return [answer.codes["userGroup"] for answer in answers]

    clock = Clock()
    told = [await codes_beside(asked) for asked in ("501", "777", "778")]
    assert told[0] == told[1] == told[2]
    assert told[0][0] == "NOT_FOUND"
    assert told[0][-1] == "UNAVAILABLE"


async def test_beyond_the_limit_of_all_the_signed_in_are_apart_from_the_anonymous(
    database: Database, panoptes: LocalPanoptes
) -> None:
    limits = LookUpLimits(each=5, in_all=8)
    async with gateway_beside(panoptes, database, Clock(), limits=limits) as gateway:
        codes = [
            (await gateway.ask(GROUP, ANONYMOUS, client=f"192.0.2.{n}", id=str(700 + n))).codes
            for n in range(9)
        ]
        assert codes == [{"userGroup": "NOT_FOUND"}] * 8 + [{"userGroup": "UNAVAILABLE"}]
        assert (await gateway.ask(GROUP, ADA, id="502")).codes == {}


async def test_a_question_beyond_the_limit_is_refused_whole_and_asks_for_nothing(
    database: Database, panoptes: LocalPanoptes
) -> None:
    limits = LookUpLimits(each=5, in_all=100)
    async with gateway_beside(panoptes, database, Clock(), limits=limits) as gateway:
        answer = await gateway.ask(
            "query($ids: [ID!]!) { userGroups(ids: $ids) { id } }",
            ANONYMOUS,
            ids=["502", *map(str, range(700, 710))],
        )
        assert answer.codes == {"userGroups": "UNAVAILABLE"}
        assert panoptes.asked == []


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
    await gateway.live.settle()
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
    await gateway.live.settle()
    panoptes.find("user_groups", 502)["activated_state"] = "inactive"
    gateway.clock.pass_by(FRESH_SECONDS)
    # As Panoptes has just said it, and as it is stored.
    for _ in range(2):
        for viewer in (ANONYMOUS, BOB):
            assert (await gateway.ask(TOTAL, viewer, id="502")).codes == {"userGroup": "NOT_FOUND"}
        assert (await gateway.ask(TOTAL, SITE_ADMIN, id="502")).codes == {}
        await gateway.live.settle()


async def test_who_has_left_is_refused_after_the_short_time(
    gateway: Gateway, panoptes: LocalPanoptes
) -> None:
    assert (await gateway.ask(TOTAL, BOB, id="501")).codes == {}
    await gateway.live.settle()
    panoptes.take_out("memberships", user_group=501, user=1002)
    gateway.clock.pass_by(FRESH_SECONDS)

    assert (await gateway.ask(TOTAL, BOB, id="501")).codes == {"userGroup": "NOT_FOUND"}
    await gateway.live.settle()
    async with gateway.database.read() as snapshot:
        assert await snapshot.fetch(select(membership.c.user_id)) == []


@pytest.mark.parametrize("fault", [500, 503, 429, 401, 404])
async def test_while_panoptes_is_down_what_is_stored_serves_until_it_is_stale(
    fault: int, gateway: Gateway, panoptes: LocalPanoptes
) -> None:
    for viewer in (BOB, ANONYMOUS):
        await gateway.ask(CARDS, viewer, ids=["501", "502"])
    await gateway.live.settle()
    panoptes.always = fault
    gateway.clock.pass_by(STALE_SECONDS - 1)

    assert (await gateway.ask(TOTAL, BOB, id="501")).codes == {}
    assert (await gateway.ask(TOTAL, ANONYMOUS, id="502")).codes == {}


async def test_after_that_all_that_needs_a_membership_is_refused_and_levels_count_as_zero(
    gateway: Gateway, panoptes: LocalPanoptes
) -> None:
    panoptes.group(503, "public_show_all", private=False)
    panoptes.member(503, 1002, "group_admin")
    panoptes.member(503, 1001)
    assert (await gateway.ask(MEMBERS, BOB, id="503")).codes == {}
    assert (await gateway.ask(MINE, BOB)).codes == {}
    await gateway.live.settle()
    panoptes.always = 503
    gateway.clock.pass_by(STALE_SECONDS)

    assert (await gateway.ask(TOTAL, ANONYMOUS, id="503")).codes == {TOTAL_PATH: "UNAUTHENTICATED"}
    assert (await gateway.ask(TOTAL, BOB, id="503")).codes == {TOTAL_PATH: "FORBIDDEN"}
    assert (await gateway.ask(MINE, BOB)).codes == {"me.memberships": "UNAVAILABLE"}
    shown = await gateway.ask(GROUP, BOB, id="503")
    assert shown.data["userGroup"]["statsVisibility"] == "PRIVATE_AGG_ONLY"
    # A hidden group and one that nobody has heard of are the same, also now.
    assert (await gateway.ask(TOTAL, BOB, id="501")).codes == {"userGroup": "NOT_FOUND"}
    assert (await gateway.ask(TOTAL, BOB, id="777")).codes == {"userGroup": "NOT_FOUND"}


async def test_site_admins_see_totals_but_no_stale_roster(
    gateway: Gateway, panoptes: LocalPanoptes
) -> None:
    assert (await gateway.ask(TOTAL, SITE_ADMIN, id="501")).codes == {}
    assert len(await gateway.roster(501, SITE_ADMIN)) == 2
    await gateway.live.settle()
    panoptes.always = 503
    gateway.clock.pass_by(STALE_SECONDS - 1)
    assert len(await gateway.roster(501, SITE_ADMIN)) == 2

    gateway.clock.pass_by(1)
    assert (await gateway.ask(TOTAL, SITE_ADMIN, id="501")).codes == {}
    with pytest.raises(Unavailable):
        await gateway.roster(501, SITE_ADMIN)


async def test_what_was_loaded_by_hand_does_not_open_while_panoptes_is_down(
    gateway: Gateway, panoptes: LocalPanoptes
) -> None:
    by_hand = {
        "user_groups": [{"id": 700, "name": "by-hand", "stats_visibility": "public_show_all"}],
        "memberships": [
            {"user_group_id": 700, "user_id": 1002, "state": "active", "roles": ["group_admin"]}
        ],
    }
    await gateway.database.write(lambda connection: load_directory(connection, by_hand))
    panoptes.always = 500

    assert (await gateway.ask(TOTAL, BOB, id="700")).codes == {TOTAL_PATH: "FORBIDDEN"}


async def test_it_serves_again_as_soon_as_panoptes_is_back(
    gateway: Gateway, panoptes: LocalPanoptes
) -> None:
    panoptes.always = 503
    assert (await gateway.ask(TOTAL, BOB, id="501")).codes == {"userGroup": "NOT_FOUND"}
    panoptes.always = None
    gateway.clock.pass_by(5)

    assert (await gateway.ask(TOTAL, BOB, id="501")).codes == {}


async def test_a_slow_panoptes_holds_an_operation_for_its_timeout_and_the_next_not_at_all(
    database: Database, panoptes: LocalPanoptes
) -> None:
    panoptes.held_at = ""
    async with gateway_beside(panoptes, database, Clock(), timeout_seconds=0.5) as gateway:
        assert (await gateway.ask(TOTAL, BOB, id="501")).codes == {"userGroup": "NOT_FOUND"}
        assert (await gateway.ask(TOTAL, CYD, id="502")).codes == {"userGroup": "NOT_FOUND"}
    assert not [path for path in panoptes.asked if "502" in path]


async def test_a_panoptes_that_names_pages_without_end_is_not_heard(
    gateway: Gateway, panoptes: LocalPanoptes
) -> None:
    panoptes.page_count = 2**62

    assert (await gateway.ask(GROUP, ADA, id="501")).codes == {"userGroup": "NOT_FOUND"}
    assert len(panoptes.asked) == 2
    panoptes.page_count = None
    gateway.clock.pass_by(6)
    assert (await gateway.ask(GROUP, ADA, id="501")).codes == {}


async def test_a_roster_comes_with_its_members_names(gateway: Gateway) -> None:
    assert await gateway.roster(501, ADA) == [(1001, "ada"), (1002, "bob")]


async def test_a_roster_of_many_pages_is_whole(gateway: Gateway, panoptes: LocalPanoptes) -> None:
    for number in range(249):
        panoptes.member(501, 5000 + number)
    first = await gateway.roster(501, ADA)
    await gateway.live.settle()
    panoptes.asked.clear()

    assert [user_id for user_id, _ in first] == [1001, 1002, *range(5000, 5249)]
    assert await gateway.roster(501, ADA) == first
    assert panoptes.asked == []
    assert panoptes.most_at_once <= 8


async def test_a_viewers_own_memberships_are_looked_up(
    gateway: Gateway, panoptes: LocalPanoptes
) -> None:
    answer = await gateway.ask(MINE, BOB)

    assert answer.data["me"]["memberships"] == [
        {"state": "ACTIVE", "group": {"id": "501"}},
        {"state": "ACTIVE", "group": {"id": "502"}},
    ]


async def test_an_erased_user_does_not_come_back_by_an_answer(gateway: Gateway) -> None:
    await gateway.roster(501, ADA)
    await gateway.live.settle()
    await gateway.database.write(lambda connection: forget_user(connection, 1002))
    async with gateway.database.read() as snapshot:
        traces = await snapshot.fetch(
            select(panoptes_answer.c.group_id).where(panoptes_answer.c.user_id == 1002)
        )
        assert traces == []
    for _ in range(2):
        gateway.clock.pass_by(FRESH_SECONDS)
        assert await gateway.roster(501, ADA) == [(1001, "ada")]
        await gateway.live.settle()
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
        await gateway.live.settle()
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
    await gateway.live.settle()
    assert await stored_groups(gateway) == [501]


async def stored_groups(gateway: Gateway) -> list[int]:
    async with gateway.database.read() as snapshot:
        return [row[0] for row in await snapshot.fetch(select(user_group.c.id))]


async def test_what_is_said_to_be_of_the_future_is_stale(
    database: Database, database_url: str, panoptes: LocalPanoptes
) -> None:
    """The clock steps back an hour: who has left meanwhile is refused, whoever is asked."""
    clock = Clock()
    async with (
        open_database(database_url, clock=clock) as own,
        gateway_beside(panoptes, own, clock) as gateway,
    ):
        assert (await gateway.ask(TOTAL, BOB, id="501")).codes == {}
        await gateway.live.settle()
        panoptes.take_out("memberships", user_group=501, user=1002)
        clock.pass_by(-3600)
        assert (await gateway.ask(TOTAL, BOB, id="501")).codes == {"userGroup": "NOT_FOUND"}
        await gateway.live.settle()
        async with own.read() as snapshot:
            assert await snapshot.fetch(select(membership.c.user_id)) == []
            asked_at = await snapshot.fetch(select(panoptes_answer.c.asked_at))
        assert max(row.asked_at for row in asked_at) == instant_of(clock())


async def test_nothing_opens_by_the_future_while_panoptes_is_down(
    gateway: Gateway, panoptes: LocalPanoptes
) -> None:
    assert (await gateway.ask(TOTAL, BOB, id="501")).codes == {}
    await gateway.live.settle()
    panoptes.always = 503
    gateway.clock.pass_by(-1)
    assert (await gateway.ask(TOTAL, BOB, id="501")).codes == {"userGroup": "NOT_FOUND"}


async def test_who_was_not_heard_is_asked_again_after_the_clock_has_stepped_back(
    gateway: Gateway, panoptes: LocalPanoptes
) -> None:
    panoptes.always = 503
    assert (await gateway.ask(GROUP, ANONYMOUS, id="502")).codes == {"userGroup": "NOT_FOUND"}
    panoptes.always = None
    gateway.clock.pass_by(-3600)
    assert (await gateway.ask(GROUP, ANONYMOUS, id="502")).codes == {}


async def test_what_there_is_not_is_forgotten_though_it_is_said_to_be_of_the_future(
    database: Database,
) -> None:
    def work(connection: Connection) -> int:
        for instant in (1, 50, 99, 101):
            replace_rows(connection, panoptes_answer, [(GROUPS, instant, 0, instant)])
        forget_misses(connection, before=50, now=100)
        return sum(connection.execute(select(panoptes_answer.c.asked_at)).scalars())

    assert await database.write(work) == 50 + 99
