"""Calls of real clients are answered, and each field that they read is there."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

import httpx
import pytest

from tests.jsonapi_contract.calls import ERAS, FRONT_END, RUBY, Call
from tests.jsonapi_contract.case import Expected
from tests.jsonapi_contract.checking import check, filled
from tests.jsonapi_contract.sides import FIRST_PERSON, PROJECT, Side
from tests.jsonapi_contract.worlds import World, make_world
from tests.stream_events import classification

#: What browsers and servers send when nobody is signed in; a space at the end they trim.
SIGNED_OUT = [None, "Bearer", "Bearer null", "Bearer undefined", "undefined"]
PAGE = "start_date=2020-01-01&end_date=2020-12-31&period=month&top_contributors=10"


def replay(calls: list[Call], world: World, **headers: str) -> None:
    """Send the calls one after the other; whoever holds an ETag has it of the call before."""
    names: dict[str, Any] = {**world.names, "uuid": str(uuid4())}
    held = ""
    for call in calls:
        sent = {**headers, **({"If_Match": held} if call.holds else {})}
        token, body = world.tokens[call.who], filled(call.body, names)
        path = filled(call.path, names)
        answer = world.side.ask(call.method, path, token, body, **sent)
        check(Expected(call.status, fields=call.reads), answer, world, names)
        held = answer.headers.get("etag", "")


@pytest.mark.parametrize("page", FRONT_END)
def test_a_person_at_the_front_end(page: str, side: Side) -> None:
    kind, calls = FRONT_END[page]
    replay(calls, make_world(side, kind).newcomer())


def test_each_active_member_of_a_list_is_among_its_users(side: Side) -> None:
    """A member who is not there crashes the front end's list."""
    world = make_world(side)
    path = f"/memberships?http_cache=true&include=user&page=1&user_group_id={world.group}"
    listed = side.ask("GET", path, world.tokens["admin"]).json()

    users = {user["id"] for user in listed["linked"]["users"]}
    assert {one["links"]["user"] for one in listed["memberships"]} <= users


@pytest.mark.parametrize("sent", SIGNED_OUT, ids=str)
def test_a_group_page_without_a_signed_in_person(sent: str | None, side: Side) -> None:
    world = make_world(side, "open")
    answer = side.ask("GET", f"/user_groups/{world.group}?http_cache=true", Authorization=sent)

    assert answer.status_code == 200
    (group,) = answer.json()["user_groups"]
    assert (group["id"], "join_token" in group) == (str(world.group), False)


def test_names_for_an_export(side: Side) -> None:
    """Two hundred ids at once, a hundred a page, as many pages as are told."""
    ids = [str(FIRST_PERSON + number) for number in range(200)]
    found: list[str] = []
    page: int | None = 1
    while page is not None:
        query = urlencode({"id": ",".join(ids), "page": page, "page_size": 100})
        answer = side.ask("GET", f"/users?{query}").json()
        assert all(user["login"] and user["display_name"] for user in answer["users"])
        found += [user["id"] for user in answer["users"]]
        page = answer["meta"]["users"]["next_page"]
    assert sorted(found) == sorted(ids)


def test_a_thousand_ids_at_once(ours: Side) -> None:
    ids = ",".join(str(FIRST_PERSON + number) for number in range(1000))
    answer = ours.ask("GET", f"/users?id={ids}&page_size=100")

    assert answer.status_code == 200
    assert answer.json()["meta"]["users"]["count"] == 1000


def test_the_classrooms_ruby_client(side: Side) -> None:
    replay(RUBY, make_world(side).newcomer(), User_Agent="Faraday v2.9.0")


def test_eras_asks_who_may_see_what(side: Side) -> None:
    replay(ERAS, make_world(side))


@pytest.mark.parametrize("sent", SIGNED_OUT, ids=str)
def test_statistics_of_an_open_group_without_a_signed_in_person(
    sent: str | None, ours: Side
) -> None:
    group = make_world(ours, "open").group
    headers = {} if sent is None else {"Authorization": sent}
    path = f"/classifications/user_groups/{group}?{PAGE}"
    assert ours.http.get(f"{ours.url}{path}", headers=headers).status_code == 200


def test_statistics_of_a_group_page(ours: Side) -> None:
    """What members do while they are members is on the page that stands beside the calls."""
    world = make_world(ours)
    now = datetime.now(UTC)
    page = f"start_date={now.date() - timedelta(days=1)}&end_date={now.date()}&period=day"
    page += "&top_contributors=10"
    said = {"user": world.ids["member"], "project": PROJECT, "workflow": 101, "seconds": 60}
    event = classification(world.group, now.isoformat(timespec="milliseconds"), **said)
    body = {"payload": [event]}
    stored = ours.http.post(f"{ours.url}/kinesis", json=body, auth=ours.stream)
    assert stored.status_code in {200, 201, 204}, stored.text

    def ask(query: str, who: str) -> httpx.Response:
        path = f"/classifications/user_groups/{world.group}?{query}"
        headers = {"Authorization": f"Bearer {world.tokens[who]}"}
        return ours.http.get(f"{ours.url}{path}", headers=headers)

    whole = ask(page, "admin")
    assert whole.status_code == 200
    assert whole.json()["total_count"] == 1
    (top,) = whole.json()["top_contributors"]
    assert (top["user_id"], top["count"]) == (world.ids["member"], 1)
    assert ask(f"{page}&project_id={PROJECT}", "admin").json()["total_count"] == 1
    shares = ask("individual_stats_breakdown=true", "admin").json()["group_member_stats_breakdown"]
    assert [one["user_id"] for one in shares] == [world.ids["member"]]
    assert ask(page, "stranger").status_code in {403, 404}
