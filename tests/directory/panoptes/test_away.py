"""Nothing opens while Panoptes says nothing, or what is of the future."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from gateway.auth.viewer import ANONYMOUS
from gateway.db import Database, open_database
from gateway.db.instants import instant_of
from gateway.db.tables import membership, panoptes_answer
from gateway.directory.load import load_directory
from gateway.errors import Unavailable
from tests.directory.panoptes.asking import (
    ADA,
    BOB,
    CYD,
    SITE_ADMIN,
    STALE_SECONDS,
    Clock,
    Gateway,
    gateway_beside,
)
from tests.directory.panoptes.local import LocalPanoptes
from tests.directory.panoptes.questions import CARDS, GROUP, MEMBERS, MINE, TOTAL, TOTAL_PATH


@pytest.mark.parametrize("fault", [500, 503, 429, 401, 404])
async def test_while_panoptes_is_down_what_is_stored_serves_until_it_is_stale(
    fault: int, gateway: Gateway, panoptes: LocalPanoptes
) -> None:
    for viewer in (BOB, ANONYMOUS):
        await gateway.ask(CARDS, viewer, ids=["501", "502"])
    await gateway.live.drain()
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
    await gateway.live.drain()
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
    await gateway.live.drain()
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
        await gateway.live.drain()
        panoptes.take_out("memberships", user_group=501, user=1002)
        clock.pass_by(-3600)
        assert (await gateway.ask(TOTAL, BOB, id="501")).codes == {"userGroup": "NOT_FOUND"}
        await gateway.live.drain()
        async with own.read() as snapshot:
            assert await snapshot.fetch(select(membership.c.user_id)) == []
            asked_at = await snapshot.fetch(select(panoptes_answer.c.asked_at))
        assert max(row.asked_at for row in asked_at) == instant_of(clock())


async def test_nothing_opens_by_the_future_while_panoptes_is_down(
    gateway: Gateway, panoptes: LocalPanoptes
) -> None:
    assert (await gateway.ask(TOTAL, BOB, id="501")).codes == {}
    await gateway.live.drain()
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
