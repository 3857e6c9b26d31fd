"""What attackers send: ids that are none, keys that may not be written, too much of a body."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.jsonapi_contract.sides import Side
from tests.jsonapi_contract.worlds import World

SMUGGLED = [
    "07",
    "7.0",
    "\u0667",
    "7,8",
    "-1",
    "9223372036854775808",
    "",
    " 7",
    "1e1",
    "0x7",
    "7\u0000",
]
KEYS = (
    "id",
    "join_token",
    "authority",
    "classifications_count",
    "activated_state",
    "identity",
    "created_at",
    "revision",
    "__proto__",
    "constructor",
)


def join_body(world: World, **links: Any) -> dict[str, Any]:
    newcomer = world.ids["stranger"]
    named = {"user": newcomer, "user_group": world.group, **links}
    return {"memberships": {"join_token": world.join_token, "links": named}}


@pytest.mark.parametrize("sent", SMUGGLED)
def test_an_id_in_a_body_is_a_number_or_its_text(world: World, sent: str) -> None:
    before = world.state()
    for links in ({"user_group": sent}, {"user": sent}):
        answer = world.side.ask(
            "POST", "/memberships", world.tokens["stranger"], join_body(world, **links)
        )
        assert answer.status_code == 422, answer.text
    invited = world.side.ask(
        "POST",
        f"/user_groups/{world.group}/links/users",
        world.tokens["admin"],
        {"users": [sent]},
    )
    assert invited.status_code == 422, invited.text
    assert world.state() == before


@pytest.mark.parametrize("sent", [True, 7.0, None, [7], {"id": 7}, 2**63, -1, 0])
def test_what_is_no_id_is_refused(world: World, sent: Any) -> None:
    users = {"users": [sent]}
    path = f"/user_groups/{world.group}/links/users"
    answer = world.side.ask("POST", path, world.tokens["admin"], users)
    assert answer.status_code == 422, answer.text


@pytest.mark.parametrize("sent", ["07", "7.0", "%D9%A7", "7,x", "-1", "9223372036854775808", "7;8"])
def test_ids_to_remove_are_numbers(world: World, sent: str) -> None:
    path = f"/user_groups/{world.group}/links/users/{sent}"
    answer = world.side.ask("DELETE", path, world.tokens["admin"])
    assert (answer.status_code, answer.json()) == (404, {"errors": [{"message": "Not Found"}]})


@pytest.mark.parametrize("key", KEYS)
def test_a_key_that_may_not_be_written_changes_nothing(world: World, key: str) -> None:
    before, side = world.state(), world.side
    path = f"/user_groups/{world.group}"
    tag = world.etag("user_groups", world.group)
    group = {"user_groups": {"display_name": "New", key: "1"}}
    membership = {"memberships": {"state": "active", key: "1"}}
    joining = join_body(world)
    joining["memberships"][key] = "1"
    member = f"/memberships/{world.memberships['member']}"
    member_tag = world.etag("memberships", world.memberships["member"])
    answers = [
        side.ask("POST", "/user_groups", world.tokens["stranger"], group),
        side.ask("PUT", path, world.tokens["admin"], group, if_match=tag),
        side.ask("PUT", member, world.tokens["admin"], membership, if_match=member_tag),
    ]
    if key != "join_token":
        answers.append(side.ask("POST", "/memberships", world.tokens["stranger"], joining))
    for answer in answers:
        assert answer.status_code == 422, answer.text
        message = f"found unpermitted parameter: :{key}"
        assert answer.json() == {"errors": [{"message": message}]}
    assert world.state() == before


def test_of_many_keys_few_are_named(world: World) -> None:
    body = {"user_groups": {f"key{number}": 1 for number in range(10_000)}}
    answer = world.side.ask("POST", "/user_groups", world.tokens["stranger"], body)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["message"].endswith(":key3, :key4, …")
    assert len(answer.content) < 300


def test_deep_and_broken_json_is_refused(world: World) -> None:
    deep = b'{"user_groups":' + b"[" * 100_000 + b"]" * 100_000 + b"}"
    for body in (deep, b"{", b"\xff", b'{"user_groups":{"name":"\\ud800"}}', b"NaN"):
        answer = world.side.ask("POST", "/user_groups", world.tokens["stranger"], body)
        assert answer.status_code == 400, answer.text
        told = answer.json()["errors"][0]["message"]
        assert told.startswith("There was a problem in the JSON you submitted: ")
    for body in (b"[]", b"7", b"null", b'"user_groups"'):
        answer = world.side.ask("POST", "/user_groups", world.tokens["stranger"], body)
        assert answer.status_code == 422, answer.text


def test_more_users_than_one_may_name_are_not_looked_up(world: World) -> None:
    before = world.state()
    users = [*range(1, 50_000)]
    path = f"/user_groups/{world.group}/links/users"
    answer = world.side.ask("POST", path, world.tokens["admin"], {"users": users})
    assert answer.status_code == 422, answer.text
    assert answer.json()["errors"][0]["message"] == "users has 49999 users: it must have 1 to 100."
    links = {"user_groups": {"display_name": "New", "links": {"users": users}}}
    answer = world.side.ask("POST", "/user_groups", world.tokens["stranger"], links)
    assert answer.status_code == 422, answer.text
    assert world.state() == before


def test_a_body_beyond_the_limit_is_refused(world: World) -> None:
    body = json.dumps({"user_groups": {"name": "a" * 10_000_000}}).encode()
    answer = world.side.ask("POST", "/user_groups", world.tokens["stranger"], body)
    assert answer.status_code == 413
    assert "errors" in answer.json()


@pytest.mark.parametrize(
    "query",
    [
        "id=1&id=2",
        "id[]=1",
        "id=1&ids=2",
        "user_id=1e3",
        "user_id=%D9%A7",
        f"id={','.join(['1'] * 1001)}",
        f"search={'a' * 101}",
        "include=" + "a" * 200,
    ],
)
def test_a_question_that_cannot_be_read_is_refused(world: World, query: str) -> None:
    answer = world.side.ask("GET", f"/user_groups?{query}", world.tokens["member"])
    assert answer.status_code == 422, answer.text
    assert len(answer.content) < 300


@pytest.mark.parametrize(
    "query", ["search=%00", "name=%00", "search=%FF%FE", "search=:::", "search=a", "id=", "name="]
)
def test_what_finds_nothing_is_an_empty_list(world: World, query: str) -> None:
    answer = world.side.ask("GET", f"/user_groups?{query}", world.tokens["stranger"])
    assert answer.status_code == 200, answer.text
    if query not in {"search=%00", "search=:::"}:
        assert answer.json()["user_groups"] == []
    for path in (f"/users?login=%00&{query}", f"/projects?slug=%00&{query}"):
        assert world.side.ask("GET", path).status_code == 200


def test_no_question_is_answered_408(ours: Side) -> None:
    """The npm client would ask for ever."""
    assert ours.ask("GET", "/user_groups?page_size=100").status_code == 200
