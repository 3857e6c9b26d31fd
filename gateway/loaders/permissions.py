"""Viewer permissions: what an operation may read of its viewer, and what its answer depends on.

Resolvers, guards and loaders get no viewer, but a :class:`ViewerPermissions`. An answer is
personal by construction. It may be shared only if every question was one of :meth:`in_groups`: then
it is the same for every viewer with the same :class:`GroupPermissions` in these groups.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Sequence
from typing import NamedTuple

from gateway.auth.viewer import Viewer
from gateway.auth.visibility import ViewerRole, may_count_groups, may_see_own_stats, role_of
from gateway.directory.memberships import Membership, MembershipState
from gateway.groups.rules import Action, Relationship, Verdict, relationship_in, verdict_of
from gateway.loaders.directory import MembershipKey
from gateway.loaders.loader import Loader


class GroupPermissions(NamedTuple):
    """A viewer's role in a group, and state and roles of their membership; None without one."""

    role: ViewerRole
    state: MembershipState | None = None
    roles: frozenset[str] | None = None
    #: Whether the group was deactivated while they led it.
    led_to_the_end: bool = False
    #: Whether their credentials change nothing, though their role might. What a role does not
    #: allow anyway makes no difference, so that the anonymous share with strangers.
    only_reads: bool = False

    @classmethod
    def of(cls, viewer: Viewer, membership: Membership | None) -> GroupPermissions:
        """The permissions that the viewer's own membership of a group gives."""
        role = role_of(viewer, membership)
        only_reads = viewer.only_reads or not viewer.may_change_groups
        if membership is None or membership.user_id != viewer.id:
            return cls(role, only_reads=only_reads and role > ViewerRole.ANYONE)
        led = membership.led_to_the_end
        limited = only_reads and (led or role > ViewerRole.ANYONE)
        return cls(role, membership.state, membership.roles, led, limited)

    @property
    def own_relationship(self) -> Relationship:
        """The relationship by the membership alone; strangers may be anonymous as well."""
        if self.state is None:
            return Relationship.STRANGER
        return relationship_in(Membership(0, 0, self.state, self.roles or frozenset()))

    def verdict(self, action: Action) -> Verdict:
        """The verdict on an action, as far as it is the same for all who share these permissions.

        Without regard to ``only_reads``.
        """
        own = self.own_relationship
        is_site_admin = self.role is ViewerRole.SITE_ADMIN
        return verdict_of(action, Relationship.SITE_ADMIN if is_site_admin else own, own)


class ViewerPermissions:
    """The questions that one operation may ask about its viewer; each is recorded."""

    def __init__(
        self, viewer: Viewer, memberships: Loader[MembershipKey, Membership | None]
    ) -> None:
        self.__viewer = viewer
        self.__memberships = memberships
        #: The permissions that were read, by group id: all that counts unless ``personal``.
        self.group_permissions: dict[int, GroupPermissions] = {}
        #: Whether the answer may depend on anything of the viewer.
        self.personal = False

    def in_groups(self, group_ids: Sequence[int]) -> Awaitable[list[GroupPermissions]]:
        """The permissions in each group, in the order of the ids: the one shareable question.

        Memberships are requested at the call, so that they are read with whatever else is.
        """
        user_id = self.__viewer.id
        if user_id is None:
            return self.__recorded(group_ids, None)
        keys = [MembershipKey(user_id, group_id) for group_id in group_ids]
        return self.__recorded(group_ids, self.__memberships.load_many(keys))

    async def __recorded(
        self, group_ids: Sequence[int], loading: asyncio.Future[list[Membership | None]] | None
    ) -> list[GroupPermissions]:
        memberships = [None] * len(group_ids) if loading is None else await loading
        found = [GroupPermissions.of(self.__viewer, one) for one in memberships]
        self.group_permissions.update(zip(group_ids, found, strict=True))
        return found

    async def own_membership(self, group_id: int) -> Membership | None:
        """The viewer's own membership of a group, with all its fields; personal.

        It was read with their permissions.
        """
        user_id = self.__personal().id
        if user_id is None:
            return None
        return await self.__memberships.load(MembershipKey(user_id, group_id))

    @property
    def is_machine(self) -> bool:
        """Whether an API key asks; personal."""
        return self.__personal().api_key_id is not None

    @property
    def user_id(self) -> int | None:
        """The viewer's id; personal, and so is whatever is loaded by it."""
        return self.__personal().id

    @property
    def login(self) -> str | None:
        """The login of the viewer's token; personal."""
        return self.__personal().login

    @property
    def display_name(self) -> str | None:
        """The display name of the viewer's token; personal."""
        return self.__personal().display_name

    @property
    def is_anonymous(self) -> bool:
        """Whether no credentials were sent; personal."""
        return self.__personal().is_anonymous

    @property
    def is_site_admin(self) -> bool:
        """Whether the viewer sees everything; personal. A role in a group tells it as well."""
        return self.__personal().is_site_admin

    @property
    def may_count_groups(self) -> bool:
        """Whether the viewer may count groups; personal."""
        return may_count_groups(self.__personal())

    def may_see_own_stats(self, user_id: int) -> bool:
        """Whether the viewer may see a volunteer's own stats; personal."""
        return may_see_own_stats(self.__personal(), user_id)

    def may_change_as(self, user_id: int) -> bool:
        """Whether the viewer is this volunteer, with credentials that change groups; personal."""
        viewer = self.__personal()
        return viewer.id == user_id and viewer.may_change_groups and not viewer.only_reads

    def __personal(self) -> Viewer:
        self.personal = True
        return self.__viewer
