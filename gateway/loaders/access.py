"""Access: what the viewer may see, decided once for each group of an operation.

Denied unless a rule of ``gateway.auth.visibility`` allows it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Sequence
from typing import NamedTuple

from gateway.auth.visibility import (
    ViewerRole,
    group_exists,
    may_see_aggregates,
    may_see_individuals,
    may_see_memberships,
)
from gateway.directory.user_groups import UserGroup
from gateway.errors import Forbidden, Unauthenticated, Unavailable
from gateway.loaders.loader import Loader
from gateway.loaders.permissions import GroupPermissions, ViewerPermissions


def look_up_limit_reached() -> Unavailable:
    """The error for look-ups of groups beyond the limit of a minute."""
    return Unavailable("Too many unknown ids were looked up at Panoptes: try again in a minute.")


class GroupAccess(NamedTuple):
    """A group that exists for the viewer, and what it shows."""

    group: UserGroup
    permissions: GroupPermissions
    aggregates: bool
    individuals: bool
    memberships: bool


class Access:
    """Decisions by group id; None for a group that does not exist for this viewer.

    Groups and the viewer's permissions come from loaders, in one statement however many groups.
    A requirement of a group is refused unless a decision about it was loaded before. A ``withheld``
    group is Unavailable where it would not exist for the viewer.
    """

    def __init__(
        self,
        permissions: ViewerPermissions,
        groups: Loader[int, UserGroup | None],
        withheld: Collection[int] = (),
    ) -> None:
        self._withheld = withheld
        self._permissions = permissions
        self._groups = groups
        self._decided: dict[int, GroupAccess | None] = {}

    async def load(self, group_id: int) -> GroupAccess | None:
        """The decision about a group."""
        if group_id not in self._decided:
            await self.load_many([group_id])
        return self._decided[group_id]

    async def load_many(self, group_ids: Sequence[int]) -> list[GroupAccess | None]:
        """The decisions in the order of the group ids."""
        unknown = [group_id for group_id in group_ids if group_id not in self._decided]
        if unknown:
            # Concurrently: where another service is called, an operation waits for it once.
            groups, permissions = await asyncio.gather(
                self._groups.load_many(unknown), self._permissions.in_groups(unknown)
            )
            for group_id, group, granted in zip(unknown, groups, permissions, strict=True):
                decided = None if group is None else _decide(group, granted)
                if decided is None and group_id in self._withheld:
                    raise look_up_limit_reached()
                self._decided[group_id] = decided
        return [self._decided[group_id] for group_id in group_ids]

    def require_aggregates(self, group_id: int) -> None:
        """Raise unless the viewer may see the group's aggregate stats."""
        access = self._decided.get(group_id)
        if access is None or not access.aggregates:
            raise self.refusal("this group's statistics")

    def require_individuals(self, group_id: int) -> None:
        """Raise unless the viewer may see the stats of the group's members one by one."""
        access = self._decided.get(group_id)
        if access is None or not access.individuals:
            raise self.refusal("the statistics of this group's members")

    def require_memberships(self, group_id: int) -> None:
        """Raise unless the viewer may see the group's memberships, with their state and roles."""
        access = self._decided.get(group_id)
        if access is None or not access.memberships:
            raise self.refusal("this group's memberships")

    def require_leadership(self, group_id: int) -> None:
        """Raise unless the viewer may see what lets people change the group: no API key may."""
        access = self._decided.get(group_id)
        if access is None or not access.memberships or self._permissions.is_machine:
            raise self.refusal("the link to join this group")

    def require_own_stats(self, user_id: int) -> None:
        """Raise unless the viewer is this volunteer or a site admin."""
        if not self._permissions.may_see_own_stats(user_id):
            raise self.refusal("the private data of this volunteer")

    def require_groups_count(self) -> None:
        """Raise unless the viewer may count groups."""
        if not self._permissions.may_count_groups:
            raise self.refusal("counts of groups")

    def require_site_admin(self) -> None:
        """Raise unless the viewer is a site admin."""
        if not self._permissions.is_site_admin:
            raise self.refusal("data that only site admins may see")

    def refusal(self, what: str) -> Unauthenticated | Forbidden:
        """The error for this viewer: a token may help the anonymous, nothing helps others."""
        if self._permissions.is_anonymous:
            return Unauthenticated(f"Send a token to see {what}.")
        return Forbidden(f"You may not see {what}.")


def is_public(group: UserGroup) -> bool:
    """Whether the group exists for anyone, whoever asks."""
    return group_exists(
        group.stats_visibility, private=group.private, ended=group.ended, role=ViewerRole.ANYONE
    )


def _decide(group: UserGroup, permissions: GroupPermissions) -> GroupAccess | None:
    role, level = permissions.role, group.stats_visibility
    exists = group_exists(
        level,
        private=group.private,
        ended=group.ended,
        role=role,
        led_to_the_end=permissions.led_to_the_end,
    )
    if not exists:
        return None
    return GroupAccess(
        group,
        permissions,
        aggregates=may_see_aggregates(level, role),
        individuals=may_see_individuals(level, role),
        memberships=may_see_memberships(role),
    )
