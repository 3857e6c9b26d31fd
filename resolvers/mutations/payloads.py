"""Payloads: the result of a mutation, read after its commit.

A payload's fields are resolved before the next mutation of the operation begins, from a snapshot
that was begun after the commit, with decisions about the viewer made anew.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

import strawberry

from gateway.groups.commands import Command, Outcome
from gateway.groups.refusals import GroupRefusal
from gateway.loaders.directory import MembershipKey
from resolvers.context import Info
from resolvers.costs import about
from resolvers.membership import Membership, load_memberships
from resolvers.mutations.user_errors import UserError
from resolvers.user import User, load_users
from resolvers.user_group import UserGroup

P = TypeVar("P", bound="Payload")


@strawberry.type
class Payload:
    """The base of all payloads. ``outcome`` is None if the command was refused."""

    changed: bool = strawberry.field(
        description="Whether anything is different now: to do something again changes nothing."
    )
    user_errors: list[UserError] = strawberry.field(
        description="Why nothing was done, or not all of it where the home of groups is elsewhere; "
        "empty if it was.",
        directives=[about(1)],
    )
    outcome: strawberry.Private[Outcome | None]


@strawberry.type
class GroupPayload(Payload):
    """A payload with the group."""

    @strawberry.field(
        description="The group now; null if nothing was done, or if it does not exist for the "
        "viewer any more."
    )
    async def user_group(self, info: Info) -> UserGroup | None:
        return None if self.outcome is None else await group_of(info, self.outcome)


@strawberry.type
class MembershipPayload(GroupPayload):
    """A payload with the group and the one membership that it is about."""

    @strawberry.field(
        description="The membership now; null if nothing was done, or if the viewer may not see "
        "it any more."
    )
    async def membership(self, info: Info) -> Membership | None:
        if self.outcome is None:
            return None
        memberships = await memberships_of(info, self.outcome.group_id, self.outcome.user_ids)
        return memberships[0] if memberships else None


async def carry_out(info: Info, payload: type[P], command: Command) -> P:
    """Carry out a command of the viewer. What they can correct is in ``userErrors``."""
    outcome, errors = None, []
    try:
        outcome = await info.context.run(command)
        errors = [UserError.of(refusal) for refusal in outcome.refusals]
    except GroupRefusal as refusal:
        errors = [UserError.of(refusal)]
    made: Any = payload
    result: P = made(
        changed=outcome is not None and outcome.changed, user_errors=errors, outcome=outcome
    )
    return result


async def group_of(info: Info, outcome: Outcome) -> UserGroup | None:
    """The group of an outcome; None for own goals, and if it does not exist for the viewer."""
    if not outcome.group_id:
        return None
    access = await info.context.loaders.access.load(outcome.group_id)
    return None if access is None else UserGroup.of(access)


async def memberships_of(
    info: Info, group_id: int, user_ids: Sequence[int]
) -> list[Membership] | None:
    """Memberships of these users in a group, which the current field leads to.

    None unless the viewer may see all of them now.
    """
    loaders, viewer = info.context.loaders, info.context.permissions
    access = await loaders.access.load(group_id)
    if access is None:
        return None
    if not access.memberships and set(user_ids) - {viewer.user_id}:
        return None
    keys = [MembershipKey(user_id, group_id) for user_id in user_ids]
    found = await loaders.memberships_in_group.load_many(keys)
    return await load_memberships(info, [one for one in found if one is not None], ())


async def users_of(info: Info, user_ids: Sequence[int]) -> list[User]:
    """Users in their order, which the current field leads to."""
    return await load_users(info, user_ids, ())
