"""Changing one membership by its id, as JSON:API does: state and roles at once."""

from __future__ import annotations

from sqlalchemy import Connection, select

from gateway.db.tables import membership
from gateway.directory.memberships import GROUP_MEMBER, MembershipState
from gateway.directory.rows import Row
from gateway.errors import InvalidArgument, NotFound
from gateway.groups.commands import ChangeMembership, Invite, Leave, Outcome, RemoveMembers, SetRole
from gateway.groups.deciding import authorize, check_revision
from gateway.groups.inviting import invite
from gateway.groups.joining import accept
from gateway.groups.leaving import leave, remove_members
from gateway.groups.roles import set_role
from gateway.groups.rules import Action, Relationship, relationship_of
from gateway.groups.state import Group, membership_in, read_group
from gateway.groups.transaction import Transaction
from gateway.groups.wanted import wanted_role


def change_membership(transaction: Transaction, command: ChangeMembership) -> Outcome:
    """Change state and roles as the table of rules lets the viewer; both or none.

    A membership of a group in which the viewer is nothing looks as if it did not exist.
    """
    row = _read(transaction.connection, command.membership_id)
    if row is None:
        raise NotFound("membership", command.membership_id)
    group, user_id = read_group(transaction, row["group_id"]), row["user_id"]
    is_own = user_id == transaction.viewer.id
    if not is_own and relationship_of(transaction.viewer, group.own) < Relationship.MEMBER:
        raise NotFound("membership", command.membership_id)
    check_revision(row, command.expected_revision)
    role = wanted_role(row, command)
    changed = False
    # Roles are those of members: they come before whatever ends a membership, and after an
    # invitation, which has a role itself.
    if role is not None and command.state is not MembershipState.INVITED:
        changed |= set_role(transaction, SetRole(group.id, user_id, role)).changed
        group = read_group(transaction, group.id)
    if command.state is not None:
        changed |= _change_state(transaction, group, row, command.state, role, is_own=is_own)
    return Outcome(group.id, changed=changed, user_ids=(user_id,))


def _change_state(
    transaction: Transaction,
    group: Group,
    row: Row,
    state: MembershipState,
    role: str | None,
    *,
    is_own: bool,
) -> bool:
    user_id = row["user_id"]
    if state is MembershipState.INACTIVE:
        if is_own:
            return leave(transaction, Leave(group.id)).changed
        return remove_members(transaction, RemoveMembers(group.id, (user_id,))).changed
    if state is MembershipState.INVITED:
        if membership_in(row).is_effective:
            raise InvalidArgument("state", "A member cannot be invited.")
        outcome = invite(transaction, Invite(group.id, (user_id,), role=role or GROUP_MEMBER))
        if role is not None and not outcome.changed:
            return set_role(transaction, SetRole(group.id, user_id, role)).changed
        return outcome.changed
    if is_own:
        return accept(transaction, group, Action.ACTIVATE_OWN).changed
    if membership_in(row).is_effective:
        return False
    return authorize(transaction, group, Action.ACTIVATE_OTHER)


def _read(connection: Connection, membership_id: int) -> Row | None:
    statement = select(membership).where(membership.c.id == membership_id)
    found = connection.execute(statement).mappings().first()
    return None if found is None else dict(found)
