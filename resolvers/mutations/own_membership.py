"""Mutations of the viewer's own membership: join, leave, accept, decline."""

from __future__ import annotations

import strawberry

from gateway.arguments import read_id
from gateway.execution_hints import FrozenInput
from gateway.groups.commands import AcceptInvitation, DeclineInvitation, Join, Leave
from resolvers.mutations.inputs import GROUP_ID
from resolvers.mutations.payloads import MembershipPayload


@strawberry.input(description="What `joinUserGroup` takes.")
class JoinUserGroupInput(FrozenInput):
    """A group to join, by the token of its join link."""

    id: strawberry.ID = strawberry.field(description=GROUP_ID)
    join_token: str = strawberry.field(description="The token of the group's join link.")

    def command(self) -> Join:
        """The command of this input."""
        return Join(read_id("id", self.id), self.join_token)


@strawberry.input(description="What `leaveUserGroup` takes.")
class LeaveUserGroupInput(FrozenInput):
    """A group that the viewer leaves."""

    id: strawberry.ID = strawberry.field(description=GROUP_ID)
    successor_id: strawberry.ID | None = strawberry.field(
        default=None,
        description="The id of a member to be made an admin first, by an admin who leaves.",
    )

    def command(self) -> Leave:
        """The command of this input."""
        successor = self.successor_id
        return Leave(
            read_id("id", self.id), None if successor is None else read_id("successorId", successor)
        )


@strawberry.input(description="What `acceptInvitation` takes.")
class AcceptInvitationInput(FrozenInput):
    """The viewer's own invitation."""

    id: strawberry.ID = strawberry.field(description=GROUP_ID)

    def command(self) -> AcceptInvitation:
        """The command of this input."""
        return AcceptInvitation(read_id("id", self.id))


@strawberry.input(description="What `declineInvitation` takes.")
class DeclineInvitationInput(FrozenInput):
    """The viewer's own invitation."""

    id: strawberry.ID = strawberry.field(description=GROUP_ID)
    for_ever: bool | None = strawberry.field(
        default=False,
        description="Whether the group may never invite the viewer again, until they join by its "
        "link. Otherwise it may after 30 days.",
    )

    def command(self) -> DeclineInvitation:
        """The command of this input."""
        return DeclineInvitation(read_id("id", self.id), bool(self.for_ever))


@strawberry.type(description="What came of `joinUserGroup`.")
class JoinUserGroupPayload(MembershipPayload):
    """The group and the viewer's membership."""


@strawberry.type(description="What came of `leaveUserGroup`.")
class LeaveUserGroupPayload(MembershipPayload):
    """The group and the membership; null if the group is hidden from former members."""


@strawberry.type(description="What came of `acceptInvitation`.")
class AcceptInvitationPayload(MembershipPayload):
    """The group and the viewer's membership."""


@strawberry.type(description="What came of `declineInvitation`.")
class DeclineInvitationPayload(MembershipPayload):
    """The group and the membership; null if the group is now hidden from the viewer."""
