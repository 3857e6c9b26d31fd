"""Erase a user: the right to erasure (GDPR, article 17)."""

from __future__ import annotations

from sqlalchemy import Connection, delete, or_, select, update

from gateway.changes.log import log_change
from gateway.db.certificate_tables import certificate, certificate_issue
from gateway.db.goal_tables import goal, own_goal_change
from gateway.db.group_tables import group_change, group_join_link, wrong_join
from gateway.db.tables import membership, panoptes_answer, user, user_name_sources
from gateway.db.ticket_tables import file_ticket
from gateway.directory.rows import remove_rows
from gateway.rollups.erasure import erase


def erase_user(connection: Connection, user_id: int) -> int:
    """Take a user out of the directory and of all groups, and make their events anonymous.

    Returns how many events that were. Events and directory entries that are sent again do not
    undo it. Runs in a writing transaction; harmless when it is run again, or for an unknown id.
    """
    erased = erase(connection, user_id)
    groups = connection.execute(
        select(membership.c.group_id).where(membership.c.user_id == user_id)
    ).scalars()
    touched = {
        *groups,
        *_erase_from_histories(connection, user_id),
        *_erase_goals(connection, user_id),
    }
    connection.execute(delete(membership).where(membership.c.user_id == user_id))
    for table in (certificate, certificate_issue):
        connection.execute(delete(table).where(table.c.user_id == user_id))
    connection.execute(delete(panoptes_answer).where(panoptes_answer.c.user_id == user_id))
    connection.execute(delete(file_ticket).where(file_ticket.c.spender == f"user/{user_id}"))
    connection.execute(delete(user_name_sources).where(user_name_sources.c.id == user_id))
    remove_rows(connection, user, [user_id])
    log_change(connection, erasure=[0], user_record=[user_id], user_group_record=touched)
    return erased


def _erase_from_histories(connection: Connection, user_id: int) -> list[int]:
    """Let histories of groups tell what was done, and not by whom or to whom; the groups' ids."""
    change = group_change.c
    groups = connection.execute(
        select(change.group_id)
        .where(or_(change.actor_id == user_id, change.subject_id == user_id))
        .distinct()
    ).scalars()
    found = list(groups)
    for table, column in (
        (group_change, change.actor_id),
        (group_change, change.subject_id),
        (group_join_link, group_join_link.c.created_by),
    ):
        connection.execute(update(table).where(column == user_id).values({column: None}))
    connection.execute(delete(wrong_join).where(wrong_join.c.user_id == user_id))
    return found


def _erase_goals(connection: Connection, user_id: int) -> list[int]:
    """Delete own goals, and let goals of groups not tell who created them; the groups' ids."""
    groups = connection.execute(
        select(goal.c.group_id).where(goal.c.created_by == user_id, goal.c.group_id.is_not(None))
    ).scalars()
    found = list(groups)
    connection.execute(delete(goal).where(goal.c.user_id == user_id))
    connection.execute(delete(own_goal_change).where(own_goal_change.c.user_id == user_id))
    connection.execute(update(goal).where(goal.c.created_by == user_id).values(created_by=None))
    return found
