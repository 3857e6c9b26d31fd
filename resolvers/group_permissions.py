"""The viewer's permissions in a group, for the buttons of its page."""

from __future__ import annotations

import strawberry

from gateway.groups.rules import Action, Verdict
from gateway.loaders.access import GroupAccess
from resolvers.context import Info

#: The actions of managing members: the rules allow all of them to the same people.
_MANAGING = (Action.REMOVE, Action.SET_ROLE)


@strawberry.type(
    description="What the viewer may do with a group now. Limits, and that a group keeps at least "
    "one admin, are looked at when it is done."
)
class GroupPermissions:
    """The viewer's permissions, by the rules that also decide about mutations."""

    edit: bool = strawberry.field(description="Change names and visibility: `updateUserGroup`.")
    change_join_link: bool = strawberry.field(
        description="Rotate the join link, switch it, or let it expire: `updateJoinLink`."
    )
    manage_members: bool = strawberry.field(
        description="Remove people, and change their roles: `removeMembers`, `setMemberRole`."
    )
    invite: bool = strawberry.field(description="Invite people: `inviteToUserGroup`.")
    edit_goals: bool = strawberry.field(
        description="Create, change, archive and delete the group's goals: `createGoal`, "
        "`updateGoal`, `archiveGoal`, `deleteGoal`."
    )
    leave: bool = strawberry.field(
        description="End the own membership, or decline the invitation: `leaveUserGroup`."
    )
    deactivate: bool = strawberry.field(description="End the group: `deactivateUserGroup`.")
    reactivate: bool = strawberry.field(
        description="Let a deactivated group go on: `reactivateUserGroup`."
    )
    see_totals: bool = strawberry.field(description="See aggregate stats.")
    see_members: bool = strawberry.field(description="See individual stats and the roster.")


def permissions_of(info: Info, access: GroupAccess) -> GroupPermissions:
    """The permissions that a decision about a group gives its viewer.

    It is the same for all viewers who share their permissions in the group.
    """
    group, held = access.group, access.permissions
    # Whoever decided about the group before: its first change here makes that this gateway.
    life = info.context.group_life
    is_open = life.is_on and not held.only_reads

    def may(*actions: Action) -> bool:
        return (
            is_open
            and not group.ended
            and life.unsupported.isdisjoint(actions)
            and all(held.verdict(one) is Verdict.YES for one in actions)
        )

    resumes = held.verdict(Action.REACTIVATE)
    may_resume = resumes is Verdict.YES or (resumes is Verdict.ADMINS_THEN and held.led_to_the_end)
    return GroupPermissions(
        edit=may(Action.EDIT),
        change_join_link=may(Action.CHANGE_JOIN_LINK),
        manage_members=may(*_MANAGING),
        invite=may(Action.INVITE),
        edit_goals=may(Action.LEAD_GOALS),
        leave=may(Action.LEAVE),
        deactivate=may(Action.DEACTIVATE),
        reactivate=is_open
        and group.ended
        and may_resume
        and Action.REACTIVATE not in life.unsupported,
        see_totals=access.aggregates,
        see_members=access.individuals,
    )
