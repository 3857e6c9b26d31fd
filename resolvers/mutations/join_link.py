"""The mutation of a group's join link: rotate, switch, expire."""

from __future__ import annotations

from datetime import datetime

import strawberry

from gateway.arguments import read_id
from gateway.errors import InvalidArgument
from gateway.execution_hints import FrozenInput
from gateway.groups.commands import UpdateJoinLink
from resolvers.context import Info
from resolvers.join_link import JoinLink, load_join_link
from resolvers.mutations.inputs import GROUP_ID, read_instant
from resolvers.mutations.payloads import GroupPayload


@strawberry.input(description="What `updateJoinLink` takes; what is left out or null stays.")
class UpdateJoinLinkInput(FrozenInput):
    """Changes of the join link of a group."""

    id: strawberry.ID = strawberry.field(description=GROUP_ID)
    rotate: bool | None = strawberry.field(
        default=False,
        description="Replace the token: the old link stops working at once, members stay.",
    )
    enabled: bool | None = strawberry.field(
        default=None, description="Whether the link works at all."
    )
    expires_at: datetime | None = strawberry.field(
        default=None, description="When it stops working: an instant in the future."
    )
    clear_expiry: bool | None = strawberry.field(
        default=False, description="Let it work for ever; excludes expiresAt."
    )

    def command(self) -> UpdateJoinLink:
        """The command of this input."""
        if self.clear_expiry and self.expires_at is not None:
            raise InvalidArgument("clearExpiry", "clearExpiry and expiresAt exclude each other.")
        return UpdateJoinLink(
            read_id("id", self.id),
            bool(self.rotate),
            self.enabled,
            read_instant("expiresAt", self.expires_at),
            bool(self.clear_expiry),
        )


@strawberry.type(description="What came of `updateJoinLink`.")
class UpdateJoinLinkPayload(GroupPayload):
    """The link as it is now."""

    @strawberry.field(
        description="The link now; null if nothing was done, or if the viewer may not see it any "
        "more. Only for the group's admins and site admins."
    )
    async def join_link(self, info: Info) -> JoinLink | None:
        if self.outcome is None:
            return None
        access = await info.context.loaders.access.load(self.outcome.group_id)
        if access is None or not access.memberships:
            return None
        return await load_join_link(info, self.outcome.group_id)
