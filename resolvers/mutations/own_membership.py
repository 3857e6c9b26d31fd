"""What people do with their own membership of a group: join, leave, accept, decline."""

from __future__ import annotations

import strawberry

from gateway.arguments import read_id
from gateway.execution_hints import FrozenInput
from gateway.groups.commands import AcceptInvitation, DeclineInvitation, Join, Leave
from resolvers.mutations.inputs import GROUP_ID
from resolvers.mutations.payloads import MembershipPayload


@strawberry.input(description="What `joinUserGroup` takes.")
class JoinUserGroupInput(FrozenInput):
    """By the token of its join link."""

    id: strawberry.ID = strawberry.field(description=GROUP_ID)
    join_token: str = strawberry.field(description="The token of the group's join link.")

    def command(self) -> Join:
        """What is to be carried out."""
        return Join(read_id("id", self.id), self.join_token)


@strawberry.input(description="What `leaveUserGroup` takes.")
class LeaveUserGroupInput(FrozenInput):
    """The viewer's own membership."""

    id: strawberry.ID = strawberry.field(description=GROUP_ID)
    successor_id: strawberry.ID | None = strawberry.field(
        default=None,
        description="The id of a member to be made an admin first, by an admin who leaves.",
    )

    def command(self) -> Leave:
        """What is to be carried out."""
        successor = self.successor_id
        return Leave(
            read_id("id", self.id), None if successor is None else read_id("successorId", successor)
        )


@strawberry.input(description="What `acceptInvitation` takes.")
class AcceptInvitationInput(FrozenInput):
    """The viewer's own invitation."""

    id: strawberry.ID = strawberry.field(description=GROUP_ID)

    def command(self) -> AcceptInvitation:
        """What is to be carried out."""
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
        """What is to be carried out."""
        return DeclineInvitation(read_id("id", self.id), bool(self.for_ever))


@strawberry.type(description="What came of `joinUserGroup`.")
class JoinUserGroupPayload(MembershipPayload):
    """The group and the viewer's membership."""


@strawberry.type(description="What came of `leaveUserGroup`.")
class LeaveUserGroupPayload(MembershipPayload):
    """Both are null if the group is hidden from who has left it."""


@strawberry.type(description="What came of `acceptInvitation`.")
class AcceptInvitationPayload(MembershipPayload):
    """The group and the viewer's membership."""


@strawberry.type(description="What came of `declineInvitation`.")
class DeclineInvitationPayload(MembershipPayload):
    """Both are null if the group is hidden from who has declined."""
