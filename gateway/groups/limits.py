"""Limits of group life: LIMIT_REACHED beyond one."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection, Select, func, or_, select

from gateway.db.group_tables import group_change, membership_span
from gateway.db.ids import among
from gateway.db.tables import group_record, membership
from gateway.directory.memberships import MembershipState
from gateway.directory.user_groups import ACTIVE
from gateway.groups.history import ChangeKind
from gateway.groups.refusals import GroupRefusal, RefusalCode
from gateway.groups.transaction import Transaction

#: Microseconds.
DAY = 86_400_000_000
#: How long after a volunteer declined a group may invite them again.
AFTER_DECLINE = 30 * DAY
#: Users that one command may name.
MOST_USERS = 100
#: Spans of one user in one group: nobody may join more often.
MOST_SPANS = 1_000

#: How often one volunteer may reactivate groups within a day: each time all members get spans.
MOST_REACTIVATIONS = 50
#: Where commands name the group.
_GROUP = ("id",)


def reached(message: str, *path: str) -> GroupRefusal:
    """The refusal of what goes beyond a limit."""
    return GroupRefusal(RefusalCode.LIMIT_REACHED, message, *path)


def check_new_group(transaction: Transaction) -> None:
    """Check that the viewer may create one more group; a site operator has no limit."""
    if transaction.viewer.id is None:
        return
    limits, made = transaction.limits, _changes_of(transaction, ChangeKind.CREATED)
    if _number(transaction, made) >= limits.groups_per_volunteer:
        raise reached(f"You have created {limits.groups_per_volunteer} groups: that is the limit.")
    if (
        _number(transaction, made.where(group_change.c.at > transaction.now - DAY))
        >= limits.groups_per_day
    ):
        raise reached(
            f"You have created {limits.groups_per_day} groups within a day: try again tomorrow."
        )


def check_new_membership(transaction: Transaction, user_id: int, group_id: int = 0) -> None:
    """Check that the user may become a member of one more group, and of this one again.

    ``group_id`` is 0 for a group that is yet to be created, which no command names.
    """
    path = _GROUP if group_id else ()
    others = (
        select(func.count())
        .select_from(membership)
        .join(group_record, group_record.c.group_id == membership.c.group_id, isouter=True)
        .where(
            membership.c.user_id == user_id,
            membership.c.group_id != group_id,
            membership.c.state == MembershipState.ACTIVE.value,
            or_(group_record.c.state.is_(None), group_record.c.state == ACTIVE),
        )
    )
    if _number(transaction, others) >= transaction.limits.groups_of_volunteer:
        raise reached(
            f"You are a member of {transaction.limits.groups_of_volunteer} groups: "
            "leave one of them first.",
            *path,
        )
    if users_at_span_limit(transaction.connection, group_id, [user_id]):
        raise reached(f"You have been a member of this group {MOST_SPANS:,} times.", *path)


def check_room(transaction: Transaction, group_id: int, new: int, *path: str) -> None:
    """Check that the group may have ``new`` more memberships; ended ones count too."""
    existing = select(func.count()).where(membership.c.group_id == group_id)
    if new and _number(transaction, existing) + new > transaction.limits.memberships_per_group:
        raise reached(
            f"A group has at most {transaction.limits.memberships_per_group:,} memberships, "
            "those that have ended included.",
            *path,
        )


def check_invitations(transaction: Transaction, group_id: int, new: int, *path: str) -> None:
    """Check that ``new`` more invitations may be sent; a site operator has no daily limit."""
    if not new:
        return
    limits = transaction.limits
    still_open = select(func.count()).where(
        membership.c.group_id == group_id, membership.c.state == MembershipState.INVITED.value
    )
    if _number(transaction, still_open) + new > limits.open_invitations:
        raise reached(
            f"A group has at most {limits.open_invitations} invitations that nobody has answered.",
            *path,
        )
    if transaction.viewer.id is None:
        return
    sent = _changes_of(transaction, ChangeKind.INVITED).where(
        group_change.c.at > transaction.now - DAY
    )
    if _number(transaction, sent) + new > limits.invitations_per_day:
        raise reached(
            f"You may send {limits.invitations_per_day} invitations within a day: "
            "try again tomorrow.",
            *path,
        )


def check_changes(transaction: Transaction) -> None:
    """Check the changes that the viewer has made within a day, those just made included.

    Each change is a row of a history, and a name or a link can be changed for ever.
    """
    if transaction.viewer.id is None:
        return
    most, since = transaction.limits.group_changes_per_day, transaction.now - DAY
    if (
        _number(transaction, _changes_of(transaction, *ChangeKind).where(group_change.c.at > since))
        > most
    ):
        raise reached(f"You may make {most:,} changes of groups within a day: try again tomorrow.")


def check_reactivation(transaction: Transaction) -> None:
    """Check that the viewer may reactivate one more group; a site operator has no limit."""
    if transaction.viewer.id is None:
        return
    again = _changes_of(transaction, ChangeKind.REACTIVATED).where(
        group_change.c.at > transaction.now - DAY
    )
    if _number(transaction, again) >= MOST_REACTIVATIONS:
        raise reached(
            f"You have reactivated groups {MOST_REACTIVATIONS} times within a day: "
            "try again tomorrow.",
            *_GROUP,
        )


def users_at_span_limit(connection: Connection, group_id: int, user_ids: Iterable[int]) -> set[int]:
    """Those of the users who have as many spans in the group as they may have."""
    span = membership_span.c
    statement = (
        select(span.user_id)
        .where(span.group_id == group_id, among(span.user_id, "users"))
        .group_by(span.user_id)
        .having(func.count() >= MOST_SPANS)
    )
    return set(connection.execute(statement, {"users": sorted(user_ids)}).scalars())


def _changes_of(transaction: Transaction, *kinds: ChangeKind) -> Select[int]:
    """How many changes of these kinds the viewer has made."""
    # Each kind is named, since the index has them before the instants.
    return select(func.count()).where(
        group_change.c.actor_id == transaction.viewer.id,
        group_change.c.kind.in_([kind.value for kind in kinds]),
    )


def _number(transaction: Transaction, statement: Select[int]) -> int:
    number: int = transaction.connection.execute(statement).scalar_one()
    return number
