"""A model of group life that shares no code with the service: people, groups and the written rules.

Each method carries out what a command asks for, or returns why not, as a person is told.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from gateway.auth.viewer import Viewer
from gateway.directory.stats_visibility import StatsVisibility
from gateway.groups import commands
from tests.groups.goal_model import Goals

MINUTE, DAY = 60_000_000, 86_400_000_000
ADMIN, MEMBER = "group_admin", "group_member"
CHANGED, UNCHANGED = "changed", "unchanged"
NOTHING_PUBLIC = (StatsVisibility.PRIVATE_AGG_ONLY, StatsVisibility.PRIVATE_SHOW_AGG_AND_IND)


@dataclass
class Place:
    """What somebody is to a group."""

    state: str
    role: str
    ended_by: str | None = None
    ended_at: int = 0
    never_again: bool = False


@dataclass
class ModelGroup:
    name: str
    level: StatsVisibility
    token: str = ""
    enabled: bool = True
    ended: bool = False
    #: Since somebody who led it was erased it may have no admin.
    may_lack_admin: bool = False
    places: dict[int, Place] = field(default_factory=dict)

    def those(self, state: str, role: str | None = None) -> set[int]:
        return {
            user
            for user, place in self.places.items()
            if place.state == state and role in (None, place.role)
        }

    def end(self, users: Iterable[int], why: Callable[[Place, int], str], now: int) -> None:
        for user in users:
            place = self.places[user]
            place.ended_by, place.ended_at = why(place, user), now
            place.state = "inactive"


class Life:
    """All groups. ``now`` is set by whoever runs it; the service's new ids and tokens are told."""

    def __init__(self, known: Iterable[int]) -> None:
        self.known = set(known)
        self.erased: set[int] = set()
        self.groups: dict[int, ModelGroup] = {}
        self.wrong: dict[int, tuple[int, int]] = {}
        self.goals = Goals(self._not_led)
        self.now = 0

    def run(self, command: commands.Command, viewer: Viewer) -> str:
        """What the viewer is told; of a creation the group is not there before it is told."""
        if viewer.id is None and not viewer.is_site_admin:
            return "UNAUTHENTICATED"
        if viewer.id in self.erased:
            return "UNAUTHENTICATED"
        name = type(command).__name__.lower()
        work: Callable[..., str] = getattr(self.goals if "goal" in name else self, name)
        return work(command, viewer)

    def creategroup(self, command: commands.CreateGroup, viewer: Viewer) -> str:
        assert command.name is not None
        if self._is_taken(command.name):
            return "NAME_TAKEN"
        leader = viewer.id or command.admin_id
        if viewer.id is None and leader not in self.living():
            return "UNKNOWN_USER"
        if {*command.invite} - {leader} - self.living():
            return "UNKNOWN_USER"
        return CHANGED

    def created(self, group_id: int, command: commands.CreateGroup, viewer: Viewer) -> None:
        leader = viewer.id or command.admin_id
        assert leader is not None
        assert command.name is not None
        group = ModelGroup(command.name, command.stats_visibility)
        group.places = {user: Place("invited", MEMBER) for user in command.invite}
        group.places[leader] = Place("active", ADMIN)
        self.groups[group_id] = group

    def updategroup(self, command: commands.UpdateGroup, viewer: Viewer) -> str:
        if why := self._not_led(command.group_id, viewer):
            return why
        group = self.groups[command.group_id]
        name, level = command.name or group.name, command.stats_visibility
        if level is None:
            level = group.level
        if name != group.name and self._is_taken(name, command.group_id):
            return "NAME_TAKEN"
        told = CHANGED if (name, level) != (group.name, group.level) else UNCHANGED
        group.name, group.level = name, level
        return told

    def deactivategroup(self, command: commands.DeactivateGroup, viewer: Viewer) -> str:
        group = self.groups.get(command.group_id)
        if group and group.ended and self._may_resume(group, viewer):
            return UNCHANGED
        if why := self._not_led(command.group_id, viewer):
            return why
        assert group is not None
        group.ended = True
        group.end(
            group.those("active") | group.those("invited"),
            lambda place, _: "group" if place.state == "active" else "removed",
            self.now,
        )
        return CHANGED

    def reactivategroup(self, command: commands.ReactivateGroup, viewer: Viewer) -> str:
        group = self.groups.get(command.group_id)
        if group is None:
            return "NOT_FOUND"
        if not group.ended:
            return self._not_led(command.group_id, viewer) or UNCHANGED
        if not self._may_resume(group, viewer):
            return "NOT_FOUND"
        group.ended = False
        for user, place in group.places.items():
            if place.ended_by == "group":
                group.places[user] = Place("active", place.role)
        return CHANGED

    def join(self, command: commands.Join, viewer: Viewer) -> str:
        if viewer.id is None:
            return "UNAUTHENTICATED"
        group = self.groups.get(command.group_id)
        own = group.places.get(viewer.id) if group else None
        if own and own.state == "active":
            return UNCHANGED
        began, number = self._wrong_joins(viewer.id)
        if number >= 10:
            return "RATE_LIMITED"
        if group is None or command.token != group.token or not group.enabled:
            self.wrong = {
                user: told for user, told in self.wrong.items() if told[0] > self.now - MINUTE
            }
            self.wrong[viewer.id] = began, number + 1
            return "JOIN_TOKEN_INVALID"
        if group.ended:
            return "GROUP_INACTIVE"
        role = own.role if own and own.state == "invited" else MEMBER
        group.places[viewer.id] = Place("active", role)
        return CHANGED

    def acceptinvitation(self, command: commands.AcceptInvitation, viewer: Viewer) -> str:
        return self._answer(command.group_id, viewer, lambda _, own: Place("active", own.role))

    def declineinvitation(self, command: commands.DeclineInvitation, viewer: Viewer) -> str:
        for_ever = command.for_ever
        return self._answer(
            command.group_id,
            viewer,
            lambda _, own: Place("inactive", own.role, "declined", self.now, for_ever),
        )

    def leave(self, command: commands.Leave, viewer: Viewer) -> str:
        if viewer.id is None:
            return "UNAUTHENTICATED"
        group = self.groups.get(command.group_id)
        own = group.places.get(viewer.id) if group else None
        if group is None or own is None:
            return "NOT_A_MEMBER"
        if own.state == "inactive":
            return UNCHANGED
        if own.state == "invited":
            decline = commands.DeclineInvitation(command.group_id)
            return self.declineinvitation(decline, viewer)
        admins = group.those("active", ADMIN)
        if command.successor_id is not None:
            if why := self._no_successor(command.group_id, command.successor_id, viewer):
                return why
            admins.add(command.successor_id)
        if admins == {viewer.id}:
            return "LAST_ADMIN"
        for user in admins:
            group.places[user].role = ADMIN
        group.end([viewer.id], lambda *_: "left", self.now)
        return CHANGED

    def invite(self, command: commands.Invite, viewer: Viewer) -> str:
        if why := self._not_led(command.group_id, viewer):
            return why
        group, asked = self.groups[command.group_id], {*command.user_ids}
        if asked - self.living():
            return "UNKNOWN_USER"
        new = asked - group.those("active") - group.those("invited")
        for place in (group.places[user] for user in new & group.places.keys()):
            lately = place.ended_by == "declined" and place.ended_at > self.now - 30 * DAY
            if place.never_again or lately:
                return "LIMIT_REACHED"
        group.places |= {user: Place("invited", command.role) for user in new}
        return CHANGED if new else UNCHANGED

    def removemembers(self, command: commands.RemoveMembers, viewer: Viewer) -> str:
        asked = {*command.user_ids}
        if asked == {viewer.id} and not viewer.is_site_admin:
            return self.leave(commands.Leave(command.group_id), viewer)
        if why := self._not_led(command.group_id, viewer):
            return why
        group = self.groups[command.group_id]
        if asked - group.places.keys():
            return "NOT_A_MEMBER"
        ending = asked - group.those("inactive")
        admins = group.those("active", ADMIN)
        if admins and admins <= ending:
            return "LAST_ADMIN"
        group.end(ending, lambda _, user: "left" if user == viewer.id else "removed", self.now)
        return CHANGED if ending else UNCHANGED

    def setrole(self, command: commands.SetRole, viewer: Viewer) -> str:
        if why := self._not_led(command.group_id, viewer):
            return why
        group = self.groups[command.group_id]
        place = group.places.get(command.user_id)
        if place is None or place.state == "inactive":
            return "NOT_A_MEMBER"
        if place.role == command.role:
            return UNCHANGED
        if group.those("active", ADMIN) == {command.user_id}:
            return "LAST_ADMIN"
        place.role = command.role
        return CHANGED

    def updatejoinlink(self, command: commands.UpdateJoinLink, viewer: Viewer) -> str:
        if why := self._not_led(command.group_id, viewer):
            return why
        group = self.groups[command.group_id]
        enabled = group.enabled if command.enabled is None else command.enabled
        told = CHANGED if command.rotate or enabled != group.enabled else UNCHANGED
        group.enabled = enabled
        return told

    def erase(self, user: int) -> None:
        self.erased.add(user)
        self.wrong.pop(user, None)
        self.goals.erase(user)
        for group in self.groups.values():
            place = group.places.pop(user, None)
            group.may_lack_admin |= place is not None and place.role == ADMIN

    def living(self) -> set[int]:
        return self.known - self.erased

    def _answer(
        self, group_id: int, viewer: Viewer, answer: Callable[[ModelGroup, Place], Place]
    ) -> str:
        """Answer an invitation; there is none in a group that has ended."""
        if viewer.id is None:
            return "UNAUTHENTICATED"
        group = self.groups.get(group_id)
        own = group.places.get(viewer.id) if group else None
        if group is None or own is None or own.state == "inactive":
            return "INVITATION_REQUIRED"
        if own.state == "active":
            return UNCHANGED
        group.places[viewer.id] = answer(group, own)
        return CHANGED

    def _not_led(self, group_id: int, viewer: Viewer) -> str | None:
        """Why the viewer may not lead an active group of this id now."""
        group = self.groups.get(group_id)
        if group is None:
            return "NOT_FOUND"
        own = group.places.get(viewer.id or 0)
        is_there = own is not None and own.state != "inactive"
        if viewer.is_site_admin:
            return "GROUP_INACTIVE" if group.ended else None
        if own is not None and own.state == "active" and own.role == ADMIN:
            return None
        if group.ended:
            return "FORBIDDEN" if self._may_resume(group, viewer) else "NOT_FOUND"
        return "FORBIDDEN" if is_there or group.level not in NOTHING_PUBLIC else "NOT_FOUND"

    def _no_successor(self, group_id: int, user: int, viewer: Viewer) -> str | None:
        """Why this user cannot take over from the viewer."""
        if why := self._not_led(group_id, viewer):
            return why
        if user == viewer.id:
            return "INVALID_ARGUMENT"
        is_member = user in self.groups[group_id].those("active")
        return None if is_member else "NOT_A_MEMBER"

    def _may_resume(self, group: ModelGroup, viewer: Viewer) -> bool:
        own = group.places.get(viewer.id or 0)
        led = own is not None and own.ended_by == "group" and own.role == ADMIN
        return viewer.is_site_admin or led

    def _is_taken(self, name: str, but: int | None = None) -> bool:
        return any(
            group.name.lower() == name.lower() and number != but
            for number, group in self.groups.items()
        )

    def _wrong_joins(self, user: int) -> tuple[int, int]:
        began, number = self.wrong.get(user, (self.now, 0))
        return (began, number) if 0 <= self.now - began < MINUTE else (self.now, 0)
