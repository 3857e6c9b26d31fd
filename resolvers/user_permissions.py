"""What the viewer may do as a volunteer, apart from any one group: which buttons a page shows."""

from __future__ import annotations

import strawberry

from resolvers.context import Info


@strawberry.type(
    description="What the viewer may do as this volunteer. All are false unless they are the "
    "volunteer. Limits are looked at when it is done."
)
class UserPermissions:
    """Decided as about mutations: by the gateway's settings and the viewer's credentials."""

    create_groups: bool = strawberry.field(
        description="Create groups, join others and answer invitations: `createUserGroup`, "
        "`joinUserGroup`, `acceptInvitation`, `declineInvitation`."
    )
    edit_goals: bool = strawberry.field(
        description="Create, change, archive and delete one's own goals: `createGoal`, "
        "`updateGoal`, `archiveGoal`, `deleteGoal`."
    )


def own_permissions(info: Info, user_id: int) -> UserPermissions:
    """What may be done as this volunteer: all of it, or nothing."""
    is_open = info.context.group_life.is_on
    may = info.context.permissions.may_change_as(user_id) and is_open
    return UserPermissions(create_groups=may, edit_goals=may)
