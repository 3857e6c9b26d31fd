"""Editing groups: names and level."""

from __future__ import annotations

from gateway.groups.changing import note, write_group
from gateway.groups.commands import Outcome, UpdateGroup
from gateway.groups.deciding import authorize_admin, check_revision
from gateway.groups.rules import Action
from gateway.groups.state import read_group
from gateway.groups.taken_names import check_free
from gateway.groups.transaction import Transaction
from gateway.groups.wanted import edited_columns, kinds_of


def update_group(transaction: Transaction, command: UpdateGroup) -> Outcome:
    """Change what the command names and is different."""
    group = read_group(transaction, command.group_id)
    authorize_admin(transaction, group, Action.EDIT)
    check_revision(group.row, command.expected_revision)
    changed = edited_columns(group, command, lambda name: check_free(transaction, name, group.id))
    if changed:
        write_group(transaction, group, **changed)
        for kind, details in kinds_of(changed):
            note(transaction, group, kind, details=details)
    return Outcome(group.id, changed=bool(changed))
