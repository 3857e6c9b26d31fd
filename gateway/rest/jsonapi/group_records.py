"""Group records for one viewer: with the visible members, memberships and join token."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from gateway.auth.viewer import Viewer
from gateway.auth.visibility import ViewerRole
from gateway.directory.listed_members import ListedMember
from gateway.directory.memberships import MembershipState
from gateway.directory.user_groups import UserGroup
from gateway.loaders.access import GroupAccess
from gateway.loaders.operation import Operation
from gateway.loaders.record_pages import ListedKey
from gateway.rest.jsonapi.shapes import Json, group_shape


class GroupRecords(NamedTuple):
    """Group records in the order of the groups, without those hidden from the viewer."""

    records: list[Json]
    groups: list[UserGroup]
    #: The visible members and memberships, by group.
    members: Mapping[int, Sequence[ListedMember]]
    memberships: Mapping[int, Sequence[ListedMember]]
    #: Whether any of them has a join token.
    has_secret: bool
    #: Whether they hold only public data of the groups.
    is_public: bool


def shows_memberships(access: GroupAccess) -> bool:
    """Whether the viewer sees the group's effective memberships, with their roles.

    As in Panoptes: only members see those of a group that is marked private, whatever its level.
    """
    is_member = access.permissions.role >= ViewerRole.MEMBER
    return access.individuals and (is_member or not access.group.private)


def may_see_join_token(viewer: Viewer, access: GroupAccess) -> bool:
    """Whether the viewer is an admin of the group, or of the site; never for API keys."""
    return access.memberships and viewer.id is not None


async def load_group_records(
    operation: Operation, viewer: Viewer, group_ids: Sequence[int], *, included: bool = False
) -> GroupRecords:
    """Load the records of groups; ``included`` ones have no join token."""
    loaders = operation.loaders
    found = [one for one in await loaders.access.load_many(group_ids) if one is not None]
    keys = [ListedKey(one.group.id, viewer.id or 0, one.individuals) for one in found]
    led = [] if included else [a.group.id for a in found if may_see_join_token(viewer, a)]
    listed, links = await asyncio.gather(
        loaders.records.listed_members.load_many(keys), loaders.join_links.load_many(led)
    )
    tokens = {link.group_id: link.token for link in links if link is not None}
    records, members, memberships = [], {}, {}
    for access, visible in zip(found, listed, strict=True):
        group = access.group
        members[group.id] = visible
        memberships[group.id] = (
            visible if shows_memberships(access) else [m for m in visible if m.user_id == viewer.id]
        )
        record = group_shape(group, visible, memberships[group.id])
        if group.id in tokens:
            record["join_token"] = tokens[group.id]
        records.append(record)
    return GroupRecords(
        records,
        [access.group for access in found],
        members,
        memberships,
        has_secret=bool(tokens),
        is_public=viewer.is_anonymous and not any(one.individuals for one in found),
    )


async def own_groups(operation: Operation) -> dict[int, GroupAccess]:
    """Load the viewer's own groups: those with a membership or an invitation."""
    user_id = operation.permissions.user_id
    if user_id is None:
        return {}
    memberships = await operation.loaders.memberships_by_user.load(user_id)
    ids = [one.group_id for one in memberships if one.state is not MembershipState.INACTIVE]
    found = await operation.loaders.access.load_many(ids)
    return {one.group.id: one for one in found if one is not None}
