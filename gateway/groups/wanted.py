"""Values that commands set on groups and memberships, wherever the home of groups is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import orjson

from gateway.auth.visibility import ViewerRole, may_see_aggregates
from gateway.directory.memberships import GROUP_ADMIN, GROUP_MEMBER, ROLES, MembershipState
from gateway.directory.rows import Row
from gateway.directory.stats_visibility import StatsVisibility
from gateway.errors import InvalidArgument
from gateway.groups.commands import ChangeMembership, CreateGroup, UpdateGroup
from gateway.groups.history import ChangeKind
from gateway.groups.names import checked_display_name, checked_name
from gateway.groups.refusals import GroupRefusal, RefusalCode
from gateway.groups.state import Group

_FIELDS = {
    ChangeKind.RENAMED: ("name", "display_name"),
    ChangeKind.LEVEL_CHANGED: ("stats_visibility", "private"),
}


def is_private(level: StatsVisibility) -> bool:
    """Whether a group of this level is private by default."""
    return not may_see_aggregates(level, ViewerRole.ANYONE)


def new_privacy(command: CreateGroup) -> bool:
    """Whether a new group is private."""
    return is_private(command.stats_visibility) if command.private is None else command.private


def new_names(command: CreateGroup) -> tuple[str | None, str]:
    """The name of a new group, None if one is to be made for it, and its display name."""
    name = None if command.name is None else checked_name(command.name)
    if command.display_name is not None:
        return name, checked_display_name(command.display_name)
    if name is not None:
        return name, name
    raise GroupRefusal(
        RefusalCode.DISPLAY_NAME_INVALID, "A group needs a display name.", "displayName"
    )


def _any_name(_name: str) -> None: ...


def edited_columns(
    group: Group, command: UpdateGroup, check_name: Callable[[str], None] = _any_name
) -> Row:
    """The columns of a group that a command changes; ``check_name`` refuses a new name."""
    columns: Row = {}
    if command.name is not None and command.name != group.row["name"]:
        columns["name"] = checked_name(command.name)
        check_name(command.name)
    if command.display_name is not None and command.display_name != group.row["display_name"]:
        columns["display_name"] = checked_display_name(command.display_name)
    level = command.stats_visibility
    if level is not None:
        columns["stats_visibility"] = int(level)
        if not command.keep_private:
            columns["private"] = is_private(level)
    if command.private is not None:
        columns["private"] = command.private
    return {name: value for name, value in columns.items() if group.row[name] != value}


def kinds_of(changed: Row) -> Iterator[tuple[ChangeKind, dict[str, Any]]]:
    """The kinds of change in changed columns, each with its columns, for the history."""
    for kind, fields in _FIELDS.items():
        if details := {name: changed[name] for name in fields if name in changed}:
            yield kind, details


def wanted_role(row: Row, command: ChangeMembership) -> str | None:
    """The role that the command sets; None if the membership has it, or it sets none."""
    if command.roles is None:
        return None
    if not command.roles or set(command.roles) - set(ROLES):
        raise InvalidArgument("roles", f"roles must be one or two of {', '.join(ROLES)}.")
    role = GROUP_ADMIN if GROUP_ADMIN in command.roles else GROUP_MEMBER
    current = [one for one in ROLES if one in orjson.loads(row["roles"])]
    is_over = row["state"] == MembershipState.INACTIVE.value
    return None if current[:1] == [role] and not is_over else role
