"""A hidden group and one that does not exist are one to whoever it is hidden from."""

from __future__ import annotations

import pytest

from tests.authorization.public_questions import told
from tests.jsonapi_contract.worlds import World

GROUP = {"user_groups": {"display_name": "New"}}
#: Requests for a group, by its id.
QUESTIONS = [
    ("GET", "/user_groups/{id}", None),
    ("HEAD", "/user_groups/{id}", None),
    ("GET", "/user_groups/{id}?include=users", None),
    ("GET", "/user_groups?id={id}", None),
    ("GET", "/user_groups?id={id}&include=users,memberships", None),
    ("GET", "/users?user_group_id={id}", None),
    ("GET", "/memberships?user_group_id={id}", None),
    ("GET", "/memberships?user_group_id={id}&include=user_group", None),
    ("PUT", "/user_groups/{id}", GROUP),
    ("DELETE", "/user_groups/{id}", None),
    ("POST", "/user_groups/{id}/links/users", {"users": ["1"]}),
    ("DELETE", "/user_groups/{id}/links/users/1,2", None),
    ("POST", "/user_groups/{id}/links/users", {"wrong": 1}),
    ("GET", "/user_groups/{id}/recents", None),
]


@pytest.mark.parametrize("who", ["nobody", "stranger", "former", "site"])
@pytest.mark.parametrize(("method", "path", "body"), QUESTIONS)
def test_a_hidden_group_looks_as_if_there_were_none(
    world: World, method: str, path: str, body: object, who: str
) -> None:
    hidden = str(world.group)
    unknown = "9" * len(hidden)
    site = world.side.ask("GET", f"/user_groups/{unknown}?admin=1", world.tokens["site"])
    assert site.status_code == 404
    tag = world.etag("user_groups", world.group)
    answers = []
    for group_id in (hidden, unknown):
        filled = path.replace("{id}", group_id)
        for headers in ({}, {"if_match": tag}, {"if_match": "*"}):
            answer = world.side.ask(method, filled, world.tokens[who], body, **headers)
            content = answer.text.replace(f"'{group_id}'", "#").replace(f"id={group_id}", "#")
            seen = told(answer)
            # The list of the own membership of who has left names the group.
            seen["headers"] = [one for one in seen["headers"] if one[0] not in {"etag", "date"}]
            answers.append((content, seen))
    if who == "former" and path.startswith("/memberships"):
        assert answers[0][0] != answers[3][0]
        return
    assert answers[:3] == answers[3:]


def test_an_own_membership_of_what_is_hidden_by_now_names_no_group(world: World) -> None:
    former = world.side.ask(
        "GET",
        f"/memberships?user_group_id={world.group}&include=user_group,user",
        world.tokens["former"],
    ).json()
    assert [one["state"] for one in former["memberships"]] == ["inactive"]
    assert former["linked"]["user_groups"] == []


def test_joining_an_unknown_group_is_a_wrong_token(world: World) -> None:
    answers = []
    for group_id in (world.group, 987_654_321):
        links = {"user": world.ids["stranger"], "user_group": group_id}
        body = {"memberships": {"join_token": "0" * 32, "links": links}}
        answers.append(world.side.ask("POST", "/memberships", world.tokens["stranger"], body))
    assert told(answers[0]) == told(answers[1])
    assert answers[0].content == answers[1].content
    assert answers[0].status_code == 422
