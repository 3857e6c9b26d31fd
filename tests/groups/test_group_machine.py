"""Whatever people, clocks and events do in any order, groups are as the model of their life says.

``GROUP_LIVES=1000 make lives`` tries for longer.
"""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    rule,
    run_state_machine_as_test,
)

from gateway.auth.viewer import ANONYMOUS, Viewer
from gateway.db import Database, open_database
from gateway.db.goal_tables import goal
from gateway.db.group_tables import group_join_link
from gateway.db.tables import membership
from gateway.directory.backfill_members import backfill_members
from gateway.directory.erase_user import erase_user
from gateway.directory.load import load_directory
from gateway.directory.stats_visibility import StatsVisibility
from gateway.errors import GatewayError
from gateway.events.event import Classification
from gateway.groups import commands
from gateway.groups.commands import Command
from gateway.groups.refusals import GroupRefusal
from gateway.groups.service import OPERATOR
from gateway.groups.transaction import Limits
from gateway.stats.goals.metric import GoalMetric
from tests.copies import dumped, rows
from tests.events_of import EPOCH, clear, store
from tests.groups.goal_model import MILESTONE, ModelGoal
from tests.groups.life_model import ADMIN, MEMBER, Life, ModelGroup
from tests.groups.people import ADA, BEN, CLEO, DAN, PEOPLE, SITE_ADMIN, START, Town
from tests.groups.test_copied_lives import answers
from tests.recount import Span, Tenure, groups_of, stored
from tests.rollups.test_group_life_against_a_model import CHECKS, Spans
from tests.rollups.test_rebuild import verified

LIVES = int(os.environ.get("GROUP_LIVES", "10"))
SECOND = 1_000_000
#: One test for all lives: it takes minutes on a busy machine.
pytestmark = pytest.mark.timeout(0 if "GROUP_LIVES" in os.environ else 900)
UNLIMITED = Limits(10**6, 10**6, 10**6, 10**6, 10**6, 10**6)

#: Stands for whoever leads the group at that moment.
LEADER = Viewer(0)
VIEWERS = st.sampled_from([*[LEADER] * 6, ADA, BEN, BEN, CLEO, CLEO, DAN, SITE_ADMIN, OPERATOR])
USERS = st.integers(1, 5)
#: By its place among those that were made, and one that nobody has made.
GROUPS = st.sampled_from([0, 0, 0, 1, 1, 2, 9])
NAMES = st.sampled_from(["moths", "MOTHS", "bees", "owls", "newts", "Owls"])
LEVELS = st.sampled_from([StatsVisibility.PRIVATE_AGG_ONLY, StatsVisibility.PUBLIC_SHOW_ALL])
#: The same of goals.
GOALS = st.sampled_from([0, 0, 1, 2, 9])
TARGETS = st.integers(MILESTONE, MILESTONE + 3)
ROLES = st.sampled_from([ADMIN, MEMBER])


class Clock:
    """Tells whatever instant it is set to."""

    now = (START - EPOCH) // timedelta(microseconds=1)

    def __call__(self) -> datetime:
        return EPOCH + timedelta(microseconds=self.now)


class GroupMachine(RuleBasedStateMachine):
    """A database and a copy of it, what people do there, and what must come of it."""

    runner: asyncio.Runner
    database: Database
    copy: Database
    clock: Clock

    def __init__(self) -> None:
        super().__init__()
        self.clock.now = Clock.now
        self.town = Town(self.database, limits=UNLIMITED)
        self.run(self.database.write(clear))
        self.run(self.town.settle())
        self.life, self.spans = Life({one for one in PEOPLE if one is not None}), Spans()
        self.events: list[Classification] = []
        self.backfills: dict[tuple[int, int], int] = {}
        #: The greatest instant at which events were stored.
        self.stored_at = 0

    def run(self, awaited: Any) -> Any:
        return self.runner.run(awaited)

    def group(self, place: int) -> int:
        ids = [*self.life.groups]
        return ids[place] if place < len(ids) else 999

    def goal(self, place: int) -> int:
        ids = [*self.life.goals.goals]
        return ids[place] if place < len(ids) else 999

    @initialize()
    def begin_with_two_groups(self) -> None:
        hidden, public = StatsVisibility.PRIVATE_AGG_ONLY, StatsVisibility.PUBLIC_SHOW_ALL
        self.act(commands.CreateGroup("Moths", "moths", hidden, invite=(2, 3)), ADA)
        self.act(commands.AcceptInvitation(self.group(0)), BEN)
        self.act(commands.CreateGroup("Bees", "bees", public, invite=(1, 4)), BEN)
        self.act(commands.AcceptInvitation(self.group(1)), ADA)

    @rule(place=GROUPS)
    def try_without_a_token(self, place: int) -> None:
        self.act(commands.DeactivateGroup(self.group(place)), ANONYMOUS)

    @rule(by=st.sampled_from([SECOND, 3600 * SECOND, -7200 * SECOND, 31 * 86400 * SECOND]))
    def let_the_clock_jump(self, by: int) -> None:
        self.clock.now += by

    @rule(viewer=VIEWERS, name=NAMES, level=LEVELS, invited=st.lists(USERS, max_size=2))
    def create(self, viewer: Viewer, name: str, level: StatsVisibility, invited: list[int]) -> None:
        leader = 2 if viewer is OPERATOR else None
        invite = tuple(invited)
        self.act(commands.CreateGroup("Shown", name, level, invite=invite, admin_id=leader), viewer)

    @rule(place=GROUPS, viewer=VIEWERS, name=NAMES, level=LEVELS)
    def edit(self, place: int, viewer: Viewer, name: str, level: StatsVisibility) -> None:
        self.act(commands.UpdateGroup(self.group(place), name=name, stats_visibility=level), viewer)

    @rule(place=GROUPS, viewer=VIEWERS, right=st.sampled_from([True, True, False]))
    def join(self, place: int, viewer: Viewer, right: bool) -> None:
        group = self.life.groups.get(self.group(place))
        token = group.token if group and right else "wrong"
        self.act(commands.Join(self.group(place), token), viewer)

    @rule(place=GROUPS, viewer=VIEWERS)
    def try_many_tokens(self, place: int, viewer: Viewer) -> None:
        for _ in range(6):
            self.act(commands.Join(self.group(place), "wrong"), viewer)

    @rule(place=GROUPS, viewer=VIEWERS, successor=st.none() | USERS)
    def leave(self, place: int, viewer: Viewer, successor: int | None) -> None:
        self.act(commands.Leave(self.group(place), successor), viewer)

    @rule(place=GROUPS, viewer=VIEWERS, users=st.lists(USERS, min_size=1, max_size=2), role=ROLES)
    def invite(self, place: int, viewer: Viewer, users: list[int], role: str) -> None:
        self.act(commands.Invite(self.group(place), tuple(users), role=role), viewer)

    @rule(place=GROUPS, viewer=VIEWERS)
    def accept(self, place: int, viewer: Viewer) -> None:
        self.act(commands.AcceptInvitation(self.group(place)), viewer)

    @rule(place=GROUPS, viewer=VIEWERS, for_ever=st.booleans())
    def decline(self, place: int, viewer: Viewer, for_ever: bool) -> None:
        self.act(commands.DeclineInvitation(self.group(place), for_ever), viewer)

    @rule(place=GROUPS, viewer=VIEWERS, users=st.lists(USERS, min_size=1, max_size=2))
    def remove(self, place: int, viewer: Viewer, users: list[int]) -> None:
        self.act(commands.RemoveMembers(self.group(place), tuple(users)), viewer)

    @rule(place=GROUPS, viewer=VIEWERS, user=USERS, role=ROLES)
    def set_role(self, place: int, viewer: Viewer, user: int, role: str) -> None:
        self.act(commands.SetRole(self.group(place), user, role), viewer)

    @rule(
        place=GROUPS,
        viewer=VIEWERS,
        rotate=st.booleans(),
        enabled=st.sampled_from([None, True, False]),
    )
    def change_link(
        self,
        place: int,
        viewer: Viewer,
        rotate: bool,
        enabled: bool | None,
    ) -> None:
        self.act(commands.UpdateJoinLink(self.group(place), rotate=rotate, enabled=enabled), viewer)

    @rule(place=GROUPS, viewer=VIEWERS)
    def deactivate(self, place: int, viewer: Viewer) -> None:
        self.act(commands.DeactivateGroup(self.group(place)), viewer)

    @rule(place=GROUPS, viewer=VIEWERS)
    def reactivate(self, place: int, viewer: Viewer) -> None:
        self.act(commands.ReactivateGroup(self.group(place)), viewer)

    @rule(place=GROUPS, viewer=VIEWERS, own=st.booleans(), aim=TARGETS)
    def set_a_goal(self, place: int, viewer: Viewer, own: bool, aim: int) -> None:
        group = None if own else self.group(place)
        wanted = commands.CreateGoal(GoalMetric.HOURS, aim, group, milestones=(MILESTONE,))
        self.act(wanted, viewer)

    @rule(place=GOALS, viewer=VIEWERS, aim=TARGETS, revision=st.none() | st.integers(1, 3))
    def change_a_goal(self, place: int, viewer: Viewer, aim: int, revision: int | None) -> None:
        wanted = commands.UpdateGoal(self.goal(place), target=aim, expected_revision=revision)
        self.act(wanted, viewer)

    @rule(place=GOALS, viewer=VIEWERS, archived=st.booleans())
    def archive_a_goal(self, place: int, viewer: Viewer, archived: bool) -> None:
        self.act(commands.ArchiveGoal(self.goal(place), archived), viewer)

    @rule(place=GOALS, viewer=VIEWERS)
    def delete_a_goal(self, place: int, viewer: Viewer) -> None:
        self.act(commands.DeleteGoal(self.goal(place)), viewer)

    @rule(
        user=USERS,
        hours=st.sampled_from([-30, -1, 0, 0, 0, 0, 3]),
        said=st.none() | GROUPS,
        again=st.booleans(),
    )
    def classify(self, user: int, hours: int, said: int | None, again: bool) -> None:
        """Somebody works, now or by a clock that is fast or slow; it may be sent again."""
        when = self.clock.now + hours * 3600 * SECOND
        groups = () if said is None else (self.group(said),)
        number = len(self.events) + 1
        event = Classification(number, when, None, user, 11, 101, 1000, groups)
        for one in (event, event) if again else (event,):
            self.run(store(self.database, one))
        self.events.append(event)
        self.stored_at = max(self.stored_at, self.clock.now)
        self.compare()

    @rule(place=GROUPS)
    def count_earlier_work(self, place: int) -> None:
        group_id, until = self.group(place), self.clock.now
        group = self.life.groups.get(group_id)
        if group is not None:
            self.run(self.database.write(lambda each: backfill_members(each, group_id, (), until)))
            for user in group.those("active"):
                key = (group_id, user)
                self.backfills[key] = max(until, self.backfills.get(key, until))
            self.compare()

    @rule(user=st.sampled_from([4, 5]))
    def erase(self, user: int) -> None:
        self.run(self.database.write(lambda each: erase_user(each, user)))
        self.life.erase(user)
        self.spans.spans = {one for one in self.spans.spans if one.user != user}
        self.compare()

    def act(self, command: Command, viewer: Viewer) -> None:
        """Let the service and the model do it, and compare what they say and what there is."""
        if viewer is LEADER:
            viewer = self.leader(command)
        self.life.now = self.clock.now
        before = {number: group.those("active") for number, group in self.life.groups.items()}
        expected = self.life.run(command, viewer)
        outcome = None
        try:
            outcome = self.run(self.town.run(command, viewer))
        except GroupRefusal as refusal:
            told = refusal.refusal.value
        except GatewayError as error:
            told = error.code
        else:
            told = "changed" if outcome.changed else "unchanged"
        assert told == expected, (command, viewer)
        if outcome is not None:
            if isinstance(command, commands.CreateGoal):
                assert outcome.goal_id is not None
                self.life.goals.created(outcome.goal_id, command, viewer)
            if isinstance(command, commands.CreateGroup):
                self.life.created(outcome.group_id, command, viewer)
                self.spans.begin(outcome.group_id, 0)
            if group := self.life.groups.get(outcome.group_id):
                group.token = self.run(self.town.token(outcome.group_id))
                self.follow(outcome.group_id, before.get(outcome.group_id, set()), group)
        self.compare()

    def leader(self, command: Command) -> Viewer:
        """Whoever leads the group that it is about, or whose goal it is; Ada if nobody does."""
        group_id = getattr(command, "group_id", None)
        if known := self.life.goals.goals.get(getattr(command, "goal_id", 0)):
            if known.user is not None:
                return PEOPLE[known.user]
            group_id = known.group
        group = self.life.groups.get(group_id or 0)
        return PEOPLE[min(group.those("active", ADMIN) if group else {1}, default=1)]

    def follow(self, group_id: int, before: set[int], group: ModelGroup) -> None:
        """Let the spans of the model follow who is a member now."""
        at = max(self.clock.now, self.stored_at + 1)
        after = group.those("active")
        self.spans.close(group_id, [*(before - after)], at)
        self.spans.open(group_id, [*(after - before)], at)

    def compare(self) -> None:
        found = self.run(stored(self.database))
        assert found.spans == self.spans.spans
        assert found.tenures == self.spans.tenures
        open_now = sorted((one.group, one.user) for one in found.spans if one.ends is None)
        assert open_now == sorted(
            (number, user)
            for number, group in self.life.groups.items()
            for user in group.those("active")
        )
        for group in self.life.groups.values():
            assert group.ended or group.may_lack_admin or group.those("active", ADMIN)
        assert self.places_stored() == {
            (number, user): (place.state, place.role, place.ended_by)
            for number, group in self.life.groups.items()
            for user, place in group.places.items()
        }
        assert self.goals_stored() == self.life.goals.goals
        totals = {
            key[0]: row[0] for key, row in found.rollups["group"].items() if key[1:] == (3, 0)
        }
        assert totals == self.totals(self.spans.spans, self.spans.tenures)

    def places_stored(self) -> dict[tuple[int, int], tuple[str, str, str | None]]:
        return {
            (row["group_id"], row["user_id"]): (
                row["state"],
                ",".join(json.loads(row["roles"])),
                row["ended_by"],
            )
            for row in self.run(self.town.rows(membership))
        }

    def goals_stored(self) -> dict[int, ModelGoal]:
        return {
            row["id"]: ModelGoal(
                row["group_id"],
                row["user_id"],
                row["target"],
                row["created_by"],
                row["archived"],
                row["revision"],
            )
            for row in self.run(self.town.rows(goal))
        }

    def totals(self, spans: set[Span], tenures: set[Tenure]) -> dict[int, int]:
        """How many classifications each group has, if any, counted one by one."""
        counted: dict[int, int] = {}
        for event in self.events:
            if event.user_id not in self.life.erased:
                for group in groups_of(event, self.backfills, spans, tenures):
                    counted[group] = counted.get(group, 0) + 1
        return counted

    def teardown(self) -> None:
        """At the end all is verified, and a copy beside the same events answers the same."""
        assert self.run(verified(self.database)) == []
        found = self.run(stored(self.database))
        assert found.rollups == found.recount()
        for links in (True, False):
            document = json.loads(self.run(dumped(self.database, tokens=links)))
            self.run(self.copy.write(clear))
            self.run(store(self.copy, *self.events))
            self.run(self.copy.write(lambda each, said=document: load_directory(each, said)))
            told = self.run(answers(self.database, self.life.groups, links=links))
            assert self.run(answers(self.copy, self.life.groups, links=links)) == told
            assert self.run(rows(self.copy, goal)) == self.run(rows(self.database, goal))
            if links:
                assert self.links_of(self.copy) == self.links_of(self.database)

    def links_of(self, database: Database) -> dict[int, dict[str, Any]]:
        rows = self.run(Town(database).rows(group_join_link))
        return {row["group_id"]: row for row in rows}


@pytest.fixture
def runner() -> Iterator[asyncio.Runner]:
    with asyncio.Runner() as opened:
        yield opened


def test_groups_are_as_the_model_says(
    database_url: str, tmp_path: Path, runner: asyncio.Runner
) -> None:
    clock = Clock()
    database = open_database(database_url, clock=clock)
    copy = open_database(f"sqlite:///{tmp_path / 'copy.db'}", clock=clock)
    for one in (database, copy):
        runner.run(one.migrate())
    these = {"runner": runner, "database": database, "copy": copy, "clock": clock}
    run_state_machine_as_test(
        type("This", (GroupMachine,), these),
        settings=settings(
            max_examples=LIVES,
            stateful_step_count=50,
            deadline=None,
            suppress_health_check=[*CHECKS, HealthCheck.large_base_example],
        ),
    )
    for one in (database, copy):
        runner.run(one.close())
