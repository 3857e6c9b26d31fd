"""A hidden group answers like one that there is not, wherever one looks for it."""

from __future__ import annotations

from typing import Any

import pytest
from graphql import GraphQLError

from gateway.db import Database
from gateway.directory.load import load_directory
from tests.asking import ask
from tests.authorization.mission import GROUP_ADMINS, LEVELS, SITE_ADMINS, exists
from tests.authorization.people import (
    ASKING,
    GROUPS,
    MEMBERSHIPS,
    UNKNOWN,
    ended_group,
    fill,
    open_group,
    private_group,
)

SELECTIONS = [
    "__typename",
    "id",
    "name statsVisibility viewerMembership { state }",
    "classifications { totalCount }",
    "members { nodes { id } } memberships { nodes { state } }",
    "... on UserGroup { classifications { topContributors { count } } }",
]
ENTRIES = {
    "one": "one: userGroup(id: {}) {{ {} }}",
    "a router": (
        '_entities(representations: [{{__typename: "UserGroup", id: "{}"}}]) '
        "{{ ... on UserGroup {{ {} }} }}"
    ),
    "a router that asks for the type alone": (
        '_entities(representations: [{{__typename: "UserGroup", id: "{}"}}]) '
        "{{ __typename }} other: __typename #{}"
    ),
    "a list": "userGroupsByIds(ids: [{}]) {{ {} }}",
}


def shown(error: GraphQLError) -> tuple[Any, ...]:
    """All of an error that a caller sees."""
    return error.message, error.extensions, error.path, error.locations


@pytest.mark.parametrize("entry", ENTRIES)
@pytest.mark.parametrize("asking", ASKING)
async def test_it_answers_as_if_it_were_unknown(filled: Database, asking: str, entry: str) -> None:
    hidden = [group for group in GROUPS if not exists(asking, group)]
    private = [] if asking in LEVELS[0].exists else [private_group(0), private_group(1)]
    ended = [] if asking in SITE_ADMINS else [ended_group(level) for level in range(5)]
    assert hidden == private + ended
    for selection in SELECTIONS:
        unknown = await ask(
            filled, f"{{ {ENTRIES[entry].format(UNKNOWN, selection)}\n}}", viewer=ASKING[asking]
        )
        assert [error.extensions for error in unknown.errors] == (
            [] if entry == "a list" else [{"code": "NOT_FOUND"}]
        )
        for group in hidden:
            document = f"{{ {ENTRIES[entry].format(group, selection)}\n}}"
            found = await ask(filled, document, viewer=ASKING[asking])
            assert found.data == unknown.data
            assert [shown(error) for error in found.errors] == [
                (error.message.replace(str(UNKNOWN), str(group)), *shown(error)[1:])
                for error in unknown.errors
            ]


@pytest.mark.parametrize("asking", MEMBERSHIPS)
async def test_among_a_viewers_own_memberships_hidden_groups_are_missing(
    filled: Database, asking: str
) -> None:
    document = "{ me { memberships { nodes { group { id } state roles user { id } } } } }"
    found = await ask(filled, document, viewer=ASKING[asking])
    user_id, state, roles = MEMBERSHIPS[asking]
    shown = [role.upper() for role in roles]
    own = {"state": state.upper(), "roles": shown, "user": {"id": str(user_id)}}
    assert found.errors == []
    assert found.data["me"]["memberships"]["nodes"] == [
        {"group": {"id": str(group)}, **own} for group in GROUPS if exists(asking, group)
    ]


async def test_groups_that_ended_are_in_nobodys_list_of_memberships(filled: Database) -> None:
    """Not as a site admin sees it either, who sees the group itself."""
    admin = ASKING["site admin"]
    own = "{ user(id: 1006) { memberships { nodes { group { id } } } } }"
    listed = (await ask(filled, own, viewer=admin)).data["user"]["memberships"]["nodes"]
    assert [int(one["group"]["id"]) for one in listed] == [one for one in GROUPS if one < 30]

    group = (
        f"{{ userGroup(id: {ended_group(4)}) {{ memberships {{ nodes {{ user {{ id }} }} }} }} }}"
    )
    found = (await ask(filled, group, viewer=admin)).data["userGroup"]["memberships"]["nodes"]
    assert len(found) == len(MEMBERSHIPS)


@pytest.mark.parametrize("state", ["deleted", "inactive"])
async def test_a_group_is_gone_as_soon_as_it_ends_and_back_when_it_goes_on(
    database: Database, state: str
) -> None:
    await fill(database)
    document = f"{{ userGroup(id: {open_group(4)}) {{ classifications {{ totalCount }} }} }}"
    member = ASKING["group admin"]
    before = await ask(database, document, viewer=member)
    assert before.data["userGroup"] is not None

    await say(database, open_group(4), state=state)
    ended = await ask(database, document, viewer=member)
    assert ended.data == {"userGroup": None}
    assert [error.extensions for error in ended.errors] == [{"code": "NOT_FOUND"}]

    await say(database, open_group(4), state="active")
    assert (await ask(database, document, viewer=member)).data == before.data


async def test_a_group_that_ended_is_counted_as_before(database: Database) -> None:
    await fill(database)
    days = 'range: { start: "2024-01-01", end: "2024-12-31" }'
    document = f"{{ userGroupCounts({days}) {{ totalCount }} }}"
    admin = ASKING["site admin"]
    counts = []
    for state in ("active", "deleted"):
        await say(database, open_group(4), state=state, created_at="2024-03-01T00:00:00Z")
        counts.append((await ask(database, document, viewer=admin)).data)
    assert counts == [{"userGroupCounts": {"totalCount": 1}}] * 2


async def say(database: Database, group: int, **said: object) -> None:
    """Load the entry of an open group of level 4 anew."""
    entry = {"id": group, "name": "open-4", "stats_visibility": 4, **said}
    await database.write(lambda c: load_directory(c, {"user_groups": [entry]}))


@pytest.mark.parametrize("asking", ASKING)
async def test_whoever_sees_memberships_sees_all_of_them_and_the_roster_is_of_members(
    filled: Database, asking: str
) -> None:
    document = f"""{{ userGroup(id: {open_group(4)}) {{
        members {{ nodes {{ id login }} }}
        memberships {{ nodes {{ user {{ id }} state roles }} }}
        viewerMembership {{ user {{ id }} state roles }}
    }} }}"""
    found = (await ask(filled, document, viewer=ASKING[asking])).data["userGroup"]
    assert found["members"]["nodes"] == [
        {"id": "1006", "login": "user-1006"},
        {"id": "1007", "login": "user-1007"},
    ]
    everybody = {
        name: {
            "user": {"id": str(user_id)},
            "state": state.upper(),
            "roles": [role.upper() for role in roles],
        }
        for name, (user_id, state, roles) in MEMBERSHIPS.items()
    }
    seen = asking in GROUP_ADMINS
    assert found["memberships"] == ({"nodes": list(everybody.values())} if seen else None)
    assert found["viewerMembership"] == everybody.get(asking)
