"""Goals of groups, and one's own: creating, changing, archiving and deleting them.

A group's goals change neither its revision nor its authority, but are in its history. Only the
volunteer changes or finds an own goal.
"""

from __future__ import annotations

from sqlalchemy import Connection, delete

from gateway.calendar import day_of
from gateway.changes.log import log_change
from gateway.db.goal_tables import goal
from gateway.db.upsert import replace_rows
from gateway.directory.goals import GOALS_BY_ID, Goal, goal_of, row_of
from gateway.directory.new_ids import IdKind, new_ids
from gateway.errors import InvalidArgument, NotFound
from gateway.groups.changing import note
from gateway.groups.commands import (
    ArchiveGoal,
    CreateGoal,
    DeleteGoal,
    Outcome,
    Unchanged,
    UpdateGoal,
)
from gateway.groups.deciding import authorize_admin, conflict
from gateway.groups.goal_checks import (
    check_end,
    check_filters,
    check_metric,
    check_milestones,
    check_repeats,
    check_start,
    check_target,
    checked_title,
    invalid,
)
from gateway.groups.goal_limits import check_new_goal, check_room, count_own_change
from gateway.groups.history import ChangeKind, Details
from gateway.groups.rules import Action
from gateway.groups.state import Group, read_group
from gateway.groups.transaction import Transaction


def create_goal(transaction: Transaction, command: CreateGoal) -> Outcome:
    """Create a goal of a group, or of the viewer; what is left out has defaults."""
    group = None
    if command.group_id is not None:
        group = read_group(transaction, command.group_id)
        authorize_admin(transaction, group, Action.LEAD_GOALS)
    elif transaction.viewer.id is None:
        raise InvalidArgument("groupId", "A site operator has no own goals: name the group.")
    today = day_of(transaction.now)
    wanted = _wanted(transaction, command, today)
    check_metric(wanted)
    check_filters(command.metric, command.project_ids, command.workflow_ids)
    check_repeats(wanted)
    check_target(wanted)
    check_milestones(wanted)
    check_start(wanted, today)
    check_end(wanted, today)
    check_new_goal(transaction, wanted)

    (goal_id,) = new_ids(transaction.connection, IdKind.GOAL)
    _write(transaction.connection, wanted._replace(id=goal_id))
    return _done(transaction, group, goal_id, ChangeKind.GOAL_CREATED)


def update_goal(transaction: Transaction, command: UpdateGoal) -> Outcome:
    """Change those fields of a goal that the command names."""
    group, known = _read(transaction, command.goal_id)
    _check_revision(known, command.expected_revision)
    wanted = _changed(known, command)
    if wanted == known:
        return _unchanged(known)
    _check_change(known, wanted, day_of(transaction.now))
    _write(transaction.connection, _renewed(transaction, wanted))
    details: Details = {}
    if wanted.target != known.target:
        details = {"target": wanted.target, "target_before": known.target}
    return _done(transaction, group, known.id, ChangeKind.GOAL_CHANGED, details)


def archive_goal(transaction: Transaction, command: ArchiveGoal) -> Outcome:
    """Archive a goal, or undo that within the limit of goals."""
    group, known = _read(transaction, command.goal_id)
    if known.archived is command.archived:
        return _unchanged(known)
    if not command.archived:
        check_room(transaction, known, "archived")
    _write(transaction.connection, _renewed(transaction, known._replace(archived=command.archived)))
    details = {"archived": command.archived}
    return _done(transaction, group, known.id, ChangeKind.GOAL_ARCHIVED, details)


def delete_goal(transaction: Transaction, command: DeleteGoal) -> Outcome:
    """Delete a goal for ever."""
    group, known = _read(transaction, command.goal_id)
    _check_revision(known, command.expected_revision)
    transaction.connection.execute(delete(goal).where(goal.c.id == known.id))
    return _done(transaction, group, known.id, ChangeKind.GOAL_DELETED)


def _wanted(transaction: Transaction, command: CreateGoal, today: int) -> Goal:
    """The new goal, with the id 0."""
    return Goal(
        id=0,
        group_id=command.group_id,
        user_id=transaction.viewer.id if command.group_id is None else None,
        title=checked_title(command.title),
        metric=command.metric,
        target=command.target,
        project_ids=command.project_ids,
        workflow_ids=command.workflow_ids,
        start_day=today if command.start_day is None else command.start_day,
        end_day=command.end_day,
        repeats=command.repeats,
        milestones=command.milestones,
        archived=False,
        created_at=transaction.now,
        created_by=transaction.viewer.id,
        updated_at=transaction.now,
        revision=1,
    )


def _changed(known: Goal, command: UpdateGoal) -> Goal:
    """The goal as the command wants it."""
    wanted = known
    if not isinstance(command.title, Unchanged):
        wanted = wanted._replace(title=checked_title(command.title))
    if command.target is not None:
        wanted = wanted._replace(target=command.target)
    if command.start_day is not None:
        wanted = wanted._replace(start_day=command.start_day)
    if not isinstance(command.end_day, Unchanged):
        wanted = wanted._replace(end_day=command.end_day)
    if not isinstance(command.milestones, Unchanged):
        wanted = wanted._replace(milestones=command.milestones)
    return wanted


def _check_change(known: Goal, wanted: Goal, today: int) -> None:
    """Check the fields that differ: the others were valid on the day on which they were set."""
    if wanted.target != known.target:
        check_target(wanted)
    if wanted.milestones != known.milestones:
        check_milestones(wanted)
    elif wanted.target != known.target:
        check_milestones(wanted, "target")
    if wanted.start_day != known.start_day:
        if today >= known.start_day:
            raise invalid("The start cannot change any more: the goal has begun.", "start")
        check_start(wanted, today)
    if wanted.end_day != known.end_day:
        check_end(wanted, today)
    elif wanted.start_day != known.start_day:
        check_end(wanted, today, "start")


def _read(transaction: Transaction, goal_id: int) -> tuple[Group | None, Goal]:
    """The goal, and the group that the viewer leads, None for an own goal.

    NOT_FOUND alike for an unknown goal, for one of another volunteer, and for one of a hidden
    group: the same statements run.
    """
    row = transaction.connection.execute(GOALS_BY_ID, {"ids": [goal_id]}).first()
    found = None if row is None else goal_of(row)
    # No group has the id 0.
    group = read_group(transaction, (found and found.group_id) or 0)
    if found is None:
        raise NotFound("goal", goal_id)
    if found.group_id is None:
        if found.user_id != transaction.viewer.id:
            raise NotFound("goal", goal_id)
        return None, found
    try:
        authorize_admin(transaction, group, Action.LEAD_GOALS)
    except NotFound:
        raise NotFound("goal", goal_id) from None
    return group, found


def _check_revision(known: Goal, expected: int | None) -> None:
    """CONFLICT if the goal has another revision than the expected one."""
    if expected is not None and known.revision != expected:
        raise conflict()


def _renewed(transaction: Transaction, wanted: Goal) -> Goal:
    """The changed goal with its new revision and instant."""
    # The clock may have gone back.
    return wanted._replace(
        updated_at=max(transaction.now, wanted.updated_at), revision=wanted.revision + 1
    )


def _write(connection: Connection, wanted: Goal) -> None:
    replace_rows(connection, goal, [row_of(wanted)])


def _unchanged(known: Goal) -> Outcome:
    return Outcome(known.group_id or 0, changed=False, goal_id=known.id)


def _done(
    transaction: Transaction,
    group: Group | None,
    goal_id: int,
    kind: ChangeKind,
    details: Details | None = None,
) -> Outcome:
    """The outcome, noted in the group's history, or counted for the volunteer."""
    if group is not None:
        note(transaction, group, kind, details={"goal": goal_id, **(details or {})})
        return Outcome(group.id, changed=True, goal_id=goal_id)
    # Deletions are not counted: each needs a creation, which is.
    if kind is not ChangeKind.GOAL_DELETED:
        count_own_change(transaction)
    log_change(transaction.connection, user_record=[transaction.viewer_id])
    return Outcome(0, changed=True, goal_id=goal_id)
