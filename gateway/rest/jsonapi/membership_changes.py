"""Membership changes: join, update and end."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from starlette.responses import Response

from gateway.directory.membership_pages import (
    MembershipList,
    MembershipRecord,
    SeenMemberships,
)
from gateway.directory.memberships import ROLES, MembershipState
from gateway.errors import Forbidden
from gateway.groups.commands import ChangeMembership, Command, Join, Leave, RemoveMembers
from gateway.groups.refusals import GroupRefusal, RefusalCode
from gateway.loaders.operation import Operation
from gateway.loaders.record_pages import PageKey
from gateway.rest.jsonapi.answers import location, no_content
from gateway.rest.jsonapi.body import permitted, resource_of, text_of
from gateway.rest.jsonapi.call import Call
from gateway.rest.jsonapi.errors import RecordNotFound, UnusableBody
from gateway.rest.jsonapi.etags import check_if_match
from gateway.rest.jsonapi.membership_records import load_membership, read_state
from gateway.rest.jsonapi.memberships import KIND, RECORD, membership_tag, memberships_answer
from gateway.rest.jsonapi.parameters import body_id, path_id

#: Groups that one request may join.
MOST_JOINS = 100


async def join_groups(call: Call) -> Response:
    """Join groups with their join tokens, all or none."""
    call.require_scope()
    given = resource_of(call.body, KIND)
    entries = given if isinstance(given, list) else [given]
    if len(entries) > MOST_JOINS:
        raise UnusableBody(f"{KIND} has more than {MOST_JOINS} entries.")
    joins = [_join(call, one) for one in entries]
    if len({join.group_id for join in joins}) < len(joins):
        raise UnusableBody(f"{KIND} names a group more than once.")
    await call.run_all(joins, RecordNotFound(RECORD, 0))
    async with call.operation() as operation:
        records = await _own(operation, [join.group_id for join in joins])
        secret = await operation.loaders.records.instance_secret.load(None)
    headers = location(call.request, f"/memberships/{records[0].id}")
    tag = membership_tag(records[0], secret)
    return memberships_answer(call, records, tag, status=201, headers=headers)


async def update_membership(call: Call) -> Response:
    """Update state and roles of a membership."""
    found = await _changeable(call)
    given = permitted(resource_of(call.body, KIND), KIND, ("state", "roles"))
    command = ChangeMembership(
        found.id,
        read_state(given["state"]) if "state" in given else None,
        _roles(given["roles"]) if "roles" in given else None,
        expected_revision=found.revision,
    )
    await call.run(command, RecordNotFound(RECORD, found.id))
    async with call.operation() as operation:
        changed = await load_membership(operation, found.id)
        secret = await operation.loaders.records.instance_secret.load(None)
    if changed is None:
        # A viewer who ends their own role may lose sight of others' memberships.
        raise RecordNotFound(RECORD, found.id)
    return memberships_answer(call, [changed], membership_tag(changed, secret))


async def end_membership(call: Call) -> Response:
    """End a membership: leave, decline, remove or withdraw."""
    found = await _changeable(call)
    command: Command
    if found.user_id == call.viewer.id:
        command = Leave(found.group_id, expected_revision=found.revision)
    else:
        command = RemoveMembers(
            found.group_id,
            (found.user_id,),
            skip_strangers=True,
            expected_revision=found.revision,
        )
    await call.run_on_group(command, RecordNotFound(RECORD, found.id))
    return no_content()


async def _changeable(call: Call) -> MembershipRecord:
    """The membership of the path, if it is the viewer's own or of a group that they lead."""
    membership_id = path_id(call.path["id"], KIND)
    async with call.operation() as operation:
        found = await load_membership(operation, membership_id)
        if found is None:
            raise RecordNotFound(RECORD, membership_id)
        if found.user_id != call.viewer.id:
            access = await operation.loaders.access.load(found.group_id)
            if access is None or not access.memberships:
                raise RecordNotFound(RECORD, membership_id)
        call.require_scope()
        secret = await operation.loaders.records.instance_secret.load(None)
    check_if_match(call.request, membership_tag(found, secret))
    return found


def _join(call: Call, value: Any) -> Join:
    given = permitted(value, KIND, ("join_token", "links"))
    if not given.get("links"):
        raise UnusableBody("Links is required")
    links = permitted(given["links"], "links", ("user", "user_group"))
    if set(links) != {"user", "user_group"}:
        raise UnusableBody("Links is required: user and user_group.")
    user_id = body_id("links.user", links["user"])
    group_id = body_id("links.user_group", links["user_group"])
    if user_id != call.viewer.id:
        raise GroupRefusal(
            RefusalCode.JOIN_TOKEN_INVALID, "Nobody can join on behalf of somebody else."
        )
    token = given.get("join_token")
    return Join(group_id, "" if token is None else text_of(token, "join_token"))


def _roles(value: Any) -> tuple[str, ...]:
    """The whole list of roles: one or two of those that can be given."""
    known = isinstance(value, list) and all(one in ROLES for one in value)
    if not known or not value or len(value) > len(ROLES):
        raise UnusableBody(f"roles must be one or two of {', '.join(ROLES)}.")
    return tuple(dict.fromkeys(value))


async def _own(operation: Operation, group_ids: Sequence[int]) -> list[MembershipRecord]:
    """The viewer's own memberships of groups, in that order."""
    user_id = operation.permissions.user_id
    question = MembershipList(
        SeenMemberships(user_id=user_id),
        user_ids=(user_id or 0,),
        group_ids=tuple(sorted(set(group_ids))),
        states=frozenset({MembershipState.ACTIVE}),
    )
    found = await operation.loaders.records.memberships.load(PageKey(question, MOST_JOINS, 0))
    if not found:
        # It was removed before it could be read.
        raise Forbidden("The membership has ended already.")
    by_group = {one.group_id: one for one in found}
    return [by_group[one] for one in dict.fromkeys(group_ids) if one in by_group]
