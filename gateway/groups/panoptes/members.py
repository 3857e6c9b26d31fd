"""Removing members of a group at Panoptes, and changing their roles, as its admins do."""

from __future__ import annotations

from collections.abc import Sequence

import orjson

from gateway.directory.memberships import GROUP_ADMIN, MembershipState
from gateway.directory.panoptes.questions import ask
from gateway.directory.rows import Row
from gateway.errors import InvalidArgument, NotFound
from gateway.groups.commands import ChangeMembership, Leave, Outcome, RemoveMembers, SetRole
from gateway.groups.deciding import authorize, authorize_admin, check_admin_stays, leading_among
from gateway.groups.history import ChangeKind
from gateway.groups.inviting import is_invited
from gateway.groups.panoptes.apply_change import Change, apply_change
from gateway.groups.panoptes.changing import change_membership_to, end_membership, roles_with
from gateway.groups.panoptes.command import RemoteCommand, of_members
from gateway.groups.panoptes.current_records import ask_admins, ask_group, ask_members, rows_by_user
from gateway.groups.panoptes.not_supported import NO_INVITATIONS, not_supported
from gateway.groups.panoptes.own_memberships import accept, leave
from gateway.groups.panoptes.revisions import check_membership_revision
from gateway.groups.refusals import GroupRefusal, RefusalCode
from gateway.groups.roles import checked_role, not_a_member
from gateway.groups.rules import Action, Relationship, relationship_of
from gateway.groups.state import Group, membership_in
from gateway.groups.users import check_number
from gateway.groups.wanted import wanted_role


async def remove_members(remote: RemoteCommand, command: RemoveMembers) -> Outcome:
    """End memberships: one by its record, several in one request."""
    check_number("userIds", command.user_ids)
    requested = list(dict.fromkeys(command.user_ids))
    if requested == [remote.viewer.id] and not remote.viewer.is_site_admin:
        return await _leave(remote, command)
    group, _ = await ask_group(remote, command.group_id)
    authorize_admin(remote, group, Action.REMOVE)
    rows = await ask_members(remote, group.id, requested)
    for index, user_id in enumerate(command.user_ids):
        if user_id not in rows and not command.skip_strangers:
            raise not_a_member("userIds", str(index))
    if len(requested) == 1 and requested[0] in rows:
        await check_membership_revision(remote, rows[requested[0]], command.expected_revision)
    existing = [rows[user_id] for user_id in requested if user_id in rows]
    ending = [row for row in existing if row["state"] != MembershipState.INACTIVE.value]
    await _check_stays(remote, group, ending, "userIds")
    refusals: tuple[GroupRefusal, ...] = ()
    if len(ending) == 1:
        await end_membership(remote, ending[0])
    elif ending:
        ending, refusals = await _end_together(remote, group, ending, command.user_ids)
    _note(remote, group, ending)
    ended = tuple(row["user_id"] for row in ending)
    return Outcome(group.id, changed=bool(ending), user_ids=ended, refusals=refusals)


async def set_role(remote: RemoteCommand, command: SetRole) -> Outcome:
    """Give a member a role, or an invitation the role that it will give."""
    role = checked_role(command.role)
    group, _ = await ask_group(remote, command.group_id)
    authorize_admin(remote, group, Action.SET_ROLE)
    row = (await ask_members(remote, group.id, [command.user_id])).get(command.user_id)
    if row is None or not (membership_in(row).is_effective or is_invited(row)):
        raise not_a_member("userId")
    changed = await _write_role(remote, group, row, role)
    return Outcome(group.id, changed=changed, user_ids=(command.user_id,))


async def change_membership(
    remote: RemoteCommand, command: ChangeMembership, key: tuple[int, int]
) -> Outcome:
    """Change the state or the role of the membership of this key, a group and a user."""
    group_id, user_id = key
    group, _ = await ask_group(remote, group_id)
    is_own = user_id == remote.viewer.id
    row = group.own_row if is_own else (await ask_members(remote, group_id, [user_id])).get(user_id)
    is_hidden = not is_own and relationship_of(remote.viewer, group.own) < Relationship.MEMBER
    if row is None or is_hidden:
        raise NotFound("membership", command.membership_id)
    await check_membership_revision(remote, row, command.expected_revision)
    role = wanted_role(row, command)
    state = None if command.state == row["state"] else command.state
    if role is not None and state is not None:
        raise not_supported("State and roles cannot be changed together: one after the other.")
    changed = False
    if role is not None:
        changed = (await set_role(remote, SetRole(group_id, user_id, role))).changed
    elif command.state is not None:
        changed = await _change_state(remote, group, row, command.state, is_own=is_own)
    return Outcome(group_id, changed=changed, user_ids=(user_id,))


async def _leave(remote: RemoteCommand, command: RemoveMembers) -> Outcome:
    try:
        return await leave(
            remote, Leave(command.group_id, expected_revision=command.expected_revision)
        )
    except GroupRefusal as refusal:
        if refusal.refusal is RefusalCode.NOT_A_MEMBER and command.skip_strangers:
            return Outcome(command.group_id, changed=False)
        raise


async def _change_state(
    remote: RemoteCommand, group: Group, row: Row, state: MembershipState, *, is_own: bool
) -> bool:
    user_id = row["user_id"]
    if state is MembershipState.INACTIVE:
        if is_own:
            return (await leave(remote, Leave(group.id))).changed
        return (await remove_members(remote, RemoveMembers(group.id, (user_id,)))).changed
    if state is MembershipState.INVITED:
        if membership_in(row).is_effective:
            raise InvalidArgument("state", "A member cannot be invited.")
        authorize_admin(remote, group, Action.INVITE)
        if is_invited(row):
            return False
        raise not_supported(NO_INVITATIONS)
    if is_own:
        return (await accept(remote, group, Action.ACTIVATE_OWN)).changed
    if membership_in(row).is_effective:
        return False
    return authorize(remote, group, Action.ACTIVATE_OTHER)


async def _write_role(remote: RemoteCommand, group: Group, row: Row, role: str) -> bool:
    current = set(orjson.loads(row["roles"]))
    if (role == GROUP_ADMIN and role in current) or set(roles_with(row, role)) == current:
        return False
    if role != GROUP_ADMIN:
        await _check_stays(remote, group, [row], "role")
    await change_membership_to(remote, row, role=role)
    remote.add_history(group.id, ChangeKind.ROLE_CHANGED, [row["user_id"]], {"role": role})
    return True


async def _check_stays(
    remote: RemoteCommand, group: Group, ending: Sequence[Row], *path: str
) -> None:
    leading = leading_among(ending)
    if leading and not group.has_ended:
        check_admin_stays(await ask_admins(remote, group.id), leading, *path)


async def _end_together(
    remote: RemoteCommand, group: Group, ending: list[Row], named: Sequence[int]
) -> tuple[list[Row], tuple[GroupRefusal, ...]]:
    """End several memberships in one request; those that ended, and refusals for the others."""
    users = [row["user_id"] for row in ending]
    scope = of_members(group.id, users)

    async def verify() -> set[int] | None:
        entries = await ask(remote.panoptes, scope)
        rows = rows_by_user(entries)
        over = {
            user_id
            for user_id in users
            if user_id not in rows or rows[user_id]["state"] == MembershipState.INACTIVE.value
        }
        remote.add_received(scope, entries)
        return over or None

    path = f"/user_groups/{group.id}/links/users/{','.join(map(str, users))}"
    change = Change("DELETE", path, group.id, has_record=False)
    over = await apply_change(remote, change, lambda _answer: None, verify)
    remote.supersede(group.id, users)
    refusals = tuple(
        GroupRefusal(
            RefusalCode.CONFLICT,
            "This user is still a member: look at the group again.",
            "userIds",
            str(named.index(user_id)),
        )
        for user_id in users
        if user_id not in over
    )
    return [row for row in ending if row["user_id"] in over], refusals


def _note(remote: RemoteCommand, group: Group, rows: Sequence[Row]) -> None:
    kinds: dict[ChangeKind, list[int | None]] = {}
    for row in rows:
        if is_invited(row):
            kind = ChangeKind.INVITATION_WITHDRAWN
        else:
            is_own = row["user_id"] == remote.viewer.id
            kind = ChangeKind.LEFT if is_own else ChangeKind.REMOVED
        kinds.setdefault(kind, []).append(row["user_id"])
    for kind, users in kinds.items():
        remote.add_history(group.id, kind, users)
