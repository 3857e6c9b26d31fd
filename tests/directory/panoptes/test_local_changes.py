"""The tests' own Panoptes changes groups as Panoptes does, and can be made to fail in between.

What it answers to each request in order is said in ``tests/jsonapi_contract``.
"""

from __future__ import annotations

import threading
from typing import Any

import httpx
import pytest

from tests.directory.panoptes.local import LocalPanoptes
from tests.directory.panoptes.local_answers import ACCEPT

ADA, BOB = 1001, 1002
NEW = {"user_groups": {"name": "new", "display_name": "New"}}


def ask(panoptes: LocalPanoptes, method: str, path: str, user: int, **more: Any) -> httpx.Response:
    headers = {
        "Accept": ACCEPT,
        "Content-Type": "application/json",
        "Authorization": f"Bearer {panoptes.token_of(user)}",
        **more.pop("headers", {}),
    }
    url = f"{panoptes.url}/api{path}"
    return httpx.request(method, url, headers=headers, **{"timeout": 60, **more})


def names(panoptes: LocalPanoptes) -> set[str]:
    return {one["name"] for one in panoptes.has["user_groups"]}


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("POST", "/user_groups", 201),
        ("PUT", "/user_groups/501", 200),
        ("DELETE", "/user_groups/501", 204),
        ("DELETE", "/memberships/4", 204),
    ],
)
def test_a_banned_person_is_answered_without_a_body_and_without_effect(
    method: str, path: str, status: int, panoptes: LocalPanoptes
) -> None:
    panoptes.banned.add(str(ADA))
    before = [dict(one) for one in panoptes.has["user_groups"] + panoptes.has["memberships"]]
    answer = ask(panoptes, method, path, ADA, json=NEW)

    assert (answer.status_code, answer.content) == (status, b"")
    assert panoptes.has["user_groups"] + panoptes.has["memberships"] == before


@pytest.mark.parametrize("status", [500, 502, 503])
def test_a_change_is_made_although_the_answer_is_an_error(
    status: int, panoptes: LocalPanoptes
) -> None:
    panoptes.after_commit.append(status)

    assert ask(panoptes, "POST", "/user_groups", ADA, json=NEW).status_code == status
    assert "new" in names(panoptes)
    assert ask(panoptes, "POST", "/user_groups", ADA, json=NEW).status_code == 400


def test_a_change_is_made_although_the_connection_is_lost(panoptes: LocalPanoptes) -> None:
    panoptes.after_commit.append("cut off")
    with pytest.raises(httpx.RemoteProtocolError):
        ask(panoptes, "POST", "/user_groups", ADA, json=NEW)
    assert "new" in names(panoptes)


def test_a_change_is_made_although_the_answer_does_not_come(panoptes: LocalPanoptes) -> None:
    panoptes.after_commit.append("hang")
    with pytest.raises(httpx.ReadTimeout):
        ask(panoptes, "POST", "/user_groups", ADA, json=NEW, timeout=1)
    assert "new" in names(panoptes)


def test_a_request_that_hangs_has_changed_nothing_yet(panoptes: LocalPanoptes) -> None:
    panoptes.held_at = "/user_groups"
    asking = threading.Thread(
        target=ask, args=(panoptes, "POST", "/user_groups", ADA), kwargs={"json": NEW}
    )
    asking.start()
    while not panoptes.asked:
        asking.join(0.01)
    assert "new" not in names(panoptes)
    panoptes.held_at = None
    asking.join()
    assert "new" in names(panoptes)


@pytest.mark.parametrize("status", [401, 403, 409, 412, 429, 503])
def test_a_refusal_may_come_instead(status: int, panoptes: LocalPanoptes) -> None:
    panoptes.faults.append((status, {"Retry-After": "7"}))
    answer = ask(panoptes, "POST", "/user_groups", ADA, json=NEW)

    assert (answer.status_code, answer.headers["retry-after"]) == (status, "7")
    assert "new" not in names(panoptes)


def test_a_tag_tells_changes_apart_and_is_that_of_the_answer_to_post(
    panoptes: LocalPanoptes,
) -> None:
    made = ask(panoptes, "POST", "/user_groups", ADA, json=NEW)
    path = f"/user_groups/{made.json()['user_groups'][0]['id']}"
    tags = [made.headers["etag"], ask(panoptes, "GET", path, ADA).headers["etag"]]
    assert len(set(tags)) == 1
    for name in ("One", "Two"):
        body = {"user_groups": {"display_name": name}}
        headers = {"If-Match": tags[-1]}
        changed = ask(panoptes, "PUT", path, ADA, json=body, headers=headers)
        assert changed.status_code == 200
        assert changed.headers["etag"].startswith("W/")
        tags.append(ask(panoptes, "GET", path, ADA).headers["etag"])
    assert len(set(tags)) == 3


def test_taking_somebody_out_by_links_leaves_the_tag_of_the_membership(
    panoptes: LocalPanoptes,
) -> None:
    panoptes.group(601, "public_show_all", private=False)
    panoptes.member(601, ADA, "group_admin")
    panoptes.member(601, BOB)
    path = f"/memberships/{panoptes.has['memberships'][-1]['id']}"
    before = ask(panoptes, "GET", path, BOB).headers["etag"]
    assert ask(panoptes, "DELETE", f"/user_groups/601/links/users/{BOB}", ADA).status_code == 204

    after = ask(panoptes, "GET", path, BOB)
    assert after.headers["etag"] == before
    assert after.json()["memberships"][0]["state"] == "inactive"


def test_who_was_an_admin_is_one_again_after_joining(panoptes: LocalPanoptes) -> None:
    made = ask(panoptes, "POST", "/user_groups", ADA, json=NEW).json()["user_groups"][0]
    joining = {
        "memberships": {
            "join_token": made["join_token"],
            "links": {"user": BOB, "user_group": made["id"]},
        }
    }
    joined = ask(panoptes, "POST", "/memberships", BOB, json=joining)
    path = f"/memberships/{joined.json()['memberships'][0]['id']}"
    tag = {"If-Match": joined.headers["etag"]}
    lead = {"memberships": {"roles": ["group_admin"]}}
    assert ask(panoptes, "PUT", path, ADA, json=lead, headers=tag).status_code == 200
    tag = {"If-Match": ask(panoptes, "GET", path, BOB).headers["etag"]}
    assert ask(panoptes, "DELETE", path, BOB, headers=tag).status_code == 204

    again = ask(panoptes, "POST", "/memberships", BOB, json=joining).json()["memberships"][0]
    assert (again["state"], again["roles"]) == ("active", ["group_admin"])
