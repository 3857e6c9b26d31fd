"""Editing groups: names and level."""

from __future__ import annotations

from gateway.directory.rows import Row
from gateway.groups.changing import note, write_group
from gateway.groups.commands import Outcome, UpdateGroup
from gateway.groups.creating import is_private
from gateway.groups.deciding import check_revision, lead
from gateway.groups.history import ChangeKind
from gateway.groups.names import checked_display_name, checked_name
from gateway.groups.rules import Action
from gateway.groups.state import Group, read_group
from gateway.groups.taken_names import check_free
from gateway.groups.turn import Turn

_NAMES = ("name", "display_name")
_LEVEL = ("stats_visibility", "private")


def update_group(turn: Turn, command: UpdateGroup) -> Outcome:
    """Change what the command names and is different."""
    group = read_group(turn, command.group_id)
    lead(turn, group, Action.EDIT)
    check_revision(group.row, command.expected_revision)
    columns = _columns(turn, group, command)
    changed = {name: value for name, value in columns.items() if group.row[name] != value}
    if changed:
        write_group(turn, group, **changed)
        for kind, fields in ((ChangeKind.RENAMED, _NAMES), (ChangeKind.LEVEL_CHANGED, _LEVEL)):
            if told := {name: changed[name] for name in fields if name in changed}:
                note(turn, group, kind, details=told)
    return Outcome(group.id, changed=bool(changed))


def _columns(turn: Turn, group: Group, command: UpdateGroup) -> Row:
    columns: Row = {}
    if command.name is not None and command.name != group.row["name"]:
        columns["name"] = checked_name(command.name)
        check_free(turn, command.name, group.id)
    if command.display_name is not None and command.display_name != group.row["display_name"]:
        columns["display_name"] = checked_display_name(command.display_name)
    level = command.stats_visibility
    if level is not None:
        columns["stats_visibility"] = int(level)
        if not command.keep_private:
            columns["private"] = is_private(level)
    if command.private is not None:
        columns["private"] = command.private
    return columns
