"""Membership records: the question for those that a viewer may see."""

from __future__ import annotations

from gateway.directory.membership_pages import (
    MembershipList,
    MembershipRecord,
    SeenMemberships,
)
from gateway.directory.memberships import MembershipState
from gateway.errors import InvalidArgument
from gateway.loaders.operation import Operation
from gateway.loaders.record_pages import PageKey
from gateway.rest.jsonapi.group_records import own_groups, shows_memberships
from gateway.rest.jsonapi.parameters import Given, read_ids, read_values


async def seen_memberships(operation: Operation) -> SeenMemberships:
    """The memberships that the viewer may see, by their roles in their own groups."""
    permissions = operation.permissions
    own = await own_groups(operation)
    led = [one for one, access in own.items() if access.memberships]
    rosters = [
        one for one, access in own.items() if not access.memberships and shows_memberships(access)
    ]
    return SeenMemberships(
        permissions.is_site_admin, permissions.user_id, tuple(led), tuple(rosters)
    )


async def membership_question(operation: Operation, given: Given) -> MembershipList:
    """Build the question for a list of memberships, among those that the viewer may see."""
    return MembershipList(
        await seen_memberships(operation),
        read_ids(given, "id"),
        read_ids(given, "user_id"),
        read_ids(given, "user_group_id"),
        _read_states(given),
    )


def _read_states(given: Given) -> frozenset[MembershipState] | None:
    values = read_values(given, "state")
    return None if values is None else frozenset(map(read_state, values))


def read_state(text: object) -> MembershipState:
    """Read a membership state by its name."""
    for state in MembershipState:
        if text == state.value:
            return state
    raise InvalidArgument(
        "state", f"state must be one of {', '.join(one.value for one in MembershipState)}."
    )


async def load_membership(operation: Operation, membership_id: int) -> MembershipRecord | None:
    """Load a membership, if the viewer may see it."""
    question = MembershipList(await seen_memberships(operation), ids=(membership_id,))
    found = await operation.loaders.records.memberships.load(PageKey(question, 1, 0))
    return found[0] if found else None
