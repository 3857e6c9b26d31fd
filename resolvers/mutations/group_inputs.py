"""Inputs of creating and changing groups."""

from __future__ import annotations

import strawberry

from gateway.arguments import read_id, read_ids
from gateway.directory.stats_visibility import StatsVisibility as Level
from gateway.execution_hints import FrozenInput
from gateway.groups.commands import CreateGroup, DeactivateGroup, ReactivateGroup, UpdateGroup
from resolvers.arguments import given
from resolvers.mutations.inputs import GROUP_ID, read_revision
from resolvers.visibility import StatsVisibility

_DISPLAY_NAME = "Its title for people: 1 to 120 characters on one line."
_NAME = (
    "1 to 100 letters A to Z, digits, and the characters `_`, `.`, `-`; no other group and no "
    "login has it, without regard to letter case."
)


@strawberry.input(description="What `createUserGroup` takes.")
class CreateUserGroupInput(FrozenInput):
    """A group to create, which the viewer leads."""

    display_name: str = strawberry.field(description=_DISPLAY_NAME)
    name: str | None = strawberry.field(
        default=None,
        description=f"{_NAME} Default: made from displayName. Send one, such as a UUID, if you may "
        "send the mutation again: the second time it is NAME_TAKEN.",
    )
    stats_visibility: StatsVisibility | None = strawberry.field(
        default=StatsVisibility.PRIVATE_AGG_ONLY, description="Who may see its statistics."
    )
    invite: list[strawberry.ID] | None = strawberry.field(
        default_factory=list, description="Ids of up to 100 volunteers to invite as members."
    )

    def command(self) -> CreateGroup:
        """The command of this input."""
        return CreateGroup(
            self.display_name,
            self.name,
            Level[given(self.stats_visibility, StatsVisibility.PRIVATE_AGG_ONLY).name],
            invite=read_ids("invite", self.invite or ()),
        )


@strawberry.input(description="What `updateUserGroup` takes; what is left out or null stays.")
class UpdateUserGroupInput(FrozenInput):
    """Changes of a group's names and visibility."""

    id: strawberry.ID = strawberry.field(description=GROUP_ID)
    display_name: str | None = strawberry.field(default=None, description=_DISPLAY_NAME)
    name: str | None = strawberry.field(default=None, description=_NAME)
    stats_visibility: StatsVisibility | None = strawberry.field(
        default=None, description="Who may see its statistics."
    )
    expected_revision: str | None = strawberry.field(
        default=None,
        description="`UserGroup.revision` as it was read: if it is another by now, nothing is "
        "changed (CONFLICT). Default: the last change wins.",
    )

    def command(self) -> UpdateGroup:
        """The command of this input."""
        level = self.stats_visibility
        return UpdateGroup(
            read_id("id", self.id),
            self.display_name,
            self.name,
            None if level is None else Level[level.name],
            expected_revision=read_revision(self.expected_revision),
        )


@strawberry.input(description="What `deactivateUserGroup` takes.")
class DeactivateUserGroupInput(FrozenInput):
    """A group to deactivate."""

    id: strawberry.ID = strawberry.field(description=GROUP_ID)

    def command(self) -> DeactivateGroup:
        """The command of this input."""
        return DeactivateGroup(read_id("id", self.id))


@strawberry.input(description="What `reactivateUserGroup` takes.")
class ReactivateUserGroupInput(FrozenInput):
    """A group to reactivate."""

    id: strawberry.ID = strawberry.field(description=GROUP_ID)

    def command(self) -> ReactivateGroup:
        """The command of this input."""
        return ReactivateGroup(read_id("id", self.id))
