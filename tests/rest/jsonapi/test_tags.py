"""Entity tags: one of a record for everybody, and what changes it."""

from __future__ import annotations

from uuid import uuid4

import httpx

from tests.jsonapi_contract.sides import Side
from tests.jsonapi_contract.worlds import World, make_world

CREATED = {"private": True, "stats_visibility": "private_agg_only"}


def test_a_record_has_one_tag_for_everybody(open_world: World) -> None:
    path = f"/user_groups/{open_world.group}"
    asked = [open_world.side.ask("GET", path, token) for token in open_world.tokens.values()]
    assert {one.status_code for one in asked} == {200}
    assert len({one.headers["etag"] for one in asked}) == 1


def test_the_tag_of_a_creation_is_that_of_the_record_and_good_for_a_change(ours: Side) -> None:
    token, name = ours.token_of(ours.person()), f"g-{uuid4()}"
    made = ours.ask("POST", "/user_groups", token, {"user_groups": {"name": name, **CREATED}})
    path = made.headers["location"].partition("/api")[2]
    tag = made.headers["etag"]
    assert ours.ask("GET", path, token).headers["etag"] == tag
    body = {"user_groups": {"display_name": "Another"}}
    changed = ours.ask("PUT", path, token, body, if_match=tag)
    assert changed.status_code == 200
    assert changed.headers["etag"] == ours.ask("GET", path, token).headers["etag"] != tag
    assert ours.ask("PUT", path, token, body, if_match=tag).status_code == 412


def test_a_list_has_a_tag_that_is_none_of_its_records(world: World) -> None:
    query, admin = f"/memberships?user_group_id={world.group}", world.tokens["admin"]
    listed = world.side.ask("GET", query, admin)
    tag = listed.headers["etag"]
    path = f"/memberships/{world.memberships['member']}"
    body = {"memberships": {"roles": ["group_admin"]}}
    assert world.side.ask("PUT", path, admin, body, if_match=tag).status_code == 412
    again = world.side.ask("GET", query, admin, if_none_match=f"W/{tag}")
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == tag


def test_only_what_everybody_is_told_changes_the_tag_of_a_group(ours: Side) -> None:
    world = make_world(ours).newcomer()
    path, admin = f"/user_groups/{world.group}", world.tokens["admin"]
    public = ("name", "display_name", "updated_at", "stats_visibility")

    def told() -> tuple[str, list[str]]:
        answer = ours.ask("GET", path, admin)
        return answer.headers["etag"], [answer.json()["user_groups"][0][one] for one in public]

    before = told()
    member, member_path = before, f"/memberships/{world.memberships['member']}"
    member_tag = world.etag("memberships", world.memberships["member"])
    ours.ask("POST", f"{path}/links/users", admin, {"users": [world.ids["newcomer"]]})
    removed = f"{path}/links/users/{world.ids['newcomer']}%2C{world.ids['member']}"
    assert ours.ask("DELETE", removed, admin).status_code == 204
    assert told() == before == member
    # A membership's changes with all that happens to it.
    assert world.etag("memberships", world.memberships["member"]) != member_tag
    roles = {"memberships": {"roles": ["group_admin"]}}
    assert ours.ask("PUT", member_path, admin, roles, if_match=member_tag).status_code == 412
    level = {"user_groups": {"stats_visibility": "public_agg_only"}}
    assert ours.ask("PUT", path, admin, level, if_match=before[0]).status_code == 200
    assert told()[0] != before[0]


def test_what_may_be_kept(world: World, open_world: World) -> None:
    side = world.side

    def kept(answer: httpx.Response) -> str:
        assert answer.headers["vary"].startswith("Authorization, Accept, Origin")
        assert answer.headers["referrer-policy"] == "no-referrer"
        return answer.headers["cache-control"]

    path = f"/user_groups/{world.group}"
    secret = side.ask("GET", path, world.tokens["admin"])
    assert kept(secret) == "private, no-store, no-transform"
    assert "content-encoding" not in secret.headers
    # What has the token is never answered by what the client has.
    tag = secret.headers["etag"]
    again = side.ask("GET", path, world.tokens["admin"], if_none_match=tag)
    assert again.json()["user_groups"][0]["join_token"] == world.join_token
    # Who is a member is not told by the tag.
    assert "no-store" in kept(side.ask("GET", path, world.tokens["member"]))
    assert "no-store" in kept(side.ask("GET", f"/user_groups/{open_world.group}"))
    listed = side.ask("GET", f"/user_groups?id={world.group}", world.tokens["admin"])
    assert kept(listed) == "private, no-store, no-transform"
    assert kept(side.ask("GET", "/users?id=1")) == "private, no-cache"


def test_the_token_is_for_admins_alone_and_never_linked(world: World) -> None:
    paths = [
        f"/user_groups/{world.group}?include=users,memberships",
        f"/user_groups?id={world.group}&include=memberships",
        f"/memberships?user_group_id={world.group}&include=user_group,user",
        f"/memberships/{world.memberships['admin']}?include=user_groups",
    ]
    for who, token in world.tokens.items():
        for path in paths:
            for flag in ("", "&admin=true"):
                answer = world.side.ask("GET", path + flag, token)
                is_group = path.startswith("/user_groups")
                may_see = who in {"admin", "scopeless"} or (who == "site" and bool(flag))
                if answer.status_code == 200 and is_group and may_see:
                    assert answer.text.count(world.join_token) == 1
                    assert world.join_token not in str(answer.json().get("linked"))
                else:
                    assert world.join_token not in answer.text, (who, path)


def test_after_ten_wrong_tokens_the_right_one_has_to_wait(ours: Side) -> None:
    """Ten wrong tokens, then the right one has to wait as well."""
    world = make_world(ours).newcomer()
    links = {"user": world.ids["newcomer"], "user_group": world.group}

    def join(token: str, group: int) -> httpx.Response:
        named = {**links, "user_group": group}
        body = {"memberships": {"join_token": token, "links": named}}
        return ours.ask("POST", "/memberships", world.tokens["newcomer"], body)

    wrong = [join("wrong", world.group if one % 2 else 987_654_321) for one in range(10)]
    assert {one.status_code for one in wrong} == {422}
    assert len({one.content for one in wrong}) == 1
    late = join(world.join_token, world.group)
    assert late.status_code == 429
    assert 1 <= int(late.headers["retry-after"]) <= 60
    assert world.standing("newcomer") is None
