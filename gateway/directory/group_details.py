"""What a record of a group shows beside its names: revision, instants, members, the join token."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import BigInteger, bindparam, func, literal_column, or_, select

from gateway.db.group_tables import group_join_link
from gateway.db.ids import among
from gateway.db.tables import group_record, membership, user_group
from gateway.directory.memberships import MembershipState, encode_roles

#: Members whose ids a group's record lists; of a larger group it lists none.
MOST_LISTED = 1_000

_EFFECTIVE = (
    membership.c.state == MembershipState.ACTIVE.value,
    membership.c.roles != encode_roles(()),
)


class GroupDetails(NamedTuple):
    """Instants are microseconds since the epoch; None where nobody has said so."""

    revision: int
    created_at: int | None
    updated_at: int | None


class ListedMember(NamedTuple):
    """A member, and the id of the membership."""

    user_id: int
    membership_id: int


def details_of(row: Sequence[Any]) -> GroupDetails:
    """The details in a row of ``DETAILS_BY_ID``."""
    _, revision, created_at, updated_at = row
    return GroupDetails(revision, created_at, updated_at)


#: The details of groups (``ids``).
DETAILS_BY_ID = (
    select(
        user_group.c.id,
        user_group.c.revision,
        group_record.c.created_at,
        group_record.c.last_modified_at,
    )
    .join(group_record, group_record.c.group_id == user_group.c.id, isouter=True)
    .where(among(user_group.c.id, "ids"))
)

_few = (
    select(membership.c.group_id)
    .where(among(membership.c.group_id, "shown"), *_EFFECTIVE)
    .group_by(membership.c.group_id)
    .having(func.count() <= literal_column(str(MOST_LISTED)))
)

#: Group, user and id of effective memberships of groups (``ids``): all of those groups in
#: ``shown`` that have few, and those of one ``user``.
LISTED_MEMBERS = select(membership.c.group_id, membership.c.user_id, membership.c.id).where(
    among(membership.c.group_id, "ids"),
    *_EFFECTIVE,
    or_(
        membership.c.user_id == bindparam("user", type_=BigInteger),
        membership.c.group_id.in_(_few),
    ),
)

#: The join tokens of groups (``ids``), for whoever may see them.
JOIN_TOKENS = select(group_join_link.c.group_id, group_join_link.c.token).where(
    among(group_join_link.c.group_id, "ids")
)
