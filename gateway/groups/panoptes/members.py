"""What admins do with the members of a group at Panoptes: removing, and changing roles."""

from __future__ import annotations

from collections.abc import Sequence

import orjson

from gateway.directory.memberships import GROUP_ADMIN, MembershipState
from gateway.directory.panoptes.questions import ask
from gateway.directory.rows import Row
from gateway.errors import InvalidArgument, NotFound
from gateway.groups.commands import ChangeMembership, Leave, Outcome, RemoveMembers, SetRole
from gateway.groups.deciding import check_admin_stays, is_to_be_done, lead, leading_among
from gateway.groups.history import ChangeKind
from gateway.groups.inviting import is_invited
from gateway.groups.panoptes.carrying_out import Change, carry_out
from gateway.groups.panoptes.changing import change_membership_to, end_membership, roles_with
from gateway.groups.panoptes.current_records import ask_admins, ask_group, ask_members, rows_by_user
from gateway.groups.panoptes.errand import Errand, of_members
from gateway.groups.panoptes.not_supported import NO_INVITATIONS, not_supported
from gateway.groups.panoptes.own_memberships import accept, leave
from gateway.groups.panoptes.revisions import check_membership_revision
from gateway.groups.refusals import GroupRefusal, RefusalCode
from gateway.groups.roles import checked_role, not_a_member
from gateway.groups.rules import Action, Relationship, relationship_of
from gateway.groups.state import Group, membership_in
from gateway.groups.users import check_number
from gateway.groups.wanted import wanted_role


async def remove_members(errand: Errand, command: RemoveMembers) -> Outcome:
    """End memberships: one by its record, several in one request."""
    check_number("userIds", command.user_ids)
    asked = list(dict.fromkeys(command.user_ids))
    if asked == [errand.viewer.id] and not errand.viewer.is_site_admin:
        return await _leave(errand, command)
    group, _ = await ask_group(errand, command.group_id)
    lead(errand, group, Action.REMOVE)
    rows = await ask_members(errand, group.id, asked)
    for place, user_id in enumerate(command.user_ids):
        if user_id not in rows and not command.skip_strangers:
            raise not_a_member("userIds", str(place))
    if len(asked) == 1 and asked[0] in rows:
        await check_membership_revision(errand, rows[asked[0]], command.expected_revision)
    there = [rows[user_id] for user_id in asked if user_id in rows]
    ending = [row for row in there if row["state"] != MembershipState.INACTIVE.value]
    await _check_stays(errand, group, ending, "userIds")
    left: tuple[GroupRefusal, ...] = ()
    if len(ending) == 1:
        await end_membership(errand, ending[0])
    elif ending:
        ending, left = await _end_together(errand, group, ending, command.user_ids)
    _note(errand, group, ending)
    ended = tuple(row["user_id"] for row in ending)
    return Outcome(group.id, changed=bool(ending), user_ids=ended, left=left)


async def set_role(errand: Errand, command: SetRole) -> Outcome:
    """Give a member a role, or an invitation the role that it will give."""
    role = checked_role(command.role)
    group, _ = await ask_group(errand, command.group_id)
    lead(errand, group, Action.SET_ROLE)
    row = (await ask_members(errand, group.id, [command.user_id])).get(command.user_id)
    if row is None or not (membership_in(row).is_effective or is_invited(row)):
        raise not_a_member("userId")
    changed = await _write_role(errand, group, row, role)
    return Outcome(group.id, changed=changed, user_ids=(command.user_id,))


async def change_membership(
    errand: Errand, command: ChangeMembership, key: tuple[int, int]
) -> Outcome:
    """Change the state or the role of the membership of this key, a group and a user."""
    group_id, user_id = key
    group, _ = await ask_group(errand, group_id)
    is_own = user_id == errand.viewer.id
    row = group.own_row if is_own else (await ask_members(errand, group_id, [user_id])).get(user_id)
    is_hidden = not is_own and relationship_of(errand.viewer, group.own) < Relationship.MEMBER
    if row is None or is_hidden:
        raise NotFound("membership", command.membership_id)
    await check_membership_revision(errand, row, command.expected_revision)
    role = wanted_role(row, command)
    state = None if command.state == row["state"] else command.state
    if role is not None and state is not None:
        raise not_supported("State and roles cannot be changed together: one after the other.")
    changed = False
    if role is not None:
        changed = (await set_role(errand, SetRole(group_id, user_id, role))).changed
    elif command.state is not None:
        changed = await _change_state(errand, group, row, command.state, is_own=is_own)
    return Outcome(group_id, changed=changed, user_ids=(user_id,))


async def _leave(errand: Errand, command: RemoveMembers) -> Outcome:
    try:
        return await leave(
            errand, Leave(command.group_id, expected_revision=command.expected_revision)
        )
    except GroupRefusal as refusal:
        if refusal.refusal is RefusalCode.NOT_A_MEMBER and command.skip_strangers:
            return Outcome(command.group_id, changed=False)
        raise


async def _change_state(
    errand: Errand, group: Group, row: Row, state: MembershipState, *, is_own: bool
) -> bool:
    user_id = row["user_id"]
    if state is MembershipState.INACTIVE:
        if is_own:
            return (await leave(errand, Leave(group.id))).changed
        return (await remove_members(errand, RemoveMembers(group.id, (user_id,)))).changed
    if state is MembershipState.INVITED:
        if membership_in(row).is_effective:
            raise InvalidArgument("state", "A member cannot be invited.")
        lead(errand, group, Action.INVITE)
        if is_invited(row):
            return False
        raise not_supported(NO_INVITATIONS)
    if is_own:
        return (await accept(errand, group, Action.ACTIVATE_OWN)).changed
    if membership_in(row).is_effective:
        return False
    return is_to_be_done(errand, group, Action.ACTIVATE_OTHER)


async def _write_role(errand: Errand, group: Group, row: Row, role: str) -> bool:
    held = set(orjson.loads(row["roles"]))
    if (role == GROUP_ADMIN and role in held) or set(roles_with(row, role)) == held:
        return False
    if role != GROUP_ADMIN:
        await _check_stays(errand, group, [row], "role")
    await change_membership_to(errand, row, role=role)
    errand.note(group.id, ChangeKind.ROLE_CHANGED, [row["user_id"]], {"role": role})
    return True


async def _check_stays(errand: Errand, group: Group, ending: Sequence[Row], *path: str) -> None:
    leading = leading_among(ending)
    if leading and not group.has_ended:
        check_admin_stays(await ask_admins(errand, group.id), leading, *path)


async def _end_together(
    errand: Errand, group: Group, ending: list[Row], named: Sequence[int]
) -> tuple[list[Row], tuple[GroupRefusal, ...]]:
    """End several memberships; those that ended, and why the others were left."""
    users = [row["user_id"] for row in ending]
    scope = of_members(group.id, users)

    async def look() -> set[int] | None:
        entries = await ask(errand.panoptes, scope)
        rows = rows_by_user(entries)
        over = {
            user_id
            for user_id in users
            if user_id not in rows or rows[user_id]["state"] == MembershipState.INACTIVE.value
        }
        errand.hear(scope, entries)
        return over or None

    path = f"/user_groups/{group.id}/links/users/{','.join(map(str, users))}"
    change = Change("DELETE", path, group.id, has_record=False)
    over = await carry_out(errand, change, lambda _answer: None, look)
    errand.supersede(group.id, users)
    left = tuple(
        GroupRefusal(
            RefusalCode.CONFLICT,
            "This user is still a member: look at the group again.",
            "userIds",
            str(named.index(user_id)),
        )
        for user_id in users
        if user_id not in over
    )
    return [row for row in ending if row["user_id"] in over], left


def _note(errand: Errand, group: Group, rows: Sequence[Row]) -> None:
    kinds: dict[ChangeKind, list[int | None]] = {}
    for row in rows:
        if is_invited(row):
            kind = ChangeKind.INVITATION_WITHDRAWN
        else:
            is_own = row["user_id"] == errand.viewer.id
            kind = ChangeKind.LEFT if is_own else ChangeKind.REMOVED
        kinds.setdefault(kind, []).append(row["user_id"])
    for kind, users in kinds.items():
        errand.note(group.id, kind, users)
