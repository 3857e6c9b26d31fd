"""Deactivating and reactivating groups."""

from __future__ import annotations

from gateway.directory.memberships import ENDED_WITH_GROUP, MembershipState
from gateway.directory.user_groups import ACTIVE
from gateway.errors import NotFound
from gateway.groups.changing import active, inactive, note, write_group, write_memberships
from gateway.groups.commands import DeactivateGroup, Outcome, ReactivateGroup
from gateway.groups.deciding import authorize, authorize_admin, check_revision
from gateway.groups.history import ChangeKind
from gateway.groups.limits import check_reactivation, users_at_span_limit
from gateway.groups.rules import Action
from gateway.groups.state import (
    membership_in,
    read_group,
    read_members,
    read_memberships_in,
)
from gateway.groups.transaction import Transaction
from gateway.rollups.spans import change_instant, open_spans

#: The state of a group that was deactivated.
_INACTIVE = "inactive"


def deactivate_group(transaction: Transaction, command: DeactivateGroup) -> Outcome:
    """Deactivate a group: end all its memberships, and withdraw open invitations."""
    group = read_group(transaction, command.group_id)
    may_undo = transaction.viewer.is_site_admin or group.was_led_by_viewer
    if group.is_known and group.has_ended and may_undo:
        return Outcome(group.id, changed=False)
    authorize_admin(transaction, group, Action.DEACTIVATE)
    check_revision(group.row, command.expected_revision)
    rows = read_memberships_in(
        transaction.connection, group.id, MembershipState.ACTIVE, MembershipState.INVITED
    )
    write_group(transaction, group, state=_INACTIVE)
    write_memberships(transaction, group, [inactive(row, _ended_by(row)) for row in rows.values()])
    note(transaction, group, ChangeKind.DEACTIVATED)
    return Outcome(group.id, changed=True)


def reactivate_group(transaction: Transaction, command: ReactivateGroup) -> Outcome:
    """Reactivate a group with the members that it had when it was deactivated.

    What they did in between does not count towards it.
    """
    group = read_group(transaction, command.group_id)
    if group.is_known and not group.has_ended:
        # It is active already: only those who may deactivate it are answered so.
        authorize(transaction, group, Action.DEACTIVATE)
        return Outcome(group.id, changed=False)
    authorize(transaction, group, Action.REACTIVATE)
    if not group.is_known:
        raise NotFound("group", group.id)
    check_reactivation(transaction)
    restored = read_memberships_in(
        transaction.connection, group.id, MembershipState.INACTIVE, ended_by=ENDED_WITH_GROUP
    )
    for user_id in users_at_span_limit(transaction.connection, group.id, restored):
        del restored[user_id]
    write_group(transaction, group, state=ACTIVE)
    # A file may say that a group has ended and its memberships have not.
    members = read_members(transaction.connection, group.id)
    open_spans(transaction.connection, group.id, members, change_instant(transaction.connection))
    write_memberships(
        transaction,
        group,
        [active(group, user_id, row["roles"], transaction) for user_id, row in restored.items()],
    )
    note(transaction, group, ChangeKind.REACTIVATED)
    return Outcome(group.id, changed=True)


def _ended_by(row: dict[str, object]) -> str:
    """What ended the membership: only members, not invited users, return with the group."""
    return ENDED_WITH_GROUP if membership_in(row).state is MembershipState.ACTIVE else "removed"
