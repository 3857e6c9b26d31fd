"""Leaving groups, removing members and withdrawing invitations."""

from __future__ import annotations

from gateway.directory.memberships import GROUP_ADMIN, MembershipState
from gateway.directory.rows import Row
from gateway.errors import InvalidArgument
from gateway.groups.changing import inactive, note, write_memberships
from gateway.groups.commands import Leave, Outcome, RemoveMembers
from gateway.groups.deciding import authorize, authorize_admin, check_admins_left, check_revision
from gateway.groups.history import ChangeKind
from gateway.groups.inviting import is_invited
from gateway.groups.joining import decline
from gateway.groups.refusals import GroupRefusal, RefusalCode
from gateway.groups.roles import not_a_member, write_role
from gateway.groups.rules import Action
from gateway.groups.state import Group, membership_in, read_group, read_memberships
from gateway.groups.transaction import Transaction
from gateway.groups.users import check_number


def leave(transaction: Transaction, command: Leave) -> Outcome:
    """End one's own membership; of an invitation, decline it."""
    group = read_group(transaction, command.group_id)
    row, user_id = group.own_row, transaction.viewer_id
    if not authorize(transaction, group, Action.LEAVE) or row is None:
        return Outcome(group.id, changed=False, user_ids=(user_id,))
    check_revision(row, command.expected_revision)
    if is_invited(row):
        return decline(transaction, group, row)
    if command.successor_id is not None:
        _appoint(transaction, group, command.successor_id)
    check_admins_left(transaction.connection, group, [row])
    write_memberships(transaction, group, [inactive(row, "left")])
    note(transaction, group, ChangeKind.LEFT, [user_id])
    return Outcome(group.id, changed=True, user_ids=(user_id,))


def remove_members(transaction: Transaction, command: RemoveMembers) -> Outcome:
    """End memberships and withdraw invitations: all or none.

    Removing nobody but oneself is leaving.
    """
    check_number("userIds", command.user_ids)
    requested = list(dict.fromkeys(command.user_ids))
    group = read_group(transaction, command.group_id)
    if requested == [transaction.viewer.id] and not transaction.viewer.is_site_admin:
        return _leave(transaction, group, command)
    authorize_admin(transaction, group, Action.REMOVE)
    rows = read_memberships(transaction.connection, group.id, requested)
    for index, user_id in enumerate(command.user_ids):
        if user_id not in rows and not command.skip_strangers:
            raise not_a_member("userIds", str(index))
    if len(requested) == 1 and requested[0] in rows:
        check_revision(rows[requested[0]], command.expected_revision)
    existing = [rows[user_id] for user_id in requested if user_id in rows]
    ending = [row for row in existing if row["state"] != MembershipState.INACTIVE.value]
    check_admins_left(transaction.connection, group, ending, "userIds")
    _end(transaction, group, ending)
    return Outcome(group.id, changed=bool(ending), user_ids=tuple(row["user_id"] for row in ending))


def _leave(transaction: Transaction, group: Group, command: RemoveMembers) -> Outcome:
    try:
        return leave(transaction, Leave(group.id, expected_revision=command.expected_revision))
    except GroupRefusal as refusal:
        if refusal.refusal is RefusalCode.NOT_A_MEMBER and command.skip_strangers:
            return Outcome(group.id, changed=False)
        raise


def _end(transaction: Transaction, group: Group, rows: list[Row]) -> None:
    own = transaction.viewer.id
    write_memberships(
        transaction,
        group,
        [inactive(row, "left" if row["user_id"] == own else "removed") for row in rows],
    )
    kinds: dict[ChangeKind, list[int]] = {}
    for row in rows:
        if is_invited(row):
            kind = ChangeKind.INVITATION_WITHDRAWN
        else:
            kind = ChangeKind.LEFT if row["user_id"] == own else ChangeKind.REMOVED
        kinds.setdefault(kind, []).append(row["user_id"])
    for kind, users in kinds.items():
        note(transaction, group, kind, users)


def _appoint(transaction: Transaction, group: Group, user_id: int) -> None:
    """Make another member an admin, as whoever leads the group may."""
    authorize_admin(transaction, group, Action.SET_ROLE)
    if user_id == transaction.viewer.id:
        raise InvalidArgument("successorId", "Name somebody else as successor.")
    row = read_memberships(transaction.connection, group.id, [user_id]).get(user_id)
    if row is None or not membership_in(row).is_effective:
        raise not_a_member("successorId")
    write_role(transaction, group, row, GROUP_ADMIN)
