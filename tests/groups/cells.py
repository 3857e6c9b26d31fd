"""Cells of the rules: a new group, somebody of a relationship, and what they want of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import orjson
from sqlalchemy import update

from gateway.auth.viewer import ANONYMOUS, Viewer
from gateway.changes.log import log_change
from gateway.db import Database
from gateway.db.goal_tables import goal
from gateway.db.group_tables import group_change, group_join_link, group_tenure, membership_span
from gateway.db.tables import group_record, membership, user_group
from gateway.directory.memberships import MembershipState
from gateway.directory.stats_visibility import StatsVisibility
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
from gateway.groups.rules import Action, Relationship
from gateway.groups.transaction import Limits
from gateway.stats.goals.metric import GoalMetric
from tests.groups.people import Town
from tests.jsonapi_contract.sides import SITE_ADMIN, Side, login_of

#: An id that nobody and nothing has.
UNKNOWN = 987_654_321
WRONG = "0" * 32
#: So many groups and people as these tests make in a minute.
MANY = 10**6
LIMITS = Limits(
    groups_per_volunteer=MANY,
    groups_per_day=MANY,
    groups_of_volunteer=MANY,
    invitations_per_day=MANY,
)
_GROUP_TABLES = (membership, membership_span, group_tenure, group_join_link, group_change, goal)


@dataclass
class Cell:
    """A group, somebody of a relationship, and what the doors need to know."""

    group: int
    viewer: Viewer
    ids: dict[str, int]
    join_token: str = field(repr=False)
    memberships: dict[str, int]
    #: A goal of the group, where it has one.
    goal: int = UNKNOWN

    def membership_of(self, who: str) -> int:
        """The id of a membership; one that nobody has if there is none."""
        return self.memberships.get(who, UNKNOWN)


class Cast:
    """Makes cells in a database that a gateway serves; each has a viewer of its own."""

    def __init__(self, side: Side, database: Database) -> None:
        self.side, self.town = side, Town(database, limits=LIMITS)
        self.lead, self.second, self.member, self.former, self.outsider = (
            self.person() for _ in range(5)
        )

    def person(self) -> Viewer:
        number = self.side.person()
        return Viewer(number, login_of(number), login_of(number).title())

    async def cell(
        self, action: Action, relationship: Relationship, level: StatsVisibility
    ) -> Cell:
        """A new group with two admins, a member, a former one and one of the relationship."""
        town, members = self.town, (self.member, self.former)
        group = await town.group(self.lead, *members, stats_visibility=level)
        await town.appointed(group, self.second, by=self.lead)
        await town.run(Leave(group), self.former)
        viewer = await self.become(group, relationship)
        goal_id = await self.set_goal(group) if action is Action.LEAD_GOALS else UNKNOWN
        if action in (Action.REACTIVATE, Action.JOIN_INACTIVE):
            await self.end(group)
        people = [self.lead, self.second, self.member, self.former, self.outsider, viewer]
        names = ("lead", "second", "member", "former", "outsider", "viewer")
        ids = {name: one.id or UNKNOWN for name, one in zip(names, people, strict=True)}
        who = {number: name for name, number in ids.items()}
        rows = await town.rows(membership, group_id=group)
        memberships = {who[row["user_id"]]: row["id"] for row in rows}
        return Cell(group, viewer, ids, await town.token(group), memberships, goal_id)

    async def become(self, group: int, relationship: Relationship) -> Viewer:
        if relationship is Relationship.ANONYMOUS:
            return ANONYMOUS
        if relationship is Relationship.SITE_ADMIN:
            return Viewer(SITE_ADMIN, login_of(SITE_ADMIN), "Site", is_site_admin=True)
        town, viewer = self.town, self.person()
        if relationship is Relationship.GROUP_ADMIN:
            await town.appointed(group, viewer, by=self.lead)
        if relationship is Relationship.INVITED:
            await town.invited(group, viewer, "group_member", by=self.lead)
        if relationship in (Relationship.MEMBER, Relationship.FORMER):
            await town.join(group, viewer)
        if relationship is Relationship.FORMER:
            await town.run(Leave(group), viewer)
        return viewer

    async def set_goal(self, group: int) -> int:
        outcome = await self.town.run(CreateGoal(GoalMetric.HOURS, 10, group), self.lead)
        assert outcome.goal_id is not None
        return outcome.goal_id

    async def end(self, group: int) -> None:
        """End a group as a file does, which leaves its memberships as they are."""
        ended = update(group_record).where(group_record.c.group_id == group).values(state="closed")

        def work(connection: Any) -> None:
            connection.execute(ended)
            log_change(connection, user_group_record=[group])

        await self.town.database.write(work)

    async def everything(self, cell: Cell) -> Any:
        """Whatever an action may change, to compare it with itself."""
        rows = [await self.town.rows(table, group_id=cell.group) for table in _GROUP_TABLES]
        group = await self.town.rows(user_group, id=cell.group)
        return group, rows, await self.town.version()

    async def outline(self, cell: Cell, group: int) -> Any:
        """What is there in words that do not name this cell's ids, to compare doors."""
        who = {number: name for name, number in cell.ids.items()}
        (row,) = await self.town.rows(user_group, id=group)
        (record,) = await self.town.rows(group_record, group_id=group)
        (link,) = await self.town.rows(group_join_link, group_id=group)
        return {
            "group": (row["display_name"], row["stats_visibility"], row["authority"]),
            "state": record["state"],
            "link": (link["enabled"], link["generation"]),
            "memberships": {
                who[one["user_id"]]: (one["state"], orjson.loads(one["roles"]), one["ended_by"])
                for one in await self.town.rows(membership, group_id=group)
            },
            "spans": sorted(
                (who[one["user_id"]], one["until_us"] is None)
                for one in await self.town.rows(membership_span, group_id=group)
            ),
            "goals": sorted(
                (one["metric"], one["target"], one["archived"])
                for one in await self.town.rows(goal, group_id=group)
            ),
            "history": [
                (kind, who.get(actor or 0), who.get(subject or 0))
                for kind, actor, subject in await self.town.history(group)
            ],
        }


#: What each field about goals does.
GOAL_COMMANDS: dict[str, Callable[[Cell], Command]] = {
    "createGoal": lambda cell: CreateGoal(GoalMetric.CONTRIBUTORS, 5, cell.group),
    "updateGoal": lambda cell: UpdateGoal(cell.goal, target=20),
    "archiveGoal": lambda cell: ArchiveGoal(cell.goal),
    "deleteGoal": lambda cell: DeleteGoal(cell.goal),
}

COMMANDS: dict[Action, Callable[[Cell], Command]] = {
    Action.CREATE: lambda _: CreateGroup("Another one"),
    Action.EDIT: lambda cell: UpdateGroup(cell.group, "Other"),
    Action.CHANGE_JOIN_LINK: lambda cell: UpdateJoinLink(cell.group, enabled=False),
    Action.DEACTIVATE: lambda cell: DeactivateGroup(cell.group),
    Action.REACTIVATE: lambda cell: ReactivateGroup(cell.group),
    Action.JOIN: lambda cell: Join(cell.group, cell.join_token),
    Action.JOIN_WRONGLY: lambda cell: Join(cell.group, WRONG),
    Action.JOIN_INACTIVE: lambda cell: Join(cell.group, cell.join_token),
    Action.INVITE: lambda cell: Invite(cell.group, (cell.ids["former"],)),
    Action.ACCEPT: lambda cell: AcceptInvitation(cell.group),
    Action.DECLINE: lambda cell: DeclineInvitation(cell.group),
    Action.LEAVE: lambda cell: Leave(cell.group),
    Action.REMOVE: lambda cell: RemoveMembers(cell.group, (cell.ids["member"],)),
    Action.SET_ROLE: lambda cell: SetRole(cell.group, cell.ids["member"], "group_admin"),
    Action.ACTIVATE_OTHER: lambda cell: ChangeMembership(
        cell.membership_of("former"), MembershipState.ACTIVE
    ),
    Action.ACTIVATE_OWN: lambda cell: ChangeMembership(
        cell.membership_of("viewer"), MembershipState.ACTIVE
    ),
}
