"""Creating, editing and deactivating groups at Panoptes."""

from __future__ import annotations

from contextlib import suppress
from uuid import uuid4

from gateway.directory.panoptes.answers import GROUPS
from gateway.directory.panoptes.questions import ask
from gateway.directory.panoptes.records import Entries
from gateway.directory.panoptes.transport import Answer
from gateway.directory.rows import Row
from gateway.directory.stats_visibility import StatsVisibility
from gateway.errors import Forbidden, GatewayError
from gateway.groups.commands import CreateGroup, DeactivateGroup, Outcome, UpdateGroup
from gateway.groups.deciding import authorize, authorize_admin
from gateway.groups.history import ChangeKind
from gateway.groups.panoptes.apply_change import Change, apply_change
from gateway.groups.panoptes.caller_client import record_in
from gateway.groups.panoptes.command import RemoteCommand, of_group, of_members
from gateway.groups.panoptes.current_records import (
    ask_group,
    entries_in,
    entries_of,
    fetch_group,
    rows_by_user,
)
from gateway.groups.panoptes.failures import Step, WrongRequest
from gateway.groups.panoptes.not_supported import NO_INVITATIONS, not_supported
from gateway.groups.rules import Action
from gateway.groups.state import Group, membership_in
from gateway.groups.wanted import edited_columns, kinds_of, new_names, new_privacy


async def create_group(remote: RemoteCommand, command: CreateGroup) -> Outcome:
    """Create a group that the viewer leads; Panoptes makes its join link."""
    authorize(remote, Group(0, {}, {}, None), Action.CREATE)
    if command.admin_id not in (None, remote.viewer.id):
        raise Forbidden("Whoever creates a group leads it.")
    if set(command.invite) - {remote.viewer.id}:
        raise not_supported(NO_INVITATIONS, "invite")
    sent = _new(command)
    wanted = _sent_row(sent)

    def read(answer: Answer) -> Entries | None:
        record = record_in(answer, GROUPS)
        return None if record is None else _named(record, wanted)

    async def verify() -> Entries | None:
        found = await remote.panoptes.get("/user_groups", {"name": sent["name"]})
        records = [one for one in found.get(GROUPS, ()) if isinstance(one, dict)]
        for record in records:
            made = _named(record, wanted)
            # Somebody else may have a group of this name.
            if made is not None and await _leads(remote, made.rows[GROUPS][0]["id"]):
                return made
        return None

    change = Change("POST", "/user_groups", 0, {"user_groups": sent}, step=Step.CREATE)
    made = await apply_change(remote, change, read, verify)
    group_id = int(made.rows[GROUPS][0]["id"])
    remote.add_received(of_group(group_id), made)
    remote.add_history(group_id, ChangeKind.CREATED)
    remote.supersede(group_id, [remote.viewer_id])
    # Without an answer the group exists nevertheless: the membership is read when it is needed.
    with suppress(GatewayError, WrongRequest):
        await _leads(remote, group_id)
    return Outcome(group_id, changed=True)


async def update_group(remote: RemoteCommand, command: UpdateGroup) -> Outcome:
    """Change what the command names and is different."""
    group, received = await ask_group(remote, command.group_id)
    authorize_admin(remote, group, Action.EDIT)
    if command.expected_revision is not None:
        await remote.check_revision(received, command.expected_revision)
    changed = edited_columns(group, command)
    if not changed:
        remote.received.append(received)
        return Outcome(group.id, changed=False)
    current = await fetch_group(remote, group)
    scope = of_group(group.id)

    def as_wanted(entries: Entries | None) -> Entries | None:
        if entries is None or not entries.rows[GROUPS]:
            return None
        (row,) = entries.rows[GROUPS]
        return entries if _has(row, changed) else None

    async def verify() -> Entries | None:
        _, found = await ask_group(remote, group.id)
        return as_wanted(Entries({name: [*rows] for name, rows in found.rows.items()}))

    body = {"user_groups": _panoptes_values(changed)}
    change = Change("PUT", f"/user_groups/{group.id}", group.id, body, current.etag)
    done = await apply_change(
        remote, change, lambda answer: as_wanted(entries_in(answer, scope)), verify
    )
    remote.add_received(scope, done)
    for kind, details in kinds_of(changed):
        remote.add_history(group.id, kind, details=details)
    return Outcome(group.id, changed=True)


async def deactivate_group(remote: RemoteCommand, command: DeactivateGroup) -> Outcome:
    """Deactivate a group and all its memberships; Panoptes hides it from everybody then."""
    group, received = await ask_group(remote, command.group_id)
    authorize_admin(remote, group, Action.DEACTIVATE)
    if command.expected_revision is not None:
        await remote.check_revision(received, command.expected_revision)
    current = await fetch_group(remote, group)

    async def verify() -> Group | None:
        remaining, _ = await ask_group(remote, group.id)
        return None if remaining.is_known else remaining

    change = Change(
        "DELETE", f"/user_groups/{group.id}", group.id, if_match=current.etag, has_record=False
    )
    await apply_change(remote, change, lambda _answer: None, verify)
    remote.ended.append(group.id)
    remote.add_history(group.id, ChangeKind.DEACTIVATED)
    remote.supersede(group.id, [remote.viewer_id])
    return Outcome(group.id, changed=True)


def _new(command: CreateGroup) -> dict[str, str | bool]:
    """The fields of a new group that are sent to Panoptes."""
    name, display_name = new_names(command)
    return {
        # A unique name, by which the group is found if no answer comes.
        "name": str(uuid4()) if name is None else name,
        "display_name": display_name,
        "private": new_privacy(command),
        "stats_visibility": command.stats_visibility.name.lower(),
    }


def _sent_row(sent: dict[str, str | bool]) -> Row:
    return {**sent, "stats_visibility": int(StatsVisibility.parse(sent["stats_visibility"]))}


def _named(record: Row, wanted: Row) -> Entries | None:
    """The entries of a new group's record; None if it differs from what was sent."""
    if not str(record.get("id")).isdecimal():
        return None
    entries = entries_of(record, of_group(int(record["id"])))
    rows = entries.rows[GROUPS]
    return entries if rows and _has(rows[0], wanted) else None


def _has(row: Row, wanted: Row) -> bool:
    """Whether a group has these values; ``private`` is ignored, as Panoptes does not answer it."""
    return all(row[name] == value for name, value in wanted.items() if name != "private")


async def _leads(remote: RemoteCommand, group_id: int) -> bool:
    """Whether the viewer leads the group now; if so, their membership is to be stored."""
    user_id = remote.viewer_id
    scope = of_members(group_id, [user_id])
    entries = await ask(remote.panoptes, scope)
    own = rows_by_user(entries).get(user_id)
    if own is None or not membership_in(own).is_group_admin:
        return False
    remote.add_received(scope, entries)
    return True


def _panoptes_values(columns: Row) -> Row:
    """Columns with their values as Panoptes writes them."""
    if "stats_visibility" not in columns:
        return columns
    level = StatsVisibility(columns["stats_visibility"])
    return {**columns, "stats_visibility": level.name.lower()}
