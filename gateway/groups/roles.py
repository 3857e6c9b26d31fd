"""Roles of members and of invited users."""

from __future__ import annotations

import orjson

from gateway.directory.memberships import GROUP_ADMIN, ROLES, MembershipState, encode_roles
from gateway.directory.rows import Row
from gateway.errors import InvalidArgument
from gateway.groups.changing import note, with_roles, write_memberships
from gateway.groups.commands import Outcome, SetRole
from gateway.groups.deciding import authorize_admin, check_admins_left
from gateway.groups.history import ChangeKind
from gateway.groups.refusals import GroupRefusal, RefusalCode
from gateway.groups.rules import Action
from gateway.groups.state import Group, membership_in, read_group, read_memberships
from gateway.groups.transaction import Transaction


def set_role(transaction: Transaction, command: SetRole) -> Outcome:
    """Give a member a role, or an invitation the role that it will give."""
    role = checked_role(command.role)
    group = read_group(transaction, command.group_id)
    authorize_admin(transaction, group, Action.SET_ROLE)
    row = read_memberships(transaction.connection, group.id, [command.user_id]).get(command.user_id)
    if row is None or not _may_have_role(row):
        raise not_a_member("userId")
    changed = write_role(transaction, group, row, role)
    return Outcome(group.id, changed=changed, user_ids=(command.user_id,))


def checked_role(role: str) -> str:
    """Validate a role: the role itself, or InvalidArgument."""
    if role not in ROLES:
        raise InvalidArgument("role", f"role must be one of {', '.join(ROLES)}.")
    return role


def write_role(transaction: Transaction, group: Group, row: Row, role: str) -> bool:
    """Write the role of a membership; roles that the gateway does not know stay.

    Whether that changes anything. LAST_ADMIN if the group would lose its last admin.
    """
    current = set(orjson.loads(row["roles"]))
    roles = encode_roles((current - set(ROLES)) | {role})
    if (role == GROUP_ADMIN and role in current) or roles == row["roles"]:
        return False
    if role != GROUP_ADMIN:
        check_admins_left(transaction.connection, group, [row], "role")
    write_memberships(transaction, group, [with_roles(row, roles)])
    note(transaction, group, ChangeKind.ROLE_CHANGED, [row["user_id"]], {"role": role})
    return True


def not_a_member(*path: str) -> GroupRefusal:
    """The refusal of a command that needs a member."""
    return GroupRefusal(RefusalCode.NOT_A_MEMBER, "This user is no member of the group.", *path)


def _may_have_role(row: Row) -> bool:
    membership = membership_in(row)
    return membership.is_effective or membership.state is MembershipState.INVITED
