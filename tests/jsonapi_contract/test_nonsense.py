"""Bodies and addresses that no client sends are refused here, and change nothing."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.jsonapi_contract.checking import check_form, filled
from tests.jsonapi_contract.sides import Side
from tests.jsonapi_contract.worlds import World, make_world

#: Values that no field takes.
ODD: list[Any] = [7, 1.5, True, [], ["a"], {}, {"a": 1}, "x" * 100_001, "\ud800", "a\0b", "a\nb"]
#: What is no id.
NO_IDS: list[Any] = [
    "07",
    "7.0",
    "\u0667",
    "7,8",
    "-1",
    "",
    " 7",
    7.5,
    True,
    None,
    [],
    {},
    2**63,
    2**64,
]
PROTOTYPES = ["__proto__", "constructor", "toString", "id", "authority", "activated_state"]


@pytest.fixture(scope="module")
def worlds() -> dict[str, World]:
    return {}


@pytest.fixture
def world(ours: Side, worlds: dict[str, World]) -> World:
    if ours.url not in worlds:
        worlds[ours.url] = make_world(ours)
    return worlds[ours.url]


def refused(world: World, method: str, path: str, body: Any, who: str = "admin") -> None:
    """Send it with the tag that the record has; any refusal will do, but no error of ours."""
    before = world.known_state()
    path, body = filled(path, world.names), filled(body, world.names)
    tag = None
    if method == "PUT":
        resource, record_id = path.strip("/").split("/")
        tag = world.etag(resource, record_id)
    answer = world.side.ask(method, path, world.tokens[who], body, if_match=tag)
    assert 400 <= answer.status_code < 500, (answer.status_code, answer.text, body)
    check_form(answer)
    assert world.state() == before


def shown(value: Any) -> str:
    return ascii(value)[:20]


@pytest.mark.parametrize("value", ODD, ids=shown)
@pytest.mark.parametrize("key", ["name", "stats_visibility", "private", "display_name"])
def test_a_field_of_a_group(key: str, value: Any, world: World) -> None:
    if key == "private" and value is True:
        value = "yes"
    if key == "stats_visibility" and value == 7:
        value = 5
    refused(world, "PUT", "/user_groups/{group}", {"user_groups": {key: value}})
    sent = {"name": "{fresh}", "display_name": "New", key: value}
    refused(world, "POST", "/user_groups", {"user_groups": sent}, "stranger")


@pytest.mark.parametrize("value", ODD, ids=shown)
@pytest.mark.parametrize("key", ["state", "roles"])
def test_a_field_of_a_membership(key: str, value: Any, world: World) -> None:
    refused(world, "PUT", "/memberships/{membership_of_member}", {"memberships": {key: value}})


#: The right id, written as no id is.
ODDLY_WRITTEN = ["0{}", "{}.0", " {}", "{} ", "+{}", "{},{}", "{}\0", "0x{}", "{}e0", "{}_"]


def refused_to_join(world: World, user: Any, group: Any) -> None:
    """With the right token, by somebody who may join."""
    new = world.newcomer()
    links = {"user": user, "user_group": group}
    body = {"memberships": {"join_token": "{token}", "links": links}}
    refused(new, "POST", "/memberships", body, "newcomer")
    assert new.standing("newcomer") is None


@pytest.mark.parametrize("value", NO_IDS, ids=shown)
def test_an_id_in_a_body(value: Any, world: World) -> None:
    refused_to_join(world, value, "{group}")
    refused_to_join(world, "{newcomer}", value)


@pytest.mark.parametrize("written", ODDLY_WRITTEN)
def test_an_id_that_is_oddly_written(written: str, world: World) -> None:
    refused_to_join(world, written.replace("{}", "{newcomer}"), "{group}")
    refused_to_join(world, "{newcomer}", written.replace("{}", "{group}"))


@pytest.mark.parametrize("value", [one for one in NO_IDS if one is not None], ids=shown)
def test_an_id_of_a_linked_user(value: Any, world: World) -> None:
    refused(world, "POST", "/user_groups/{group}/links/users", {"users": [value]})
    sent = {"name": "{fresh}", "links": {"users": [value]}}
    refused(world, "POST", "/user_groups", {"user_groups": sent}, "stranger")


@pytest.mark.parametrize("key", PROTOTYPES)
def test_a_key_that_is_not_written(key: str, world: World) -> None:
    refused(world, "PUT", "/user_groups/{group}", {"user_groups": {key: "x"}})
    refused(world, "PUT", "/memberships/{membership_of_member}", {"memberships": {key: "x"}})


def test_ten_thousand_keys(world: World) -> None:
    body = {"user_groups": {f"key_{number}": number for number in range(10_000)}}
    refused(world, "PUT", "/user_groups/{group}", body)


@pytest.mark.parametrize(
    "body",
    [
        [],
        "user_groups",
        7,
        None,
        {"user_groups": []},
        {"user_groups": [{"name": "x"}]},
        {"user_groups": "x"},
        {"user_groups": None},
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"user_groups": {"name": NaN}}',
        b'{"user_groups": {"display_name": "a", "display_name": 7}}',
        json.dumps({"user_groups": {"display_name": "x" * 3_000_000}}).encode(),
    ],
    ids=shown,
)
def test_a_body_that_is_no_resource(body: Any, world: World) -> None:
    sent = b"null" if body is None else body
    refused(world, "PUT", "/user_groups/{group}", sent)
    refused(world, "POST", "/user_groups", sent, "stranger")


@pytest.mark.parametrize(
    "body", [[], {}, {"users": "5"}, {"users": {}}, {"users": None}], ids=shown
)
def test_links_that_are_none(body: Any, world: World) -> None:
    refused(world, "POST", "/user_groups/{group}/links/users", body)


@pytest.mark.parametrize(
    "path",
    [
        "/user_groups/{group}/links/users/",
        "/user_groups/{group}/links/users/{member},",
        "/user_groups/{group}/links/users/0{member}",
        "/user_groups/{group}/links/users/x",
        "/user_groups/{group}/links/projects/{member}",
        "/user_groups/{group}/links/memberships/{membership_of_member}",
        "/user_groups/{group},{group}",
        "/user_groups",
        "/memberships",
        "/memberships/{membership_of_member},{membership_of_admin}",
        "/users/{member}",
        "/projects/{project}",
        "/me",
    ],
)
def test_a_path_that_deletes_nothing(path: str, world: World) -> None:
    refused(world, "DELETE", path, None)


@pytest.mark.parametrize(
    "query",
    [
        "page=1&page=2",
        "page_size=-1",
        "page_size=x",
        "page=99999999999999999999",
        "id=1,,2",
        "id=",
        "id=%00",
        "id=9223372036854775808",
        "search=%00",
        "search=" + "x" * 5000,
        "search=%ff",
        "name=%00",
        "include=,",
        "include=users,users",
        "include=__proto__",
        "user_id=%D9%A7",
        "sort=id;drop",
        "%5B%5D=1",
        "id[]=1",
    ],
)
def test_a_question_that_nobody_asks_is_answered_or_refused(query: str, world: World) -> None:
    for resource in ("user_groups", "memberships", "users", "projects"):
        answer = world.side.ask("GET", f"/{resource}?{query}", world.tokens["member"])
        assert answer.status_code < 500, (resource, answer.status_code, answer.text)
        check_form(answer)


def test_another_groups_membership_is_not_changed_under_own_rights(ours: Side) -> None:
    """The membership of the path decides, whatever stands beside it."""
    mine, other = make_world(ours), make_world(ours)
    path = f"/memberships/{other.memberships['member']}"
    beside = f"user_group_id={mine.group}&membership_id={mine.memberships['member']}"
    body = {"memberships": {"roles": ["group_admin"]}}
    before = other.state()
    tag = other.etag("memberships", other.memberships["member"])
    for method, sent in (("PUT", body), ("DELETE", None)):
        answer = ours.ask(method, f"{path}?{beside}", mine.tokens["admin"], sent, if_match=tag)
        assert answer.status_code == 404
    assert other.state() == before
