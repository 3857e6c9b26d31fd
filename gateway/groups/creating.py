"""Creating groups."""

from __future__ import annotations

from functools import partial

from gateway.db.tables import group_record, user_group
from gateway.directory.memberships import GROUP_ADMIN, encode_roles
from gateway.directory.new_ids import IdKind, new_ids
from gateway.directory.rows import Row, write_rows
from gateway.directory.user_groups import ACTIVE
from gateway.errors import Forbidden, InvalidArgument
from gateway.groups.changing import GATEWAY, active, note, write_memberships
from gateway.groups.commands import CreateGroup, Outcome
from gateway.groups.deciding import authorize
from gateway.groups.history import ChangeKind
from gateway.groups.inviting import invite_users, unknown_user
from gateway.groups.limits import check_new_group, check_new_membership
from gateway.groups.links import make_link
from gateway.groups.names import derived_name
from gateway.groups.rules import Action
from gateway.groups.state import Group
from gateway.groups.taken_names import check_free, is_taken
from gateway.groups.transaction import Transaction
from gateway.groups.users import check_number, known_users
from gateway.groups.wanted import new_names, new_privacy
from gateway.rollups.spans import begin_tenure


def create_group(transaction: Transaction, command: CreateGroup) -> Outcome:
    """Create a group with one admin and a join link, and invite the named users."""
    group = Group(0, {}, {}, None)
    authorize(transaction, group, Action.CREATE)
    admin_id = _admin(transaction, command)
    check_number("invite", command.invite, least=0)
    name, display_name = _names(transaction, command)
    check_new_group(transaction)
    if transaction.viewer.id is not None:
        check_new_membership(transaction, transaction.viewer.id)
    invited = _invited(transaction, command, admin_id)

    (group.id,) = new_ids(transaction.connection, IdKind.USER_GROUP)
    _write(transaction, group, command, name, display_name)
    begin_tenure(transaction.connection, group.id, [], 0)
    make_link(transaction, group.id)
    note(transaction, group, ChangeKind.CREATED)
    write_memberships(
        transaction, group, [active(group, admin_id, encode_roles([GROUP_ADMIN]), transaction)]
    )
    invite_users(transaction, group, invited, path="invite")
    return Outcome(group.id, changed=True, user_ids=tuple(invited))


def _admin(transaction: Transaction, command: CreateGroup) -> int:
    """The first admin of the group: its creator, or whom a site operator names."""
    if transaction.viewer.id is not None:
        if command.admin_id not in (None, transaction.viewer.id):
            raise Forbidden("Whoever creates a group leads it.")
        return transaction.viewer.id
    if command.admin_id is None:
        raise InvalidArgument("admin", "Name the user who leads the group.")
    if command.admin_id not in known_users(transaction.connection, [command.admin_id]):
        raise unknown_user("adminId")
    return command.admin_id


def _names(transaction: Transaction, command: CreateGroup) -> tuple[str, str]:
    name, display_name = new_names(command)
    if name is None:
        return derived_name(display_name, partial(is_taken, transaction)), display_name
    check_free(transaction, name)
    return name, display_name


def _invited(transaction: Transaction, command: CreateGroup, admin_id: int) -> list[int]:
    """The users to invite, each once; UNKNOWN_USER unless unknown users are to be skipped."""
    requested = [user_id for user_id in dict.fromkeys(command.invite) if user_id != admin_id]
    known = known_users(transaction.connection, requested)
    strangers = [user_id for user_id in requested if user_id not in known]
    if strangers and not (command.skip_unknown and known):
        raise unknown_user("invite", str(command.invite.index(strangers[0])))
    return [user_id for user_id in requested if user_id in known]


def _write(
    transaction: Transaction, group: Group, command: CreateGroup, name: str, display_name: str
) -> None:
    row: Row = {
        "id": group.id,
        "name": name,
        "display_name": display_name,
        "stats_visibility": int(command.stats_visibility),
        "private": new_privacy(command),
        "authority": GATEWAY,
        "revision": 1,
    }
    record: Row = {
        **dict.fromkeys(group_record.c.keys()),
        "group_id": group.id,
        "created_at": transaction.now,
        "last_modified_at": transaction.now,
        "state": ACTIVE,
    }
    write_rows(transaction.connection, group_record, {}, [record])
    write_rows(transaction.connection, user_group, {}, [row])
    group.row, group.record = row, record
