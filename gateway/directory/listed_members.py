"""Listed members: the members that a group's record names."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import BigInteger, bindparam, func, literal_column, or_, select

from gateway.db.ids import among
from gateway.db.tables import membership
from gateway.directory.memberships import MembershipState, encode_roles

#: Members whose ids a group's record lists; of a larger group it lists none.
MOST_LISTED = 1_000

_EFFECTIVE = (
    membership.c.state == MembershipState.ACTIVE.value,
    membership.c.roles != encode_roles(()),
)


class ListedMember(NamedTuple):
    """A member, and the id of the membership."""

    user_id: int
    membership_id: int


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
