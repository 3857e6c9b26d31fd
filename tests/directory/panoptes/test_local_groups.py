"""What Panoptes has under the id of a group that is led here is another group."""

from __future__ import annotations

from functools import partial
from typing import Any

from sqlalchemy import or_, update

from gateway.auth.viewer import Viewer
from gateway.cli.sync_progress import summary
from gateway.db import Database
from gateway.db.tables import membership, user_group
from gateway.directory.load import load_directory
from gateway.directory.panoptes.answers import MEMBERSHIPS, Scope, store_answer
from gateway.directory.panoptes.client import Panoptes
from tests.directory.panoptes.asking import ADA, BOB, FRESH_SECONDS, SITE_ADMIN, Gateway
from tests.directory.panoptes.local import LocalPanoptes
from tests.directory.panoptes.questions import CARDS, GROUP, MINE, TOTAL
from tests.directory.panoptes.test_copying import copy_all, rows
from tests.logged import logged

#: Leads the group 501 here; at Panoptes that is Ada.
EVE = Viewer(id=1005, login="eve")


async def lead_here(database: Database) -> None:
    """Two hidden groups that are led here; Panoptes has others under the id of one."""
    members = [
        {"user_group_id": 501, "user_id": 1005, "state": "active", "roles": ["group_admin"]},
        {"user_group_id": 599, "user_id": 1001, "state": "active", "roles": ["group_member"]},
    ]
    document = {
        "users": [{"id": 1005, "login": "eve"}],
        "user_groups": [{"id": 501, "name": "ours"}, {"id": 599, "name": "more-of-ours"}],
        "memberships": members,
    }

    def write(connection: Any) -> None:
        load_directory(connection, document)
        connection.execute(update(user_group).values(authority="gateway", private=True))

    await database.write(write)


async def state(database: Database) -> list[list[tuple[Any, ...]]]:
    groups = user_group.select().where(user_group.c.authority == "gateway").order_by("id")
    members = (
        membership.select()
        .where(or_(membership.c.group_id == 501, membership.c.group_id == 599))
        .order_by("user_id")
    )
    return [await rows(database, groups), await rows(database, members)]


async def test_a_copy_leaves_them_alone_and_says_so(
    database: Database, panoptes: LocalPanoptes, api: Panoptes
) -> None:
    await lead_here(database)
    before = await state(database)
    copied = await copy_all(database, api)

    assert await state(database) == before
    assert (copied["groups"].local_groups, copied["memberships"].local_groups) == (1, 2)
    assert (copied["groups"].removed, copied["memberships"].removed) == (0, 0)
    (line,) = summary("groups", copied["groups"])
    assert "1 of groups that are led here left out" in line
    async with logged(database) as changed:
        await copy_all(database, api)
    assert changed == set()


async def test_no_answer_is_stored_over_them(database: Database) -> None:
    await lead_here(database)
    before = await state(database)
    for scope in (
        Scope(MEMBERSHIPS, frozenset({501}), frozenset()),
        Scope(MEMBERSHIPS, frozenset(), frozenset({1005, 1001})),
        Scope(MEMBERSHIPS, frozenset({501}), frozenset({1005})),
        Scope("user_groups", frozenset({501, 599}), frozenset()),
    ):
        gone: dict[str, list[Any]] = {scope.resource: [], "group_records": []}
        await database.write(partial(store_answer, scope=scope, rows=gone, requested_at=1_000_000))
    assert await state(database) == before


async def test_panoptes_is_not_asked_about_them_and_opens_nothing(
    gateway: Gateway, panoptes: LocalPanoptes
) -> None:
    await lead_here(gateway.database)
    before = await state(gateway.database)
    gateway.clock.now = gateway.clock.now.replace(year=gateway.clock.now.year + 1)
    assert set((await gateway.ask(TOTAL, ADA, id="501")).codes.values()) == {"NOT_FOUND"}
    assert (await gateway.ask(TOTAL, EVE, id="501")).codes == {}
    named = await gateway.ask(GROUP, SITE_ADMIN, id="501")
    assert named.data["userGroup"]["name"] == "ours"
    assert panoptes.asked == []

    cards = await gateway.ask(CARDS, BOB, ids=["501", "502"])
    assert [one and one["id"] for one in cards.data["userGroupsByIds"]] == [None, "502"]
    assert [one["viewerMembership"] for one in cards.data["userGroupsByIds"] if one] == [
        {"state": "ACTIVE", "roles": ["GROUP_ADMIN"]}
    ]
    await gateway.live.drain()
    assert await state(gateway.database) == before


async def test_a_list_of_memberships_has_those_of_both(
    gateway: Gateway, panoptes: LocalPanoptes
) -> None:
    await lead_here(gateway.database)
    for _ in range(2):
        for viewer, groups in ((ADA, ["599"]), (BOB, ["502"]), (EVE, ["501"])):
            mine = (await gateway.ask(MINE, viewer)).data["me"]["memberships"]["nodes"]
            assert [one["group"]["id"] for one in mine] == groups
        await gateway.live.drain()
        gateway.clock.now = gateway.clock.now.fromtimestamp(
            gateway.clock.now.timestamp() + 2 * FRESH_SECONDS, gateway.clock.now.tzinfo
        )
