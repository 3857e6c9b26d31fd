"""Payloads of creating and changing groups."""

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
    """The deactivated group, for its admins."""


@strawberry.type(description="What came of `reactivateUserGroup`.")
class ReactivateUserGroupPayload(GroupPayload):
    """The reactivated group."""
