"""A hidden group answers like one that there is not, wherever one looks for it."""

from __future__ import annotations

from typing import Any

import pytest
from graphql import GraphQLError

from gateway.db import Database
from tests.asking import ask
from tests.authorization.mission import GROUP_ADMINS, LEVELS, exists
from tests.authorization.people import (
    ASKING,
    GROUPS,
    MEMBERSHIPS,
    UNKNOWN,
    open_group,
    private_group,
)

SELECTIONS = [
    "__typename",
    "id",
    "name statsVisibility viewerMembership { state }",
    "classifications { totalCount }",
    "members { id } memberships { state }",
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
    "a list": "userGroups(ids: [{}]) {{ {} }}",
}


def shown(error: GraphQLError) -> tuple[Any, ...]:
    """All of an error that a caller sees."""
    return error.message, error.extensions, error.path, error.locations


@pytest.mark.parametrize("entry", ENTRIES)
@pytest.mark.parametrize("asking", ASKING)
async def test_it_answers_as_if_it_were_unknown(filled: Database, asking: str, entry: str) -> None:
    hidden = [group for group in GROUPS if not exists(asking, group)]
    assert hidden == ([] if asking in LEVELS[0].exists else [private_group(0), private_group(1)])
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
    document = "{ me { memberships { group { id } state roles user { id } } } }"
    found = await ask(filled, document, viewer=ASKING[asking])
    user_id, state, roles = MEMBERSHIPS[asking]
    own = {"state": state.upper(), "roles": roles, "user": {"id": str(user_id)}}
    assert found.errors == []
    assert found.data["me"]["memberships"] == [
        {"group": {"id": str(group)}, **own} for group in GROUPS if exists(asking, group)
    ]


@pytest.mark.parametrize("asking", ASKING)
async def test_whoever_sees_memberships_sees_all_of_them_and_the_roster_is_of_members(
    filled: Database, asking: str
) -> None:
    document = f"""{{ userGroup(id: {open_group(4)}) {{
        members {{ id login }}
        memberships {{ user {{ id }} state roles }}
        viewerMembership {{ user {{ id }} state roles }}
    }} }}"""
    found = (await ask(filled, document, viewer=ASKING[asking])).data["userGroup"]
    assert found["members"] == [
        {"id": "1006", "login": "user-1006"},
        {"id": "1007", "login": "user-1007"},
    ]
    everybody = {
        name: {"user": {"id": str(user_id)}, "state": state.upper(), "roles": roles}
        for name, (user_id, state, roles) in MEMBERSHIPS.items()
    }
    seen = asking in GROUP_ADMINS
    assert found["memberships"] == (list(everybody.values()) if seen else None)
    assert found["viewerMembership"] == everybody.get(asking)
