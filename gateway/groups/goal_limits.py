"""Limits of goals: how many there are of a group or a volunteer, and changes of one's own."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import func, not_, select

from gateway.db.goal_tables import goal, own_goal_change
from gateway.directory.goals import MOST_GOALS, Goal
from gateway.groups.limits import reached
from gateway.groups.own_changes import count_change
from gateway.groups.transaction import Transaction

#: Goals that are not archived.
MOST_OF_GROUP, MOST_OWN = 20, 10
#: Changes that a volunteer may make to their own goals within a day. Of a group's goals each is a
#: row of its history, which counts for the limit of changes of groups.
MOST_OWN_CHANGES = 1_000


class _Owner(NamedTuple):
    """Wording and limit of a group's goals, or of one's own."""

    subject: str
    remedy: str
    most: int


_OF_GROUP = _Owner("A group has", "archive one first", MOST_OF_GROUP)
_OWN = _Owner("You have", "archive one of your own first", MOST_OWN)


def check_new_goal(transaction: Transaction, wanted: Goal) -> None:
    """LIMIT_REACHED if the group or volunteer may have no more goals."""
    path = () if wanted.group_id is None else ("groupId",)
    owner = _owner_of(wanted)
    if _number(transaction, wanted, archived=True) >= MOST_GOALS:
        raise reached(
            f"{owner.subject} at most {MOST_GOALS} goals, the archived ones included: "
            "delete one first.",
            *path,
        )
    check_room(transaction, wanted, *path)


def check_room(transaction: Transaction, wanted: Goal, *path: str) -> None:
    """LIMIT_REACHED if the group or volunteer may have no more goals that are not archived."""
    owner = _owner_of(wanted)
    if _number(transaction, wanted, archived=False) >= owner.most:
        raise reached(
            f"{owner.subject} at most {owner.most} goals that are not archived: {owner.remedy}.",
            *path,
        )


def count_own_change(transaction: Transaction) -> None:
    """Count one more change of the viewer's own goals; LIMIT_REACHED beyond those of a day."""
    made = f"make {MOST_OWN_CHANGES:,} changes of your own goals"
    count_change(transaction, own_goal_change, MOST_OWN_CHANGES, made)


def _owner_of(wanted: Goal) -> _Owner:
    return _OWN if wanted.group_id is None else _OF_GROUP


def _number(transaction: Transaction, wanted: Goal, *, archived: bool) -> int:
    """How many goals the owner of this one has, with or without the archived ones."""
    owner = (
        goal.c.user_id == wanted.user_id
        if wanted.group_id is None
        else goal.c.group_id == wanted.group_id
    )
    statement = select(func.count()).where(owner)
    if not archived:
        statement = statement.where(not_(goal.c.archived))
    number: int = transaction.connection.execute(statement).scalar_one()
    return number
