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
from gateway.groups.deciding import is_to_be_done, lead
from gateway.groups.history import ChangeKind
from gateway.groups.panoptes.caller import record_in
from gateway.groups.panoptes.carrying_out import Change, carry_out
from gateway.groups.panoptes.current_records import (
    ask_group,
    entries_of,
    hold_group,
    rows_by_user,
    told_entries,
)
from gateway.groups.panoptes.errand import Errand, of_group, of_members
from gateway.groups.panoptes.failures import Step, WrongRequest
from gateway.groups.panoptes.not_supported import NO_INVITATIONS, not_supported
from gateway.groups.rules import Action
from gateway.groups.state import Group, membership_in
from gateway.groups.wanted import edited_columns, kinds_of, new_names, new_privacy


async def create_group(errand: Errand, command: CreateGroup) -> Outcome:
    """Create a group that the viewer leads; Panoptes makes its join link."""
    is_to_be_done(errand, Group(0, {}, {}, None), Action.CREATE)
    if command.admin_id not in (None, errand.viewer.id):
        raise Forbidden("Whoever creates a group leads it.")
    if set(command.invite) - {errand.viewer.id}:
        raise not_supported(NO_INVITATIONS, "invite")
    sent = _new(command)
    wanted = _sent_row(sent)

    def read(answer: Answer) -> Entries | None:
        record = record_in(answer, GROUPS)
        return None if record is None else _named(record, wanted)

    async def look() -> Entries | None:
        found = await errand.panoptes.get("/user_groups", {"name": sent["name"]})
        records = [one for one in found.get(GROUPS, ()) if isinstance(one, dict)]
        for record in records:
            made = _named(record, wanted)
            # Somebody else may have a group of this name.
            if made is not None and await _leads(errand, made.rows[GROUPS][0]["id"]):
                return made
        return None

    change = Change("POST", "/user_groups", 0, {"user_groups": sent}, step=Step.CREATE)
    made = await carry_out(errand, change, read, look)
    group_id = int(made.rows[GROUPS][0]["id"])
    errand.hear(of_group(group_id), made)
    errand.note(group_id, ChangeKind.CREATED)
    errand.supersede(group_id, [errand.viewer_id])
    # Without an answer the group is there nevertheless: whoever needs the membership asks for it.
    with suppress(GatewayError, WrongRequest):
        await _leads(errand, group_id)
    return Outcome(group_id, changed=True)


async def update_group(errand: Errand, command: UpdateGroup) -> Outcome:
    """Change what the command names and is different."""
    group, heard = await ask_group(errand, command.group_id)
    lead(errand, group, Action.EDIT)
    if command.expected_revision is not None:
        await errand.check_revision(heard, command.expected_revision)
    changed = edited_columns(group, command)
    if not changed:
        errand.heard.append(heard)
        return Outcome(group.id, changed=False)
    held = await hold_group(errand, group)
    scope = of_group(group.id)

    def as_wanted(entries: Entries | None) -> Entries | None:
        if entries is None or not entries.rows[GROUPS]:
            return None
        (row,) = entries.rows[GROUPS]
        return entries if _has(row, changed) else None

    async def look() -> Entries | None:
        _, told = await ask_group(errand, group.id)
        return as_wanted(Entries({name: [*rows] for name, rows in told.rows.items()}))

    body = {"user_groups": _shown(changed)}
    change = Change("PUT", f"/user_groups/{group.id}", group.id, body, held.etag)
    done = await carry_out(
        errand, change, lambda answer: as_wanted(told_entries(answer, scope)), look
    )
    errand.hear(scope, done)
    for kind, told in kinds_of(changed):
        errand.note(group.id, kind, details=told)
    return Outcome(group.id, changed=True)


async def deactivate_group(errand: Errand, command: DeactivateGroup) -> Outcome:
    """End a group and all its memberships; at Panoptes nobody sees it any more."""
    group, heard = await ask_group(errand, command.group_id)
    lead(errand, group, Action.DEACTIVATE)
    if command.expected_revision is not None:
        await errand.check_revision(heard, command.expected_revision)
    held = await hold_group(errand, group)

    async def look() -> Group | None:
        left, _ = await ask_group(errand, group.id)
        return None if left.is_known else left

    change = Change(
        "DELETE", f"/user_groups/{group.id}", group.id, if_match=held.etag, has_record=False
    )
    await carry_out(errand, change, lambda _answer: None, look)
    errand.ended.append(group.id)
    errand.note(group.id, ChangeKind.DEACTIVATED)
    errand.supersede(group.id, [errand.viewer_id])
    return Outcome(group.id, changed=True)


def _new(command: CreateGroup) -> dict[str, str | bool]:
    """What Panoptes is told of a new group."""
    name, display_name = new_names(command)
    return {
        # One that nobody else sends, so that the group is found if no answer comes.
        "name": str(uuid4()) if name is None else name,
        "display_name": display_name,
        "private": new_privacy(command),
        "stats_visibility": command.stats_visibility.name.lower(),
    }


def _sent_row(sent: dict[str, str | bool]) -> Row:
    return {**sent, "stats_visibility": int(StatsVisibility.parse(sent["stats_visibility"]))}


def _named(record: Row, wanted: Row) -> Entries | None:
    """The new group in a record; None if it is not the one that was to be made."""
    if not str(record.get("id")).isdecimal():
        return None
    entries = entries_of(record, of_group(int(record["id"])))
    rows = entries.rows[GROUPS]
    return entries if rows and _has(rows[0], wanted) else None


def _has(row: Row, wanted: Row) -> bool:
    """Whether a group is as it was wanted, as far as Panoptes shows it: not ``private``."""
    return all(row[name] == value for name, value in wanted.items() if name != "private")


async def _leads(errand: Errand, group_id: int) -> bool:
    """Whether the viewer leads the group now, which is kept to be stored."""
    user_id = errand.viewer_id
    scope = of_members(group_id, [user_id])
    entries = await ask(errand.panoptes, scope)
    own = rows_by_user(entries).get(user_id)
    if own is None or not membership_in(own).is_group_admin:
        return False
    errand.hear(scope, entries)
    return True


def _shown(columns: Row) -> Row:
    """Columns as Panoptes writes them."""
    if "stats_visibility" not in columns:
        return columns
    level = StatsVisibility(columns["stats_visibility"])
    return {**columns, "stats_visibility": level.name.lower()}
