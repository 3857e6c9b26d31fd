"""Preconditions of a command, checked in this database before it is sent to Panoptes."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import Connection, select

from gateway.db.goal_tables import goal
from gateway.db.tables import membership
from gateway.directory.erased_users import ErasedAccount
from gateway.directory.panoptes.local_groups import local_among
from gateway.errors import NotFound
from gateway.groups import commands
from gateway.groups.commands import Command
from gateway.groups.limits import check_changes, check_new_group
from gateway.groups.links import read_wrong_joins
from gateway.groups.panoptes.not_supported import not_supported
from gateway.groups.transaction import Transaction
from gateway.rollups.erasure import read_erased

#: Commands that end something are possible beyond the limit of changes too.
_ENDING = (
    commands.DeactivateGroup,
    commands.Leave,
    commands.DeclineInvitation,
    commands.RemoveMembers,
)


class Prepared(NamedTuple):
    """The group and the user of a command; 0 for none. Only a membership id names a user."""

    group_id: int
    user_id: int


def prepare(transaction: Transaction, command: Command) -> Prepared:
    """Check a command before it is sent to Panoptes; the group and the user that it names.

    Groups that are led here are refused: their ids mean other groups at Panoptes.
    """
    connection = transaction.connection
    if read_erased(connection, [transaction.viewer_id]):
        raise ErasedAccount
    found = _about(connection, command)
    if local_among(connection, [found.group_id]):
        raise not_supported("This group is led at this gateway, which changes no groups itself.")
    if isinstance(command, commands.CreateGroup):
        check_new_group(transaction)
    if isinstance(command, commands.Join):
        read_wrong_joins(transaction).check(transaction.now)
    if not isinstance(command, _ENDING):
        check_changes(transaction)
    return found


def group_of_goal(connection: Connection, command: Command) -> int | None:
    """The group whose goal a command is about; None for own goals and other commands."""
    if isinstance(command, commands.CreateGoal):
        return command.group_id
    if isinstance(command, commands.UpdateGoal | commands.ArchiveGoal | commands.DeleteGoal):
        statement = select(goal.c.group_id).where(goal.c.id == command.goal_id)
        found: int | None = connection.execute(statement).scalar()
        return found
    return None


def _about(connection: Connection, command: Command) -> Prepared:
    if isinstance(command, commands.ChangeMembership):
        statement = select(membership.c.group_id, membership.c.user_id).where(
            membership.c.id == command.membership_id
        )
        row = connection.execute(statement).first()
        if row is None:
            raise NotFound("membership", command.membership_id)
        return Prepared(row.group_id, row.user_id)
    return Prepared(getattr(command, "group_id", 0), 0)
