"""The viewer's permissions as a volunteer, outside of groups, for the buttons of a page."""

from __future__ import annotations

import strawberry

from resolvers.context import Info


@strawberry.type(
    description="What the viewer may do as this volunteer. All are false unless they are the "
    "volunteer. Limits are looked at when it is done."
)
class UserPermissions:
    """The viewer's permissions, by settings and credentials, as for mutations."""

    create_groups: bool = strawberry.field(
        description="Create groups, join others and answer invitations: `createUserGroup`, "
        "`joinUserGroup`, `acceptInvitation`, `declineInvitation`."
    )
    edit_goals: bool = strawberry.field(
        description="Create, change, archive and delete one's own goals: `createGoal`, "
        "`updateGoal`, `archiveGoal`, `deleteGoal`."
    )


def own_permissions(info: Info, user_id: int) -> UserPermissions:
    """The viewer's permissions as this volunteer: all or none."""
    is_open = info.context.group_life.is_on
    may = info.context.permissions.may_change_as(user_id) and is_open
    return UserPermissions(create_groups=may, edit_goals=may)
