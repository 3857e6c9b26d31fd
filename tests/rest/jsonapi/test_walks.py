"""Walking a list by its links gives each record that is seen once, in bounded statements."""

from __future__ import annotations

import tracemalloc
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.app import create_app
from gateway.auth.keys import write_new_keys
from gateway.auth.tokens import issue_token
from gateway.auth.viewer import ANONYMOUS, Viewer
from gateway.auth.visibility import group_exists, may_see_individuals, role_of
from gateway.db import Database
from gateway.directory.load import load_directory
from gateway.directory.memberships import Membership, MembershipState
from gateway.directory.stats_visibility import StatsVisibility
from gateway.loaders.operation import Operation
from gateway.rest.jsonapi.call import Dependencies
from gateway.rest.jsonapi.routes import jsonapi_routes
from gateway.settings import Settings
from gateway.telemetry.record import RequestRecord
from tests.sampled import examples

GROUPS, USERS, SITE_ADMIN = 60, 12, 99
STATES = ("active", "active", "invited", "inactive")
ROLES = (["group_member"], ["group_admin"], ["group_member"], [])


def groups() -> list[dict[str, Any]]:
    levels = [level.name.lower() for level in StatsVisibility]
    return [
        {
            "id": one,
            "name": f"group-{one}",
            "display_name": f"{'Cats' if one % 3 else 'Dogs'} of Class {one}",
            "stats_visibility": levels[one % 5],
            "private": one % 2 == 0,
            "state": "deleted" if one % 11 == 0 else "active",
        }
        for one in range(1, GROUPS + 1)
    ]


def memberships() -> list[dict[str, Any]]:
    return [
        {
            "user_group_id": group,
            "user_id": user,
            "state": STATES[(group + user) % 4],
            "roles": ROLES[(group * user) % 4],
        }
        for group in range(1, GROUPS + 1)
        for user in range(1, USERS + 1)
        if (group * 7 + user * 3) % 5 == 0
    ]


def viewer_of(user_id: int | None) -> Viewer:
    if user_id is None:
        return ANONYMOUS
    return Viewer(id=user_id, is_site_admin=user_id == SITE_ADMIN)


def seen_groups(viewer: Viewer) -> dict[int, Any]:
    """By the rules alone: groups and the viewer's role in each."""
    own = {
        one["user_group_id"]: Membership(
            one["user_group_id"],
            one["user_id"],
            MembershipState(one["state"]),
            frozenset(one["roles"]),
        )
        for one in memberships()
        if one["user_id"] == viewer.id
    }
    found = {}
    for group in groups():
        role = role_of(viewer, own.get(group["id"]))
        level = StatsVisibility.parse(group["stats_visibility"])
        is_there = group_exists(level, private=group["private"], ended=False, role=role)
        if is_there and group["state"] == "active":
            found[group["id"]] = (group, role, level)
    return found


def seen_memberships(viewer: Viewer) -> set[tuple[int, int]]:
    known, found = seen_groups(viewer), set()
    for one in memberships():
        pair = (one["user_group_id"], one["user_id"])
        if one["user_id"] == viewer.id or viewer.is_site_admin:
            found.add(pair)
            continue
        if one["user_group_id"] not in known:
            continue
        group, role, level = known[one["user_group_id"]]
        is_effective = one["state"] == "active" and one["roles"]
        is_open = role >= 2 or not group["private"]
        shows = may_see_individuals(level, role) and is_open
        if role >= 3 or (is_effective and shows):
            found.add(pair)
    return found


class Asking(NamedTuple):
    client: httpx.AsyncClient
    tokens: dict[int, str]
    statements: list[int]

    async def get(self, path: str, who: int | None = None) -> Any:
        headers = {} if who is None else {"authorization": f"Bearer {self.tokens[who]}"}
        answer = await self.client.get(f"/api{path}", headers=headers)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def walk(self, path: str, kind: str, who: int | None) -> list[Any]:
        flag = "admin=1" if who == SITE_ADMIN else "http_cache=true"
        found, counts, href = [], set(), path
        while href is not None:
            answer = await self.get(f"{href}{'&' if '?' in href else '?'}{flag}", who)
            meta = answer["meta"][kind]
            found += answer[kind]
            counts.add(meta["count"])
            assert len(answer[kind]) <= meta["page_size"]
            href = meta["next_href"]
        assert counts == {len(found)}
        return found


@pytest.fixture
async def asking(database_url: str, database: Database, tmp_path: Path) -> AsyncIterator[Asking]:
    document = {
        "users": [{"id": one, "login": f"user-{one}"} for one in range(1, USERS + 1)],
        "user_groups": groups(),
        "memberships": memberships(),
    }
    await database.write(lambda connection: load_directory(connection, document))
    keys = write_new_keys(tmp_path / "keys")
    app = create_app(
        Settings(database_url=database_url, jwt_public_key_file=str(keys.public), cache_bytes=0)
    )
    services, statements = app.state.services, []

    class Counted(Operation):
        async def __aexit__(self, *raised: Any) -> None:
            await super().__aexit__(*raised)
            statements.append(self.snapshot.statements)

    def open_operation(
        viewer: Viewer, record: RequestRecord
    ) -> AbstractAsyncContextManager[Operation]:
        return Counted(database, viewer, datetime.now(UTC), record=record)

    dependencies = Dependencies(
        services.authenticator.identify,
        open_operation,
        services.mask.unexpected,
        None,
        None,
        1_000_000,
        60,
    )
    app.router.routes[:0] = jsonapi_routes(dependencies, ("*",))
    expires = datetime.now(UTC) + timedelta(hours=1)
    tokens = {
        one: issue_token(
            keys.private.read_bytes(), one, f"user-{one}", "", one == SITE_ADMIN, expires
        )
        for one in (*range(1, USERS + 1), SITE_ADMIN)
    }
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://gateway") as client,
    ):
        yield Asking(client, tokens, statements)


VIEWERS = st.sampled_from([None, *range(1, USERS + 1), SITE_ADMIN])
FEW = settings(
    max_examples=examples(25),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


async def test_walking_gives_each_group_once(asking: Asking) -> None:
    for size in (1, 7, 20, 33, 100):
        for who in (None, 1, 5, SITE_ADMIN):
            found = await asking.walk(f"/user_groups?page_size={size}", "user_groups", who)
            ids = [int(one["id"]) for one in found]
            assert ids == sorted(seen_groups(viewer_of(who)))


async def test_walking_gives_each_membership_once(asking: Asking) -> None:
    for size in (3, 20, 100):
        for who in (1, 2, 5, SITE_ADMIN):
            found = await asking.walk(f"/memberships?page_size={size}", "memberships", who)
            ids = [int(one["id"]) for one in found]
            assert ids == sorted(set(ids))
            pairs = {(int(x["links"]["user_group"]), int(x["links"]["user"])) for x in found}
            assert pairs == seen_memberships(viewer_of(who))


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@FEW
@given(
    who=VIEWERS,
    size=st.integers(1, 40),
    ids=st.none() | st.sets(st.integers(1, GROUPS + 3), max_size=20),
    search=st.sampled_from(
        ["", "cats", "CATS of", "class 1", "ass 2", "Dogs of Class 3", "%", "o"]
    ),
)
async def test_searches_and_filters_find_what_is_seen(
    asking: Asking, who: int | None, size: int, ids: set[int] | None, search: str
) -> None:
    query = f"page_size={size}" + (f"&search={search}" if search else "")
    if ids is not None:
        query += f"&id={','.join(map(str, ids))}"
    path = "/user_groups?" + query.replace("%", "%25").replace(" ", "%20")
    found = await asking.walk(path, "user_groups", who)
    known = {
        one: group["display_name"].lower()
        for one, (group, _, _) in seen_groups(viewer_of(who)).items()
        if ids is None or one in ids
    }
    text = search.lower()
    same = {one for one, name in known.items() if name == text}
    containing = {one for one, name in known.items() if text in name}
    expected = same or (containing if not text or len(text) >= 3 else set())
    listed = [int(one["id"]) for one in found]
    assert len(listed) == len(set(listed))
    assert set(listed) == expected


async def test_a_large_page_takes_as_many_statements_as_a_small_one(asking: Asking) -> None:
    for path in (
        "/user_groups?include=users,memberships&x=1",
        "/memberships?include=user,user_group&x=1",
        "/users?user_group_id=4&x=1",
        "/user_groups?search=cats&x=1",
    ):
        numbers = []
        for size in (10, 100):
            asking.statements.clear()
            await asking.get(f"{path}&page_size={size}", 1)
            numbers.append(sum(asking.statements))
        assert numbers[0] == numbers[1] <= 8, path


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_pages_of_a_large_roster_take_the_memory_of_a_page(
    asking: Asking, database: Database
) -> None:
    large = GROUPS + 1
    document = {
        "user_groups": [{"id": large, "name": "corporate", "stats_visibility": "public_show_all"}],
        "memberships": [
            {
                "user_group_id": large,
                "user_id": 10_000 + one,
                "state": "active",
                "roles": ["group_member"],
            }
            for one in range(8_000)
        ],
    }
    await database.write(lambda connection: load_directory(connection, document))
    path = f"/memberships?user_group_id={large}&include=user&page_size=100"
    await asking.get(path, 1)
    tracemalloc.start()
    try:
        found = await asking.walk(path, "memberships", 1)
        # What was answered is held by the test itself: a record takes about a kilobyte.
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len({one["id"] for one in found}) == 8_000
    assert peak < 40_000_000
    group = await asking.get(f"/user_groups/{large}", 1)
    assert group["user_groups"][0]["links"]["users"] == []
    users = await asking.walk(f"/users?user_group_id={large}&page_size=100", "users", None)
    assert [int(one["id"]) for one in users] == [10_000 + one for one in range(8_000)]


async def test_no_group_can_be_changed_while_groups_are_off(asking: Asking) -> None:
    headers = {"authorization": f"Bearer {asking.tokens[1]}"}
    for method, path in (
        ("POST", "/user_groups"),
        ("PUT", "/user_groups/1"),
        ("DELETE", "/user_groups/1"),
        ("POST", "/user_groups/1/links/users"),
        ("DELETE", "/user_groups/1/links/users/1"),
        ("POST", "/memberships"),
        ("PUT", "/memberships/1"),
        ("DELETE", "/memberships/1"),
    ):
        for sent in ({}, headers):
            answer = await asking.client.request(method, f"/api{path}", json={}, headers=sent)
            assert answer.status_code == 405
            assert "errors" in answer.json()
            allowed = "" if "links" in path else "GET, HEAD"
            assert answer.headers["allow"] == allowed
