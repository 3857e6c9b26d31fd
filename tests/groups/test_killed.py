"""A process that is killed in the middle of a command has done all of it or nothing."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import pytest

from gateway.auth.viewer import Viewer
from gateway.db import Database
from gateway.db.rollup_sets import metadata
from gateway.groups.commands import (
    AcceptInvitation,
    ArchiveGoal,
    ChangeMembership,
    Command,
    CreateGoal,
    CreateGroup,
    DeactivateGroup,
    DeclineInvitation,
    DeleteGoal,
    Invite,
    Join,
    Leave,
    ReactivateGroup,
    RemoveMembers,
    SetRole,
    UpdateGoal,
    UpdateGroup,
    UpdateJoinLink,
)
from gateway.stats.goals.metric import GoalMetric
from tests.groups.people import ADA, BEN, CLEO, DAN, Town
from tests.groups.processes import Processes, Task


@pytest.fixture(scope="module")
def processes() -> Iterator[Processes]:
    made = Processes()
    yield made
    made.close()


async def everything(database: Database) -> dict[str, list[Any]]:
    """All rows of all tables."""
    return await database.write(
        lambda each: {
            name: sorted(map(str, each.execute(table.select()).all()))
            for name, table in metadata.tables.items()
        }
    )


async def join(town: Town, group_id: int) -> tuple[Command, Viewer]:
    return Join(group_id, await town.token(group_id)), DAN


async def wrong_join(_town: Town, group_id: int) -> tuple[Command, Viewer]:
    return Join(group_id, "wrong"), DAN


async def reactivate(town: Town, group_id: int) -> tuple[Command, Viewer]:
    await town.run(DeactivateGroup(group_id), ADA)
    return ReactivateGroup(group_id), ADA


async def change(town: Town, group_id: int) -> tuple[Command, Viewer]:
    number = (await town.membership(group_id, BEN))["id"]
    return ChangeMembership(number, roles=("group_admin",)), ADA


def of_goal(
    command: Callable[[int], Command],
) -> Callable[[Town, int], Awaitable[tuple[Command, Viewer]]]:
    """A command about a goal of the group."""

    async def made(town: Town, group_id: int) -> tuple[Command, Viewer]:
        outcome = await town.run(CreateGoal(GoalMetric.HOURS, 10, group_id), ADA)
        assert outcome.goal_id is not None
        return command(outcome.goal_id), ADA

    return made


def by(
    viewer: Viewer, command: Callable[[int], Command]
) -> Callable[[Town, int], Awaitable[tuple[Command, Viewer]]]:
    async def made(_town: Town, group_id: int) -> tuple[Command, Viewer]:
        return command(group_id), viewer

    return made


#: Ada leads the group, Ben is a member of it, and Cleo is invited.
COMMANDS = {
    "create": by(DAN, lambda _: CreateGroup("Bees", invite=(2, 3))),
    "update": by(ADA, lambda group_id: UpdateGroup(group_id, "Bees", "bees")),
    "deactivate": by(ADA, DeactivateGroup),
    "reactivate": reactivate,
    "join": join,
    "wrong join": wrong_join,
    "leave": by(ADA, lambda group_id: Leave(group_id, 2)),
    "invite": by(ADA, lambda group_id: Invite(group_id, (4, 5))),
    "accept": by(CLEO, AcceptInvitation),
    "decline": by(CLEO, DeclineInvitation),
    "remove": by(ADA, lambda group_id: RemoveMembers(group_id, (2, 3))),
    "set role": by(ADA, lambda group_id: SetRole(group_id, 2, "group_admin")),
    "change membership": change,
    "rotate": by(ADA, lambda group_id: UpdateJoinLink(group_id, rotate=True)),
    "create goal": by(ADA, lambda group_id: CreateGoal(GoalMetric.HOURS, 10, group_id)),
    "create own goal": by(DAN, lambda _: CreateGoal(GoalMetric.HOURS, 10)),
    "update goal": of_goal(lambda goal_id: UpdateGoal(goal_id, target=20, title="More")),
    "archive goal": of_goal(ArchiveGoal),
    "delete goal": of_goal(DeleteGoal),
}


@pytest.mark.parametrize("made", COMMANDS.values(), ids=COMMANDS)
async def test_a_killed_command_has_changed_nothing_and_works_again(
    town: Town,
    database_url: str,
    processes: Processes,
    made: Callable[[Town, int], Awaitable[tuple[Command, Viewer]]],
) -> None:
    group_id = await town.group(ADA, BEN)
    await town.invited(group_id, CLEO, "group_member")
    wanted = await made(town, group_id)
    before = await everything(town.database)

    # Most statements of SQLite, where they are the same; of PostgreSQL some.
    told, number, step = None, 1, 2 if database_url.startswith("sqlite") else 5
    while told is None:
        number += step
        assert await everything(town.database) == before
        (told,) = processes.run(database_url, Task([wanted], dies_at=number))

    # It was killed at its statements before, or when it was about to commit.
    assert number > 5
    assert told in (["changed"], ["JOIN_TOKEN_INVALID"])
    assert await everything(town.database) != before
