"""Commands of several processes at the same moment: as if one had come after the other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import pytest

from gateway.auth.viewer import Viewer
from gateway.db.goal_tables import goal, own_goal_change
from gateway.db.group_tables import membership_span
from gateway.db.tables import membership, user_group
from gateway.groups.commands import (
    AcceptInvitation,
    ArchiveGoal,
    CreateGoal,
    CreateGroup,
    DeactivateGroup,
    DeleteGoal,
    Join,
    Leave,
    RemoveMembers,
    SetRole,
    UpdateGoal,
    UpdateJoinLink,
)
from gateway.stats.goals.metric import GoalMetric
from tests.groups.people import ADA, BEN, CLEO, SITE_ADMIN, Town, ids
from tests.groups.processes import Erase, Processes, Task

CROWD = [Viewer(number, f"user{number}") for number in range(101, 151)]
#: Each race is run so often.
ROUNDS = 3


@pytest.fixture(scope="module")
def processes() -> Iterator[Processes]:
    made = Processes()
    yield made
    made.close()


async def test_fifty_people_join(town: Town, database_url: str, processes: Processes) -> None:
    group_id = await town.group(ADA)
    join = Join(group_id, await town.token(group_id))

    told = processes.run(
        database_url, *(Task([(join, one) for one in CROWD[first::5]]) for first in range(5))
    )

    assert told == [["changed"] * 10] * 5
    rows = await town.rows(membership, group_id=group_id)
    assert Counter(row["state"] for row in rows) == {"active": 51}
    assert len({row["id"] for row in rows}) == 51
    spans = await town.rows(membership_span, group_id=group_id, until_us=None)
    assert sorted(row["user_id"] for row in spans) == [1, *ids(CROWD)]


async def test_one_person_joins_fifty_times(
    town: Town, database_url: str, processes: Processes
) -> None:
    group_id = await town.group(ADA)
    join = Join(group_id, await town.token(group_id))

    told = processes.run(database_url, *[Task([(join, BEN)] * 10)] * 5)

    assert Counter(one for each in told for one in each or ()) == {"changed": 1, "unchanged": 49}
    assert await town.spans(group_id, BEN) == [True]
    assert (await town.membership(group_id, BEN))["revision"] == 1


async def test_two_last_admins_leave(town: Town, database_url: str, processes: Processes) -> None:
    for _ in range(ROUNDS):
        group_id = await town.group(ADA)
        await town.appointed(group_id, BEN)

        told = processes.run(
            database_url, Task([(Leave(group_id), ADA)]), Task([(Leave(group_id), BEN)])
        )

        assert sorted(told, key=str) == [["LAST_ADMIN"], ["changed"]]


async def test_the_last_admin_leaves_while_another_is_made(
    town: Town, database_url: str, processes: Processes
) -> None:
    for _ in range(ROUNDS):
        group_id = await town.group(ADA, BEN)

        left, made = processes.run(
            database_url,
            Task([(Leave(group_id), ADA)]),
            Task([(SetRole(group_id, 2, "group_admin"), SITE_ADMIN)]),
        )

        assert made == ["changed"]
        kinds = [kind for kind, _, _ in await town.history(group_id)]
        assert (left == ["changed"]) == (kinds[-2:] == ["role_changed", "left"])
        assert left in (["changed"], ["LAST_ADMIN"])


async def test_people_join_while_the_link_is_rotated(
    town: Town, database_url: str, processes: Processes
) -> None:
    group_id = await town.group(ADA)
    join = Join(group_id, await town.token(group_id))

    *joined, rotated = processes.run(
        database_url,
        *(Task([(join, one) for one in CROWD[first:20:2]]) for first in range(2)),
        Task([(UpdateJoinLink(group_id, rotate=True), ADA)]),
    )

    assert rotated == ["changed"]
    kinds = [kind for kind, _, _ in await town.history(group_id)]
    for each in joined:
        # From one on all are refused.
        assert each == sorted(each or (), reverse=True)
        assert set(each) <= {"changed", "JOIN_TOKEN_INVALID"}
    number = Counter(one for each in joined for one in each or ())["changed"]
    assert kinds == ["created", *["joined"] * number, "link_rotated"]


async def test_people_join_while_the_group_is_deactivated(
    town: Town, database_url: str, processes: Processes
) -> None:
    for first in range(0, 20, 5):
        group_id = await town.group(ADA)
        join = Join(group_id, await town.token(group_id))

        joined, ended = processes.run(
            database_url,
            Task([(join, one) for one in CROWD[first : first + 5]]),
            Task([(DeactivateGroup(group_id), ADA)]),
        )

        assert ended == ["changed"]
        assert set(joined or ()) <= {"changed", "GROUP_INACTIVE"}
        assert await town.rows(membership, group_id=group_id, state="active") == []
        assert await town.rows(membership_span, group_id=group_id, until_us=None) == []


async def test_two_admins_remove_each_other(
    town: Town, database_url: str, processes: Processes
) -> None:
    for _ in range(ROUNDS):
        group_id = await town.group(ADA)
        await town.appointed(group_id, BEN)

        told = processes.run(
            database_url,
            Task([(RemoveMembers(group_id, ids([BEN])), ADA)]),
            Task([(RemoveMembers(group_id, ids([ADA])), BEN)]),
        )

        # Who was removed from a hidden group is not told that there is one.
        assert sorted(told, key=str) == [["NOT_FOUND"], ["changed"]]


async def test_five_groups_of_one_name(town: Town, database_url: str, processes: Processes) -> None:
    for name in ("moths", "Bees"):
        spellings = [name, name.upper(), name.lower(), name.title(), name]
        told = processes.run(
            database_url, *(Task([(CreateGroup("X", one), ADA)]) for one in spellings)
        )

        assert sorted(told, key=str) == [["NAME_TAKEN"]] * 4 + [["changed"]]
    assert len(await town.rows(user_group)) == 2


async def test_an_invitation_is_accepted_while_it_is_withdrawn(
    town: Town, database_url: str, processes: Processes
) -> None:
    for _ in range(ROUNDS):
        group_id = await town.group(ADA)
        await town.invited(group_id, CLEO, "group_member")

        accepted, withdrawn = processes.run(
            database_url,
            Task([(AcceptInvitation(group_id), CLEO)]),
            Task([(RemoveMembers(group_id, ids([CLEO])), ADA)]),
        )

        assert withdrawn == ["changed"]
        assert (await town.relationship(group_id, CLEO))[::2] == ("inactive", "removed")
        last = (await town.history(group_id))[-1][0]
        assert (accepted, last) in (
            (["changed"], "removed"),
            (["INVITATION_REQUIRED"], "invitation_withdrawn"),
        )


async def test_two_admins_create_the_last_goal(
    town: Town, database_url: str, processes: Processes
) -> None:
    for _ in range(ROUNDS):
        group_id = await town.group(ADA)
        await town.appointed(group_id, BEN)
        one_more = CreateGoal(GoalMetric.HOURS, 10, group_id)
        for _ in range(19):
            await town.run(one_more, ADA)

        told = processes.run(database_url, Task([(one_more, ADA)] * 3), Task([(one_more, BEN)] * 3))

        assert Counter(one for each in told for one in each or ()) == {
            "changed": 1,
            "LIMIT_REACHED": 5,
        }
        assert len(await town.rows(goal, group_id=group_id)) == 20


async def test_own_goals_of_one_volunteer_in_many_windows(
    town: Town, database_url: str, processes: Processes
) -> None:
    told = processes.run(database_url, *[Task([(CreateGoal(GoalMetric.HOURS, 10), BEN)] * 5)] * 4)

    assert Counter(one for each in told for one in each or ()) == {
        "changed": 10,
        "LIMIT_REACHED": 10,
    }
    assert len({row["id"] for row in await town.rows(goal, user_id=BEN.id)}) == 10
    assert [row["number"] for row in await town.rows(own_goal_change)] == [10]


async def test_a_goal_is_changed_while_it_is_changed_archived_and_deleted(
    town: Town, database_url: str, processes: Processes
) -> None:
    for _ in range(ROUNDS):
        group_id = await town.group(ADA)
        await town.appointed(group_id, BEN)
        goal_id = (await town.run(CreateGoal(GoalMetric.HOURS, 10, group_id), ADA)).goal_id
        assert goal_id is not None

        told = processes.run(
            database_url,
            Task([(UpdateGoal(goal_id, target=11, expected_revision=1), ADA)]),
            Task([(UpdateGoal(goal_id, target=12, expected_revision=1), BEN)]),
            Task([(ArchiveGoal(goal_id), SITE_ADMIN)]),
        )

        *changed, archived = told
        assert archived == ["changed"]
        # The archiving made it another goal for whoever came after it.
        assert sorted(changed, key=str) in (
            [["CONFLICT"], ["CONFLICT"]],
            [["CONFLICT"], ["changed"]],
        )

        deleted, late = processes.run(
            database_url,
            Task([(DeleteGoal(goal_id), ADA)]),
            Task([(UpdateGoal(goal_id, target=13), BEN)]),
        )

        assert deleted == ["changed"]
        assert late in (["changed"], ["NOT_FOUND"])
        assert await town.rows(goal, id=goal_id) == []


async def test_a_goal_is_created_while_the_group_ends_or_the_admin_leaves(
    town: Town, database_url: str, processes: Processes
) -> None:
    for ending in (DeactivateGroup, Leave):
        group_id = await town.group(ADA)
        await town.appointed(group_id, BEN)

        created, ended = processes.run(
            database_url,
            Task([(CreateGoal(GoalMetric.HOURS, 10, group_id), ADA)]),
            Task([(ending(group_id), ADA)]),
        )

        assert ended == ["changed"]
        there = len(await town.rows(goal, group_id=group_id))
        assert (created == ["changed"]) == (there == 1)
        # Who led a group knows of it when it has ended; who has left a hidden one does not.
        assert created in (["changed"], ["FORBIDDEN" if ending is DeactivateGroup else "NOT_FOUND"])


async def test_a_volunteer_sets_a_goal_while_they_are_erased(
    town: Town, database_url: str, processes: Processes
) -> None:
    for one in CROWD[:ROUNDS]:
        assert one.id is not None
        created, _ = processes.run(
            database_url,
            Task([(CreateGoal(GoalMetric.HOURS, 10), one)]),
            Task([(Erase(one.id), SITE_ADMIN)]),
        )

        assert created in (["changed"], ["UNAUTHENTICATED"])
        assert await town.rows(goal) == []
        assert await town.rows(own_goal_change) == []


async def test_somebody_joins_while_they_are_erased(
    town: Town, database_url: str, processes: Processes
) -> None:
    for one in CROWD[:ROUNDS]:
        assert one.id is not None
        group_id = await town.group(ADA)
        join = Join(group_id, await town.token(group_id))

        joined, _ = processes.run(
            database_url, Task([(join, one)]), Task([(Erase(one.id), SITE_ADMIN)])
        )

        assert joined in (["changed"], ["UNAUTHENTICATED"])
        assert await town.rows(membership, user_id=one.id) == []
        assert await town.rows(membership_span, user_id=one.id) == []
