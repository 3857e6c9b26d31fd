"""What holds over several requests: tags, pages, rejoining, two who change the same."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import httpx

from tests.jsonapi_contract.sides import Side
from tests.jsonapi_contract.worlds import World, create, join, make_world


def put(world: World, who: str, path: str, tag: str, **values: Any) -> httpx.Response:
    resource = path.split("/")[1]
    return world.side.ask("PUT", path, world.tokens[who], {resource: values}, if_match=tag)


def tag_of(world: World, who: str, path: str) -> str:
    return world.side.ask("GET", path, world.tokens[who]).headers["etag"]


def test_the_tag_is_that_of_the_answer_to_post_and_the_same_for_all(side: Side) -> None:
    world = make_world(side, "open").newcomer()
    group = f"/user_groups/{world.group}"
    assert len({tag_of(world, who, group) for who in ("nobody", "member", "admin")}) == 1
    joined = join(side, world, "newcomer")
    path = f"/memberships/{joined.json()['memberships'][0]['id']}"
    tags = {tag_of(world, who, path) for who in ("newcomer", "admin")}
    assert tags == {joined.headers["etag"]}


def test_the_second_of_two_edits_of_the_same_is_refused(side: Side) -> None:
    world = make_world(side)
    path = f"/user_groups/{world.group}"
    tag = tag_of(world, "admin", path)
    assert put(world, "admin", path, tag, display_name="First").status_code == 200
    assert put(world, "admin", path, tag, display_name="Second").status_code == 412
    fresh = tag_of(world, "admin", path)
    assert fresh != tag
    assert put(world, "admin", path, fresh, display_name="Second").status_code == 200


def test_the_answer_to_put_has_the_new_tag_here(ours: Side) -> None:
    world = make_world(ours)
    path = f"/user_groups/{world.group}"
    changed = put(world, "admin", path, tag_of(world, "admin", path), display_name="First")
    assert changed.headers["etag"] == tag_of(world, "admin", path)


def test_a_groups_tag_tells_nothing_of_its_members(side: Side) -> None:
    world = make_world(side).newcomer()
    path = f"/user_groups/{world.group}"
    before = tag_of(world, "admin", path)
    assert join(side, world, "newcomer").status_code == 201
    removed = side.ask("DELETE", f"{path}/links/users/{world.ids['member']}", world.tokens["admin"])
    assert removed.status_code == 204
    assert tag_of(world, "admin", path) == before


def test_each_change_of_a_membership_has_its_tag_here(ours: Side) -> None:
    world = make_world(ours)
    path = f"/memberships/{world.memberships['member']}"
    before = tag_of(world, "member", path)
    links = f"/user_groups/{world.group}/links/users/{world.ids['member']}"
    assert ours.ask("DELETE", links, world.tokens["admin"]).status_code == 204
    assert tag_of(world, "member", path) != before


def test_a_list_is_no_record(side: Side) -> None:
    """Whoever saves an object of a list with the list's tag is refused."""
    world = make_world(side)
    query = f"/memberships?user_group_id={world.group}&user_id={world.ids['member']}"
    listed = side.ask("GET", query, world.tokens["admin"])
    tag = listed.headers["etag"]
    path = f"/memberships/{world.memberships['member']}"
    assert put(world, "admin", path, tag, roles=["group_admin"]).status_code == 412


def test_a_list_that_one_has_already_is_not_sent_again(ours: Side) -> None:
    world = make_world(ours)
    path, token = f"/user_groups?id={world.group}", world.tokens["member"]
    tag = ours.ask("GET", path, token).headers["etag"]
    assert ours.ask("GET", path, token, if_none_match=tag).status_code == 304


def test_who_was_an_admin_comes_back_as(side: Side) -> None:
    world = make_world(side)
    path = f"/memberships/{world.memberships['member']}"
    promoted = put(world, "admin", path, tag_of(world, "admin", path), roles=["group_admin"])
    assert promoted.status_code == 200
    left = side.ask("DELETE", path, world.tokens["member"], if_match=tag_of(world, "member", path))
    assert left.status_code == 204
    assert join(side, world, "member").status_code == 201
    # Where Panoptes decides, whoever comes back has the role of then.
    role = "group_member" if side.panoptes is None else "group_admin"
    assert world.standing("member") == f"active {role}"


def test_the_last_but_one_admin_may_leave(side: Side) -> None:
    world = make_world(side)
    path = f"/memberships/{world.memberships['member']}"
    tag = tag_of(world, "admin", path)
    assert put(world, "admin", path, tag, roles=["group_admin", "group_member"]).status_code == 200
    assert (world.standing("member") or "").split()[1] == "group_admin"
    own = f"/memberships/{world.memberships['admin']}"
    left = side.ask("DELETE", own, world.tokens["admin"], if_match=tag_of(world, "admin", own))
    assert left.status_code == 204
    assert world.standing("admin") == "inactive group_admin"


def test_pages_have_each_record_once(side: Side) -> None:
    world = make_world(side)
    token, seen = world.tokens["admin"], []
    href: str | None = f"/memberships?user_group_id={world.group}&page_size=1"
    while href is not None:
        answer = side.ask("GET", href, token).json()
        seen += [one["id"] for one in answer["memberships"]]
        href = answer["meta"]["memberships"]["next_href"]
    assert len(seen) == len(set(seen)) == answer["meta"]["memberships"]["count"] == 4


def test_pages_of_a_search_have_each_group_once_here(ours: Side) -> None:
    name, person = f"s{uuid4().hex}", ours.person()
    token = ours.token_of(person)
    made = [create(ours, token, f"{name}-{number}")["id"] for number in range(5)]
    href: str | None = f"/user_groups?search={name}&page_size=2"
    seen: list[str] = []
    while href is not None:
        answer = ours.ask("GET", href, token).json()
        seen += [one["id"] for one in answer["user_groups"]]
        href = answer["meta"]["user_groups"]["next_href"]
    assert seen == sorted(made, key=int)


def test_linked_users_are_invited_at_creation(side: Side) -> None:
    world = make_world(side).newcomer()
    users = [str(world.ids["other"]), str(world.ids["newcomer"])]
    if side.forwards:
        group = {"user_groups": {"name": f"g-{uuid4()}", "links": {"users": users}}}
        refused = side.ask("POST", "/user_groups", world.tokens["newcomer"], group)
        assert refused.status_code == 405
        return
    made = create(side, str(world.tokens["newcomer"]), f"g-{uuid4()}", links={"users": users})
    token = side.token_of(world.ids["other"])
    own = side.ask("GET", f"/memberships?user_id={world.ids['other']}", token).json()
    (one,) = own["memberships"]
    assert one["links"]["user_group"] == made["id"]
    assert one["state"] == ("invited" if side.is_ours else "inactive")
    path = f"/memberships?user_group_id={made['id']}&user_id={world.ids['newcomer']}"
    (first,) = side.ask("GET", path, world.tokens["newcomer"]).json()["memberships"]
    assert (first["state"], first["roles"]) == ("active", ["group_admin"])


def test_two_joins_of_one_person_at_the_same_moment_make_one_membership(ours: Side) -> None:
    world = make_world(ours).newcomer()
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: join(ours, world, "newcomer"), range(8)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["memberships"][0]["id"] for answer in answers}) == 1


def test_two_names_at_the_same_moment_are_one_group(ours: Side) -> None:
    name = f"g-{uuid4()}"
    tokens = [ours.token_of(ours.person()) for _ in range(4)]
    body = {"user_groups": {"name": name, "display_name": "Class"}}
    with ThreadPoolExecutor(4) as pool:
        answers = pool.map(lambda token: ours.ask("POST", "/user_groups", token, body), tokens)
    assert sorted(answer.status_code for answer in answers) == [201, 400, 400, 400]


def test_too_many_wrong_tokens_here(ours: Side) -> None:
    """Ten a minute; from then on the right one is refused too, to this person alone."""
    world = make_world(ours).newcomer()
    wrong = World(ours, world.group, world.name, "wrong", world.ids, world.memberships)
    wrong.tokens = world.tokens
    assert {join(ours, wrong, "newcomer").status_code for _ in range(10)} == {422}
    for tried in (wrong, world):
        limited = join(ours, tried, "newcomer")
        assert limited.status_code == 429
        assert 0 < int(limited.headers["retry-after"]) <= 60
    assert join(ours, world, "stranger").status_code == 201


def test_hidden_and_unknown_groups_are_joined_as_with_a_wrong_token(ours: Side) -> None:
    """To the byte, so that nobody learns which groups there are."""
    world = make_world(ours).newcomer()
    told = set()
    for group, token in ((world.group, "wrong"), (987_654_321, "wrong"), (987_654_322, "")):
        links = {"user": str(world.ids["newcomer"]), "user_group": str(group)}
        body = {"memberships": {"join_token": token, "links": links}}
        answer = ours.ask("POST", "/memberships", world.tokens["newcomer"], body)
        told.add((answer.status_code, answer.content))
    assert len(told) == 1


def test_no_token_is_logged(ours: Side) -> None:
    """Neither of a body nor of an address, where a front end has it."""
    world = make_world(ours).newcomer()
    assert join(ours, world, "newcomer").status_code == 201
    for path in (f"/user_groups/{world.group}", f"/memberships?user_group_id={world.group}"):
        separator = "&" if "?" in path else "?"
        query = f"{separator}join_token={world.join_token}"
        assert ours.ask("GET", path + query, world.tokens["admin"]).status_code == 200
    assert ours.server is not None
    log = ours.server.log.read_text()
    assert world.join_token not in log
    assert str(world.tokens["newcomer"]) not in log


def test_an_answer_with_a_token_is_stored_by_nobody(ours: Side) -> None:
    world = make_world(ours)
    answer = ours.ask("GET", f"/user_groups/{world.group}", world.tokens["admin"])
    assert world.join_token in answer.text
    assert "private" in answer.headers["cache-control"]
    assert answer.headers["referrer-policy"] == "no-referrer"
