"""Storing the received records and the history of a remote command, in one transaction."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection, select, update

from gateway.changes.log import log_change
from gateway.db.instants import instant_of
from gateway.db.tables import membership, panoptes_answer, user_group
from gateway.directory.memberships import MembershipState
from gateway.directory.panoptes.answers import GROUPS, MEMBERSHIPS, RECORDS, RecordKey, store_answer
from gateway.groups.history import note_changes
from gateway.groups.panoptes.command import ReceivedRecords, RemoteCommand, of_group, of_members
from gateway.groups.panoptes.spans import write_spans
from gateway.groups.users import store_viewer_names


def store_remote_command(connection: Connection, remote: RemoteCommand, fresh: int) -> None:
    """Store records, history, spans and names; what was superseded is not ``fresh`` any more.

    ``fresh`` is in microseconds. What another process requested later stays.
    """
    for received in remote.received:
        store_answer(connection, received.scope, received.rows, received.at)
    for group_id in remote.ended:
        _end(connection, group_id, instant_of(remote.clock()))
    supersede(connection, remote.superseded, instant_of(remote.clock()) - fresh)
    for group_id, kind, subjects, details in remote.history:
        note_changes(connection, group_id, kind, remote.viewer.id, subjects, details)
        log_change(connection, user_group_record=[group_id])
    if remote.history:
        write_spans(connection, remote.history, remote.viewer_id)
        store_viewer_names(connection, remote.viewer)


def supersede(connection: Connection, keys: Iterable[tuple[str, RecordKey]], at: int) -> None:
    """Let records be as old as this: what is stored serves on if Panoptes is away."""
    for resource, (group_id, user_id) in sorted(keys):
        connection.execute(
            update(panoptes_answer)
            .where(
                panoptes_answer.c.resource == resource,
                panoptes_answer.c.group_id == group_id,
                panoptes_answer.c.user_id == user_id,
                panoptes_answer.c.asked_at > at,
            )
            .values(asked_at=at)
        )


def stored_revision(connection: Connection, received: ReceivedRecords) -> int | None:
    """Store an answer about a group or a membership; its revision in this database then."""
    store_answer(connection, received.scope, received.rows, received.at)
    (group_id,) = received.scope.groups
    if received.scope.resource == GROUPS:
        statement = select(user_group.c.revision).where(user_group.c.id == group_id)
    else:
        (user_id,) = received.scope.users
        statement = select(membership.c.revision).where(
            membership.c.group_id == group_id, membership.c.user_id == user_id
        )
    revision: int | None = connection.execute(statement).scalar()
    return revision


def _end(connection: Connection, group_id: int, at: int) -> None:
    """Store that a group was deactivated, and that its memberships ended with it."""
    columns = [membership.c[name] for name in ("group_id", "user_id", "roles", "created_at", "id")]
    found = connection.execute(select(*columns).where(membership.c.group_id == group_id)).mappings()
    over = [{**row, "state": MembershipState.INACTIVE.value} for row in found]
    store_answer(connection, of_group(group_id), {GROUPS: [], RECORDS: []}, at)
    if over:
        scope = of_members(group_id, [row["user_id"] for row in over])
        store_answer(connection, scope, {MEMBERSHIPS: over}, at)
