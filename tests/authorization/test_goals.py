"""Every field of goals and of their milestones, for each level and each kind of viewer."""

from __future__ import annotations

from typing import Any

import pytest
from graphql import GraphQLObjectType, get_named_type

from gateway.db import Database
from tests.asking import ask
from tests.authorization.mission import LEVELS as RIGHTS
from tests.authorization.mission import MEMBERS, SITE_ADMINS, exists, refusal
from tests.authorization.people import (
    ASKING,
    LEVELS,
    MEMBERSHIPS,
    VOLUNTEERS,
    open_group,
    private_group,
)
from tests.authorization.walk import SERVED

#: What leads to entities, which decide for themselves.
ENTITIES = {"User", "UserGroup", "Project", "Workflow"}
#: What is not the same for all who see a goal.
OF_SOME = {"contributors", "createdBy", "viewerContribution"}
LEADER = MEMBERSHIPS["group admin"][0]


def selection(type_name: str) -> str:
    """All fields of a type and of what stands below it; of entities the ids."""
    kind = SERVED.type_map[type_name]
    assert isinstance(kind, GraphQLObjectType)
    fields = []
    for name, field in kind.fields.items():
        given = get_named_type(field.type)
        below = ""
        if isinstance(given, GraphQLObjectType):
            below = "{ id }" if given.name in ENTITIES else selection(given.name)
        fields.append(f"{name} {below}")
    return f"{{ {' '.join(fields)} }}"


GOAL = selection("Goal")


def test_every_field_is_asked_for() -> None:
    for name in ("reachedOn", "neededPerDay", "share", "timeSpent", "revision", "streak"):
        assert name in GOAL


def shared(goals: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{name: one[name] for name in one.keys() - OF_SOME} for one in goals]


def told(error: Any) -> tuple[Any, str]:
    """The path of an error, and its code."""
    return tuple(error.path), error.extensions["code"]


@pytest.mark.parametrize("asking", ASKING)
@pytest.mark.parametrize("level", range(5), ids=LEVELS)
async def test_goals_of_a_group_are_aggregates_and_who_did_it_is_not(
    filled: Database, level: int, asking: str
) -> None:
    viewer, rights = ASKING[asking], RIGHTS[level]
    for group in (open_group(level), private_group(level)):
        document = f"{{ userGroup(id: {group}) {{ goals {GOAL} }} }}"
        asked = await ask(filled, document, viewer=viewer)
        errors = dict(map(told, asked.errors))
        if not exists(asking, group):
            assert errors == {("userGroup",): "NOT_FOUND"}
            continue
        goals = asked.data["userGroup"]["goals"]
        if asking not in rights.aggregates:
            assert goals is None
            assert errors == {("userGroup", "goals"): refusal(asking)}
            continue
        truth = (await ask(filled, document)).data["userGroup"]["goals"]
        assert shared(goals) == shared(truth)
        (goal,) = goals
        assert goal["milestones"][-1]["reachedOn"] == goal["progress"]["reachedOn"] is not None
        assert (goal["createdBy"] == {"id": str(LEADER)}) is (asking in MEMBERS)
        assert (goal["createdBy"] is None) is (asking not in MEMBERS)
        assert (goal["viewerContribution"] is None) is (viewer.id is None)
        if viewer.id is not None:
            # Each has classified once, members or not.
            assert goal["viewerContribution"]["value"] == 1
        seen = asking in rights.individuals
        assert goal["contributors"] == (truth[0]["contributors"] if seen else None)
        path = ("userGroup", "goals", 0, "contributors")
        assert errors == ({} if seen else {path: refusal(asking)})


@pytest.mark.parametrize("asking", ASKING)
async def test_own_goals_are_the_volunteers_own(filled: Database, asking: str) -> None:
    viewer = ASKING[asking]
    for user in VOLUNTEERS:
        asked = await ask(filled, f"{{ user(id: {user}) {{ goals {GOAL} }} }}", viewer=viewer)
        goals = asked.data["user"]["goals"]
        if asking not in SITE_ADMINS and viewer.id != user:
            assert goals is None
            assert [told(error)[1] for error in asked.errors] == [refusal(asking)]
            continue
        assert asked.errors == []
        (goal,) = goals
        assert (goal["user"], goal["userGroup"]) == ({"id": str(user)}, None)
        assert goal["progress"]["value"] == 1
        assert goal["contributors"] is None
        assert (goal["viewerContribution"] is None) is (viewer.id != user)
