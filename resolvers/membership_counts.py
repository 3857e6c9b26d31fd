"""Counts of a group's memberships by state, for its admins."""

from __future__ import annotations

import strawberry

from resolvers.context import Info


@strawberry.type(description="Memberships of a group, counted by state.")
class MembershipCounts:
    """Counts of all memberships, each in one of three states."""

    active: int = strawberry.field(description="Memberships that have begun and not ended.")
    invited: int = strawberry.field(description="Invitations that are open.")
    inactive: int = strawberry.field(description="Former members, and invitations that ended.")
    admins: int = strawberry.field(description="Members who lead the group.")


async def load_membership_counts(info: Info, group_id: int) -> MembershipCounts:
    """The counts of a group whose memberships the viewer may see."""
    counts = await info.context.loaders.membership_counts.load(group_id)
    return MembershipCounts(
        active=counts.active,
        invited=counts.invited,
        inactive=counts.inactive,
        admins=counts.admins,
    )
