"""Each mutation over HTTP: what its payload says, and what it refuses."""

from __future__ import annotations

from tests.resolvers.mutations.village import Village, mutation

MEMBERSHIP = "changed membership { state roles user { login } }"


async def test_a_group_is_created_with_its_leader_link_and_invitations(people: Village) -> None:
    fields = """changed userGroup { id name displayName statsVisibility active revision memberCount
        hasAdmin createdAt viewerMembership { state roles } membershipCounts { active invited
        inactive admins } joinLink { token enabled expiresAt url createdAt } }"""
    made = await people.do(
        "ada", "createUserGroup", fields, displayName="Moths of the North", invite=["2"]
    )
    group = made["userGroup"]
    token = group["joinLink"].pop("token")
    assert len(token) == 32
    assert group["joinLink"].pop("createdAt") == group.pop("createdAt") != None  # noqa: E711
    assert made["changed"] is True
    assert group.pop("joinLink") == {
        "enabled": True,
        "expiresAt": None,
        "url": f"https://example.org/groups/{group['id']}#join_token={token}",
    }
    assert group == {
        "id": group["id"],
        "name": "moths_of_the_north",
        "displayName": "Moths of the North",
        "statsVisibility": "PRIVATE_AGG_ONLY",
        "active": True,
        "revision": "1",
        "memberCount": 1,
        "hasAdmin": True,
        "viewerMembership": {"state": "ACTIVE", "roles": ["GROUP_ADMIN"]},
        "membershipCounts": {"active": 1, "invited": 1, "inactive": 0, "admins": 1},
    }


async def test_names_are_refused_with_the_place_in_the_input(people: Village) -> None:
    await people.create(name="moths")
    create = "createUserGroup"
    for code, given in (
        ("NAME_TAKEN", {"displayName": "Moths", "name": "MOTHS"}),
        ("NAME_TAKEN", {"displayName": "Ben", "name": "ben"}),
        ("NAME_INVALID", {"displayName": "Moths", "name": "two words"}),
    ):
        assert await people.refused("ben", create, **given) == (code, ["input", "name"])
    found = await people.refused("ben", create, displayName="two\nlines")
    assert found == ("DISPLAY_NAME_INVALID", ["input", "displayName"])
    found = await people.refused("ben", create, displayName="Moths", invite=["77"])
    assert found == ("UNKNOWN_USER", ["input", "invite", "0"])


async def test_a_group_is_updated_and_a_conflict_changes_nothing(people: Village) -> None:
    group, _ = await people.create()
    fields = "changed userGroup { displayName statsVisibility revision }"
    given = {"id": group, "displayName": "Butterflies", "expectedRevision": "1"}
    changed = await people.do("ada", "updateUserGroup", fields, **given)
    assert changed == {
        "changed": True,
        "userGroup": {
            "displayName": "Butterflies",
            "statsVisibility": "PRIVATE_AGG_ONLY",
            "revision": "2",
        },
    }
    conflict = {"id": group, "statsVisibility": "PUBLIC_SHOW_ALL", "expectedRevision": "1"}
    found = await people.refused("ada", "updateUserGroup", **conflict)
    assert found == ("CONFLICT", ["input", "expectedRevision"])
    del given["expectedRevision"]
    assert (await people.do("ada", "updateUserGroup", **given))["changed"] is False


async def test_people_join_leave_and_come_back(people: Village) -> None:
    group, token = await people.create()
    join = {"id": group, "joinToken": token}
    found = await people.do("ben", "joinUserGroup", MEMBERSHIP, **join)
    member = {"state": "ACTIVE", "roles": ["GROUP_MEMBER"], "user": {"login": "ben"}}
    assert found == {"changed": True, "membership": member}
    assert (await people.do("ben", "joinUserGroup", **join))["changed"] is False
    left = await people.do(
        "ben", "leaveUserGroup", "changed userGroup { id } membership { id }", id=group
    )
    # The group is hidden from who has left it, and that is no error.
    assert left == {"changed": True, "userGroup": None, "membership": None}
    assert (await people.do("ben", "leaveUserGroup", id=group))["changed"] is False
    assert (await people.do("ben", "joinUserGroup", **join))["changed"] is True


async def test_a_wrong_token_and_a_group_that_is_not_there_are_one_answer(people: Village) -> None:
    group, _ = await people.create()
    answers = [
        await people.try_to("ben", "joinUserGroup", id=one, joinToken=token)
        for one, token in ((group, "wrong"), ("987654321", "wrong"), (group, ""))
    ]
    assert answers[0] == answers[1] == answers[2]
    (error,) = answers[0]["userErrors"]
    assert (error["code"], error["path"]) == ("JOIN_TOKEN_INVALID", ["input", "joinToken"])


async def test_ten_wrong_tokens_are_an_error_of_the_field_then(people: Village) -> None:
    group, token = await people.create()
    for _ in range(10):
        await people.refused("ben", "joinUserGroup", id=group, joinToken="wrong")
    join = {"id": group, "joinToken": token}
    answer = await people.answer("ben", mutation("joinUserGroup"), input=join)
    (error,) = answer["errors"]
    assert error["extensions"]["code"] == "RATE_LIMITED"
    assert 0 < error["extensions"]["retryAfter"] <= 60


async def test_the_last_admin_names_a_successor(people: Village) -> None:
    group, _ = await people.create("ada", "ben")
    assert await people.refused("ada", "leaveUserGroup", id=group) == ("LAST_ADMIN", ["input"])
    stranger = {"id": group, "successorId": "3"}
    found = await people.refused("ada", "leaveUserGroup", **stranger)
    assert found == ("NOT_A_MEMBER", ["input", "successorId"])
    await people.do("ada", "leaveUserGroup", id=group, successorId="2")
    own = f"{{ userGroup(id: {group}) {{ viewerMembership {{ roles }} }} }}"
    assert (await people.ask("ben", own))["userGroup"]["viewerMembership"] == {
        "roles": ["GROUP_ADMIN"]
    }


async def test_invitations_are_made_accepted_and_declined(people: Village) -> None:
    group, _ = await people.create("ada", "ben")
    fields = """changed invitations { state roles user { login } group { id } }
        alreadyMembers { login }"""
    made = await people.do(
        "ada",
        "inviteToUserGroup",
        fields,
        id=group,
        userIds=["2", "3"],
        logins=["DAN"],
        role="GROUP_ADMIN",
    )
    assert made == {
        "changed": True,
        "invitations": [
            {
                "state": "INVITED",
                "roles": ["GROUP_ADMIN"],
                "user": {"login": one},
                "group": {"id": group},
            }
            for one in ("cleo", "dan")
        ],
        "alreadyMembers": [{"login": "ben"}],
    }
    invited = "{ me { invitations { totalCount nodes { id state group { id displayName } } } } }"
    (own,) = (await people.ask("cleo", invited))["me"]["invitations"]["nodes"]
    assert own["group"] == {"id": group, "displayName": "Moths of the North"}
    accepted = await people.do("cleo", "acceptInvitation", MEMBERSHIP, id=group)
    assert accepted["membership"]["roles"] == ["GROUP_ADMIN"]
    assert (await people.do("dan", "declineInvitation", id=group, forEver=True))["changed"] is True
    assert await people.refused("dan", "acceptInvitation", id=group) == (
        "INVITATION_REQUIRED",
        ["input"],
    )
    again = await people.refused("ada", "inviteToUserGroup", id=group, userIds=["4"])
    assert again == ("LIMIT_REACHED", ["input", "userIds", "0"])
    unknown = await people.refused("ada", "inviteToUserGroup", id=group, logins=["nemo"])
    assert unknown == ("UNKNOWN_USER", ["input", "logins", "0"])


async def test_members_are_removed_all_or_none(people: Village) -> None:
    group, _ = await people.create("ada", "ben", "cleo")
    given = {"id": group, "userIds": ["2", "4"]}
    found = await people.refused("ada", "removeMembers", **given)
    assert found == ("NOT_A_MEMBER", ["input", "userIds", "1"])
    fields = "changed removed { login } userGroup { memberCount joinLink { token } }"
    gone = await people.do("ada", "removeMembers", fields, id=group, userIds=["2", "3"])
    assert gone["removed"] == [{"login": "ben"}, {"login": "cleo"}]
    assert gone["userGroup"]["memberCount"] == 1


async def test_roles_are_set_and_the_last_admin_stays(people: Village) -> None:
    group, _ = await people.create("ada", "ben")
    made = await people.do(
        "ada", "setMemberRole", MEMBERSHIP, id=group, userId="2", role="GROUP_ADMIN"
    )
    assert made["membership"]["roles"] == ["GROUP_ADMIN"]
    # Who is no admin any more sees their own membership, and nothing else of admins.
    fields = "changed membership { roles } userGroup { viewerPermissions { manageMembers } }"
    own = await people.do("ada", "setMemberRole", fields, id=group, userId="1", role="GROUP_MEMBER")
    assert own == {
        "changed": True,
        "membership": {"roles": ["GROUP_MEMBER"]},
        "userGroup": {"viewerPermissions": {"manageMembers": False}},
    }
    last = {"id": group, "userId": "2", "role": "GROUP_MEMBER"}
    code, _ = await people.refused("ben", "setMemberRole", **last)
    assert code == "LAST_ADMIN"


async def test_the_link_is_rotated_switched_and_expires(people: Village) -> None:
    group, token = await people.create()
    fields = "changed joinLink { token enabled expiresAt }"
    made = await people.do("ada", "updateJoinLink", fields, id=group, rotate=True)
    new = made["joinLink"]["token"]
    assert new != token
    old = await people.refused("ben", "joinUserGroup", id=group, joinToken=token)
    assert old[0] == "JOIN_TOKEN_INVALID"
    off = await people.do("ada", "updateJoinLink", fields, id=group, enabled=False)
    assert off["joinLink"] == {"token": new, "enabled": False, "expiresAt": None}
    assert (await people.refused("ben", "joinUserGroup", id=group, joinToken=new))[0] == old[0]
    until = {"id": group, "enabled": True, "expiresAt": "2030-01-01T00:00:00+01:00"}
    shown = (await people.do("ada", "updateJoinLink", fields, **until))["joinLink"]["expiresAt"]
    assert shown == "2029-12-31T23:00:00+00:00"
    for given in (
        {"expiresAt": "2030-01-01T00:00:00"},
        {"expiresAt": "2020-01-01T00:00:00Z"},
        {"expiresAt": "2030-01-01T00:00:00Z", "clearExpiry": True},
    ):
        assert await people.error("ada", "updateJoinLink", id=group, **given) == "INVALID_ARGUMENT"


async def test_who_led_a_deactivated_group_finds_it_and_lets_it_go_on(people: Village) -> None:
    group, token = await people.create("ada", "ben")
    fields = (
        "changed userGroup { id active viewerPermissions { reactivate edit leave deactivate } }"
    )
    ended = await people.do("ada", "deactivateUserGroup", fields, id=group)
    assert ended["userGroup"] == {
        "id": group,
        "active": False,
        "viewerPermissions": {
            "reactivate": True,
            "edit": False,
            "leave": False,
            "deactivate": False,
        },
    }
    shown = (
        f"{{ userGroup(id: {group}) {{ active viewerMembership {{ endedBy endedAt state }} }} }}"
    )
    found = (await people.ask("ada", shown))["userGroup"]
    assert found["viewerMembership"].pop("endedAt") is not None
    assert found["viewerMembership"] == {"endedBy": "GROUP", "state": "INACTIVE"}
    assert (await people.ask("site", shown))["userGroup"]["active"] is False
    statistics = f"http://gateway/classifications/user_groups/{group}"
    sent = await people.client.get(statistics, headers=people.headers["ada"])
    assert sent.status_code == 404
    for who in ("ben", "cleo", "nobody"):
        (error,) = (await people.answer(who, shown))["errors"]
        assert error["extensions"]["code"] == "NOT_FOUND"
    join = await people.refused("cleo", "joinUserGroup", id=group, joinToken=token)
    assert join == ("GROUP_INACTIVE", ["input"])
    assert await people.error("ben", "reactivateUserGroup", id=group) == "NOT_FOUND"
    mine = "{ me { memberships { totalCount } } }"
    assert (await people.ask("ada", mine))["me"]["memberships"]["totalCount"] == 0
    ended_too = "{ me { memberships(states: [INACTIVE]) { nodes { group { id active } } } } }"
    assert (await people.ask("ada", ended_too))["me"]["memberships"]["nodes"] == [
        {"group": {"id": group, "active": False}}
    ]
    again = await people.do("ada", "reactivateUserGroup", fields, id=group)
    assert again["userGroup"]["active"] is True
    assert (await people.ask("ben", shown))["userGroup"]["viewerMembership"]["state"] == "ACTIVE"


async def test_strangers_are_refused_as_the_rules_say(people: Village) -> None:
    hidden, _ = await people.create("ada", "ben")
    public, _ = await people.create("ada", "ben", statsVisibility="PUBLIC_AGG_ONLY", name="public")
    for name, given in (
        ("updateUserGroup", {"displayName": "Mine"}),
        ("deactivateUserGroup", {}),
        ("inviteToUserGroup", {"userIds": ["4"]}),
        ("removeMembers", {"userIds": ["1"]}),
        ("setMemberRole", {"userId": "3", "role": "GROUP_ADMIN"}),
        ("updateJoinLink", {"rotate": True}),
    ):
        told = {
            (who, group): await people.error(who, name, id=group, **given)
            for who in ("nobody", "cleo", "ben")
            for group in (hidden, public, "987654321")
        }
        assert told == {
            ("nobody", hidden): "UNAUTHENTICATED",
            ("nobody", public): "UNAUTHENTICATED",
            ("nobody", "987654321"): "UNAUTHENTICATED",
            ("cleo", hidden): "NOT_FOUND",
            ("cleo", public): "FORBIDDEN",
            ("cleo", "987654321"): "NOT_FOUND",
            ("ben", hidden): "FORBIDDEN",
            ("ben", public): "FORBIDDEN",
            ("ben", "987654321"): "NOT_FOUND",
        }
    assert await people.error("nobody", "createUserGroup", displayName="Moths") == "UNAUTHENTICATED"
    assert await people.error("ada", "leaveUserGroup", id="07") == "INVALID_ARGUMENT"
    many = [str(one) for one in range(1, 102)]
    assert await people.error("ada", "removeMembers", id=hidden, userIds=many) == "OUT_OF_BOUNDS"


async def test_a_groups_history_tells_who_did_what_to_whom(people: Village) -> None:
    group, _ = await people.create("ada", "ben")
    await people.do("ada", "setMemberRole", id=group, userId="2", role="GROUP_ADMIN")
    page = """query($id: ID!, $after: String) { userGroup(id: $id) {
        history(first: 2, after: $after) { totalCount pageInfo { hasNextPage endCursor }
        nodes { id kind at summary actor { login } subject { login } } } } }"""
    first = (await people.ask("ada", page, id=group))["userGroup"]["history"]
    assert [
        (one["kind"], one["actor"]["login"], (one["subject"] or {}).get("login"))
        for one in first["nodes"]
    ] == [("ROLE_CHANGED", "ada", "ben"), ("JOINED", "ben", "ben")]
    assert (first["totalCount"], first["pageInfo"]["hasNextPage"]) == (3, True)
    rest = (await people.ask("ada", page, id=group, after=first["pageInfo"]["endCursor"]))[
        "userGroup"
    ]
    assert [one["kind"] for one in rest["history"]["nodes"]] == ["CREATED"]
    assert rest["history"]["pageInfo"]["hasNextPage"] is False


async def test_memberships_are_found_by_state_role_and_name(people: Village) -> None:
    group, _ = await people.create("ada", "ben", "cleo", invite=["4"])
    await people.do("cleo", "leaveUserGroup", id=group)

    async def found(arguments: str) -> list[str]:
        query = "{ userGroup(id: %s) { memberships(%s) { totalCount nodes { user { login } } } } }"
        listed = (await people.ask("ada", query % (group, arguments)))["userGroup"]["memberships"]
        assert listed["totalCount"] == len(listed["nodes"])
        return [one["user"]["login"] for one in listed["nodes"]]

    assert await found("states: null") == ["ada", "ben", "cleo", "dan"]
    assert await found("states: [INVITED, INACTIVE]") == ["cleo", "dan"]
    assert await found("roles: [GROUP_ADMIN]") == ["ada"]
    assert await found('states: [ACTIVE], search: "BE"') == ["ben"]
    assert await found("states: []") == []
