"""Changing a group's join link: a new token, on and off, expiry."""

from __future__ import annotations

from gateway.errors import ExclusiveArguments, InvalidArgument
from gateway.groups.changing import note, take_over
from gateway.groups.commands import Outcome, UpdateJoinLink
from gateway.groups.deciding import authorize_admin
from gateway.groups.history import ChangeKind
from gateway.groups.links import JoinLink, new_link, read_link, write_link
from gateway.groups.rules import Action
from gateway.groups.state import read_group
from gateway.groups.transaction import Transaction


def update_join_link(transaction: Transaction, command: UpdateJoinLink) -> Outcome:
    """Change the join link; rotating it makes the old token invalid, and members stay."""
    group = read_group(transaction, command.group_id)
    authorize_admin(transaction, group, Action.CHANGE_JOIN_LINK)
    _check(transaction, command)
    before = read_link(transaction.connection, group.id)
    after = _changed(transaction, command, before)
    if after == before:
        return Outcome(group.id, changed=False)
    take_over(transaction, group)
    write_link(transaction.connection, after)
    is_new = before is None or after.generation != before.generation
    kind = ChangeKind.LINK_ROTATED if is_new else ChangeKind.LINK_CHANGED
    expires = None if after.expires_at is None else after.expires_at // 1_000_000
    note(transaction, group, kind, details={"enabled": after.enabled, "expires_at": expires})
    return Outcome(group.id, changed=True)


def _check(transaction: Transaction, command: UpdateJoinLink) -> None:
    if command.expires_at is None:
        return
    if command.clear_expiry:
        raise ExclusiveArguments(
            "clearExpiry", "expiresAt and clearExpiry exclude each other: send one of them."
        )
    if command.expires_at <= transaction.now:
        raise InvalidArgument("expiresAt", "expiresAt must be in the future.")


def _changed(
    transaction: Transaction, command: UpdateJoinLink, before: JoinLink | None
) -> JoinLink:
    if before is None:
        link = new_link(transaction, command.group_id)
    elif command.rotate:
        # A new link works: one that was switched off stays off, but no expiry is in the past.
        link = new_link(transaction, command.group_id, before.generation + 1)
        passed = before.expires_at is not None and before.expires_at <= transaction.now
        link = link._replace(
            enabled=before.enabled, expires_at=None if passed else before.expires_at
        )
    else:
        link = before
    if command.enabled is not None:
        link = link._replace(enabled=command.enabled)
    if command.clear_expiry:
        link = link._replace(expires_at=None)
    if command.expires_at is not None:
        link = link._replace(expires_at=command.expires_at)
    return link
