"""What Panoptes, or who answers in its place, can make the gateway read and write."""

from __future__ import annotations

import gzip

import pytest
from sqlalchemy import select

from gateway.auth.viewer import ANONYMOUS
from gateway.db import Database
from gateway.db.tables import membership, user, user_group
from gateway.directory.panoptes.answers import GROUPS, MEMBERSHIPS, Scope
from gateway.directory.panoptes.client import MOST_BYTES, Panoptes, PanoptesRefused
from gateway.directory.panoptes.copying import copy
from gateway.directory.panoptes.questions import ask
from tests.directory.panoptes.asking import ADA, Gateway
from tests.directory.panoptes.conftest import now
from tests.directory.panoptes.local import LocalPanoptes
from tests.directory.panoptes.questions import TOTAL

GROUP = "query Group($id: ID!) { userGroup(id: $id) { id } }"


async def test_an_answer_beyond_the_limit_is_not_read(
    panoptes: LocalPanoptes, api: Panoptes
) -> None:
    panoptes.body = (b'{"x": "' + b"x" * (MOST_BYTES - 9) + b'"}', {})
    assert len((await api.get("/users"))["x"]) == MOST_BYTES - 9
    panoptes.body = (b'{"x": "' + b"x" * (MOST_BYTES - 8) + b'"}', {})
    with pytest.raises(PanoptesRefused, match="more than 8,388,608 bytes"):
        await api.get("/users")


@pytest.mark.parametrize("coding", ["gzip", "GZIP", "deflate", "br", "zstd", "identity, gzip"])
async def test_a_compressed_answer_is_not_unpacked(
    panoptes: LocalPanoptes, api: Panoptes, coding: str
) -> None:
    panoptes.body = (gzip.compress(b" " * 50_000_000), {"Content-Encoding": coding})
    with pytest.raises(PanoptesRefused, match="which was not requested"):
        await api.get("/users")


async def test_records_that_were_not_asked_for_are_dropped(
    panoptes: LocalPanoptes, api: Panoptes
) -> None:
    foreign = {"links": {"user": "1003", "user_group": "502"}, "state": "active"}
    panoptes.beside = {
        "user_groups": [{"id": "777", "name": "x", "stats_visibility": "public_show_all"}],
        "memberships": [{"id": "99", "roles": ["group_admin"], **foreign}],
        "users": [{"id": "666", "login": "mallory", "display_name": "M"}],
    }
    groups = await ask(api, Scope(GROUPS, frozenset({501}), frozenset()))
    assert [row["id"] for row in groups.rows[GROUPS]] == [501]
    assert [row["group_id"] for row in groups.rows["group_records"]] == [501]
    pairs = await ask(api, Scope(MEMBERSHIPS, frozenset({501}), frozenset({1001, 1003})))
    assert [(row["group_id"], row["user_id"]) for row in pairs.rows[MEMBERSHIPS]] == [(501, 1001)]
    assert [row["id"] for row in pairs.rows["users"]] == [1001]
    mine = await ask(api, Scope(MEMBERSHIPS, frozenset(), frozenset({1002})))
    assert {row["user_id"] for row in mine.rows[MEMBERSHIPS]} == {1002}


async def test_what_nobody_asked_for_opens_nothing_and_is_not_stored(
    gateway: Gateway, panoptes: LocalPanoptes
) -> None:
    foreign = {"links": {"user": "1001", "user_group": "503"}, "state": "active"}
    panoptes.beside = {
        "user_groups": [{"id": "502", "name": "x", "stats_visibility": "public_show_all"}],
        "memberships": [{"id": "99", "roles": ["group_admin"], **foreign}],
    }
    assert (await gateway.ask(TOTAL, ADA, id="501")).codes == {}
    await gateway.live.drain()
    async with gateway.database.read() as snapshot:
        assert [row.id for row in await snapshot.fetch(select(user_group.c.id))] == [501]
        places = await snapshot.fetch(select(membership.c.group_id, membership.c.user_id))
        assert [(row[0], row[1]) for row in places] == [(501, 1001)]
        assert [row.id for row in await snapshot.fetch(select(user.c.id))] == [1001]


async def test_an_entry_that_comes_twice_is_one(panoptes: LocalPanoptes, api: Panoptes) -> None:
    again = dict(panoptes.find("user_groups", 501), display_name="Again")
    panoptes.beside = {"user_groups": [again, again]}
    groups = await ask(api, Scope(GROUPS, frozenset({501}), frozenset()))
    assert [row["display_name"] for row in groups.rows[GROUPS]] == ["Again"]
    assert len(groups.rows["group_records"]) == 1


async def test_no_more_pages_are_read_than_what_was_asked_for_can_fill(
    gateway: Gateway, panoptes: LocalPanoptes
) -> None:
    panoptes.page_count = 162
    assert (await gateway.ask(GROUP, ANONYMOUS, id="501")).codes == {"userGroup": "NOT_FOUND"}
    assert len(panoptes.asked) == 1


async def test_a_copy_does_not_follow_pages_in_a_circle(
    database: Database, panoptes: LocalPanoptes, api: Panoptes
) -> None:
    panoptes.next_href = "/users?page=2"
    with pytest.raises(PanoptesRefused, match="never ends: its pages repeat"):
        await copy(database, api, "users", now, lambda _: None)
    assert len(panoptes.asked) == 2
