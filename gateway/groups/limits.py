"""Limits of group life: LIMIT_REACHED for what would go beyond one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Connection, Select, func, or_, select

from gateway.db.group_tables import group_change, membership_span
from gateway.db.ids import among
from gateway.db.tables import group_record, membership
from gateway.directory.memberships import MembershipState
from gateway.directory.user_groups import ACTIVE
from gateway.groups.history import ChangeKind
from gateway.groups.refusals import GroupRefusal, RefusalCode

#: Microseconds.
DAY = 86_400_000_000
#: How long after a volunteer declined a group may invite them again.
AFTER_DECLINE = 30 * DAY
#: Users that one command may name.
MOST_USERS = 100
#: Spans of one user in one group: whoever joins and leaves more often has had enough.
MOST_SPANS = 1_000


@dataclass(frozen=True, slots=True)
class Limits:
    """The settings of the same names."""

    groups_per_volunteer: int = 200
    groups_per_day: int = 20
    groups_of_volunteer: int = 500
    memberships_per_group: int = 50_000
    invitations_per_day: int = 200
    open_invitations: int = 500


def reached(message: str, *path: str) -> GroupRefusal:
    """The refusal of what goes beyond a limit."""
    return GroupRefusal(RefusalCode.LIMIT_REACHED, message, *path)


def check_new_group(connection: Connection, limits: Limits, user_id: int, now: int) -> None:
    """Whether the user may create one more group."""
    made = _changes_by(user_id, ChangeKind.CREATED)
    if _number(connection, made) >= limits.groups_per_volunteer:
        raise reached(f"You have created {limits.groups_per_volunteer} groups: that is the limit.")
    if _number(connection, made.where(group_change.c.at > now - DAY)) >= limits.groups_per_day:
        raise reached(
            f"You have created {limits.groups_per_day} groups within a day: try again tomorrow."
        )


def check_new_membership(
    connection: Connection, limits: Limits, group_id: int, user_id: int
) -> None:
    """Whether the user may become a member of one more group, and of this one once more."""
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
    if _number(connection, others) >= limits.groups_of_volunteer:
        raise reached(
            f"You are a member of {limits.groups_of_volunteer} groups: leave one of them first."
        )
    if worn_out(connection, group_id, [user_id]):
        raise reached(f"You have been a member of this group {MOST_SPANS:,} times.")


def check_room(connection: Connection, limits: Limits, group_id: int, new: int) -> None:
    """Whether the group may have so many more memberships; ended ones take their room too."""
    there = select(func.count()).where(membership.c.group_id == group_id)
    if new and _number(connection, there) + new > limits.memberships_per_group:
        raise reached(
            f"A group has at most {limits.memberships_per_group:,} memberships, "
            "those that have ended included."
        )


def check_invitations(
    connection: Connection, limits: Limits, group_id: int, user_id: int | None, new: int, now: int
) -> None:
    """Whether so many more invitations may be sent; an operator has no limit a day."""
    if not new:
        return
    still_open = select(func.count()).where(
        membership.c.group_id == group_id, membership.c.state == MembershipState.INVITED.value
    )
    if _number(connection, still_open) + new > limits.open_invitations:
        raise reached(
            f"A group has at most {limits.open_invitations} invitations that nobody has answered."
        )
    if user_id is None:
        return
    sent = _changes_by(user_id, ChangeKind.INVITED).where(group_change.c.at > now - DAY)
    if _number(connection, sent) + new > limits.invitations_per_day:
        raise reached(
            f"You may send {limits.invitations_per_day} invitations within a day: "
            "try again tomorrow."
        )


def worn_out(connection: Connection, group_id: int, user_ids: Iterable[int]) -> set[int]:
    """Those of the users who were members of the group as often as anybody may be."""
    span = membership_span.c
    statement = (
        select(span.user_id)
        .where(span.group_id == group_id, among(span.user_id, "users"))
        .group_by(span.user_id)
        .having(func.count() >= MOST_SPANS)
    )
    return set(connection.execute(statement, {"users": sorted(user_ids)}).scalars())


def _changes_by(user_id: int, kind: ChangeKind) -> Select[int]:
    return select(func.count()).where(
        group_change.c.actor_id == user_id, group_change.c.kind == kind.value
    )


def _number(connection: Connection, statement: Select[int]) -> int:
    number: int = connection.execute(statement).scalar_one()
    return number
