"""Creating and changing groups: the payloads."""

from __future__ import annotations

import strawberry

from resolvers.mutations.payloads import GroupPayload


@strawberry.type(description="What came of `createUserGroup`.")
class CreateUserGroupPayload(GroupPayload):
    """The new group."""


@strawberry.type(description="What came of `updateUserGroup`.")
class UpdateUserGroupPayload(GroupPayload):
    """The changed group."""


@strawberry.type(description="What came of `deactivateUserGroup`.")
class DeactivateUserGroupPayload(GroupPayload):
    """The group that has ended, for who led it."""


@strawberry.type(description="What came of `reactivateUserGroup`.")
class ReactivateUserGroupPayload(GroupPayload):
    """The group that goes on."""
