"""A model of goals that shares no code with the service: whose they are, and who changes them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from gateway.auth.viewer import Viewer
from gateway.groups import commands

CHANGED, UNCHANGED = "changed", "unchanged"
#: What a goal of these tests has.
MILESTONE = 5


@dataclass(frozen=True)
class ModelGoal:
    group: int | None
    user: int | None
    target: int
    creator: int | None
    archived: bool = False
    revision: int = 1

    def changed(self, **what: object) -> ModelGoal:
        return replace(self, revision=self.revision + 1, **what)  # type: ignore[arg-type]


class Goals:
    """All goals; ``not_led`` says why a viewer may not lead a group."""

    def __init__(self, not_led: Callable[[int, Viewer], str | None]) -> None:
        self.not_led = not_led
        self.goals: dict[int, ModelGoal] = {}

    def creategoal(self, command: commands.CreateGoal, viewer: Viewer) -> str:
        if command.group_id is None:
            if viewer.id is None:
                return "INVALID_ARGUMENT"
        elif why := self.not_led(command.group_id, viewer):
            return why
        if command.target <= MILESTONE:
            return "GOAL_INVALID"
        return self._no_room(self._new(command, viewer)) or CHANGED

    def created(self, goal_id: int, command: commands.CreateGoal, viewer: Viewer) -> None:
        self.goals[goal_id] = self._new(command, viewer)

    def updategoal(self, command: commands.UpdateGoal, viewer: Viewer) -> str:
        if why := self._not_mine(command.goal_id, viewer):
            return why
        goal, target = self.goals[command.goal_id], command.target
        assert target is not None
        if command.expected_revision not in (None, goal.revision):
            return "CONFLICT"
        if target == goal.target:
            return UNCHANGED
        if target <= MILESTONE:
            return "GOAL_INVALID"
        self.goals[command.goal_id] = goal.changed(target=target)
        return CHANGED

    def archivegoal(self, command: commands.ArchiveGoal, viewer: Viewer) -> str:
        if why := self._not_mine(command.goal_id, viewer):
            return why
        goal = self.goals[command.goal_id]
        if goal.archived is command.archived:
            return UNCHANGED
        if not command.archived and (why := self._no_room(goal)):
            return why
        self.goals[command.goal_id] = goal.changed(archived=command.archived)
        return CHANGED

    def deletegoal(self, command: commands.DeleteGoal, viewer: Viewer) -> str:
        if why := self._not_mine(command.goal_id, viewer):
            return why
        del self.goals[command.goal_id]
        return CHANGED

    def erase(self, user: int) -> None:
        self.goals = {
            number: replace(goal, creator=None) if goal.creator == user else goal
            for number, goal in self.goals.items()
            if goal.user != user
        }

    def _new(self, command: commands.CreateGoal, viewer: Viewer) -> ModelGoal:
        own = viewer.id if command.group_id is None else None
        return ModelGoal(command.group_id, own, command.target, viewer.id)

    def _not_mine(self, goal_id: int, viewer: Viewer) -> str | None:
        goal = self.goals.get(goal_id)
        if goal is None:
            return "NOT_FOUND"
        if goal.group is None:
            return None if goal.user == viewer.id else "NOT_FOUND"
        return self.not_led(goal.group, viewer)

    def _no_room(self, wanted: ModelGoal) -> str | None:
        theirs = [
            goal.archived
            for goal in self.goals.values()
            if (goal.group, goal.user) == (wanted.group, wanted.user)
        ]
        most = 10 if wanted.group is None else 20
        full = theirs.count(False) >= most
        return "LIMIT_REACHED" if full or len(theirs) > 100 else None
