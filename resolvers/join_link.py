"""The link by which people join a group. It is a secret: no cache stores it."""

from __future__ import annotations

from datetime import datetime

import strawberry

from resolvers.context import Info
from resolvers.instants import optional_instant


@strawberry.type(
    description="The link by which people join a group. Whoever has it can join: show it to the "
    "group's admins alone."
)
class JoinLink:
    """A join link: its token, and whether it works."""

    token: str = strawberry.field(description="What `joinUserGroup` takes as `joinToken`.")
    enabled: bool = strawberry.field(description="Whether an admin has left it switched on.")
    expires_at: datetime | None = strawberry.field(
        description="When it stops working; null if it does not expire."
    )
    created_at: datetime | None = strawberry.field(
        description="When the group was created, or the link last rotated."
    )
    url: str | None = strawberry.field(
        description="The page on which people join, with the token in its fragment; null if the "
        "gateway knows no page of groups."
    )


async def load_join_link(info: Info, group_id: int) -> JoinLink | None:
    """The link of a group that the viewer leads; None if it has none."""
    info.context.mark_secret()
    link = await info.context.loaders.join_links.load(group_id)
    if link is None:
        return None
    return JoinLink(
        token=link.token,
        enabled=link.enabled,
        expires_at=optional_instant(link.expires_at),
        created_at=optional_instant(link.created_at),
        url=info.context.group_life.join_url(group_id, link.token),
    )
