"""What members, admins, former admins and site admins try beyond what they may.

Each test is a row of the table of attacks, over HTTP with real tokens: through GraphQL and through
JSON:API. ``docs/security.md`` names them.
"""

from __future__ import annotations

from typing import Any

from gateway.db import Database
from tests.groups.test_attacks_by_strangers import api, everything
from tests.resolvers.mutations.conftest import people, stored  # noqa: F401 (fixtures)
from tests.resolvers.mutations.village import PEOPLE, Village

ADA, BEN, CLEO = (str(PEOPLE[name]) for name in ("ada", "ben", "cleo"))
HOSTILE = {
    "line": "Moths\nof the North",
    "return": "Moths\rof",
    "null": "Moths\u0000",
    "separator": "Moths\u2028of",
    "override": "\u202eshtoM",
    "isolate": "Moths \u2066of",
    "long": "m" * 1_000_000,
    "nothing": "\u200b\u200d",
    "spaces": "   ",
}
KEYS = ("joinToken", "authority", "active", "revision", "createdAt", "userId", "roles", "__proto__")
#: Shown as text by whoever shows them; exporters are warned in the documentation.
TEXTS = ["<script>alert(1)</script>", "=cmd|' /C calc'!A0", "'; DROP TABLE user_group; --", "&lt;"]


async def membership_of(village: Village, who: str, group: str, user: str) -> tuple[str, str]:
    """Id and ETag of a membership as somebody sees it."""
    listed = await api(village, who, "GET", f"/memberships?user_group_id={group}&user_id={user}")
    (found,) = listed.json()["memberships"]
    alone = await api(village, who, "GET", f"/memberships/{found['id']}")
    return found["id"], alone.headers["etag"]


async def test_rights_in_one_group_are_none_in_another(
    people: Village,  # noqa: F811
    stored: Database,  # noqa: F811
) -> None:
    """An admin of one names memberships, members and successors of another; in any place."""
    theirs, _ = await people.create("ada", "cleo")
    own, _ = await people.create("ben")
    cleos, tag = await membership_of(people, "ada", theirs, CLEO)
    before = await everything(stored)
    body = {"memberships": {"roles": ["group_admin"]}}
    for path in (
        f"/memberships/{cleos}",
        f"/memberships/{cleos}?user_group_id={own}",
        f"/memberships/{cleos}?admin=true&user_id={BEN}",
    ):
        for method, given in (("PUT", body), ("DELETE", None), ("GET", None)):
            answer = await api(people, "ben", method, path, given, if_match=tag)
            assert answer.status_code == 404, (method, path)
    for linked in (CLEO, f"{BEN},{CLEO}"):
        path = f"/user_groups/{theirs}/links/users/{linked}?user_group_id={own}"
        assert (await api(people, "ben", "DELETE", path)).status_code == 404
    not_there = ("NOT_A_MEMBER", ["input", "userId"])
    said = {"id": own, "userId": CLEO, "role": "GROUP_ADMIN"}
    assert await people.refused("ben", "setMemberRole", **said) == not_there
    removed = await people.refused("ben", "removeMembers", id=own, userIds=[CLEO])
    assert removed == ("NOT_A_MEMBER", ["input", "userIds", "0"])
    left = await people.refused("ben", "leaveUserGroup", id=own, successorId=CLEO)
    assert left == ("NOT_A_MEMBER", ["input", "successorId"])
    mixed = await people.refused("ben", "removeMembers", id=own, userIds=[BEN, CLEO])
    assert mixed == ("NOT_A_MEMBER", ["input", "userIds", "1"])
    assert await everything(stored) == before


async def test_nobody_gets_a_role_by_another_way_than_an_admin(
    people: Village,  # noqa: F811
    stored: Database,  # noqa: F811
) -> None:
    group, token = await people.create("ada", "ben", "cleo")
    await people.do("cleo", "leaveUserGroup", id=group)
    await people.do("ada", "inviteToUserGroup", id=group, userIds=[str(PEOPLE["dan"])])
    own, tag = await membership_of(people, "ben", group, BEN)
    before = await everything(stored)
    tried: tuple[dict[str, Any], ...] = (
        {"roles": ["group_admin"]},
        {"roles": ["group_admin", "group_member"], "state": "active"},
        {"roles": ["owner"]},
        {"roles": [["group_admin"]]},
        {"roles": [{"group_admin": 1}]},
        {"roles": {"0": "group_admin"}},
        {"roles": "group_admin"},
        {"roles": []},
        {"roles": None},
        {"state": "admin"},
        {"state": ["active"]},
        {"state": None},
        {"state": "invited"},
    )
    for body in tried:
        sent = await api(
            people, "ben", "PUT", f"/memberships/{own}", {"memberships": body}, if_match=tag
        )
        assert sent.status_code in {403, 404, 422}, (body, sent.text)
    # Also not of those who are no members (any more, or yet), by whoever leads the group.
    for name, who in (("ada", CLEO), ("ben", BEN), ("ben", ADA), ("dan", str(PEOPLE["dan"]))):
        said = {"id": group, "userId": who, "role": "GROUP_ADMIN"}
        if name == "ada":
            assert (await people.refused(name, "setMemberRole", **said))[0] == "NOT_A_MEMBER"
        else:
            expected = {"FORBIDDEN", "NOT_FOUND"}
            assert await people.error(name, "setMemberRole", **said) in expected
    cleos, tag = await membership_of(people, "ada", group, CLEO)
    for body in ({"state": "active"}, {"state": "active", "roles": ["group_admin"]}):
        sent = await api(
            people, "ada", "PUT", f"/memberships/{cleos}", {"memberships": body}, if_match=tag
        )
        assert sent.status_code in {404, 422}, sent.text
    for role in ("OWNER", "group_admin", ["GROUP_ADMIN"], 1):
        given = {"id": group, "userId": BEN, "role": role}
        query = "mutation($input: SetMemberRoleInput!) { setMemberRole(input: $input) { changed } }"
        answer = await people.answer("ada", query, input=given)
        assert answer["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"
    assert await everything(stored) == before
    # Who was an admin comes back as a plain member.
    await people.do("ada", "setMemberRole", id=group, userId=BEN, role="GROUP_ADMIN")
    await people.do("ben", "leaveUserGroup", id=group)
    await people.do("ben", "joinUserGroup", id=group, joinToken=token)
    shown = await people.ask(
        "ben", f"{{ userGroup(id: {group}) {{ viewerMembership {{ roles }} }} }}"
    )
    assert shown["userGroup"]["viewerMembership"]["roles"] == ["GROUP_MEMBER"]


async def test_no_more_can_be_written_than_an_input_names(
    people: Village,  # noqa: F811
    stored: Database,  # noqa: F811
) -> None:
    group, _ = await people.create("ada", "ben")
    before = await everything(stored)
    for key in KEYS:
        for name, given in (
            ("createUserGroup", {"displayName": "Mine"}),
            ("updateUserGroup", {"id": group, "displayName": "Mine"}),
            ("joinUserGroup", {"id": group, "joinToken": "0" * 32, "more": 1}),
            ("inviteToUserGroup", {"id": group, "userIds": [CLEO]}),
            ("updateJoinLink", {"id": group, "rotate": True}),
        ):
            kind = f"{name[0].upper()}{name[1:]}Input"
            query = f"mutation($input: {kind}!) {{ {name}(input: $input) {{ changed }} }}"
            answer = await people.answer("ada", query, input={key: "1", **given})
            assert answer["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT", name
        many = {f"key{number}": 1 for number in range(10_000)}
        query = (
            "mutation($input: CreateUserGroupInput!) { createUserGroup(input: $input) { changed } }"
        )
        sent = await people.post("ada", query, input={"displayName": "Mine", **many})
        assert sent.json()["errors"][0]["extensions"]["code"] in {"BAD_USER_INPUT", "BAD_REQUEST"}
        assert len(sent.content) < 20_000
        assert await everything(stored) == before


async def test_the_flag_of_admins_is_nothing_in_the_hands_of_others(
    people: Village,  # noqa: F811
    stored: Database,  # noqa: F811
) -> None:
    """It makes nobody one; and who is one is an ordinary volunteer without it."""
    group, token = await people.create("ada")
    before = await everything(stored)
    admin: dict[str, Any] = {"admin": True}
    new = {"user_groups": {"display_name": "Mine"}}
    for who, flag in (("ben", "?admin=1"), ("ben", "?admin=true"), ("site", "")):
        body: dict[str, Any] = admin if flag else {}
        path = f"/user_groups/{group}"
        for method, at, given in (
            ("GET", path, None),
            ("PUT", path, {**new, **body}),
            ("DELETE", path, None),
            ("POST", f"{path}/links/users", {"users": [CLEO], **body}),
            ("DELETE", f"{path}/links/users/{ADA}", None),
        ):
            sent = await api(people, who, method, f"{at}{flag}", given, if_match="*")
            assert sent.status_code == 404, (who, method, at)
            assert token not in sent.text
    links = {"user": ADA, "user_group": group}
    for who in ("ben", "site"):
        joining: dict[str, Any] = {"memberships": {"join_token": token, "links": links}}
        assert (
            await api(people, who, "POST", "/memberships?admin=1", {**joining, **admin})
        ).status_code == 422
    assert await everything(stored) == before
    shown = await api(people, "site", "GET", f"/user_groups/{group}?admin=")
    assert shown.json()["user_groups"][0]["join_token"] == token


async def test_nothing_that_an_admin_kept_opens_anything_once_they_are_removed(
    people: Village,  # noqa: F811
    stored: Database,  # noqa: F811
) -> None:
    """ETags, tokens of links that were rotated, pages, cursors, and answers that were cached."""
    group, token = await people.create("ada", "ben", "cleo")
    await people.do("ada", "setMemberRole", id=group, userId=BEN, role="GROUP_ADMIN")
    page = "{ userGroup(id: %s) { displayName joinLink { token } history(first: 1%s) { %s } } }"
    pages = "nodes { kind } pageInfo { endCursor }"
    first = await people.ask("ben", page % (group, "", pages))
    cursor = first["userGroup"]["history"]["pageInfo"]["endCursor"]
    counts = f"{{ userGroup(id: {group}) {{ membershipCounts {{ active }} memberCount }} }}"
    for _ in range(3):
        assert (await people.ask("ben", counts))["userGroup"]["memberCount"] == 3
    path = f"/user_groups/{group}"
    tag = (await api(people, "ben", "GET", path)).headers["etag"]
    listed = await api(people, "ben", "GET", f"/memberships?user_group_id={group}")
    cleos, cleos_tag = await membership_of(people, "ben", group, CLEO)

    await people.do("ada", "removeMembers", id=group, userIds=[BEN])
    before = await everything(stored)
    for query in (
        page % (group, "", "totalCount"),
        page % (group, f', after: "{cursor}"', "totalCount"),
        counts,
    ):
        answer = await people.answer("ben", query)
        assert answer["data"]["userGroup"] is None, query
        assert {one["extensions"]["code"] for one in answer["errors"]} == {"NOT_FOUND"}
    for method, at, body, match in (
        ("PUT", path, {"user_groups": {"display_name": "Mine"}}, tag),
        ("DELETE", path, None, tag),
        ("POST", f"{path}/links/users", {"users": ["4"]}, tag),
        ("DELETE", f"{path}/links/users/{CLEO}", None, tag),
        ("PUT", f"/memberships/{cleos}", {"memberships": {"roles": ["group_admin"]}}, cleos_tag),
        ("DELETE", f"/memberships/{cleos}", None, cleos_tag),
    ):
        assert (await api(people, "ben", method, at, body, if_match=match)).status_code == 404
    for at, kept in ((path, tag), (f"/memberships/{cleos}", cleos_tag)):
        assert (await api(people, "ben", "GET", at, if_none_match=kept)).status_code == 404
    again = await api(
        people,
        "ben",
        "GET",
        f"/memberships?user_group_id={group}",
        if_none_match=listed.headers["etag"],
    )
    assert [one["state"] for one in again.json()["memberships"]] == ["inactive"]
    assert again.json()["meta"]["memberships"]["count"] == 1
    assert await everything(stored) == before
    await people.do("ada", "updateJoinLink", id=group, rotate=True)
    refused = await people.refused("ben", "joinUserGroup", id=group, joinToken=token)
    assert refused == ("JOIN_TOKEN_INVALID", ["input", "joinToken"])


async def test_a_name_that_deceives_or_never_ends_is_refused(
    people: Village,  # noqa: F811
    stored: Database,  # noqa: F811
) -> None:
    group, _ = await people.create("ada", name="moths")
    before = await everything(stored)
    for kind in HOSTILE:
        shown = HOSTILE[kind]
        tag = (await api(people, "ada", "GET", f"/user_groups/{group}")).headers["etag"]
        for name, said in (("createUserGroup", {}), ("updateUserGroup", {"id": group})):
            code, path = await people.refused("ada", name, displayName=shown, **said)
            assert (code, path) == ("DISPLAY_NAME_INVALID", ["input", "displayName"])
            code, path = await people.refused("ada", name, displayName="Bees", name=shown, **said)
            assert (code, path) == ("NAME_INVALID", ["input", "name"])
        for key in ("display_name", "name"):
            body = {"user_groups": {"display_name": "Bees", key: shown}}
            for method, at in (("POST", "/user_groups"), ("PUT", f"/user_groups/{group}")):
                sent = await api(people, "ada", method, at, body, if_match=tag)
                assert sent.status_code == 400, (key, method)
                assert len(sent.content) < 500
        assert await everything(stored) == before


async def test_a_name_is_text_wherever_it_is_shown(people: Village) -> None:  # noqa: F811
    for shown in TEXTS:
        group, _ = await people.create("ada", displayName=shown, statsVisibility="PUBLIC_SHOW_ALL")
        one = await people.post("nobody", f"{{ userGroup(id: {group}) {{ displayName }} }}")
        two = await api(people, "nobody", "GET", f"/user_groups/{group}")
        assert one.json()["data"]["userGroup"]["displayName"] == shown
        assert two.json()["user_groups"][0]["display_name"] == shown
        assert "json" in one.headers["content-type"]
        assert "json" in two.headers["content-type"]


async def test_of_two_doors_the_second_notices_what_the_first_changed(
    people: Village,  # noqa: F811
    stored: Database,  # noqa: F811
) -> None:
    group, _ = await people.create("ada", "ben")
    path = f"/user_groups/{group}"
    query = f"{{ userGroup(id: {group}) {{ revision }} }}"
    tag = (await api(people, "ada", "GET", path)).headers["etag"]
    revision = (await people.ask("ada", query))["userGroup"]["revision"]

    await people.do("ada", "updateUserGroup", id=group, displayName="By GraphQL")
    body = {"user_groups": {"display_name": "By JSON:API"}}
    assert (await api(people, "ada", "PUT", path, body, if_match=tag)).status_code == 412
    assert (await api(people, "ada", "DELETE", path, if_match=tag)).status_code == 412
    new = (await api(people, "ada", "GET", path)).headers["etag"]
    assert (await api(people, "ada", "PUT", path, body, if_match=new)).status_code == 200
    for expected in (revision, str(int(revision) + 1)):
        said = {"id": group, "displayName": "Late", "expectedRevision": expected}
        code = (await people.refused("ada", "updateUserGroup", **said))[0]
        assert code == "CONFLICT"
    bens, old = await membership_of(people, "ada", group, BEN)
    await people.do("ada", "setMemberRole", id=group, userId=BEN, role="GROUP_ADMIN")
    before = await everything(stored)
    roles = {"memberships": {"roles": ["group_member"]}}
    sent = await api(people, "ada", "PUT", f"/memberships/{bens}", roles, if_match=old)
    assert sent.status_code == 412
    assert (
        await api(people, "ada", "DELETE", f"/memberships/{bens}", if_match=old)
    ).status_code == 412
    assert await everything(stored) == before
