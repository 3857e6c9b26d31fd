"""How mutations are executed: one after the other, each read from its commit on, within limits."""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from gateway.auth.api_keys import new_api_key
from gateway.auth.viewer import Scope
from gateway.db import Database
from gateway.db.tables import user_group
from gateway.directory.api_keys import add_api_key
from tests.graphql.copies import PRIVATE, URL
from tests.resolvers.mutations.village import ERRORS, Village, mutation, village

SECRET = f"{PRIVATE}, no-transform"
Open = Callable[..., AbstractAsyncContextManager[Village]]


@pytest.fixture
def opened(stored: Database, database_url: str, tmp_path: Path) -> Open:
    """Opens a village with settings."""
    return lambda **settings: village(stored, database_url, tmp_path, **settings)


RENAME_TWICE = """mutation($id: ID!) {
    first: updateUserGroup(input: {id: $id, displayName: "One"}) { ...G }
    second: updateUserGroup(input: {id: $id, displayName: "Two"}) { ...G }
    third: updateUserGroup(input: {id: $id, name: "not a name"}) { ...G }
    fourth: setMemberRole(input: {id: $id, userId: "2", role: GROUP_ADMIN}) { changed }
    fifth: leaveUserGroup(input: {id: $id}) { userGroup { viewerPermissions { edit leave } } }
    sixth: updateUserGroup(input: {id: $id, displayName: "Three"}) { changed }
}
fragment G on UpdateUserGroupPayload {
    changed userGroup { displayName revision } userErrors { code }
}"""


async def test_each_field_is_read_after_its_commit_and_decided_anew(people: Village) -> None:
    group, _ = await people.create("ada", "ben", statsVisibility="PUBLIC_SHOW_ALL")
    answer = await people.answer("ada", RENAME_TWICE, id=group)
    data = answer["data"]
    assert [*data] == ["first", "second", "third", "fourth", "fifth", "sixth"]
    for name, shown, revision in (("first", "One", "2"), ("second", "Two", "3")):
        assert data[name] == {
            "changed": True,
            "userGroup": {"displayName": shown, "revision": revision},
            "userErrors": [],
        }
    assert data["third"] == {
        "changed": False,
        "userGroup": None,
        "userErrors": [{"code": "NAME_INVALID"}],
    }
    permissions = data["fifth"]["userGroup"]["viewerPermissions"]
    assert permissions == {"edit": False, "leave": False}
    # A refusal of one field stops no other, and undoes none.
    (error,) = answer["errors"]
    assert (error["path"], error["extensions"]["code"]) == (["sixth"], "FORBIDDEN")
    shown = await people.ask("nobody", f"{{ userGroup(id: {group}) {{ displayName }} }}")
    assert shown["userGroup"] == {"displayName": "Two"}


async def test_a_link_and_an_api_key_change_nothing(people: Village, stored: Database) -> None:
    group, token = await people.create()
    join = (
        f'mutation {{ joinUserGroup(input: {{id: {group}, joinToken: "{token}"}}) {{ changed }} }}'
    )
    sent = await people.client.get(URL, params={"query": join}, headers=people.headers["ben"])
    assert (sent.status_code, sent.headers["allow"]) == (405, "POST")
    key = new_api_key("reader", [Scope.STATS_READ], 0)
    await stored.write(lambda connection: add_api_key(connection, key.stored))
    people.headers["key"] = {"authorization": f"Bearer {key.text}"}
    sent = await people.post("key", join)
    assert sent.status_code == 403
    assert sent.json()["errors"][0]["extensions"]["code"] == "FORBIDDEN"
    assert "data" not in sent.json()
    count = f"{{ userGroup(id: {group}) {{ memberCount }} }}"
    assert (await people.ask("key", count))["userGroup"]["memberCount"] == 1
    # A key reads as a site admin does, but for what lets people in.
    refused = await people.answer("key", f"{{ userGroup(id: {group}) {{ joinLink {{ token }} }} }}")
    assert refused["data"]["userGroup"] == {"joinLink": None}
    assert token not in str(refused)
    may = f"{{ userGroup(id: {group}) {{ viewerPermissions {{ edit deactivate seeTotals }} }} }}"
    assert (await people.ask("key", may))["userGroup"]["viewerPermissions"] == {
        "edit": False,
        "deactivate": False,
        "seeTotals": True,
    }


async def test_the_mutations_of_a_batch_come_one_after_the_other(people: Village) -> None:
    group, token = await people.create()
    batch = [
        {"query": mutation("joinUserGroup"), "variables": {"input": given}}
        for given in ({"id": group, "joinToken": "wrong"}, {"id": group, "joinToken": token}) * 2
    ]
    sent = await people.client.post(URL, json=batch, headers=people.headers["ben"])
    told = [one["data"]["joinUserGroup"]["changed"] for one in sent.json()]
    # A member's token is not looked at.
    assert told == [False, True, False, False]


@pytest.mark.parametrize(
    ("name", "given", "cost"),
    [
        ("createUserGroup", {"displayName": "Moths"}, 25),
        ("joinUserGroup", {"id": "1", "joinToken": "x"}, 25),
        ("inviteToUserGroup", {"id": "1", "userIds": ["2"]}, 25),
        ("leaveUserGroup", {"id": "1"}, 10),
        ("updateJoinLink", {"id": "1"}, 10),
    ],
)
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_a_mutation_has_a_cost(
    people: Village, name: str, given: dict[str, Any], cost: int
) -> None:
    kind = f"{name[0].upper()}{name[1:]}Input"
    query = f"mutation($input: {kind}!) {{ {name}(input: $input) {{ changed }} }}"
    body = {"query": query, "variables": {"input": given}, "extensions": {"cost": True}}
    sent = await people.client.post(URL, json=body, headers=people.headers["ada"])
    assert sent.json()["extensions"]["cost"]["value"] == cost


async def test_what_costs_too_much_is_not_begun(opened: Open) -> None:
    async with opened(cost_limit=60) as people:
        create = "createUserGroup(input: {displayName: %r}) { changed }".replace("%r", '"Moths"')
        query = f"mutation {{ a: {create} b: {create} c: {create} }}"
        answer = await people.answer("ada", query)
        assert answer["errors"][0]["extensions"]["code"] == "COST_TOO_HIGH"
        mine = "{ me { memberships { totalCount } } }"
        assert (await people.ask("ada", mine))["me"]["memberships"]["totalCount"] == 0


async def test_once_an_answer_is_too_much_no_further_field_is_begun(opened: Open) -> None:
    async with opened(value_limit=1000, token_limit=10_000, alias_limit=1000) as people:
        group, _ = await people.create()
        fields = "userGroup { " + " ".join(f"n{i}: name" for i in range(120)) + " }"
        fragment = f"fragment P on UpdateUserGroupPayload {{ {fields} }}"
        query = "mutation($id: ID!) { " + " ".join(
            f'm{i}: updateUserGroup(input: {{id: $id, displayName: "N{i}"}}) {{ ...P }}'
            for i in range(12)
        )
        answer = await people.answer("ada", f"{query} }} {fragment}", id=group)
        assert "data" not in answer
        assert answer["errors"][0]["extensions"]["code"] == "TOO_MANY_VALUES"
        shown = await people.ask("ada", f"{{ userGroup(id: {group}) {{ displayName revision }} }}")
        # Those before it have happened.
        assert shown["userGroup"]["displayName"] != "N11"
        assert 1 < int(shown["userGroup"]["revision"]) < 13


async def test_a_viewers_budget_holds_for_mutations(opened: Open) -> None:
    async with opened(cost_per_minute=100) as people:
        for _ in range(3):
            await people.do("ada", "createUserGroup", displayName="Moths")
        sent = await people.post("ada", mutation("createUserGroup"), input={"displayName": "Moths"})
        assert sent.status_code == 429


async def test_where_groups_are_off_the_refusal_is_data(opened: Open) -> None:
    async with opened(groups="off") as people:
        found = await people.refused("ada", "createUserGroup", displayName="Moths")
        assert found == ("NOT_SUPPORTED", ["input"])
        assert await people.ask("ada", OWN_BUTTONS) == {"me": {"viewerPermissions": NO_BUTTONS}}


OWN_BUTTONS = "{ me { viewerPermissions { createGroups editGoals } } }"
NO_BUTTONS = {"createGroups": False, "editGoals": False}


async def test_volunteers_are_told_what_they_may_do_as_themselves(people: Village) -> None:
    fields = "viewerPermissions { createGroups editGoals }"
    both = f"{{ me {{ id {fields} }} user(id: 1) {{ {fields} }} }}"
    allowed = {"createGroups": True, "editGoals": True}

    ada, ben = await people.ask("ada", both), await people.ask("ben", both)
    assert ada == {
        "me": {"id": "1", "viewerPermissions": allowed},
        "user": {"viewerPermissions": allowed},
    }
    # As somebody else one may do nothing.
    assert ben["me"]["viewerPermissions"] == allowed
    assert ben["user"]["viewerPermissions"] == NO_BUTTONS


async def test_a_kept_answer_is_as_new_as_the_last_mutation(people: Village) -> None:
    group, token = await people.create("ada", statsVisibility="PUBLIC_AGG_ONLY")
    query = """query($id: ID!) { userGroup(id: $id) { displayName memberCount hasAdmin active
        viewerMembership { state roles } viewerPermissions { edit leave manageMembers } } }"""
    responses = people.client.responses  # type: ignore[attr-defined]

    async def shown(who: str) -> Any:
        """An answer that is given twice: the second time from the cache."""
        first = await people.answer(who, query, id=group)
        hits = responses.hits
        assert await people.answer(who, query, id=group) == first
        assert responses.hits == hits + 1
        return first["data"]["userGroup"]

    assert (await shown("ben"))["viewerMembership"] is None
    assert await shown("nobody") == await shown("ben")
    entries = responses.counts.entries
    await people.do("ben", "joinUserGroup", "userGroup { memberCount }", id=group, joinToken=token)
    assert responses.counts.entries <= entries
    assert (await shown("ben"))["viewerMembership"] == {
        "state": "ACTIVE",
        "roles": ["GROUP_MEMBER"],
    }
    assert (await shown("nobody"))["memberCount"] == 2
    await people.do("ada", "setMemberRole", id=group, userId="2", role="GROUP_ADMIN")
    assert (await shown("ben"))["viewerPermissions"]["edit"] is True
    await people.do("ben", "removeMembers", id=group, userIds=["1"])
    assert (await shown("ada"))["viewerPermissions"] == {
        "edit": False,
        "leave": False,
        "manageMembers": False,
    }
    await people.do("ben", "updateUserGroup", id=group, statsVisibility="PRIVATE_AGG_ONLY")
    for who in ("nobody", "ada"):
        assert (await people.answer(who, query, id=group))["data"] == {"userGroup": None}
    await people.do("ben", "deactivateUserGroup", id=group)
    ended = (await people.answer("ben", query, id=group))["data"]["userGroup"]
    assert (ended["active"], ended["memberCount"]) == (False, None)


async def test_an_answer_with_a_join_link_is_neither_stored_nor_compressed(people: Village) -> None:
    group, token = await people.create()
    responses = people.client.responses  # type: ignore[attr-defined]
    entries = responses.counts.entries
    # Long enough to be compressed.
    long = " ".join(f"n{i}: displayName" for i in range(40))
    link = f"{long} joinLink {{ token url }}"
    for _ in range(2):
        for sent in (
            await people.post("ada", f"{{ userGroup(id: {group}) {{ {link} }} }}"),
            await people.post(
                "ada",
                f"mutation {{ updateJoinLink(input: {{id: {group}, enabled: true}}) "
                f"{{ joinLink {{ token }} userGroup {{ {long} }} {ERRORS} }} }}",
            ),
        ):
            assert token in sent.text
            assert sent.headers["cache-control"] == SECRET
            assert "content-encoding" not in sent.headers
    assert responses.counts.entries == entries


async def test_no_log_holds_a_join_token(people: Village, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    group, token = await people.create("ada", "ben")
    wrong = "0123456789abcdef0123456789abcdef"
    await people.refused("cleo", "joinUserGroup", id=group, joinToken=wrong)
    join = f'mutation {{ joinUserGroup(input: {{id: {group}, joinToken: "{token}"}}) {{ nope }} }}'
    body = {"query": join}
    sent = await people.client.post(URL, json=body, headers=people.headers["cleo"])
    assert sent.json()["errors"][0]["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED"
    await people.ask("ada", f"{{ userGroup(id: {group}) {{ joinLink {{ url }} }} }}")
    assert "Group command join: changed" in caplog.text
    assert "Group command join: JOIN_TOKEN_INVALID" in caplog.text
    assert token not in caplog.text
    assert wrong not in caplog.text


async def test_not_even_a_token_that_does_not_fit_its_input_is_logged(
    opened: Open, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    async with opened(introspection=False) as people:
        group, token = await people.create()
        for given in (
            {"id": group, "joinToken": token, "more": 1},
            {"id": 1, "joinToken": [token]},
        ):
            answer = await people.answer("ben", mutation("joinUserGroup"), input=given)
            assert answer["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"
            assert token not in str(answer)
        query = f'mutation {{ joinUserGroup(input: "{token}") {{ changed }} }}'
        sent = await people.client.post(URL, json={"query": query}, headers=people.headers["ben"])
        assert sent.json()["errors"][0]["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED"
        assert token not in caplog.text
        assert "has invalid value" in caplog.text


NULLS = """mutation {
    created: createUserGroup(
        input: {displayName: "Nulls", name: null, statsVisibility: null, invite: null}
    ) { userGroup { id statsVisibility } }
    updated: updateUserGroup(input: {id: %s, displayName: null, name: null,
        statsVisibility: null, expectedRevision: null}) { changed }
    link: updateJoinLink(input: {id: %s, rotate: null, enabled: null, expiresAt: null,
        clearExpiry: null}) { changed joinLink { token } }
    invited: inviteToUserGroup(input: {id: %s, userIds: ["2"], logins: null, role: null}) {
        invitations { roles } }
}"""


async def test_null_for_a_key_with_a_default_is_the_default(people: Village) -> None:
    group, token = await people.create()
    data = await people.ask("ada", NULLS.replace("%s", group))
    assert data["created"]["userGroup"]["statsVisibility"] == "PRIVATE_AGG_ONLY"
    assert data["updated"] == {"changed": False}
    assert data["link"] == {"changed": False, "joinLink": {"token": token}}
    assert data["invited"] == {"invitations": [{"roles": ["GROUP_MEMBER"]}]}
    declined = (
        f"mutation {{ declineInvitation(input: {{id: {group}, forEver: null}}) {{ changed }} }}"
    )
    assert (await people.ask("ben", declined))["declineInvitation"] == {"changed": True}


async def test_buttons_are_what_mutations_do_also_for_a_group_that_panoptes_told_of(
    people: Village, stored: Database
) -> None:
    group, _ = await people.create("ada")
    of_panoptes = update(user_group).values(authority="panoptes")
    await stored.write(lambda connection: connection.execute(of_panoptes))
    may = "query($id: ID!) { userGroup(id: $id) { viewerPermissions { edit deactivate } } }"

    shown = await people.ask("ada", may, id=group)
    assert shown["userGroup"]["viewerPermissions"] == {"edit": True, "deactivate": True}
    assert (await people.do("ada", "updateUserGroup", id=group, displayName="Owls"))["changed"]
