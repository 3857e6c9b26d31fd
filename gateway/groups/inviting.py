"""Inviting users to groups."""

from __future__ import annotations

from collections.abc import Sequence

from gateway.directory.memberships import GROUP_MEMBER, MembershipState, encode_roles
from gateway.directory.rows import Row
from gateway.groups.changing import note, write_memberships
from gateway.groups.commands import Invite, Outcome
from gateway.groups.deciding import authorize_admin
from gateway.groups.history import ChangeKind
from gateway.groups.limits import AFTER_DECLINE, check_invitations, check_room, reached
from gateway.groups.refusals import GroupRefusal, RefusalCode
from gateway.groups.roles import checked_role
from gateway.groups.rules import Action
from gateway.groups.state import Group, membership_in, read_group, read_memberships
from gateway.groups.transaction import Transaction
from gateway.groups.users import check_number, known_users, users_of_logins

_Path = tuple[str, str]


def invite(transaction: Transaction, command: Invite) -> Outcome:
    """Invite those of the named users who are neither members nor invited: all or none."""
    role = checked_role(command.role)
    check_number("userIds", (*command.user_ids, *command.logins))
    group = read_group(transaction, command.group_id)
    authorize_admin(transaction, group, Action.INVITE)
    requested = _invited_users(transaction, command)
    rows = read_memberships(transaction.connection, group.id, requested)
    members = [one for one in requested if one in rows and membership_in(rows[one]).is_effective]
    others = {user: path for user, path in requested.items() if user not in members}
    new = [user for user in others if user not in rows or not is_invited(rows[user])]
    for user_id in new:
        _check_declined(transaction, rows.get(user_id), others[user_id])
    invite_users(transaction, group, new, role)
    return Outcome(
        group.id, changed=bool(new), user_ids=tuple(others), already_members=tuple(members)
    )


def invite_users(
    transaction: Transaction,
    group: Group,
    user_ids: Sequence[int],
    role: str = GROUP_MEMBER,
    *,
    path: str = "userIds",
) -> None:
    """Invite known users who are no members; LIMIT_REACHED beyond a limit."""
    known = read_memberships(transaction.connection, group.id, user_ids)
    new = len(user_ids)
    check_invitations(transaction, group.id, new, path)
    check_room(transaction, group.id, new - len(known), path)
    write_memberships(
        transaction,
        group,
        [
            {
                "group_id": group.id,
                "user_id": user_id,
                "state": MembershipState.INVITED.value,
                "roles": encode_roles([role]),
                "created_at": transaction.now,
                "no_invitations": False,
            }
            for user_id in user_ids
        ],
    )
    if user_ids:
        note(transaction, group, ChangeKind.INVITED, user_ids, {"role": role})


def is_invited(row: Row) -> bool:
    """Whether the row is of an invitation that is open."""
    return bool(row["state"] == MembershipState.INVITED.value)


def unknown_user(*path: str) -> GroupRefusal:
    """The refusal of a command that names an unknown user."""
    return GroupRefusal(RefusalCode.UNKNOWN_USER, "There is no such user.", *path)


def _invited_users(transaction: Transaction, command: Invite) -> dict[int, _Path]:
    """The users whom the command names, each once with its path; UNKNOWN_USER for others."""
    requested: dict[int, _Path] = {}
    known = known_users(transaction.connection, command.user_ids)
    for index, user_id in enumerate(command.user_ids):
        if user_id not in known:
            if command.skip_unknown and known:
                continue
            raise unknown_user("userIds", str(index))
        requested.setdefault(user_id, ("userIds", str(index)))
    user_by_login = users_of_logins(transaction.connection, command.logins)
    for index, login in enumerate(command.logins):
        if login not in user_by_login:
            raise unknown_user("logins", str(index))
        requested.setdefault(user_by_login[login], ("logins", str(index)))
    return requested


def _check_declined(transaction: Transaction, row: Row | None, path: _Path) -> None:
    """LIMIT_REACHED if the user has declined lately, or for ever."""
    if row is None:
        return
    if row["no_invitations"]:
        raise reached("This user wants no invitations to this group.", *path)
    if row["ended_by"] == "declined" and (row["updated_at"] or 0) > transaction.now - AFTER_DECLINE:
        raise reached("This user has declined an invitation within the last 30 days.", *path)
