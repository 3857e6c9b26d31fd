"""Mutations of a group's members by its admins: invite, remove, change roles."""

from __future__ import annotations

import strawberry

from gateway.arguments import MAX_IDS, read_id, read_ids, too_many
from gateway.errors import OutOfBounds
from gateway.execution_hints import FrozenInput
from gateway.groups.commands import Invite, RemoveMembers, SetRole
from resolvers.arguments import given
from resolvers.context import Info
from resolvers.costs import about
from resolvers.membership import GroupRole, Membership
from resolvers.mutations.inputs import GROUP_ID
from resolvers.mutations.payloads import (
    GroupPayload,
    MembershipPayload,
    memberships_of,
    users_of,
)
from resolvers.user import User

#: How many people are usually named at once.
_FEW = 10


@strawberry.input(description="What `inviteToUserGroup` takes: 1 to 100 volunteers.")
class InviteToUserGroupInput(FrozenInput):
    """Volunteers to invite, by id or by login."""

    id: strawberry.ID = strawberry.field(description=GROUP_ID)
    user_ids: list[strawberry.ID] | None = strawberry.field(
        default_factory=list, description="Volunteers by id."
    )
    logins: list[str] | None = strawberry.field(
        default_factory=list, description="Volunteers by login; letter case makes no difference."
    )
    role: GroupRole | None = strawberry.field(
        default=GroupRole.GROUP_MEMBER, description="What they will be once they accept."
    )

    def command(self) -> Invite:
        """The command of this input."""
        logins = self.logins or ()
        if len(logins) > MAX_IDS:
            message = too_many("logins", len(logins), "logins")
            raise OutOfBounds("logins", len(logins), 0, MAX_IDS, message)
        user_ids = read_ids("userIds", self.user_ids or ())
        role = given(self.role, GroupRole.GROUP_MEMBER)
        return Invite(read_id("id", self.id), user_ids, tuple(logins), str(role.value))


@strawberry.input(description="What `removeMembers` takes.")
class RemoveMembersInput(FrozenInput):
    """Members to remove, all of them or none."""

    id: strawberry.ID = strawberry.field(description=GROUP_ID)
    user_ids: list[strawberry.ID] = strawberry.field(
        description="The ids of 1 to 100 volunteers: all are removed, or none."
    )

    def command(self) -> RemoveMembers:
        """The command of this input."""
        return RemoveMembers(read_id("id", self.id), read_ids("userIds", self.user_ids))


@strawberry.input(description="What `setMemberRole` takes.")
class SetMemberRoleInput(FrozenInput):
    """The new role of a member, or of an invitation."""

    id: strawberry.ID = strawberry.field(description=GROUP_ID)
    user_id: strawberry.ID = strawberry.field(
        description="Who it is: a positive whole number, as text."
    )
    role: GroupRole = strawberry.field(description="What they are from now on.")

    def command(self) -> SetRole:
        """The command of this input."""
        user_id = read_id("userId", self.user_id)
        return SetRole(read_id("id", self.id), user_id, str(self.role.value))


@strawberry.type(description="What came of `inviteToUserGroup`.")
class InviteToUserGroupPayload(GroupPayload):
    """Who is invited now, and who was a member already."""

    @strawberry.field(
        description="The invitations, those that were open already included; null if nobody was "
        "invited, or if the viewer may not see them any more.",
        directives=[about(_FEW)],
    )
    async def invitations(self, info: Info) -> list[Membership] | None:
        if self.outcome is None:
            return None
        return await memberships_of(info, self.outcome.group_id, self.outcome.user_ids)

    @strawberry.field(
        description="Who was not invited, being a member; null if nothing was done.",
        directives=[about(_FEW)],
    )
    async def already_members(self, info: Info) -> list[User] | None:
        return None if self.outcome is None else await users_of(info, self.outcome.already_members)


@strawberry.type(description="What came of `removeMembers`.")
class RemoveMembersPayload(GroupPayload):
    """Who was removed."""

    @strawberry.field(
        description="Whose membership or invitation has ended; null if nothing was done.",
        directives=[about(_FEW)],
    )
    async def removed(self, info: Info) -> list[User] | None:
        return None if self.outcome is None else await users_of(info, self.outcome.user_ids)


@strawberry.type(description="What came of `setMemberRole`.")
class SetMemberRolePayload(MembershipPayload):
    """The membership with its role."""
