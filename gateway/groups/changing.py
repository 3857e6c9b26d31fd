"""Writing rows of groups and memberships, with spans, history and the change log.

The first change of a group that comes from a file or Panoptes makes this gateway its authority:
from then on spans say what counts towards it. Callers hold the writer lock.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from gateway.changes.log import log_change
from gateway.db.tables import group_record, membership, user_group
from gateway.directory.memberships import MembershipState
from gateway.directory.revisions import complete_memberships
from gateway.directory.rows import Key, Row, ids_in, write_rows
from gateway.groups.history import ChangeKind, Details, note_changes
from gateway.groups.links import make_link
from gateway.groups.state import Group, membership_in, read_members, read_memberships
from gateway.groups.transaction import Transaction
from gateway.rollups.spans import begin_tenure, change_instant, close_spans, open_spans

#: ``user_group.authority`` of a group that is changed at this gateway.
GATEWAY = "gateway"


def take_over(transaction: Transaction, group: Group) -> None:
    """Make this gateway the authority of the group, if it is not yet."""
    if group.row["authority"] == GATEWAY:
        return
    connection = transaction.connection
    row = {**group.row, "authority": GATEWAY}
    write_rows(connection, user_group, {(group.id,): group.row}, [row])
    group.row = row
    members = [] if group.has_ended else read_members(connection, group.id)
    begin_tenure(connection, group.id, members, change_instant(connection))
    make_link(transaction, group.id)
    note(transaction, group, ChangeKind.TAKEN_OVER)


def write_group(
    transaction: Transaction, group: Group, state: str | None = None, **columns: object
) -> None:
    """Write columns of a group, or its state; its revision grows, since everybody may see them."""
    take_over(transaction, group)
    changed_at = max(transaction.now, group.record.get("last_modified_at") or 0)
    record: Row = {**dict.fromkeys(group_record.c.keys()), "group_id": group.id, **group.record}
    record["last_modified_at"] = changed_at
    record["state"] = state or record["state"]
    row = {**group.row, **columns, "revision": group.row["revision"] + 1}
    key = (group.id,)
    # First the state, so that a group that ends is not indexed under a new name before.
    known: dict[Key, Row] = {key: group.record} if group.record else {}
    write_rows(transaction.connection, group_record, known, [record])
    write_rows(transaction.connection, user_group, {key: group.row}, [row])
    group.row, group.record = row, record


def write_memberships(transaction: Transaction, group: Group, rows: Sequence[Row]) -> list[int]:
    """Write memberships of a group, rows being full or without ids and revisions.

    A new member's span begins, and a former member's ends. Returns the users whose membership
    changed.
    """
    if not rows:
        return []
    take_over(transaction, group)
    connection = transaction.connection
    users = [row["user_id"] for row in rows]
    known: dict[Key, Row] = {
        (group.id, user_id): row
        for user_id, row in read_memberships(connection, group.id, users).items()
    }
    wanted = complete_memberships(connection, known, rows)
    changes = write_rows(connection, membership, known, wanted)
    begun: list[int] = []
    over: list[int] = []
    for before, after in changes:
        was = before is not None and membership_in(before).is_effective
        is_now = membership_in(after).is_effective
        if is_now != was:
            (begun if is_now else over).append(after["user_id"])
    at = change_instant(connection)
    if over:
        close_spans(connection, group.id, over, at)
    if begun and not group.has_ended:
        open_spans(connection, group.id, begun, at)
    if changes:
        log_change(connection, user_record=ids_in(changes, "user_id"), user_group_record=[group.id])
    return [change.after["user_id"] for change in changes]


def active(group: Group, user_id: int, roles: str, transaction: Transaction) -> Row:
    """The row of a membership that is active from now on."""
    return {
        "group_id": group.id,
        "user_id": user_id,
        "state": MembershipState.ACTIVE.value,
        "roles": roles,
        "created_at": transaction.now,
        "no_invitations": False,
    }


def inactive(row: Row, ended_by: str) -> Row:
    """The row of a membership that has ended; its roles stay until the user joins again."""
    return _changed(row, state=MembershipState.INACTIVE.value, ended_by=ended_by)


def with_roles(row: Row, roles: str) -> Row:
    """The row of the same membership with other roles."""
    return _changed(row, roles=roles)


def note(
    transaction: Transaction,
    group: Group,
    kind: ChangeKind,
    subjects: Iterable[int | None] = (None,),
    details: Details | None = None,
) -> None:
    """Note a change in the group's history and in the change log."""
    note_changes(transaction.connection, group.id, kind, transaction.viewer.id, subjects, details)
    log_change(transaction.connection, user_group_record=[group.id])


def _changed(row: Row, **columns: object) -> Row:
    """A changed row without revision and instant, which are set if it differs."""
    same = {name: value for name, value in row.items() if name not in ("revision", "updated_at")}
    return {**same, **columns}
