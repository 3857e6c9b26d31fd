"""Goals of groups and own ones: who changes them, what is stored, and what is told of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import orjson
import pytest
from sqlalchemy import Connection, event

from gateway.auth.viewer import ANONYMOUS, Viewer
from gateway.calendar import day_number
from gateway.changes.entity import Entity
from gateway.changes.log import decode_entities
from gateway.db import Database
from gateway.db.goal_tables import goal, own_goal_change
from gateway.db.group_tables import group_change, group_tenure
from gateway.db.tables import change_log, user_group
from gateway.directory.erase_user import erase_user
from gateway.directory.goals import Goal, goal_of
from gateway.directory.load import load_directory
from gateway.directory.stats_visibility import StatsVisibility
from gateway.errors import Forbidden, InvalidArgument, NotFound, Unauthenticated
from gateway.groups.commands import (
    ArchiveGoal,
    Command,
    CreateGoal,
    DeactivateGroup,
    DeleteGoal,
    Leave,
    ReactivateGroup,
    UpdateGoal,
)
from gateway.groups.refusals import RefusalCode
from gateway.groups.service import OPERATOR
from gateway.period import Period
from gateway.stats.goals.metric import GoalMetric
from tests.groups.people import ADA, BEN, CLEO, DAN, EVE, SITE_ADMIN, MovingClock, Town

#: The day on which the clock of these tests begins.
TODAY = day_number(date(2026, 6, 1))
UNKNOWN = 987_654_321


async def new_goal(town: Town, viewer: Viewer, group_id: int | None = None, **said: Any) -> int:
    """A goal of ten thousand classifications, or what is said."""
    said = {"metric": GoalMetric.CLASSIFICATIONS, "target": 10_000, **said}
    outcome = await town.run(CreateGoal(group_id=group_id, **said), viewer)
    assert outcome.changed
    assert outcome.group_id == (group_id or 0)
    assert outcome.goal_id is not None
    return outcome.goal_id


async def read_goal(town: Town, goal_id: int) -> Goal:
    (row,) = await town.rows(goal, id=goal_id)
    return goal_of(tuple(row.values()))


def every_change(goal_id: int) -> list[Command]:
    return [
        UpdateGoal(goal_id, title="Mine"),
        ArchiveGoal(goal_id),
        DeleteGoal(goal_id),
        DeleteGoal(goal_id, expected_revision=77),
    ]


async def logged_since(town: Town, version: int) -> set[Entity]:
    rows = [row for row in await town.rows(change_log) if row["version"] > version]
    return {one for row in rows for one in decode_entities(row["entities"]) or ()}


async def test_a_goal_that_is_hardly_said_is_filled_in(town: Town) -> None:
    group_id = await town.group(ADA)

    goal_id = await new_goal(town, ADA, group_id)

    stored = await read_goal(town, goal_id)
    assert stored == Goal(
        goal_id,
        group_id,
        None,
        None,
        GoalMetric.CLASSIFICATIONS,
        10_000,
        None,
        None,
        TODAY,
        None,
        None,
        None,
        False,
        stored.created_at,
        ADA.id,
        stored.created_at,
        1,
    )
    assert stored.values == (2_500, 5_000, 7_500, 10_000)


async def test_a_goal_of_everything_that_can_be_said(town: Town) -> None:
    goal_id = await new_goal(
        town,
        BEN,
        title="  Two hours a week  ",
        metric=GoalMetric.HOURS,
        target=42,
        workflow_ids=(9, 2**63 - 1, 9),
        start_day=TODAY - 100,
        end_day=TODAY + 100,
        repeats=Period.WEEK,
        milestones=(1, 20),
    )

    stored = await read_goal(town, goal_id)
    assert (stored.group_id, stored.user_id, stored.created_by) == (None, BEN.id, BEN.id)
    assert (stored.title, stored.repeats) == ("Two hours a week", Period.WEEK)
    assert (stored.project_ids, stored.workflow_ids) == (None, (9, 2**63 - 1))
    assert (stored.start_day, stored.end_day) == (TODAY - 100, TODAY + 100)
    assert stored.values == (1, 20, 42)


async def test_what_is_said_is_changed_and_the_rest_stays(town: Town, clock: MovingClock) -> None:
    group_id = await town.group(ADA)
    goal_id = await new_goal(
        town, ADA, group_id, title="Moths", milestones=(10,), end_day=TODAY + 9
    )
    before = await read_goal(town, goal_id)
    clock.jump(hours=1)

    assert (await town.run(UpdateGoal(goal_id, target=20_000), ADA)).changed
    changed = await read_goal(town, goal_id)
    assert changed.updated_at > before.updated_at
    assert changed == before._replace(target=20_000, revision=2, updated_at=changed.updated_at)

    await town.run(UpdateGoal(goal_id, title=None, end_day=None, milestones=None), ADA)
    bare = await read_goal(town, goal_id)
    assert (bare.title, bare.end_day, bare.milestones, bare.target) == (None, None, None, 20_000)
    version = await town.version()
    same = UpdateGoal(goal_id, title=None, target=20_000, start_day=TODAY, expected_revision=3)
    assert not (await town.run(same, ADA)).changed
    assert await town.version() == version


async def test_revisions_tell_of_others(town: Town) -> None:
    goal_id = await new_goal(town, ADA)
    await town.run(UpdateGoal(goal_id, title="Mine", expected_revision=1), ADA)

    for late in (
        UpdateGoal(goal_id, title="Ours", expected_revision=1),
        DeleteGoal(goal_id, expected_revision=1),
    ):
        refusal = await town.refused(RefusalCode.CONFLICT, late, ADA)
        assert refusal.path == ("expectedRevision",)
    await town.run(DeleteGoal(goal_id, expected_revision=2), ADA)
    assert await town.rows(goal) == []


async def test_goals_are_put_away_and_taken_up_again(town: Town) -> None:
    group_id = await town.group(ADA)
    goal_id = await new_goal(town, ADA, group_id)

    told = [
        (await town.run(ArchiveGoal(goal_id, archived=wanted), ADA)).changed
        for wanted in (False, True, True, False)
    ]

    assert told == [False, True, False, True]
    assert (await read_goal(town, goal_id)).revision == 3


async def test_histories_tell_of_goals_of_groups_without_their_titles(town: Town) -> None:
    group_id = await town.group(ADA)
    goal_id = await new_goal(town, ADA, group_id, title="Secret")
    for command in (
        UpdateGoal(goal_id, target=20_000, title="Secret too"),
        UpdateGoal(goal_id, title=None),
        ArchiveGoal(goal_id),
        ArchiveGoal(goal_id, archived=False),
    ):
        await town.run(command, SITE_ADMIN)
    await town.run(DeleteGoal(goal_id), OPERATOR)

    rows = sorted(await town.rows(group_change, group_id=group_id), key=lambda row: row["id"])
    assert [(row["kind"], row["actor_id"], row["details"]) for row in rows[1:]] == [
        (kind, actor, orjson.dumps({"goal": goal_id, **details}).decode())
        for kind, actor, details in (
            ("goal_created", ADA.id, {}),
            ("goal_changed", SITE_ADMIN.id, {"target": 20_000, "target_before": 10_000}),
            ("goal_changed", SITE_ADMIN.id, {}),
            ("goal_archived", SITE_ADMIN.id, {"archived": True}),
            ("goal_archived", SITE_ADMIN.id, {"archived": False}),
            ("goal_deleted", None, {}),
        )
    ]


async def test_own_goals_are_in_no_history(town: Town) -> None:
    group_id = await town.group(ADA)
    before = await town.rows(group_change)
    goal_id = await new_goal(town, ADA)
    for command in every_change(goal_id)[:3]:
        assert (await town.run(command, ADA)).group_id == 0
    assert await town.rows(group_change) == before
    assert len(await town.history(group_id)) == 1


async def test_each_change_is_logged_of_whose_goal_it_is(town: Town) -> None:
    group_id = await town.group(ADA)
    for group, entity in ((group_id, ("user_group_record", group_id)), (None, ("user_record", 1))):
        version = await town.version()
        goal_id = await new_goal(town, ADA, group)
        assert await logged_since(town, version) == {entity}
        for command in every_change(goal_id)[:3]:
            version = await town.version()
            await town.run(command, ADA)
            assert await logged_since(town, version) == {entity}


async def test_a_goal_makes_a_group_neither_another_one_nor_the_gateways(town: Town) -> None:
    await town.database.write(
        lambda each: load_directory(
            each,
            {
                "user_groups": [{"id": 700, "name": "theirs", "stats_visibility": 4}],
                "memberships": [
                    {
                        "user_group_id": 700,
                        "user_id": 1,
                        "state": "active",
                        "roles": ["group_admin"],
                    }
                ],
            },
        )
    )
    before = await town.rows(user_group)

    goal_id = await new_goal(town, ADA, 700)
    await town.run(UpdateGoal(goal_id, target=5), ADA)

    assert await town.rows(user_group) == before
    assert await town.rows(group_tenure) == []


@pytest.mark.parametrize(
    "level", [StatsVisibility.PUBLIC_AGG_ONLY, StatsVisibility.PRIVATE_AGG_ONLY]
)
async def test_a_group_that_is_hidden_hides_its_goals(town: Town, level: StatsVisibility) -> None:
    group_id = await town.group(ADA, BEN, CLEO, stats_visibility=level)
    await town.run(Leave(group_id), CLEO)
    await town.invited(group_id, DAN, "group_member")
    goal_id = await new_goal(town, ADA, group_id)
    hidden = level is StatsVisibility.PRIVATE_AGG_ONLY
    version = await town.version()

    for viewer, error in (
        (BEN, Forbidden),
        (CLEO, NotFound if hidden else Forbidden),
        (DAN, Forbidden),
        (EVE, NotFound if hidden else Forbidden),
        (ANONYMOUS, Unauthenticated),
    ):
        for command in (
            CreateGoal(GoalMetric.COMMENTS, -1, group_id, title=""),
            *every_change(goal_id),
        ):
            with pytest.raises(error) as caught:
                await town.run(command, viewer)
            if caught.type is NotFound and not isinstance(command, CreateGoal):
                with pytest.raises(NotFound) as unknown:
                    await town.run(replace(command, goal_id=UNKNOWN), viewer)
                said = caught.value.message.replace(str(goal_id), "N")
                assert said == unknown.value.message.replace(str(UNKNOWN), "N")
    assert await town.version() == version


async def test_own_goals_are_changed_by_nobody_else(town: Town) -> None:
    goal_id = await new_goal(town, BEN)
    version = await town.version()

    for viewer in (ADA, SITE_ADMIN, OPERATOR):
        for command in every_change(goal_id):
            messages = []
            for number in (goal_id, UNKNOWN):
                with pytest.raises(NotFound) as caught:
                    await town.run(replace(command, goal_id=number), viewer)
                assert (caught.value.kind, caught.value.entity_id) == ("goal", number)
                messages.append(caught.value.message.replace(str(number), "N"))
            assert messages[0] == messages[1]
    assert await town.version() == version
    with pytest.raises(InvalidArgument) as refused:
        await town.run(CreateGoal(GoalMetric.HOURS, 1), OPERATOR)
    assert refused.value.argument == "groupId"


async def test_a_hidden_goal_takes_the_statements_of_an_unknown_one(town: Town) -> None:
    """So neither the answer nor its time tells which goals there are."""
    hidden = await new_goal(town, ADA, await town.group(ADA))
    own = await new_goal(town, ADA)

    async def statements(goal_id: int) -> list[str]:
        seen: list[str] = []

        def work(connection: Connection) -> Connection:
            return connection

        engine = (await town.database.write(work)).engine

        def note(_connection: Any, _cursor: Any, statement: str, *_facts: Any) -> None:
            seen.append(statement)

        event.listen(engine, "before_cursor_execute", note)
        try:
            with pytest.raises(NotFound):
                await town.run(DeleteGoal(goal_id), EVE)
        finally:
            event.remove(engine, "before_cursor_execute", note)
        return seen

    unknown = await statements(UNKNOWN)
    assert unknown
    assert await statements(hidden) == unknown
    assert await statements(own) == unknown


async def test_goals_of_a_group_that_has_ended_come_back_with_it(town: Town) -> None:
    group_id = await town.group(ADA)
    goal_id = await new_goal(town, ADA, group_id)
    await town.run(DeactivateGroup(group_id), ADA)
    ended = await town.rows(goal)

    for command in (CreateGoal(GoalMetric.HOURS, 5, group_id), *every_change(goal_id)):
        with pytest.raises(Forbidden):
            await town.run(command, ADA)
        await town.refused(RefusalCode.GROUP_INACTIVE, command, SITE_ADMIN)
    await town.run(ReactivateGroup(group_id), ADA)
    assert await town.rows(goal) == ended
    assert (await town.run(UpdateGoal(goal_id, target=7), ADA)).changed


async def test_who_is_erased_has_no_goals_and_created_none(town: Town) -> None:
    group_id = await town.group(BEN)
    ours, mine = await new_goal(town, BEN, group_id), await new_goal(town, BEN)
    others = await new_goal(town, ADA)
    version = await town.version()

    await town.database.write(lambda each: erase_user(each, 2))

    kept = await town.rows(goal)
    assert {row["id"]: row["created_by"] for row in kept} == {ours: None, others: 1}
    assert [row["user_id"] for row in await town.rows(own_goal_change)] == [1]
    entities = await logged_since(town, version)
    assert {("user_record", 2), ("user_group_record", group_id)} <= entities
    with pytest.raises(Unauthenticated):
        await town.run(DeleteGoal(mine), BEN)
    # An id is not given twice.
    assert await new_goal(town, ADA) > others


async def test_goals_need_a_gateway_that_decides_about_groups(database: Database) -> None:
    town = await Town(database, is_on=False).settle()
    for command in (CreateGoal(GoalMetric.HOURS, 5), *every_change(1)):
        await town.refused(RefusalCode.NOT_SUPPORTED, command, ADA)
